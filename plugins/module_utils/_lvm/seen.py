# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The step that asks LVM whether it would take new disks at all, before anything is done for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple


@dataclass(frozen=True)
class Shown:
    """LVM has to show these devices: what a filter hides it refuses."""

    paths: Tuple[str, ...]

    def __str__(self) -> str:
        return f"check that LVM shows {', '.join(self.paths)}"
