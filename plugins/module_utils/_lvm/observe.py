# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What LVM knows, by one ``lvm fullreport``."""

from __future__ import annotations

import os
import re
from typing import Dict

from .._block.model import Host
from .._core.command import installed, read
from .._core.errors import NotFound
from .model import State
from .report import argv, parse

#: lvm.conf(5), backup/backup_dir: LVM writes here after each change, and removes the file with its volume group.
BACKUPS = "/etc/lvm/backup"


def observe(host: Host) -> State:
    """LVM's state. A machine without lvm2 has none, unless a disk says otherwise."""
    if not installed("lvm"):
        member = next((device for device in host for signature in device.signatures if signature.type == "LVM2_member"), None)
        if member:
            raise NotFound(
                "a disk belongs to LVM, but lvm2 is not installed here.",
                code="lvm-missing",
                found=member.id,
                fix="run the role node_bootstrap, or install lvm2.",
            )
        return State(recorded=backups(BACKUPS))
    names = {name: device.kernel_name for device in host for name in device.names}
    return parse(read(*argv()), names, backups(BACKUPS))


def backups(folder: str) -> Dict[str, str]:
    """UUIDs by name of the volume groups whose metadata LVM backed up on this machine."""
    found: Dict[str, str] = {}
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return found
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            text = file.read(4096)
        match = re.search(r'^\s+id = "([^"]+)"', text, re.MULTILINE)
        # vgremove leaves a backup as well, of the empty group that it removed.
        if match and not re.search(r"^description = .*executing '\S*\s*\bvgremove\b", text, re.MULTILINE):
            found[name] = match[1]
    return found
