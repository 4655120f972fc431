# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Logical volumes, and what stands on what, from the kernel's own files: with hundreds of volumes lsblk takes seconds for the same."""

from __future__ import annotations

import os
import stat
from typing import Dict, Iterable, List, Tuple

from .._core import files
from .model import Device

ROOT = "/sys/class/block"
#: The kernel counts in these, whatever the device's own sectors are.
_SECTOR = 512


def survey(root: str = ROOT) -> Tuple[Dict[str, Device], List[str]]:
    """Logical volumes by kernel name, and the kernel names of all other devices that have a size. RAM disks are passed over, as by lsblk."""
    volumes: Dict[str, Device] = {}
    others: List[str] = []
    for name in sorted(os.listdir(root)):
        folder = f"{root}/{name}"
        size = int(files.value(f"{folder}/size") or 0) * _SECTOR
        # The beginning of this UUID says who made a device-mapper device (libdm, "dm_set_uuid").
        if name.startswith("dm-") and files.value(f"{folder}/dm/uuid").startswith("LVM-"):
            path = f"/dev/mapper/{files.value(f'{folder}/dm/name')}"
            volumes[name] = Device(name, path, "lvm", size, files.value(f"{folder}/dev"), read_only=files.value(f"{folder}/ro") == "1")
        elif size and not name.startswith("ram"):
            others.append(name)
    return volumes, others


def hardware(name: str, root: str = ROOT) -> bool:
    """Whether something of the machine is behind a disk: a bus has it. Memory (zram), a network block device (nbd) and test devices have none.

    Ceph's RADOS block devices have a bus of their own, and are a pod's volume as often as not.
    """
    device = f"{root}/{name}/device"
    return os.path.exists(device) and os.path.basename(os.path.realpath(f"{device}/subsystem")) != "rbd"


def relations(names: Iterable[str], root: str = ROOT) -> Dict[str, Tuple[Tuple[str, ...], Tuple[str, ...]]]:
    """What each of the devices ``names`` stands on, and what stands on it."""
    parents = {name: tuple(sorted(_parents(f"{root}/{name}"))) for name in names}
    children: Dict[str, List[str]] = {}
    for name, below in parents.items():
        for each in below:
            children.setdefault(each, []).append(name)
    return {name: (below, tuple(children.get(name, ()))) for name, below in parents.items()}


def _parents(folder: str) -> List[str]:
    try:
        return os.listdir(f"{folder}/slaves") or _backing(folder)
    except FileNotFoundError:
        # A partition has no such list: its folder stands in that of its disk.
        return [os.path.basename(os.path.dirname(os.path.realpath(folder)))] if os.path.exists(f"{folder}/partition") else []


def _backing(folder: str) -> List[str]:
    """The device below a loop device. So the kubelet holds a raw volume for a pod: nothing else tells that it is in use."""
    path = files.value(f"{folder}/loop/backing_file")
    # Files are passed over unasked, because they can be on a network that is gone.
    if not (path.startswith("/dev/") or "/volumeDevices/" in path):
        return []
    try:
        number = device_number(path)
    except OSError:
        return []
    # The folder is a link: the way up is that of its name.
    numbers = os.path.normpath(f"{folder}/../../../dev/block")
    return [os.path.basename(os.path.realpath(f"{numbers}/{number}"))] if number else []


def device_number(path: str) -> str:
    """``major:minor`` of a block device, empty for what is something else; ``OSError`` where there is nothing."""
    found = os.stat(path)
    return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}" if stat.S_ISBLK(found.st_mode) else ""
