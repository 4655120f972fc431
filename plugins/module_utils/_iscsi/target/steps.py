# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What plans for targets are made of: changes to configfs, the kernel's folder of its objects, and to the saved configuration, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class MakeDir:
    """Make an object of the kernel. Paths are below /sys/kernel/config/target in all steps."""

    path: str

    def __str__(self) -> str:
        return f"make {self.path}"


@dataclass(frozen=True)
class RemoveDir:
    """Remove an object of the kernel."""

    path: str

    def __str__(self) -> str:
        return f"remove {self.path}"


@dataclass(frozen=True)
class Tidy:
    """Remove the folder of a backstore, in which others may stand that were made by hand."""

    path: str

    def __str__(self) -> str:
        return f"remove {self.path} if it is empty"


@dataclass(frozen=True)
class Link:
    """Bind one object to another."""

    to: str
    path: str

    def __str__(self) -> str:
        return f"link {self.path} to {self.to}"


@dataclass(frozen=True)
class Unlink:
    """Release an object from another."""

    path: str

    def __str__(self) -> str:
        return f"unlink {self.path}"


@dataclass(frozen=True)
class Write:
    """Set a value that the object cannot be without."""

    path: str
    value: str

    def __str__(self) -> str:
        return f"write {self.value} to {self.path}"


@dataclass(frozen=True)
class Tune:
    """Set an attribute, which another kernel may know or not."""

    path: str
    value: str

    def __str__(self) -> str:
        return f"write {self.value} to {self.path}"


@dataclass(frozen=True)
class WriteSecret:
    """Set a value that nobody may see."""

    path: str
    value: str = field(repr=False)

    def __str__(self) -> str:
        return f"write a secret to {self.path}"


@dataclass(frozen=True)
class MakeFile:
    """Make the file of a fileio backstore, sparse and readable by root alone."""

    path: str
    size: int

    def __str__(self) -> str:
        return f"make {self.path} of {self.size} bytes"


@dataclass(frozen=True)
class Save:
    """Replace the saved configuration, which holds secrets."""

    path: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"write {self.path}"
