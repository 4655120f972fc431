# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Steps that make, grow, label and shrink file systems, as plain data; fs_apply.py carries out the growing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Tuple

from .._core.command import Command, command

#: Least bytes that the kernel gives a btrfs when it is resized (btrfs_ioctl_resize in fs/btrfs/ioctl.c); mkfs.btrfs would make smaller ones.
LEAST_RESIZED = {"btrfs": 256 * 1024**2}
#: Least bytes of a file system, such that it can be grown: mkfs.xfs(8) since 5.19, the above.
MINIMUM = {"xfs": 300 * 1024**2, "ext4": 16 * 1024**2, **LEAST_RESIZED}


@dataclass(frozen=True)
class Grow:
    """Let a file system fill its device, online; one that is not mounted ``at`` a path is mounted at a private one for the moment.

    ``member`` is the device's number within a btrfs.
    """

    type: str
    path: str
    at: str = ""
    member: int = 1

    def __str__(self) -> str:
        return f"grow {self.type} on {self.path}" + ("" if self.at else ", mounted for the moment")


@dataclass(frozen=True)
class TryMake:
    """Before a volume is made or wiped for it: mkfs has to take the options, on a file of ``size`` bytes that takes no room."""

    type: str
    size: int
    options: Tuple[str, ...]

    def __str__(self) -> str:
        return f"check that mkfs.{self.type} takes {' '.join(self.options)}"


def make(kind: str, path: str, label: str = "", uuid: str = "", options: Sequence[str] = ()) -> Command:
    """The command that makes a file system; that of xfs and btrfs refuses a device that holds one."""
    names = ("-L", label) if label else ()
    if uuid:
        names += ("-m", f"uuid={uuid}") if kind == "xfs" else ("-U", uuid)
    return command(f"mkfs.{kind}", "-q", *options, *names, path, timeout=3600)


def tried(kind: str, path: str, options: Sequence[str] = ()) -> Tuple[Command, ...]:
    """The command that makes a file system, told to write nothing: it refuses what that one would. mkfs.btrfs knows no such thing."""
    told = {"ext4": ("mkfs.ext4", "-n", "-F"), "xfs": ("mkfs.xfs", "-N", "-f")}.get(kind)
    return (command(*told, "-q", *options, path, timeout=3600),) if told else ()


def rename(kind: str, path: str, label: str, at: str = "") -> Command:
    """The command that labels a file system, mounted ``at`` a path or nowhere."""
    if kind == "ext4":
        return command("tune2fs", "-L", label, path)
    if kind == "btrfs":
        return command("btrfs", "filesystem", "label", "--", at or path, label)
    return command("xfs_io", "-c", f"label -s {label}", at) if at else command("xfs_admin", "-L", label, path)


def shrink(path: str, size: int) -> Tuple[Command, ...]:
    """Commands that make an ext4 file system that is not mounted as small as ``size`` bytes; resize2fs stops if its data needs more."""
    # e2fsck(8): 1 says that it repaired something and all is well now.
    return (command("e2fsck", "-f", "-p", path, timeout=3600, ok=(0, 1)), command("resize2fs", path, f"{size // 1024}K", timeout=3600))
