# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Who has a device open: a process that writes to it, or the kernel for something that no table here shows (a mount elsewhere, a target, bcache)."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from typing import Dict, Iterator, Mapping, Tuple

#: Who looks at a disk in passing (smartd, a probe) is gone by then.
_TRIES, _PAUSE = 3, 0.2
_ELSEWHERE = "the kernel, for a mount in another namespace or a target"


def openers(devices: Mapping[str, str], exclusive: Mapping[str, str], proc: str = "/proc") -> Dict[str, str]:
    """Who has devices open, in words by path; ``devices`` and ``exclusive`` map paths to major:minor.

    Those of ``exclusive`` are also opened as a file system or LVM would open them.
    """
    left: Dict[str, str] = {}
    for attempt in range(_TRIES if devices else 0):
        time.sleep(_PAUSE if attempt else 0)
        writers = dict(_writers({number: path for path, number in devices.items()}, proc))
        busy = {path: _ELSEWHERE for path in exclusive if not _claimable(path)}
        left = {**busy, **writers}
        if not left:
            break
    return left


def _claimable(path: str) -> bool:
    try:
        # On a block device and without O_CREAT: fails while somebody else holds it so (open(2)).
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
    except OSError as problem:
        return problem.errno != errno.EBUSY
    return True


def _writers(paths: Mapping[str, str], proc: str) -> Iterator[Tuple[str, str]]:
    """``(path, process)`` of the processes that have one of the devices open for writing."""
    for number in os.listdir(proc):
        if not number.isdecimal():
            continue
        for name in _names(f"{proc}/{number}/fd"):
            path = paths.get(_device(f"{proc}/{number}/fd/{name}"))
            if path and _writes(f"{proc}/{number}/fdinfo/{name}"):
                yield path, f"process {_text(f'{proc}/{number}/comm').strip() or 'unknown'} (PID {number})"


def _names(folder: str) -> Iterator[str]:
    try:
        yield from os.listdir(folder)
    except OSError:
        # It ended.
        return


def _device(link: str) -> str:
    try:
        # Others are not asked what they are: a file can be on a network that is gone.
        if not os.readlink(link).startswith("/dev/"):
            return ""
        found = os.stat(link)
    except OSError:
        return ""
    return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}" if stat.S_ISBLK(found.st_mode) else ""


def _writes(path: str) -> bool:
    flags = re.search(r"^flags:\s*([0-7]+)$", _text(path), re.MULTILINE)
    value = int(flags[1], 8) if flags else 0
    return value & os.O_ACCMODE != os.O_RDONLY and not value & os.O_PATH


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(4096)
    except OSError:
        return ""
