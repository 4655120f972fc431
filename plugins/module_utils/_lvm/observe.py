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
from typing import Dict, Mapping, Optional, Tuple

from .._block.model import Host
from .._core import files
from .._core.command import installed, read
from .._core.errors import NotFound
from . import hidden, label
from . import settings as configuration
from .autoextend import PREFIX
from .model import State
from .report import argv, parse
from .settings import BACKUPS, SYSTEM_DIR, Settings

#: lvmdevices(8).
_DEVICES = f"{SYSTEM_DIR}/devices"


def observe(host: Host) -> State:
    """LVM's state. A machine without lvm2 has none, unless a disk says otherwise."""
    if not installed("lvm"):
        recorded, last_seen = backups(BACKUPS)
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
    state = parse(read(*argv()), names, {})
    told = settings()
    # Only now: the report makes LVM write backups that are lacking. Those in LVM's own folder count where it was told to use another since.
    recorded, last_seen = {}, {}
    for folder in dict.fromkeys((BACKUPS, told.backups)):
        for known, found in zip((recorded, last_seen), backups(folder)):
            known.update(found)
    state = replace(
        state,
        recorded=recorded,
        last_seen=last_seen,
        dmeventd=installed("dmeventd"),
        profiles=profiles(told.profiles),
        settings=told,
        taken_names=frozenset(os.listdir("/dev")),
    )
    return replace(state, hidden=_hidden(host, state))


def settings() -> Settings:
    """What the machine's configuration says; LVM is asked where that may be anything of its own."""
    folder = os.environ.get("LVM_SYSTEM_DIR", "")
    if not folder and not configuration.mentioned(files.text(path) for path in glob.glob(f"{SYSTEM_DIR}/*.conf")):
        return Settings()
    return configuration.parse(read("lvm", "lvmconfig", "--typeconfig", "full", *configuration.NAMES, ok=(0, 5)))


def _hidden(host: Host, state: State) -> Dict[str, hidden.Hidden]:
    devices = hidden.members(host, state)
    if not devices:
        return {}
    return hidden.find(host, state, {device.kernel_name: label.owner(device.path) for device in devices}, devices_file() is not None)


def devices_file() -> Optional[str]:
    """The text of LVM's devices file, ``None`` where LVM does not go by one."""
    # An LVM before 2.03.12 knows no such setting, and ends with 5.
    said = read("lvm", "lvmconfig", "--typeconfig", "full", "devices/use_devicesfile", "devices/devicesfile", ok=(0, 5))
    values = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    path = os.path.join(_DEVICES, values.get("devicesfile", "").strip('"'))
    return files.text(path) if values.get("use_devicesfile") == "1" and os.path.isfile(path) else None


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
