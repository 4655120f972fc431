# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Growing file systems, which needs them mounted."""

from __future__ import annotations

import os
import tempfile

from .._core.command import command, mutate
from .._core.errors import CommandFailed
from .fs_steps import Grow, TryMake, make, tried

#: So that nothing on the file system takes effect, and a copy of an XFS that is mounted elsewhere (a snapshot) is not refused.
_PRIVATE = {"ext4": "nosuid,nodev,noexec", "xfs": "nosuid,nodev,noexec,nouuid", "btrfs": "nosuid,nodev,noexec"}


def grow(step: Grow) -> None:
    """Grow it where it is mounted, or at a private place."""
    if step.at:
        _grow(step, step.at)
        return
    place = tempfile.mkdtemp(prefix="cairn-grow-", dir="/run")
    try:
        mutate(command("mount", "--types", step.type, "--options", _PRIVATE[step.type], step.path, place))
        try:
            _grow(step, place)
        finally:
            mutate(command("umount", place))
    finally:
        os.rmdir(place)


def _grow(step: Grow, place: str) -> None:
    if step.type == "ext4":
        mutate(command("resize2fs", step.path, timeout=3600))
    elif step.type == "xfs":
        mutate(command("xfs_growfs", "-d", place))
    else:
        mutate(command("btrfs", "filesystem", "resize", f"{step.member}:max", place))


def try_make(step: TryMake) -> None:
    """mkfs.btrfs cannot be told to write nothing; what it writes to a new file system is little."""
    descriptor, path = tempfile.mkstemp(prefix="cairn-mkfs-", dir="/run")
    try:
        os.ftruncate(descriptor, step.size)
        os.close(descriptor)
        for each in tried(step.type, path, step.options) or (make(step.type, path, options=step.options),):
            mutate(each)
    except CommandFailed as error:
        error.undone = True
        raise
    finally:
        os.unlink(path)


HANDLERS = {Grow: grow, TryMake: try_make}
