# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Reading what LVM sees and by which configuration, and checking it again after a change."""

from __future__ import annotations

import os
import re
from typing import Dict, FrozenSet, List, Optional, Tuple

from .._core import files
from .._core.blocks import WriteFile
from .._core.command import installed, read
from .._core.errors import Conflict, Refused
from .filters import LOCAL, MAIN, Seen, Wanted, Whole
from .model import State
from .observe import devices_file, settings
from .report import argv, parse

#: Commands that change a volume group; others write backups as well, of whatever they see.
_CHANGES = re.compile(
    r"^description = .*executing '(?:\S*lvm )?\S*\b("
    r"vg(create|extend|reduce|rename|cfgbackup|cfgrestore|import\w*|merge|split)"
    r"|lv(create|extend|reduce|resize|convert|rename|remove|change)|pv(move|resize|change))\b",
    re.MULTILINE,
)


def observe(wanted: Wanted) -> Seen:
    """Two commands: LVM's configuration and its report; none where lvm2 is still to be installed."""
    elsewhere = os.environ.get("LVM_SYSTEM_DIR", "")
    if elsewhere and os.path.realpath(elsewhere) != os.path.dirname(MAIN):
        raise Conflict(
            "LVM's configuration is in another folder here, which this module does not write to.",
            code="lvm-system-dir",
            parameter="reject",
            found=f"LVM_SYSTEM_DIR={elsewhere}",
            fix="take the variable out of the environment of this task, or write devices/global_filter there by hand.",
        )
    texts = {path: files.text(path) for path in (MAIN, LOCAL)}
    if not installed("lvm"):
        return Seen(State(), texts)
    return Seen(_state(), texts, device_names("/dev"), _devices_file(), changed_here(settings().backups))


def _state() -> State:
    return parse(read(*argv()), {}, {})


def _devices_file() -> Optional[Dict[str, str]]:
    text = devices_file()
    return None if text is None else {name: os.path.basename(os.path.realpath(name)) for name in re.findall(r"\bDEVNAME=(/\S+)", text)}


def device_names(folder: str) -> Dict[str, Tuple[str, ...]]:
    """Every path below ``folder`` by the kernel name of the device that it means."""
    found: Dict[str, List[str]] = {}
    for place, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            found.setdefault(os.path.basename(os.path.realpath(path)), []).append(path)
    return {device: tuple(sorted(paths)) for device, paths in found.items()}


def changed_here(folder: str) -> FrozenSet[str]:
    """UUIDs of the volume groups that were changed on this machine, from the backups that LVM keeps of their metadata."""
    found = set()
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if not os.path.isfile(os.path.join(folder, name)):
            continue
        text = files.text(os.path.join(folder, name))
        match = re.search(r'^\s+id = "([^"]+)"', text, re.MULTILINE)
        if match and _CHANGES.search(text):
            found.add(match[1])
    return frozenset(found)


def check_whole(step: Whole) -> None:
    """Ask LVM again; what the new configuration lost is put back, and told."""
    state = _state()
    whole = {(group.name, group.uuid) for group in state.groups if not group.missing}
    lost = [name for name, uuid in step.groups if (name, uuid) not in whole]
    if lost:
        for undo in step.undo:
            files.replace(undo.path, undo.text)
        raise Refused(
            "LVM does not see all of what this machine uses any more.",
            code="filter-lost-vg",
            parameter="reject",
            found=f"volume group {lost[0]} is not whole",
            fix="the configuration was put back; narrow the expressions." if step.undo else "lvmdevices --adddev brings a device back.",
        )


#: For ``_module.run``.
HANDLERS = {WriteFile: lambda step: files.replace(step.path, step.text), Whole: check_whole}
