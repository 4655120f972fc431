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

from .errors import Busy

#: /run/lock is a tmpfs: a reboot leaves no lock behind, and flock dies with its holder.
PATH = "/run/lock/cairn-storage.lock"


@contextlib.contextmanager
def host_lock(timeout: float = 300, path: str = PATH) -> Iterator[None]:
    """Hold the host's storage lock; ``Busy`` names the holder when it is not free within ``timeout`` seconds."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
