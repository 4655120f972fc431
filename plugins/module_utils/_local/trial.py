# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Trying mount options on a file system in a file, and mounting a volume anew."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Sequence

from .._block import fs_steps
from .._core.command import command, mutate
from .._core.errors import Busy, CommandFailed, Refused
from .model import label
from .steps import Renew, TryOptions

#: Bytes of the file, which is sparse: mkfs.xfs asks for 300 MiB and writes a log of 64.
_SIZE = 384 * 1024**2


def try_options(step: TryOptions) -> None:
    """Make, mount, unmount. The file lies on the disk of /var/tmp: a file in memory could be more than there is."""
    folder = tempfile.mkdtemp(prefix="cairn-try-", dir="/var/tmp")
    try:
        _try(step, os.path.join(folder, "file"), os.path.join(folder, "mount"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _try(step: TryOptions, image: str, place: str) -> None:
    with open(image, "wb") as file:
        file.truncate(_SIZE)
    os.mkdir(place)
    mutate(fs_steps.make(step.fs_type, image, label("try"), options=make_options(step.fs_type)))
    try:
        # What was set up for it goes with the mount.
        mutate(command("mount", "--types", step.fs_type, *told(("loop", *step.options)), image, place))
    except CommandFailed as refused:
        lacks = "loop device" in refused.said
        raise Refused(
            "mount options are tried on a file before anything is done by them, and this kernel has no loop devices for that."
            if lacks
            else f"the kernel does not mount a file system of type {step.fs_type}, as mkfs makes it here, with these options. Nothing was changed.",
            code="mount-option-untried" if lacks else "mount-option-untaken",
            parameter=step.parameter,
            found=f"{','.join(step.options)}: {refused.said.rstrip('.')}",
            fix="load the module loop." if lacks else "take out the option that the end of dmesg names.",
        ) from None
    mutate(command("umount", place))


def make_options(fs_type: str) -> Sequence[str]:
    """What mkfs is told of a local volume: no blocks are kept back for root, since the volume is data only."""
    return ("-m", "0") if fs_type == "ext4" else ()


def told(options: Sequence[str]) -> Sequence[str]:
    """Mount options as words of a command line."""
    return ("--options", ",".join(options)) if options else ()


def renew(step: Renew) -> None:
    """Unmount and mount. Between the two nothing can be written to the place, which is immutable."""
    try:
        mutate(command("umount", step.path))
    except CommandFailed as refused:
        raise Busy(
            "a local volume has to be unmounted for its new mount options, and something on the machine uses it. Nothing was changed.",
            code="volume-busy",
            parameter="classes",
            found=f"{step.device} at {step.path}: {refused.said.rstrip('.')}",
            fix=f"end what `fuser --verbose --mount {step.path}` tells, then run again.",
        ) from None
    mount = ("mount", "--types", step.fs_type)
    try:
        mutate(command(*mount, *told(step.options), step.device, step.path))
    except CommandFailed:
        mutate(command(*mount, *told(step.before), step.device, step.path))
        raise


#: For ``_module.run``.
HANDLERS = {TryOptions: try_options, Renew: renew}
