# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What plans for local volumes are made of, as plain data; apply.py carries it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Tuple


@dataclass(frozen=True)
class MakeFileSystem:
    """Make a file system with a UUID chosen beforehand, which is on record already: an interrupted one can be told from a stranger's."""

    device: str
    fs_type: str
    label: str
    uuid: str = field(repr=False)

    def __str__(self) -> str:
        return f"make {self.fs_type} labelled {self.label} on {self.device}"


@dataclass(frozen=True)
class Mount:
    """Make the immutable mount point ``folder/uuid`` and mount there."""

    device: str
    fs_type: str
    options: Tuple[str, ...]
    base_dir: str
    storage_class: str
    uuid: str = field(repr=False)
    #: Whether the file system is only made by this plan, so that its UUID says nothing to a reader of the plan.
    fresh: bool = False

    def __str__(self) -> str:
        return f"mount {self.device} at {self.base_dir}/{self.storage_class}/{'its new UUID' if self.fresh else self.uuid}"


@dataclass(frozen=True)
class MountOwn:
    """Mount what a logical volume of the class holds, which nobody could see while it was inactive, if it is one of the volumes ``uuids``."""

    device: str
    fs_type: str
    uuids: Tuple[str, ...]
    options: Tuple[str, ...]
    base_dir: str
    storage_class: str

    def __str__(self) -> str:
        return f"mount {self.device} below {self.base_dir}/{self.storage_class} if it holds the {self.fs_type} that was made there"


@dataclass(frozen=True)
class TryOptions:
    """Mount a small file system of the type, in a file, with these options and take it away again.

    What the kernel refuses there it would refuse of the volume: after a disk was wiped for it, or at the next boot.
    """

    fs_type: str
    options: Tuple[str, ...]
    parameter: str

    def __str__(self) -> str:
        return f"try to mount {self.fs_type} with {','.join(self.options)}, in a file"


@dataclass(frozen=True)
class Renew:
    """Unmount a volume that nobody uses, and mount it with other options; if that fails with those that it had ``before``."""

    device: str
    path: str
    fs_type: str
    options: Tuple[str, ...]
    before: Tuple[str, ...]

    def __str__(self) -> str:
        return f"mount {self.device} at {self.path} anew" + (f" with {','.join(self.options)}" if self.options else "")


@dataclass(frozen=True)
class Bind:
    """Make the immutable mount point ``path`` and mount ``directory`` there as well."""

    directory: str
    path: str

    def __str__(self) -> str:
        return f"mount {self.directory} at {self.path}"


@dataclass(frozen=True)
class Link:
    """Give out a device by a link in the discovery directory, named as its stable link."""

    device: str
    folder: str

    def __str__(self) -> str:
        return f"link {self.device} into {self.folder}"


@dataclass(frozen=True)
class Retire:
    """Take an entry out of its discovery directory: an empty mount point goes, a link moves to where it is remembered.

    What is to be forgotten is not: its data goes as well.
    """

    path: str
    forget: bool = False

    def __str__(self) -> str:
        return f"take out {self.path}"
