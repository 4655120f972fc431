# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Keeping LVM away from devices whose content is not this machine's, without hiding what it uses itself. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, FrozenSet, List, Mapping, Optional, Tuple

from .._core.blocks import WriteFile, block_in, with_block
from .._core.command import command
from .._core.errors import Conflict, Refused
from .._core.plan import Action, Plan
from .model import PhysicalVolume, State, VolumeGroup
from .patterns import configuration, rejected_by

MAIN, LOCAL = "/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf"

#: At the start of a line, after the brace of its section, or with the section's name before it (lvm.conf(5), "FORMAT"); not in a comment.
_FILTER = re.compile(r"^(?:[^#\n]*[\s{/])?global_filter\s*=\s*(.*)$", re.MULTILINE)
_ANY = re.compile(r'\[\s*"a\|\.\*\|"\s*\]')
_STACKED = "dm-uuid-LVM-"


@dataclass(frozen=True)
class Wanted:
    """Regular expressions on the names of devices that LVM shall not see; ``disks`` are those for disks that guests have whole."""

    reject: Tuple[str, ...]
    disks: Tuple[str, ...] = ()

    @property
    def patterns(self) -> Tuple[str, ...]:
        """All of them."""
        return self.reject + self.disks


@dataclass(frozen=True)
class Seen:
    """LVM's configuration and what it sees. ``files`` holds texts by path, ``names`` all paths below /dev by kernel name.

    ``devices_file`` maps the names of the devices listed there to their kernel names; ``None`` where LVM does not use one.
    ``changed_here`` are the UUIDs of volume groups that this machine has changed, not only seen.
    """

    state: State
    files: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)
    devices_file: Optional[Mapping[str, str]] = None
    changed_here: FrozenSet[str] = frozenset()


@dataclass(frozen=True)
class Whole:
    """After a change: these volume groups, UUIDs by name, must be there with all their disks, or ``undo`` puts a file back."""

    groups: Tuple[Tuple[str, str], ...]
    undo: Tuple[WriteFile, ...] = ()

    def __str__(self) -> str:
        return f"check that LVM still sees {', '.join(name for name, _uuid in self.groups) or 'what it saw'}"


def plan_filter(seen: Seen, wanted: Wanted) -> Plan:
    """The filter where LVM uses no devices file, otherwise no filter and none of those devices in the file."""
    _check_foreign(seen)
    hidden = _hidden(seen, wanted)
    before = seen.files.get(LOCAL, "")
    after = with_block(LOCAL, before, configuration(() if seen.devices_file is not None else wanted.patterns))
    needed = tuple((group.name, group.uuid or "") for group in seen.state.groups if _in_use(seen, group) and not group.missing)
    actions: List[Action] = []
    if after != before:
        steps = (WriteFile(LOCAL, after), Whole(needed, (WriteFile(LOCAL, before),)))
        actions.append(Action("write", "file", LOCAL, steps, {"block": block_in(LOCAL, before)}, {"block": block_in(LOCAL, after)}))
    for name, device in (seen.devices_file or {}).items():
        if rejected_by(wanted.patterns, (name, *seen.names.get(device, ()))):
            drop = (command("lvm", "lvmdevices", "--yes", "--deldev", name), Whole(needed))
            actions.append(Action("unlist", "device", name, drop, {"listed": True}, {"listed": False}))
    warnings = tuple(
        f"volume group {group.name} goes out of LVM's sight with {active} active volumes, which stay active until the next boot."
        for group in hidden.values()
        for active in [sum(volume.active for volume in group.visible)]
        if active
    )
    return Plan(tuple(actions), warnings=warnings)


def _hidden(seen: Seen, wanted: Wanted) -> Dict[str, VolumeGroup]:
    hidden: Dict[str, VolumeGroup] = {}
    for group in seen.state.groups:
        for pv in group.pvs:
            names = (pv.path, *seen.names.get(pv.device, ()))
            pattern = rejected_by(wanted.patterns, names)
            if not pattern and any(_STACKED in name for name in names):
                pattern = "scan_lvs = 0"
            if pattern and _in_use(seen, group):
                raise _refusal(wanted, pv, group, pattern)
            if pattern:
                hidden[group.name] = group
    return hidden


def _in_use(seen: Seen, group: VolumeGroup) -> bool:
    # A report alone makes LVM write a backup of any volume group that it sees, and boot activates them all: neither is a sign of use.
    return group.uuid in seen.changed_here or any(volume.open and not volume.hidden for volume in group.lvs)


def _refusal(wanted: Wanted, pv: PhysicalVolume, group: VolumeGroup, pattern: str) -> Refused:
    lists = (("reject", wanted.reject), ("disks", wanted.disks))
    place = next((f"{name}[{patterns.index(pattern)}]" for name, patterns in lists if pattern in patterns), "reject")
    return Refused(
        "LVM would no longer see a disk that this machine uses.",
        code="filter-hides-pv",
        parameter=place,
        found=f"{pv.path} of volume group {group.name}, hidden by {pattern}",
        fix="take the disk out of the list or narrow the expression, or take the volume group off this machine first (vgexport).",
    )


def _check_foreign(seen: Seen) -> None:
    for path in (MAIN, LOCAL):
        text = seen.files.get(path, "")
        ours = "\n".join(block_in(path, text))
        for found in _FILTER.findall(text.replace(ours, "") if ours else text):
            if not _ANY.fullmatch(found.rstrip("} \t")):
                raise Conflict(
                    "LVM has a global filter already, which ours would replace.",
                    code="filter-foreign",
                    parameter="reject",
                    found=f"{path}: global_filter = {found.strip()}",
                    fix="put its expressions into reject and take it out there.",
                )
