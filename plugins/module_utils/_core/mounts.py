# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The kernel's tables of mounts and swap, and fstab. Pure text.

Pods choose parts of it: the folder of a subPath, the file system's own options. Of blanks the kernel writes only space, tab and newline as octal
numbers, and an empty source as nothing at all. So fields end at a single space and lines at a newline, never at what Python takes for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import FrozenSet, List

from .errors import Conflict

#: Of mountinfo's fields (proc(5)): major:minor, root and mount point; before them stand two ids, after them the options.
_NUMBER, _ROOT, _PATH, _OPTIONS = 2, 3, 4, 5


@dataclass(frozen=True)
class Mount:
    """One mount: ``number`` is major:minor of its file system's device, ``whole`` are the options of the file system, wherever it is mounted.

    A device node that is bound to a file has ``fs`` devtmpfs, and as ``root`` its name below /dev.
    """

    path: str
    number: str
    root: str
    fs: str = ""
    source: str = ""
    options: FrozenSet[str] = frozenset()
    whole: FrozenSet[str] = frozenset()

    @property
    def read_only(self) -> bool:
        """Whether it was mounted so."""
        return "ro" in self.options

    @property
    def failed(self) -> bool:
        """Whether the kernel turned the file system read-only, which nobody asked for."""
        return "ro" in self.whole and not self.read_only


def mountinfo(text: str) -> List[Mount]:
    """All mounts, in order, from /proc/PID/mountinfo (proc(5)).

    Where something is mounted, and of which device, is never passed over: a volume would be taken for unused. What else a line says may be missing.
    """
    return [_mount(line) for line in text.split("\n") if line]


def _mount(line: str) -> Mount:
    fields = line.split(" ")
    if len(fields) <= _PATH or not re.fullmatch(r"\d+:\d+", fields[_NUMBER]):
        raise Conflict(
            "a line of the kernel's table of mounts cannot be read.", code="mounts-unreadable", found=repr(line), fix="look at /proc/1/mountinfo."
        )
    # Between the options and the hyphen stand none to three more fields, behind it the type, the source and the file system's options.
    told = fields[fields.index("-", _OPTIONS) + 1 :] if "-" in fields[_OPTIONS:] else []
    fs, source, whole = (*told, "", "", "")[:3]
    return Mount(
        unescape(fields[_PATH]),
        fields[_NUMBER],
        unescape(fields[_ROOT]),
        unescape(fs),
        unescape(source),
        frozenset(fields[_OPTIONS].split(",")) if len(fields) > _OPTIONS else frozenset(),
        frozenset(whole.split(",")),
    )


def swaps(text: str) -> List[str]:
    """Paths of the devices and files that are swapped to, from /proc/swaps; its first line is a heading."""
    return [unescape(line.split(" ", 1)[0].split("\t", 1)[0]) for line in text.split("\n")[1:] if line]


def fstab(row: str) -> List[str]:
    """The fields of one line of fstab(5), none of a comment or an empty one."""
    text = row.strip(" \t\r\n")
    return [] if not text or text.startswith("#") else [unescape(field) for field in re.split(r"[ \t]+", text)]


def unescape(text: str) -> str:
    """A path as /proc and fstab write it, with some of its bytes as octal numbers."""
    return _unescape(text, rb"\\([0-3][0-7]{2})", 8)


def unescape_hex(text: str) -> str:
    """The same of what lsblk prints, and of the names of udev's links and systemd's units, with some bytes as hexadecimal numbers."""
    return _unescape(text, rb"\\x([0-9a-f]{2})", 16)


def _unescape(text: str, pattern: bytes, base: int) -> str:
    raw = re.sub(pattern, lambda match: bytes((int(match[1], base),)), text.encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape")
