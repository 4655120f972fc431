# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""One lock per host, shared by all modules and the CSI driver, so that no plan is stale when it is applied."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from typing import Iterator

from .errors import Busy, Refused

#: /run is a tmpfs: a reboot leaves no lock behind, and flock dies with its holder. The folder is root's alone, so that nobody else can hold the lock.
PATH = "/run/cairn-storage/lock"
#: Where versions before look for it, in a folder that everybody may write to. See ``_earlier``.
_EARLIER = "/run/lock/cairn-storage.lock"


@contextlib.contextmanager
def host_lock(timeout: float = 300, path: str = PATH) -> Iterator[None]:
    """Hold the host's storage lock; ``Busy`` names the holder when it is not free within ``timeout`` seconds.

    ``path`` ends as ``PATH`` does where the machine's files are found below another folder.
    """
    deadline = time.monotonic() + timeout
    with contextlib.ExitStack() as held:
        held.callback(os.close, descriptor := _open(path))
        _take(descriptor, deadline, timeout)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        # Always in this order, so that two processes never wait for each other.
        earlier = _earlier(path[: -len(PATH)] + _EARLIER) if path.endswith(PATH) else -1
        if earlier >= 0:
            held.callback(os.close, earlier)
            _take(earlier, deadline, timeout)
        yield


def _take(descriptor: int, deadline: float, timeout: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Busy(f"another storage operation has been running for more than {timeout:g} s.", code="host-locked", found=_holder(descriptor),
                           fix="wait for it to end, then run again.") from None
            time.sleep(0.1)


def _holder(descriptor: int) -> str:
    """Who wrote down that it holds the lock, with the first words of its command."""
    number = os.pread(descriptor, 32, 0).decode("ascii", "replace")
    if not number.isdecimal():
        return "process unknown"
    try:
        with open(f"/proc/{number}/cmdline", "rb") as file:
            words = file.read(4096).decode("utf-8", "replace").split("\0")
    except OSError:
        words = []
    # No more than the names of programs: what follows can be long, and is nobody's business.
    command = " ".join(os.path.basename(word) for word in words[:2] if word)
    return f"process {number} ({command if command.isprintable() and command else 'command unknown'})"


def _open(path: str) -> int:
    folder, name = os.path.split(path)
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _check(parent, folder, stat.S_ISDIR)
            descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600, dir_fd=parent)
        finally:
            os.close(parent)
        try:
            _check(descriptor, path, stat.S_ISREG)
        except Refused:
            os.close(descriptor)
            raise
        return descriptor
    except PermissionError:
        raise not_root(path) from None
    except OSError as problem:
        # A link, or something else that is no folder or no file.
        raise _not_ours(path, problem.strerror or str(problem)) from None


def _check(descriptor: int, path: str, kind) -> None:
    """Refuse what somebody else made, or may write to: he could hold the lock for ever, or have root write where he wants."""
    found = os.fstat(descriptor)
    if not kind(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise _not_ours(path, f"{stat.filemode(found.st_mode)} of user {found.st_uid}")


def _not_ours(path: str, found: str) -> Refused:
    return Refused(
        "the lock's file and its folder have to be root's, with nobody else writing to them.",
        code="lock-unsafe",
        found=f"{path}: {found}",
        fix="find out who made it, remove it, then run again.",
    )


def _earlier(path: str) -> int:
    """The lock of the versions before, or -1 where it cannot be trusted.

    While a machine is upgraded, a driver of the version before can still be running; both must not write. The file is made where it is
    missing, so that such a driver finds it, and never written to. One that is not root's alone is passed over: others could hold it for ever.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError:
        return -1
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077 and found.st_nlink == 1:
        return descriptor
    os.close(descriptor)
    return -1


def check_root(what: str = "disks") -> None:
    """Refuse to look at what this user cannot read: all disks would seem dead."""
    if os.geteuid() != 0:
        raise not_root(what)


def not_root(what: str) -> Refused:
    """The refusal to go on without the rights to do so."""
    return Refused(f"no permission to open {what}.", code="not-root", found=f"user {os.geteuid()}", fix="run it as root: become: true.")
