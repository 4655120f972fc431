# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What LVM knows, by one ``lvm fullreport``."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import replace
from typing import Dict, Mapping, Tuple

from .._block.model import Host
from .._core.command import installed, read
from .._core.errors import NotFound
from .autoextend import PREFIX, PROFILES
from .model import BACKUPS, State
from .report import argv, parse


def observe(host: Host) -> State:
    """LVM's state. A machine without lvm2 has none, unless a disk says otherwise."""
    recorded, last_seen = backups(BACKUPS)
    if not installed("lvm"):
        member = next((device for device in host for signature in device.signatures if signature.type == "LVM2_member"), None)
        if member:
            raise NotFound(
                "a disk belongs to LVM, but lvm2 is not installed here.",
                code="lvm-missing",
                found=member.id,
                fix="run the role node_bootstrap, or install lvm2.",
            )
        return State(recorded=recorded, last_seen=last_seen)
    names = {name: device.kernel_name for device in host for name in device.names}
    state = parse(read(*argv()), names, recorded)
    return replace(state, last_seen=last_seen, dmeventd=installed("dmeventd"), profiles=profiles(PROFILES))


def profiles(folder: str) -> Dict[str, str]:
    """Texts by name of the metadata profiles that the collection wrote."""
    found: Dict[str, str] = {}
    for path in glob.glob(os.path.join(glob.escape(folder), f"{PREFIX}*.profile")):
        with open(path, encoding="utf-8", errors="replace") as file:
            found[os.path.basename(path)[: -len(".profile")]] = file.read()
    return found


def backups(folder: str) -> Tuple[Dict[str, str], Dict[str, str]]:
    """UUIDs by name of the volume groups whose metadata LVM backed up on this machine, and devices of physical volumes by their UUID."""
    found: Dict[str, str] = {}
    devices: Dict[str, str] = {}
    try:
        names = [name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name))]
    except FileNotFoundError:
        return found, devices
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            # Physical volumes come before logical volumes, of which there can be thousands.
            text = file.read(64 * 1024)
        match = re.search(r'^\s+id = "([^"]+)"', text, re.MULTILINE)
        # vgremove leaves a backup as well, of the empty group that it removed.
        if match and not re.search(r"^description = .*executing '\S*\s*\bvgremove\b", text, re.MULTILINE):
            found[name] = match[1]
        for part in re.findall(r"^\s+pv\d+ \{$(.*?)^\s+\}$", text, re.MULTILINE | re.DOTALL):
            values = dict(re.findall(r'^\s+(\w+) = "([^"]+)"', part, re.MULTILINE))
            devices[values.get("id", "")] = _stable(values)
    return found, devices


def _stable(values: Mapping[str, str]) -> str:
    # Device ids are there where LVM uses a devices file (lvmdevices(8)).
    name = values.get("device_id", "")
    return f"/dev/disk/by-id/wwn-0x{name[4:]}" if name.startswith("naa.") else values.get("device", "")
