# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Where a device shows that somebody used it, though no signature is left: its head, its tail, and where copies of superblocks stand. Pure."""

from __future__ import annotations

from typing import Iterator, List, Tuple

_KIB, _MIB, _GIB, _TIB = 1024, 1024**2, 1024**3, 1024**4
#: What is read at once; every device takes reads that are aligned so.
PAGE = 4096
#: The head takes in what a first partition begins with (at 1 MiB), LVM's metadata, and the labels of ZFS at the front.
HEAD = 2 * _MIB
#: The tail takes in the copy of a GPT, LVM's second metadata, md 0.90 and 1.0, the labels of ZFS at the end, and the copies of NTFS and NILFS2.
TAIL = _MIB
#: ext4: groups with a copy of the superblock that even a small file system has (sparse_super in ext4(5)).
_GROUPS = (1, 3, 5, 7, 9)
#: btrfs: the first copies are in the head (64 KiB), at 64 MiB and 256 GiB (btrfs(5), "SUPER BLOCK").
_BTRFS = (64 * _MIB, 256 * _GIB)


def places(size: int) -> Tuple[Tuple[int, int], ...]:
    """``(offset, length)`` of what has to be zero on a blank device of ``size`` bytes, in order and apart; offsets are multiples of ``PAGE``."""
    spots = {offset // PAGE * PAGE for offset in (*_ext4(size), *_xfs(size), *_BTRFS) if 0 <= offset < size}
    tail = max(0, size - TAIL) // PAGE * PAGE
    found: List[Tuple[int, int]] = []
    for start, end in sorted([(0, HEAD), (tail, size), *((spot, spot + PAGE) for spot in spots)]):
        end = min(end, size)
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif start < end:
            found.append((start, end))
    return tuple((start, end - start) for start, end in found)


def _ext4(size: int) -> Iterator[int]:
    """A group has as many blocks as a block has bits; with blocks of 1 KiB the first block belongs to none (mke2fs(8), "-g")."""
    for block in (_KIB << power for power in range(7)):
        group, first = 8 * block * block, _KIB if block == _KIB else 0
        # Larger blocks than the usual 4 KiB need larger pages: one copy is enough there.
        yield from (number * group + first for number in (_GROUPS if block <= 4 * _KIB else _GROUPS[:1]))
        # sparse_super2 has a copy in the last group.
        yield max(0, size - first - 1) // group * group + first


def _xfs(size: int) -> Iterator[int]:
    """Each allocation group begins with a copy. mkfs.xfs makes 4, on stripes 8 to 32, and none larger than 1 TiB (calc_default_ag_geometry)."""
    blocks = size // PAGE
    for count in (4, 8, 16, 32):
        group = -(-blocks // count) * PAGE
        yield from (number * group for number in ((1, 2, 3) if count == 4 else (1,)))
    yield from (_TIB, 2 * _TIB)
