# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Files that say whose data is whose: only root reads and writes them, so what stands in one is believed, and anything else is refused.

And symbolic links on the way to a folder, which are followed where only root can have them lead elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from typing import Iterator, Optional

from .errors import Refused

#: No file of ours comes near this; what does was not written by us.
_MOST = 64 * 1024**2
#: As many links as the kernel follows (path_resolution(7)).
_MOST_LINKS = 40


def read(path: str) -> Optional[str]:
    """The text of ``path``, ``None`` where it or its folder is not there; ``Refused`` where anybody but root could have written it."""
    folder, name = os.path.split(path)
    try:
        with _opened(folder) as at:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
            with os.fdopen(descriptor, "rb") as file:
                _check(path, os.fstat(descriptor), stat.S_ISREG, 0o600)
                return file.read(_MOST).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _foreign(path, f"it cannot be opened: {problem.strerror}") from None


def resolve(path: str, parameter: str) -> str:
    """The folder ``path`` without symbolic links, as the kernel's table of mounts names it; what is not there yet is taken as it is told.

    ``Refused`` where a link leads nowhere, or where anybody but root could have it lead elsewhere: whoever can write to one of the folders on the
    way puts a link of his own there, and what is mounted by that path comes to lie where he likes.
    """
    at, rest, links, folders = "/", [part for part in reversed(path.split("/")) if part], 0, ["/"]
    # How many of the parts that are left were told by the caller and not by a link.
    told = len(rest)
    while rest:
        part, linked = rest.pop(), len(rest) >= told
        told = min(told, len(rest))
        if part == "..":
            at = os.path.dirname(at)
            continue
        here = os.path.join(at, part)
        try:
            found = os.lstat(here)
        except FileNotFoundError:
            if linked:
                raise _astray(path, f"{here} is missing, where a symbolic link on the way leads to", parameter) from None
            at = os.path.join(here, *reversed(rest))
            break
        except OSError as problem:
            raise _astray(path, f"{here}: {problem.strerror}", parameter) from None
        if stat.S_ISLNK(found.st_mode):
            links += 1
            target = os.readlink(here)
            if links > _MOST_LINKS:
                raise _astray(path, "the symbolic links on the way lead in a circle", parameter)
            at = "/" if target.startswith("/") else at
            rest += [each for each in reversed(target.split("/")) if each not in ("", ".")]
        elif not stat.S_ISDIR(found.st_mode):
            raise _astray(path, f"{here} is no folder", parameter)
        else:
            at = here
            folders.append(here)
    if links:
        for folder in folders:
            _check_link(path, folder, parameter)
    return at


def _check_link(path: str, folder: str, parameter: str) -> None:
    found = os.stat(folder)
    if found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o022:
        return
    raise Refused(
        "a symbolic link is on the way to a folder of this collection, and others than root could have it lead elsewhere.",
        code="link-foreign",
        parameter=parameter,
        found=f"{path}: the folder {folder} belongs to user {found.st_uid} and has mode {stat.S_IMODE(found.st_mode):04o}",
        fix=f"let {folder} belong to root and be written by root alone, or name a folder that no symbolic link leads to.",
    )


def _astray(path: str, why: str, parameter: str) -> Refused:
    return Refused(
        "the way to a folder of this collection cannot be followed to its end.",
        code="link-astray",
        parameter=parameter,
        found=f"{path}: {why}",
        fix="mount what the link leads to, or make that folder; or name another folder.",
    )


def replace(path: str, content: str) -> None:
    """Write ``path`` in one step, durably, readable by its owner alone; its folder is made if it is missing."""
    folder, name = os.path.split(path)
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    with _opened(folder) as at:
        temporary = f".{name}.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=at)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content.encode())
                file.flush()
                os.fsync(descriptor)
            os.replace(temporary, name, src_dir_fd=at, dst_dir_fd=at)
        except BaseException:
            os.unlink(temporary, dir_fd=at)
            raise
        os.fsync(at)


@contextlib.contextmanager
def _opened(folder: str) -> Iterator[int]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise _foreign(folder, f"it is no folder, or a link: {problem.strerror}") from None
    try:
        _check(folder, os.fstat(descriptor), stat.S_ISDIR, 0o700)
        yield descriptor
    finally:
        os.close(descriptor)


def _check(path: str, found: os.stat_result, kind: object, mode: int) -> None:
    if not kind(found.st_mode):
        raise _foreign(path, "it is neither a file nor a folder")
    if found.st_uid != os.geteuid():
        raise _foreign(path, f"it belongs to user {found.st_uid}")
    if stat.S_IMODE(found.st_mode) & ~mode:
        raise _foreign(path, f"it has mode {stat.S_IMODE(found.st_mode):04o}, and others than root can reach it")
    if stat.S_ISREG(found.st_mode) and found.st_nlink != 1:
        raise _foreign(path, "it has more than one name")


def _foreign(path: str, why: str) -> Refused:
    return Refused(
        "the record of what this collection made on the machine cannot be trusted.",
        code="record-foreign",
        found=f"{path}: {why}",
        fix=f"find out who changed it; then let {path} belong to root, as a plain folder of mode 0700 or file of mode 0600.",
    )
