# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Reading how large a file system is, from its superblock or, where that lags behind, from the kernel."""

from __future__ import annotations

import dataclasses
import fcntl
import mmap
import os
import struct
from typing import Callable, Dict, Optional, Tuple

from .geometry import Geometry
from .model import Device

#: XFS_IOC_FSGEOMETRY_V1 (linux, fs/xfs/libxfs/xfs_fs.h): understood by every kernel.
_XFS_GEOMETRY, _XFS_GEOMETRY_BYTES = 0x80705864, 112
#: Where the superblock of a type begins, and how much of it is read.
_PLACE: Dict[str, Tuple[int, int]] = {"ext4": (1024, 1024), "xfs": (0, 512), "btrfs": (65536, 512)}
_MIB = 1024**2
#: s_state in the kernel's documentation, "ext4 Data Structures and Algorithms", and XFS_SB_FEAT_INCOMPAT_NEEDSREPAIR in fs/xfs/libxfs/xfs_format.h.
_EXT4_ERRORS, _XFS_NEEDS_REPAIR = 2, 1 << 4
_REPAIR = {"ext4": "e2fsck -f", "xfs": "xfs_repair"}


def measured(device: Device) -> Device:
    """``device`` with the geometry of the file system that it alone holds, if it is of a known type and can be read."""
    if len(device.signatures) != 1 or device.signatures[0].type not in _PLACE:
        return device
    kind = device.signatures[0].type
    broken = ""
    try:
        block = _superblock(device.path, kind)
        geometry, broken = parse(kind, block), trouble(kind, block)
        # While XFS is mounted, a new size stands in its log first.
        if kind == "xfs" and device.mounts and geometry and not geometry.fills(device.size):
            geometry = _ask(device.mounts[0])
    except (OSError, struct.error):
        geometry = None
    name = device.path if device.type == "lvm" else device.id
    if broken:
        return dataclasses.replace(device, geometry=geometry, stuck=broken, mend=f"{_REPAIR[kind]} {name} while it is not mounted")
    if device.mounts and all(map(_read_only, device.mounts)):
        return dataclasses.replace(
            device, geometry=geometry, stuck=f"is mounted read-only at {device.mounts[0]}", mend=f"mount --options remount,rw {device.mounts[0]}"
        )
    return dataclasses.replace(device, geometry=geometry)


def trouble(kind: str, block: bytes) -> str:
    """What a superblock says of errors that keep the kernel from changing the size of its file system, in words."""
    if kind == "ext4" and struct.unpack_from("<H", block, 58)[0] & _EXT4_ERRORS:
        return "has recorded errors"
    if kind == "xfs" and struct.unpack_from(">H", block, 100)[0] & 15 == 5 and struct.unpack_from(">I", block, 216)[0] & _XFS_NEEDS_REPAIR:
        return "was marked as in need of repair"
    return ""


def _read_only(place: str) -> bool:
    try:
        return bool(os.statvfs(place).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def parse(kind: str, block: bytes) -> Optional[Geometry]:
    """The geometry from a superblock; ``None`` when it is none of that type."""
    return _PARSERS[kind](block)


def _superblock(path: str, kind: str) -> bytes:
    start, length = _PLACE[kind]
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(descriptor, length, start)
    finally:
        os.close(descriptor)


def _ask(mount_point: str) -> Geometry:
    descriptor = os.open(mount_point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        answer = bytearray(_XFS_GEOMETRY_BYTES)
        fcntl.ioctl(descriptor, _XFS_GEOMETRY, answer)
    finally:
        os.close(descriptor)
    block_bytes, _extent, group_blocks = struct.unpack_from("=3I", answer)
    return _xfs(block_bytes, struct.unpack_from("=Q", answer, 32)[0], group_blocks)


def _xfs(block_bytes: int, blocks: int, group: int) -> Geometry:
    # mkfs.xfs leaves out a last group of less than 16 MiB (XFS_AG_MIN_BYTES), the kernel when growing one of less than 64 blocks.
    return Geometry(block_bytes, blocks, group=group, least=64, least_new=16 * _MIB // block_bytes)


def _parse_xfs(block: bytes) -> Optional[Geometry]:
    magic, block_bytes, blocks = struct.unpack_from(">4sIQ", block)
    return _xfs(block_bytes, blocks, struct.unpack_from(">I", block, 84)[0]) if magic == b"XFSB" else None


def _parse_btrfs(block: bytes) -> Optional[Geometry]:
    (sector,) = struct.unpack_from("<I", block, 144)
    # The part that tells of this device, which can be one of several.
    member, size = struct.unpack_from("<QQ", block, 201)
    return Geometry(sector, size // sector, member=member) if block[64:72] == b"_BHRfS_M" else None


def _copies(group: int) -> bool:
    """Whether a group has a copy of the superblock: 0, 1 and the powers of 3, 5 and 7 (sparse_super in ext4(5))."""
    return group <= 1 or any(group == base**power for base in (3, 5, 7) for power in range(1, 32))


def _parse_ext4(block: bytes) -> Optional[Geometry]:
    """Offsets from the kernel's documentation, "ext4 Data Structures and Algorithms", super block."""
    if struct.unpack_from("<H", block, 56)[0] != 0xEF53:
        return None
    low, first, log_block, group = (struct.unpack_from("<I", block, offset)[0] for offset in (4, 20, 24, 32))
    inodes, inode_bytes, reserved = (struct.unpack_from(form, block, offset)[0] for form, offset in (("<I", 40), ("<H", 88), ("<H", 206)))
    incompatible, read_only = struct.unpack_from("<II", block, 96)
    wide, clusters = bool(incompatible & 0x80), bool(read_only & 0x200)
    if clusters:
        # resize2fs does not grow these unless forced.
        return None
    descriptor_bytes = struct.unpack_from("<H", block, 254)[0] if wide else 32
    block_bytes = 1024 << log_block
    blocks = low + ((struct.unpack_from("<I", block, 336)[0] << 32) if wide else 0)
    # A group holds two bitmaps and its inodes, some also a copy of the superblock and the descriptors, and 50 blocks to be worth it.
    least = 2 + inodes * inode_bytes // block_bytes + 50
    following = -(-blocks // group)
    if _copies(following):
        least += 1 + reserved - (-(following + 1) * descriptor_bytes // block_bytes)
    # mke2fs and resize2fs round down to whole pages.
    return Geometry(block_bytes, blocks, unit=max(1, mmap.PAGESIZE // block_bytes), group=group, first=first, least=least)


_PARSERS: Dict[str, Callable[[bytes], Optional[Geometry]]] = {"ext4": _parse_ext4, "xfs": _parse_xfs, "btrfs": _parse_btrfs}
