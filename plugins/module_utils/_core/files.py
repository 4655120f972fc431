# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Configuration files: read whole, and replaced whole, so that a power cut leaves the old one or the new one. Also the kernel's values."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import tempfile
from typing import Collection, List

#: FS_IOC_GETFLAGS, and what keeps a file from being replaced: immutable, append-only (ioctl_iflags(2)).
_GET_FLAGS = 0x80006601 | struct.calcsize("l") << 16
_FIXED = 0x10 | 0x20


def text(path: str) -> str:
    """What stands in a file, nothing where there is none; bytes that are no text survive a ``replace``, and so do carriage returns."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def value(path: str) -> str:
    """One of the kernel's values in sysfs or configfs, empty where there is none: it went away since its folder was listed, or is of another kind."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(65536).decode(errors="surrogateescape").strip()
    except OSError:
        return ""


def listed(folder: str) -> List[str]:
    """Names in a folder in their order, none where there is none."""
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def replace(path: str, content: str, mode: int = 0o644) -> None:
    """Write ``content`` to ``path`` in one step, durably; its folder is made if missing, an existing file's mode is kept, and a link stays one."""
    if os.path.isfile(path):
        # Not one to /dev/null, by which systemd knows what is masked.
        path = os.path.realpath(path)
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    try:
        mode = os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        pass
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".cairn-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_folder(folder)


def closed(path: str, mounts: Collection[str] = ()) -> str:
    """Why ``path`` cannot be replaced, or made, in words; empty where nothing is in the way. ``mounts`` are the paths where something is mounted."""
    if os.path.isfile(path):
        path = os.path.realpath(path)
    if path in mounts and not os.path.isdir(path):
        return f"something is mounted at {path} itself"
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return f"{folder} is on a file system that is mounted read-only"
    return next((f"{each} is immutable or append-only (chattr +i, +a)" for each in (folder, path) if _fixed(each)), "")


def _fixed(path: str) -> bool:
    answer = bytearray(8)
    # Not there, or on a file system that knows no such flags.
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, _GET_FLAGS, answer)
        finally:
            os.close(descriptor)
    return bool(struct.unpack_from("=I", answer)[0] & _FIXED)


def sync_folder(folder: str) -> None:
    """Make what was created, renamed or removed in ``folder`` outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
