# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""How much of its device a file system uses, and how much it could. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Geometry:
    """The size of a file system in blocks of ``block_bytes``.

    It grows by whole units of ``unit`` blocks. Its blocks come in groups of ``group``, counted from block ``first``; a last group of
    fewer than ``least`` blocks is left out when it grows, and one of fewer than ``least_new`` when it is made.
    """

    block_bytes: int
    blocks: int
    unit: int = 1
    group: int = 0
    first: int = 0
    least: int = 0
    least_new: int = 0
    #: Number of the device within a file system that can stand on several.
    member: int = 1

    @property
    def size(self) -> int:
        """Bytes."""
        return self.block_bytes * self.blocks

    def fills(self, size: int) -> bool:
        """Whether growing it on a device of ``size`` bytes would change nothing worth it; a tail that mkfs left out counts as used."""
        reach = size // self.block_bytes // self.unit * self.unit
        rest = (reach - self.first) % self.group if self.group else 0
        return self.blocks >= reach - (rest if rest < max(self.least, self.least_new) else 0)
