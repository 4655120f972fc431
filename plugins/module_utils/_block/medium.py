# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What stands on a device that bears no signature, read from the medium itself past the page cache, and clearing it."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, Iterator, Optional, Sequence, Tuple

from .model import UNKNOWN, Signature
from .places import PAGE, places

_CHUNK = 256 * 1024
_ZEROES = bytes(_CHUNK)
#: Devices that are read side by side; each has to move its own heads.
_AT_ONCE = 16
#: BLKRRPART (linux/fs.h): the kernel forgets partitions whose table is gone.
_REREAD_PARTITIONS = 0x125F
#: What a copy of a superblock begins with, and where in a page that may stand (libblkid, superblocks/).
_COPIES: Tuple[Tuple[bytes, Tuple[int, ...], str], ...] = (
    (b"\x53\xef", (56, 1024 + 56), "ext4"),
    (b"XFSB", (0,), "xfs"),
    (b"_BHRfS_M", (64,), "btrfs"),
)


def unknown(paths: Sequence[str]) -> Dict[str, Optional[Tuple[Signature, ...]]]:
    """By path what a device without a signature holds all the same: nothing, or unknown data; ``None`` where it cannot be read."""
    if not paths:
        return {}
    with ThreadPoolExecutor(min(_AT_ONCE, len(paths))) as pool:
        return dict(zip(paths, pool.map(_look, paths)))


def _look(path: str) -> Optional[Tuple[Signature, ...]]:
    try:
        seen = written(path)
    except OSError:
        return None
    return (Signature(UNKNOWN, note=seen),) if seen else ()


def written(path: str) -> str:
    """Where the device at ``path`` is not zero, in words; empty where it is blank. ``OSError`` when it cannot be read."""
    first, copy = -1, ""
    with _opened(path, os.O_RDONLY) as (descriptor, size, page):
        for start, length in places(size):
            for offset, data in _chunks(descriptor, page, start, length):
                if data == _ZEROES[: len(data)]:
                    continue
                first = offset + len(data) - len(data.lstrip(b"\0")) if first < 0 else first
                copy = copy or _copy(data, offset, length)
                # One is enough; but what a repair needs is worth looking for, a page at each place.
                break
    where = f"not zero at byte {first}" if first >= 0 else ""
    return f"{where}, {copy}" if copy else where


def _copy(data: bytes, offset: int, length: int) -> str:
    for magic, starts, kind in _COPIES:
        if offset and length == PAGE and any(data[start : start + len(magic)] == magic for start in starts):
            return f"what seems a copy of the superblock of {kind} at byte {offset}"
    return ""


def clear(path: str) -> None:
    """Make the device blank: zero where it is not zero, the head last, so that until then it shows what it held and the same consent counts."""
    with _opened(path, os.O_RDWR | os.O_EXCL) as (descriptor, size, page):
        # udev waits with its own look until this is let go (systemd, "Locking Block Device Access").
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        pieces = [(at, min(_CHUNK, start + length - at)) for start, length in places(size) for at in range(start, start + length, _CHUNK)]
        for start, length in reversed(pieces):
            for offset, data in _chunks(descriptor, page, start, length):
                # What is zero stays unwritten: a thin pool would have to find room for it.
                if data != _ZEROES[: len(data)]:
                    _zero(descriptor, offset, len(data))
        os.fsync(descriptor)
        with contextlib.suppress(OSError):
            # No disk, or one without partitions.
            fcntl.ioctl(descriptor, _REREAD_PARTITIONS)


def _zero(descriptor: int, offset: int, length: int) -> None:
    with mmap.mmap(-1, length) as zeroes:
        if os.pwritev(descriptor, [zeroes], offset) != length:
            raise OSError(f"the device took no more at byte {offset}")


@contextlib.contextmanager
def _opened(path: str, flags: int) -> Iterator[Tuple[int, int, mmap.mmap]]:
    descriptor = os.open(path, flags | os.O_DIRECT | os.O_CLOEXEC)
    try:
        # Direct reads go to memory that begins with a page.
        with mmap.mmap(-1, _CHUNK) as page:
            yield descriptor, os.lseek(descriptor, 0, os.SEEK_END), page
    finally:
        os.close(descriptor)


def _chunks(descriptor: int, page: mmap.mmap, start: int, length: int) -> Iterator[Tuple[int, bytes]]:
    offset, end = start, start + length
    while offset < end:
        with memoryview(page) as whole, whole[: min(_CHUNK, end - offset)] as part:
            count = os.preadv(descriptor, [part], offset)
            if count <= 0:
                raise OSError(f"nothing to read at byte {offset}")
            data = bytes(part[:count])
        yield offset, data
        offset += count
