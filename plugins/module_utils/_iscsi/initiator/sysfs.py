# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Sessions and their LUNs from the kernel's own files: no command, however many there are."""

from __future__ import annotations

import os
from typing import Dict, Iterator, Tuple

from ..._core import files
from ..names import Portal
from .holders import Holders
from .model import DEFAULT_IFACE, Key, Lun, Session

SYS = "/sys"
_BY_ID = "/dev/disk/by-id"
#: The kernel counts in these, whatever the device's own sectors are.
_SECTOR = 512
#: A LUN that is a disk (SPC, peripheral device type).
_DISK = "0"


def sessions(root: str = SYS, thorough: bool = False) -> Tuple[Session, ...]:
    """All sessions of open-iscsi, in the order in which they were made. ``thorough``: also whether somebody has a disk for himself."""
    folder = f"{root}/class/iscsi_session"
    names = sorted(files.listed(folder), key=lambda name: int(name[len("session") :]))
    if not names:
        return ()
    known, holders = _by_id(), Holders(f"{root}/class/block", thorough)
    return tuple(_session(f"{folder}/{name}", root, known, holders) for name in names)


def _session(folder: str, root: str, known: Dict[str, str], holders: Holders) -> Session:
    device = os.path.realpath(f"{folder}/device")
    connection = next((name for name in files.listed(device) if name.startswith("connection")), "")
    wire = f"{root}/class/iscsi_connection/{connection}"
    portal = Portal(value(f"{wire}/persistent_address"), int(value(f"{wire}/persistent_port") or 0))
    return Session(
        Key(value(f"{folder}/targetname"), portal, value(f"{folder}/ifacename") or DEFAULT_IFACE),
        int(os.path.basename(folder)[len("session") :]),
        value(f"{folder}/state"),
        int(value(f"{folder}/recovery_tmo") or 0),
        (value(f"{wire}/header_digest") == "1", value(f"{wire}/data_digest") == "1"),
        tuple(sorted((_lun(each, root, known, holders) for each in disks(device)), key=lambda lun: lun.lun)),
    )


def disks(device: str) -> Iterator[str]:
    """Folders of the disks below a session's ``device``; each has its block device, if it has one yet, in ``block``."""
    for target in files.listed(device):
        if target.startswith("target"):
            for address in files.listed(f"{device}/{target}"):
                if address.count(":") == 3 and value(f"{device}/{target}/{address}/type") == _DISK:
                    yield f"{device}/{target}/{address}"


def _lun(folder: str, root: str, known: Dict[str, str], holders: Holders) -> Lun:
    name = next(iter(files.listed(f"{folder}/block")), "")
    joined = holders.map_of(name)
    return Lun(
        int(folder.rpartition(":")[2]),
        name,
        stable(folder, name, known),
        _size(root, name),
        value(f"{folder}/state"),
        holders.name(joined) if joined else "",
        holders.used(joined or name, value(f"{folder}/state") == "running") if name else "",
        _size(root, joined),
    )


def _size(root: str, name: str) -> int:
    return int(value(f"{root}/class/block/{name}/size") or 0) * _SECTOR if name else 0


def stable(folder: str, name: str, known: Dict[str, str]) -> str:
    """The name of a LUN, whichever of its paths udev's link leads to now; by its own link where it has no WWN."""
    kind, _dot, digits = value(f"{folder}/wwid").partition(".")
    by_wwn = f"{_BY_ID}/wwn-0x{digits}"
    return by_wwn if kind == "naa" and by_wwn in known else next((path for path, leads in sorted(known.items()) if leads == name), "")


def _by_id() -> Dict[str, str]:
    """Kernel names by the links of /dev/disk/by-id."""
    return {f"{_BY_ID}/{name}": os.path.basename(os.readlink(f"{_BY_ID}/{name}")) for name in files.listed(_BY_ID)}


def value(path: str) -> str:
    """One of the kernel's values; empty where it is gone, or where the kernel says that there is none."""
    text = files.value(path)
    return "" if text in ("(null)", "<NULL>", "<empty>") else text
