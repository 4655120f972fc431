# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What all iSCSI targets of a machine share: who brings them back at boot, and discovery authentication. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Mapping, Optional, Tuple

from ..._core.blocks import WriteFile
from ..._core.command import command
from ..._core.plan import Action, Plan
from ..chap import Chap, parse_chap
from . import discovery, saved
from .actions import load
from .state import Document, Kernel
from .steps import Save

#: Where the restoring program stands: the packages of it as they are here, under a name of their own.
FOLDER = "/usr/local/lib/cairn-storage"
PACKAGE = "cairn_storage"
UNIT = "cairn-iscsi-target.service"
UNITS = "/etc/systemd/system"
ENABLED = f"{UNITS}/multi-user.target.wants/{UNIT}"
#: Distributions' own units for the same file, of Debian and of others. They restore with clearing and clear when they are stopped.
CLEARING = ("rtslib-fb-targetctl.service", "target.service")

_UNIT = f"""\
[Unit]
Description=iSCSI targets, each restored by itself
Requires=sys-kernel-config.mount
After=sys-kernel-config.mount systemd-modules-load.service local-fs.target network.target lvm2-activation.service lvm2-monitor.service
# A machine may be its own initiator: it logs in later and out earlier.
Before=remote-fs-pre.target iscsid.service open-iscsi.service iscsi.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
Environment=PYTHONPATH={FOLDER}
ExecStart=/usr/bin/python3 -B -m {PACKAGE}._iscsi.target.restore
# For devices that come late. Nothing is taken down when it stops, so there is no ExecStop.
Restart=on-failure
RestartSec=15

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Seen:
    """The machine. ``files`` holds texts by path, ``clearing`` those of ``CLEARING`` that are there and not masked."""

    kernel: Kernel
    document: Document
    saved_path: str
    discovery: Optional[Chap] = None
    files: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = False
    clearing: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """``program`` maps the files of the restoring program, below ``FOLDER``, to their text."""

    discovery: Optional[Chap]
    program: Mapping[str, str]

    @property
    def files(self) -> Mapping[str, str]:
        """All files by path."""
        return {**{f"{FOLDER}/{name}": text for name, text in self.program.items()}, f"{UNITS}/{UNIT}": _UNIT}


def parse(item: Optional[Mapping[str, str]], program: Mapping[str, str]) -> Wish:
    """The wish from the module's option."""
    return Wish(parse_chap(item, "discovery_auth"), program)


def plan(seen: Seen, wish: Wish) -> Plan:
    """The program and its unit first, then the others' units are kept from starting; nothing that runs is stopped."""
    actions: List[Action] = []
    differ = {path: text for path, text in wish.files.items() if seen.files.get(path) != text}
    if differ:
        steps = (*(WriteFile(path, text) for path, text in differ.items()), command("systemctl", "daemon-reload"))
        old = [path for path in differ if seen.files.get(path)]
        actions.append(Action("install", "service", UNIT, steps, {"files": old} if old else None, {"files": list(differ)}))
    if not seen.enabled:
        actions.append(Action("enable", "service", UNIT, (command("systemctl", "enable", UNIT),), {"enabled": False}, {"enabled": True}))
    for unit in seen.clearing:
        actions.append(Action("mask", "service", unit, (command("systemctl", "mask", unit),), {"masked": False}, {"masked": True}))
    changes = discovery.actions(seen.discovery, wish.discovery)
    actions += (load(seen.kernel) if changes else []) + changes
    document = discovery.replaced(seen.document, wish.discovery)
    if saved.canonical(document) != saved.canonical(seen.document):
        asked = {"enforced": discovery.saved(seen.document) is not None}, {"enforced": wish.discovery is not None}
        actions.append(Action("save", "discovery authentication", seen.saved_path, (Save(seen.saved_path, saved.dump(document)),), *asked))
    return Plan(tuple(actions))
