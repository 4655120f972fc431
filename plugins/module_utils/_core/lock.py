# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""One lock per host, shared by all modules and the CSI driver, so that no plan is stale when it is applied."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import Iterator

from .errors import Busy, Refused

#: /run/lock is a tmpfs: a reboot leaves no lock behind, and flock dies with its holder.
PATH = "/run/lock/cairn-storage.lock"


@contextlib.contextmanager
def host_lock(timeout: float = 300, path: str = PATH) -> Iterator[None]:
    """Hold the host's storage lock; ``Busy`` names the holder when it is not free within ``timeout`` seconds."""
    descriptor = _open(path)
    try:
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = os.pread(descriptor, 32, 0).decode() or "unknown"
                    raise Busy(f"another storage operation has been running for more than {timeout:g} s.", code="host-locked", found=f"process {holder}",
                               fix="wait for it to end, then run again.") from None
                time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _open(path: str) -> int:
    try:
        # A kernel with fs.protected_regular does not let even root create what somebody else has created in /run/lock, only open it.
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, os.O_RDWR | os.O_CLOEXEC)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise not_root(path) from None


def check_root() -> None:
    """Refuse to look at disks as somebody who cannot read them: all would seem dead."""
    if os.geteuid() != 0:
        raise not_root("disks")


def not_root(what: str) -> Refused:
    """The refusal to go on without the rights to do so."""
    return Refused(f"no permission to open {what}.", code="not-root", found=f"user {os.geteuid()}", fix="run it as root: become: true.")
