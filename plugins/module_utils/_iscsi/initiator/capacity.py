# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a target says of its LUNs now, against what the kernel believes: it looks again only when told, and keeps no note that something changed.

Asked are REPORT LUNS (SPC-4) of one of a session's disks, and READ CAPACITY(16) (SBC-3) of each.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from typing import Dict, List, Optional, Set

from .model import Lun, Session

#: <scsi/sg.h>
_SG_IO, _FROM_DEVICE, _INTERFACE = 0x2285, -3, ord("S")
_MILLISECONDS = 5000
_READ_CAPACITY = bytes([0x9E, 0x10, *[0] * 8, 0, 0, 0, 32, 0, 0])
_MOST = 8 + 8 * 1024
_REPORT_LUNS = bytes([0xA0, 0, 0, 0, 0, 0, *_MOST.to_bytes(4, "big"), 0, 0])
#: The first command after a change is answered with the news of it (unit attention), and there may be several.
_ATTEMPTS = 4


class _Request(ctypes.Structure):
    _fields_ = [
        ("interface_id", ctypes.c_int),
        ("direction", ctypes.c_int),
        ("command_length", ctypes.c_ubyte),
        ("sense_room", ctypes.c_ubyte),
        ("vectors", ctypes.c_ushort),
        ("data_length", ctypes.c_uint),
        ("data", ctypes.c_void_p),
        ("command", ctypes.c_void_p),
        ("sense", ctypes.c_void_p),
        ("timeout", ctypes.c_uint),
        ("flags", ctypes.c_uint),
        ("pack_id", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("status", ctypes.c_ubyte),
        ("masked_status", ctypes.c_ubyte),
        ("message_status", ctypes.c_ubyte),
        ("sense_length", ctypes.c_ubyte),
        ("host_status", ctypes.c_ushort),
        ("driver_status", ctypes.c_ushort),
        ("left", ctypes.c_int),
        ("duration", ctypes.c_uint),
        ("info", ctypes.c_uint),
    ]


def out_of_date(session: Session) -> Dict[int, str]:
    """What the kernel does not know yet of a session's LUNs, by LUN. A session without disks has nobody to ask, so it is looked at again."""
    if not session.up:
        return {}
    if not session.luns:
        return {0: "no LUN is known"}
    asked = [lun for lun in session.luns if lun.kernel_name and lun.state == "running"]
    sizes = ((lun, _capacity(lun)) for lun in asked)
    found = {lun.lun: f"LUN {lun.lun} has {size} bytes, not {lun.size}" for lun, size in sizes if size not in (None, lun.size)}
    known = {lun.lun for lun in session.luns}
    return {**found, **{number: f"LUN {number} is new" for number in sorted((_numbers(asked[0]) if asked else set()) - known)}}


def _capacity(lun: Lun) -> Optional[int]:
    data = _ask(lun, _READ_CAPACITY, 32)
    return (int.from_bytes(data[:8], "big") + 1) * int.from_bytes(data[8:12], "big") if data else None


def _numbers(lun: Lun) -> Set[int]:
    return lun_numbers(_ask(lun, _REPORT_LUNS, _MOST))


def lun_numbers(data: bytes) -> Set[int]:
    """LUNs from the answer to REPORT LUNS, those of one level: two bytes whose first two bits say how they are written (SAM-5, 4.7)."""
    entries = data[8 : 8 + int.from_bytes(data[:4], "big")]
    starts: List[bytes] = [entries[place : place + 2] for place in range(0, len(entries) - 7, 8)]
    return {int.from_bytes(each, "big") & 0x3FFF for each in starts}


def _ask(lun: Lun, command: bytes, length: int) -> bytes:
    """The answer to a SCSI command, empty if the disk gives none."""
    data, sense = ctypes.create_string_buffer(length), ctypes.create_string_buffer(32)
    argument = ctypes.create_string_buffer(command, len(command))
    address = ctypes.addressof
    request = _Request(_INTERFACE, _FROM_DEVICE, len(command), 32, 0, length, address(data), address(argument), address(sense), _MILLISECONDS)
    try:
        descriptor = os.open(f"/dev/{lun.kernel_name}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        for _attempt in range(_ATTEMPTS):
            fcntl.ioctl(descriptor, _SG_IO, request)
            if not (request.status or request.host_status or request.driver_status & 0x7):
                return data.raw[: length - request.left]
    except OSError:
        pass
    finally:
        os.close(descriptor)
    return b""
