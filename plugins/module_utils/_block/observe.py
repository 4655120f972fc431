# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The machine's block devices, by one lsblk, one blkid and a few files, whatever their number."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Callable, Dict, Iterable, List, Mapping, Set, Tuple

from .._core import files, mounts
from .._core.command import read
from .._core.lock import check_root
from . import boot, medium, record
from .identity import called, rank
from .model import KEPT, Device, Host, Signature
from .openers import openers
from .probe import readable, signatures
from .superblock import measured
from .sysfs import hardware, relations, survey

_COLUMNS = "KNAME,PATH,MAJ:MIN,TYPE,SIZE,RO,ROTA,TRAN,MODEL,SERIAL,WWN,OPT-IO,LOG-SEC,RM,PARTUUID,PARTLABEL,PARTTYPE"
#: 64: a device went away in between (lsblk(8), "EXIT STATUS").
_SOME = (0, 64)
_LINK_FOLDERS = ("/dev/disk/by-id", "/dev/disk/by-path", "/dev/md")
#: They stand on disks, though the kernel does not say on which (zd: volumes of ZFS).
_STACKED = ("drbd", "zd")


def observe(base_dir: str, logical_volumes: Callable[[Device], bool] = lambda volume: False, claim: bool = True) -> Host:
    """All devices; disks and partitions are tried for reading and probed for what they hold, ``logical_volumes`` of which that is true too.

    ``base_dir`` holds the discovery directories of local volumes: a disk given out there as a raw device bears no other mark.
    With ``claim`` disks that nothing uses are opened exclusively for a moment. That is for those who hold the host's lock: it could get in the
    way of one who is about to write.
    """
    check_root()
    volumes, others = survey()
    # Of what udev was told to give no node nothing can be done with.
    paths = [path for path in (f"/dev/{name.replace('!', '/')}" for name in others) if os.path.exists(path)]
    listed = parse_lsblk(read("lsblk", "--nodeps", "--json", "--bytes", "--output", _COLUMNS, *paths, ok=_SOME))
    devices = {**listed, **{name: volume for name, volume in volumes.items() if os.path.exists(volume.path)}}
    numbers = {device.number: device.kernel_name for device in devices.values()}
    mounted = parse_mounts(files.text("/proc/self/mountinfo"), files.text("/proc/swaps"), numbers)
    links = _links()
    entries, kept = block_entries(base_dir), block_entries(os.path.join(base_dir, KEPT))
    made = record.read()
    for name, (parents, children) in relations(devices).items():
        ranked = rank(links.get(name, ()))
        devices[name] = dataclasses.replace(
            devices[name],
            parents=parents,
            children=children,
            links=ranked,
            aliases=called(links.get(name, ())),
            virtual=devices[name].type == "disk" and not (parents or hardware(name) or name.startswith(_STACKED)),
            mounts=tuple(mounted.get(name, ())),
            entry=entries.get(name, ""),
            kept=kept.get(name, "") or made.given_out(ranked),
        )
    devices = {name: described(device, devices) for name, device in devices.items()}
    candidates = [device for device in devices.values() if device.size and _probed(device, logical_volumes)]
    dead = {device.kernel_name for device in candidates if not readable(device.path)}
    found = signatures(device.path for device in candidates if device.kernel_name not in dead)
    host = Host({name: measured(with_probe(device, found, name in dead)) for name, device in devices.items()}, boot.observe(), made)
    return _examined(host, [host.devices[device.kernel_name] for device in candidates], claim)


def _examined(host: Host, candidates: Iterable[Device], claim: bool) -> Host:
    """``host`` with what only a closer look shows of devices that could be given to somebody: data of no known kind, and who has them open."""
    free = [device for device in candidates if device.readable and not device.entry and not host.mounts(device)]
    free = [device for device in free if all(each.type == "part" for each in host.above(device))]
    held = medium.unknown([device.path for device in free if not device.signatures])
    # LVM says of its volumes whether they are open; the driver may be about to mount one of its own.
    numbers = {device.path: device.number for device in free if device.type != "lvm" or not device.signatures}
    opened = openers(numbers, {device.path: device.number for device in free if claim and device.type != "lvm"})
    looked = {
        device.kernel_name: dataclasses.replace(
            device,
            readable=held.get(device.path, ()) is not None,
            signatures=device.signatures or held.get(device.path) or (),
            opened=opened.get(device.path, ""),
        )
        for device in free
    }
    return dataclasses.replace(host, devices={**host.devices, **looked})


def _probed(device: Device, logical_volumes: Callable[[Device], bool]) -> bool:
    if device.type == "lvm":
        # udev gives no links to the parts that LVM keeps for itself, and blkid refuses to look at them.
        return bool(device.links) and logical_volumes(device)
    return device.type not in ("rom", "loop")


def with_probe(device: Device, found: Mapping[str, Tuple[Signature, ...]], dead: bool) -> Device:
    """``device`` with what a probe found on it."""
    return dataclasses.replace(device, signatures=found.get(device.path, ()), readable=not dead)


def described(device: Device, devices: Mapping[str, Device]) -> Device:
    """``device``, a partition with what is to be said of its disk."""
    disk = devices.get(device.parents[0]) if device.type == "part" and device.parents else None
    if disk is None:
        return device
    told = {name: getattr(disk, name) for name in ("rotational", "removable", "transport", "model", "serial", "wwn")}
    return dataclasses.replace(device, **told)


def parse_lsblk(text: str) -> Dict[str, Device]:
    """Devices by kernel name from lsblk's JSON list."""
    return {
        row["kname"]: Device(
            kernel_name=row["kname"],
            path=row["path"],
            type=row["type"],
            size=int(row["size"] or 0),
            number=row["maj:min"].strip(),
            rotational=_true(row["rota"]),
            read_only=_true(row["ro"]),
            transport=row["tran"] or "",
            model=(row["model"] or "").strip(),
            serial=(row["serial"] or "").strip(),
            wwn=row["wwn"] or "",
            optimal_io=int(row["opt-io"] or 0),
            logical_block=int(row["log-sec"] or 0),
            removable=_true(row["rm"]),
            part_uuid=(row["partuuid"] or "").lower(),
            part_label=mounts.unescape_hex(row["partlabel"] or ""),
            part_type=(row["parttype"] or "").lower(),
        )
        for row in json.loads(text)["blockdevices"]
    }


def parse_mounts(mountinfo: str, swaps: str, numbers: Mapping[str, str]) -> Dict[str, List[str]]:
    """Mount points by kernel name from /proc/self/mountinfo and /proc/swaps (proc(5)); ``numbers`` maps major:minor to kernel names."""
    found: Dict[str, List[str]] = {}
    for mount in mounts.mountinfo(mountinfo):
        # btrfs and the like report a number of their own; the source names the device.
        name = numbers.get(mount.number) or (os.path.basename(os.path.realpath(mount.source)) if mount.source.startswith("/dev/") else "")
        if name:
            found.setdefault(name, []).append(mount.path)
    for path in mounts.swaps(swaps):
        found.setdefault(os.path.basename(os.path.realpath(path)), []).append("[SWAP]")
    return found


def block_entries(base_dir: str) -> Dict[str, str]:
    """``class/entry`` by kernel name for the links below ``base_dir`` that lead to a device."""
    found: Dict[str, str] = {}
    for folder in folders(base_dir):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.islink(path) and os.path.exists(path):
                found[os.path.basename(os.path.realpath(path))] = f"{os.path.basename(folder)}/{name}"
    return found


def folders(base_dir: str) -> List[str]:
    """Discovery directories below ``base_dir``; our own notes there begin with a dot."""
    try:
        with os.scandir(base_dir) as rows:
            return [row.path for row in rows if row.is_dir(follow_symlinks=False) and not row.name.startswith(".")]
    except FileNotFoundError:
        return []


def _links() -> Dict[str, Set[str]]:
    links: Dict[str, Set[str]] = {}
    for folder in _LINK_FOLDERS:
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            continue
        for name in filter(lambda name, folder=folder: os.path.islink(f"{folder}/{name}"), names):
            # udev's links lead straight to the node, so there is no need to ask for each part of the way.
            links.setdefault(os.path.basename(os.readlink(f"{folder}/{name}")), set()).add(f"{folder}/{name}")
    return links


def _true(value: object) -> bool:
    return value in (True, "1")
