# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Carrying out the steps on configfs, on files of backstores and on the saved configuration."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Any, Callable

from ..._core.errors import CommandFailed, InvalidRequest
from . import saved_file
from .kernel import ROOT
from .steps import Link, MakeDir, MakeFile, RemoveDir, Save, Tidy, Tune, Unlink, Write, WriteSecret

_FIXES = {
    errno.EADDRINUSE: "another program listens there; see ss --listening --processes.",
    errno.EADDRNOTAVAIL: "no interface has this address.",
    errno.EBUSY: "something still uses it; look for sessions and other LUNs.",
    errno.ENODEV: "the kernel lacks the module for it.",
}


def _try(step: Any, change: Callable[[], None]) -> None:
    try:
        change()
    except OSError as error:
        raise CommandFailed(
            f"the kernel refused to {step}: {os.strerror(error.errno or 0)}.",
            code="kernel-refused",
            fix=_FIXES.get(error.errno or 0, "its reason stands in dmesg."),
        ) from None


def _put(path: str, value: str) -> None:
    with open(f"{ROOT}/{path}", "wb", buffering=0) as file:
        file.write(value.encode())


def make_dir(step: MakeDir) -> None:
    """mkdir; one that is there is fine, since the kernel makes some by itself."""
    _try(step, lambda: os.makedirs(f"{ROOT}/{step.path}", exist_ok=True))


def tidy(step: Tidy) -> None:
    """rmdir of what may not be empty."""
    with contextlib.suppress(OSError):
        os.rmdir(f"{ROOT}/{step.path}")


def tune(step: Tune) -> None:
    """Attributes and parameters end with a newline, which some kernels cut off whatever it is."""
    if not os.path.exists(f"{ROOT}/{step.path}"):
        raise InvalidRequest(
            "this kernel has no such attribute.",
            code="attribute-unknown",
            parameter=os.path.basename(step.path),
            found=step.path,
            fix=f"those that it has stand in {os.path.dirname(f'{ROOT}/{step.path}')}.",
        )
    _try(step, lambda: _put(step.path, f"{step.value}\n"))


def make_file(step: MakeFile) -> None:
    """A file that is there has been found to have the size."""
    if os.path.exists(step.path):
        return
    descriptor = os.open(step.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.ftruncate(descriptor, step.size)
        os.fsync(descriptor)
    except OSError as error:
        os.unlink(step.path)
        raise CommandFailed(
            f"{step} failed: {error.strerror}.", code="file-make", fix="the file system may be full, or not take files of that size."
        ) from None
    finally:
        os.close(descriptor)


#: For ``_module.run``. Values are written without a newline, which would become a part of users and passwords.
HANDLERS = {
    MakeDir: make_dir,
    RemoveDir: lambda step: _try(step, lambda: os.rmdir(f"{ROOT}/{step.path}")),
    Link: lambda step: _try(step, lambda: os.symlink(f"{ROOT}/{step.to}", f"{ROOT}/{step.path}")),
    Unlink: lambda step: _try(step, lambda: os.unlink(f"{ROOT}/{step.path}")),
    Write: lambda step: _try(step, lambda: _put(step.path, step.value)),
    WriteSecret: lambda step: _try(step, lambda: _put(step.path, step.value)),
    Tidy: tidy,
    Tune: tune,
    MakeFile: make_file,
    Save: saved_file.write,
}
