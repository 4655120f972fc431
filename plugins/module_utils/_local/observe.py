# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Discovery directories, fstab, our udev rules and old notes, from files; devices, the record and LVM by their own observers."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Dict, Iterator, List, Sequence, Tuple

from .._block import observe as devices
from .._block.boot import FSTAB, UNITS
from .._block.model import KEPT, Device, Host
from .._block.record import MAKING, PATH, Made, Record, lasting
from .._block.select import is_member
from .._block.sysfs import device_number
from .._core import files, mounts, trusted
from .._lvm import observe as lvm
from .._lvm.model import State
from . import fstab, guard
from .desired import Wish
from .model import FORMATTING, Directory, Entry, Mounted, Observed, is_ours


def observe(wish: Wish) -> Observed:
    """The machine, by one lsblk, one blkid, and one LVM report if a class stands on logical volumes, one is given up, or a disk
    bears LVM's mark and nothing else tells what is on it.
    """
    base = trusted.resolve(wish.base_dir, "base_dir")
    host = devices.observe(base, logical_volumes=lambda volume: True)
    uses_lvm = any(item.logical_volumes or item.state == "absent" for item in wish.classes) or any(_idle_member(host, device) for device in host)
    found = entries(base, host)
    notes = _notes(base, host)
    text = files.text(FSTAB)
    places = {wish.base_dir: base, **_places(text, wish)}
    table = mounts.mountinfo(files.text("/proc/self/mountinfo"))
    points = {mount.path for mount in table}
    made = {name: replace(each, base_dir=places.get(each.base_dir, each.base_dir)) for name, each in host.record.volumes.items()}
    return Observed(
        host,
        lvm.observe(host) if uses_lvm else State(),
        found,
        text,
        Record({**notes, **made}),
        tuple(notes),
        kept(base),
        foreign=_foreign(wish, host, found),
        places=places,
        mounted=_mounted(base, table, host),
        closed={path: why for path in (FSTAB, guard.PATH, PATH, f"{base}/x") for why in [files.closed(path, points)] if why},
        units=fstab.units({folder: files.listed(folder) for folder in UNITS}, base),
        rules=files.text(guard.PATH),
        udev=os.path.exists("/run/udev/control"),
        systemd=os.path.isdir("/run/systemd/system"),
        directories={path: found for item in wish.classes for path in item.directories for found in _directory(path, host)},
    )


def _places(text: str, wish: Wish) -> Dict[str, str]:
    """Real paths of the mount points in fstab that can be of volumes, and of what is published."""
    points = (point for point in map(fstab.mount_point, fstab.rows(text)) if is_ours(os.path.basename(point)))
    published = (each.path for each in wish.published or () if each.path.startswith("/"))
    return {path: _place(path) for path in (*points, *published)}


def _idle_member(host: Host, device: Device) -> bool:
    return is_member(device) and not (device.entry or device.kept or host.above(device))


def entries(base_dir: str, host: Host) -> Tuple[Entry, ...]:
    """Entries of all discovery directories."""
    mounted = {mount: device.kernel_name for device in host for mount in device.mounts}
    found: List[Entry] = []
    for folder in devices.folders(base_dir):
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            storage_class = os.path.basename(folder)
            if os.path.islink(path):
                found.append(
                    Entry(
                        storage_class,
                        name,
                        path,
                        True,
                        os.path.basename(os.path.realpath(path)) if os.path.exists(path) else "",
                        target=os.readlink(path),
                    )
                )
            elif path in mounted:
                found.append(Entry(storage_class, name, path, False, mounted[path], _capacity(path)))
            else:
                found.append(Entry(storage_class, name, path, False))
    return tuple(found)


def _mounted(base_dir: str, table: Sequence[mounts.Mount], host: Host) -> Dict[str, Mounted]:
    """What the kernel says of the mounts in the discovery directories, of each place the topmost."""
    there = {mount.path: mount for mount in table if mount.path.startswith(f"{base_dir}/")}
    names = {mount: device.kernel_name.replace("/", "!") for device in host for mount in device.mounts}
    return {path: _of(mount, names[path]) for path, mount in there.items() if path in names}


def _of(mount: mounts.Mount, name: str) -> Mounted:
    # A partition has its disk's.
    queues = (f"/sys/class/block/{name}/queue", f"/sys/class/block/{name}/../queue")
    files_of = (("discard", "discard_max_bytes"), ("dax=always", "dax"))
    lacks = {word for word, file in files_of if "0" in {files.value(f"{each}/{file}") for each in queues}}
    if mount.fs != "ext4":
        return Mounted(mount, lacks=frozenset(lacks))
    told = files.value(f"/proc/fs/ext4/{name}/options")
    return Mounted(mount, frozenset(told.split("\n")), int(files.value(f"/sys/fs/ext4/{name}/errors_count") or 0), frozenset(lacks))


def _directory(path: str, host: Host) -> Iterator[Directory]:
    if not os.path.isdir(path) or os.path.realpath(path) != path:
        return
    mount_point = path
    while not os.path.ismount(mount_point):
        mount_point = os.path.dirname(mount_point)
    device = next((device for device in host if mount_point in device.mounts), None)
    uuid = next((signature.uuid for signature in device.signatures), "") if device else ""
    yield Directory(mount_point, device.kernel_name if device else "", uuid, _capacity(path))


def _capacity(path: str) -> int:
    try:
        total = os.statvfs(path)
    except OSError:
        # The disk below died; the entry is degraded and its size of no use.
        return 0
    return total.f_blocks * total.f_frsize


def _notes(base_dir: str, host: Host) -> Dict[str, Made]:
    """What the version before was formatting when it was interrupted, as the record tells it."""
    folder = os.path.join(base_dir, FORMATTING)
    notes: Dict[str, Made] = {}
    for name in files.listed(folder):
        path, _blank, storage_class = files.text(os.path.join(folder, name)).strip().partition(" ")
        device = host.resolve(path)
        ids = lasting(device.links, device.path) if device else (path,)
        notes[name] = Made(storage_class, base_dir, "Filesystem", path, ids, state=MAKING)
    return notes


def _foreign(wish: Wish, host: Host, found: Tuple[Entry, ...]) -> Dict[str, str]:
    """Devices that a local volume leads to which somebody else made: by a path of his own to a device, or by a mount there."""
    ours = {_place(entry.path) for entry in found}
    mounted = {mount: device.kernel_name for device in host for mount in device.mounts}
    numbers = {device.number: device.kernel_name for device in host}
    devices_of: Dict[str, str] = {}
    for each in wish.published or ():
        if not each.path.startswith("/") or _place(each.path) in ours:
            continue
        path = os.path.realpath(each.path)
        name = mounted.get(path) or numbers.get(_number(path), "")
        if name:
            devices_of[name] = each.volume
    return devices_of


def _place(path: str) -> str:
    """The path of an entry, whatever links lead to its folder; where the entry itself leads to is another matter."""
    folder, name = os.path.split(path.rstrip("/"))
    return os.path.join(os.path.realpath(folder), name)


def _number(path: str) -> str:
    try:
        return device_number(path)
    except OSError:
        return ""


def kept(base_dir: str) -> Dict[str, str]:
    """``class/entry`` by kernel name of the raw volumes that were given up with their data."""
    return devices.block_entries(os.path.join(base_dir, KEPT))
