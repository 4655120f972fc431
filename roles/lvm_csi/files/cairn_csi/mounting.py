# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mounting and unmounting in the machine's own namespace, each step safe to repeat."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import List, Optional

from . import mounts
from .collection import (
    MINIMUM,
    CommandFailed,
    Conflict,
    Device,
    Grow,
    NoSpace,
    Refused,
    Signature,
    command,
    fs_apply,
    human,
    make,
    measured,
    signatures,
)
from .file_systems import Place, to_make
from .host import Machine
from .inventory import Found
from .names import fs_uuid
from .parameters import mkfs_words
from .store import run

#: A copy of an XFS may be mounted beside what it was copied from: both have the same UUID.
_OF_COPY = {"xfs": ("nouuid",)}


class Mounter:
    """File systems on volumes, and where they are mounted."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def table(self) -> List[mounts.Mount]:
        """Everything that is mounted now."""
        return mounts.parse(self._machine.mountinfo())

    def of(self, found: Found) -> List[mounts.Mount]:
        """Where a volume is mounted or bound."""
        return self._machine.mounts_of(found.id.path)

    def holds(self, found: Found, path: str, read_only: Optional[bool] = None) -> bool:
        """Whether the volume is what is mounted at ``path``; ``Conflict`` if something else is, or not ``read_only`` as asked for."""
        there = mounts.at(self.table(), path)
        if there is None:
            return False
        if there.path not in {each.path for each in self.of(found)}:
            raise Conflict(
                "something else is mounted there.", code="path-taken", parameter="path", found=f"{there.source} at {path}", fix="unmount it."
            )
        if read_only not in (None, there.read_only):
            raise Conflict(
                "it is mounted there in another way.",
                code="path-readonly",
                parameter="readonly",
                found=f"{'read-only' if there.read_only else 'writable'} at {path}",
                fix="unpublish it first.",
            )
        return True

    def file_system(self, found: Found, read_only: bool = False) -> str:
        """Make the file system where that has to be and may be; the UUID of the one that is there then."""
        wanted, path = found.facts.access, found.id.path
        unfinished = unfinished_xfs(self._machine.path(path))
        holds = () if unfinished else signatures([path]).get(path, ())
        if not to_make(found, holds, unfinished, partial(_piece, self._machine.path(path))):
            return holds[0].uuid
        if read_only:
            raise Refused(
                "there is no file system on it yet.", code="fs-none", parameter="readonly", found=found.id.name, fix="mount it for writing once."
            )
        if found.bytes < MINIMUM[wanted]:
            raise NoSpace(
                "the volume is too small for its file system.",
                code="fs-small",
                parameter="capacity_range",
                found=human(found.bytes),
                fix=f"{wanted} needs {human(MINIMUM[wanted])}.",
            )
        # Read anew: the version before took other options into its tags.
        options = (*(("-f",) if unfinished else ()), *mkfs_words(found.facts.mkfs, wanted, "volume_id"))
        run(make(wanted, path, uuid=fs_uuid(found.facts.name), options=options))
        return fs_uuid(found.facts.name)

    def mount(self, found: Found, path: str, options: List[str]) -> None:
        """Mount a volume's file system at a folder, made if missing; it fills its volume afterwards."""
        kind = found.facts.access
        if not self.holds(found, path):
            os.makedirs(self._machine.path(path), mode=0o750, exist_ok=True)
            told = [*options, *(_OF_COPY.get(kind, ()) if found.facts.source else ())]
            run(command("mount", "--types", kind, *(("--options", ",".join(told)) if told else ()), found.id.path, path))
        if "ro" not in options:
            self.grow(found, path)

    def grow(self, found: Found, path: str, larger: bool = False) -> None:
        """Let the file system at ``path`` fill its volume; known to be ``larger``, or by its own superblock."""
        if not larger:
            kind = found.facts.access
            place = (self._machine.path(path),)
            device = measured(
                Device(found.volume.name, self._machine.path(found.id.path), "lvm", found.bytes, signatures=(Signature(kind),), mounts=place)
            )
            larger = device.geometry is not None and not device.geometry.fills(found.bytes)
        if larger:
            fs_apply.grow(Grow(found.facts.access, found.id.path, path))

    def bind(self, source: str, path: str, read_only: bool, folder: bool) -> None:
        """Show a staged folder or a device at a pod's path, made if missing."""
        place = self._machine.path(path)
        if folder:
            os.makedirs(place, mode=0o750, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(place), mode=0o750, exist_ok=True)
            os.close(os.open(place, os.O_CREAT | os.O_CLOEXEC, 0o660))
        run(command("mount", "--bind", "--options", "bind,ro" if read_only else "bind", source, path))

    def unmount(self, path: str, remove: bool) -> None:
        """Undo all that is mounted at ``path``, and take the folder or file away where asked to."""
        for _each in [mount for mount in self.table() if mount.path == path]:
            run(command("umount", path))
        place = self._machine.path(path)
        if remove:
            # Never what is in it: after a failed unmount that would be somebody's data.
            with contextlib.suppress(FileNotFoundError):
                (os.rmdir if os.path.isdir(place) else os.unlink)(place)


def unfinished_xfs(path: str) -> bool:
    """Whether mkfs.xfs was killed on the way: it marks the superblock until it is done (sb_inprogress); mkfs.ext4 writes its own last."""
    block = _piece(path, (0, 512))
    return block[:4] == b"XFSB" and block[126:127] not in (b"", b"\0")


def _piece(path: str, place: Place) -> bytes:
    """A piece of a volume; one that cannot be read is not taken for an empty one."""
    offset, size = place
    try:
        with open(path, "rb", buffering=0) as device:
            device.seek(offset)
            return device.read(size)
    except OSError as error:
        told = f"{path} cannot be read at {offset}: {error.strerror}."
        raise CommandFailed(told, code="volume-unreadable", fix="look for a dead disk (dmesg).") from error
