# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a logical volume is open, from the kernel: asking LVM would start a process that reads every disk (linux/dm-ioctl.h)."""

from __future__ import annotations

import fcntl
import os
import struct

#: struct dm_ioctl: version, size, start of data, targets, open count, flags, event, padding, device, name, UUID, data.
_STATUS = struct.Struct("=3I3IiIIIQ128s129s7s")
#: _IOWR(DM_IOCTL, DM_DEV_STATUS, struct dm_ioctl).
_DM_DEV_STATUS = 3 << 30 | _STATUS.size << 16 | 0xFD << 8 | 7


def open_count(control: str, number: int) -> int:
    """How often device ``number`` is open, mounts among that; ``control`` is device-mapper's own node in /dev."""
    asked = bytearray(_STATUS.pack(4, 0, 0, _STATUS.size, _STATUS.size, 0, 0, 0, 0, 0, number, b"", b"", b""))
    node = os.open(control, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(node, _DM_DEV_STATUS, asked)
    finally:
        os.close(node)
    return int(_STATUS.unpack(asked)[6])
