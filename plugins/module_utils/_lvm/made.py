# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Tags of logical volumes that say whether their file system was ever made: only so can one that lost it be told from one that is new. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable, Tuple

#: Set when the volume is made, and taken away once it has its file system. What its extents held before was given up with the volume before.
UNFORMATTED = "cairn.unformatted"
#: Followed by the UUID of the file system that was made there.
MADE = "cairn.fs="


def shown(tags: Iterable[str]) -> Tuple[str, ...]:
    """The tags that are a person's to set; ours come and go with the file system."""
    return tuple(tag for tag in tags if not reserved(tag))


def reserved(tag: str) -> bool:
    """Whether a tag is one of these."""
    return tag == UNFORMATTED or tag.startswith(MADE)


@dataclass(frozen=True)
class NoteMade:
    """Write down on a logical volume the UUID of the file system that was made there; ``old`` are the tags that this takes the place of."""

    name: str
    type: str
    old: Tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"tag {self.name} with the UUID of its {self.type}"
