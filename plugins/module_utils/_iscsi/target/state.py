# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The kernel's targets as a whole, and the saved document, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Mapping, Tuple

from .model import Backstore

#: The saved configuration as read from JSON, see saved.py.
Document = Dict[str, Any]


@dataclass(frozen=True)
class Kernel:
    """What of LIO is shared by all targets. ``users`` maps backstores' keys to the ``fabric/target`` that have LUNs of them.

    ``folders`` are those of backstores, such as ``iblock_0``. ``fabrics`` are those that are loaded; none if LIO itself is not.
    """

    backstores: Mapping[str, Backstore] = field(default_factory=dict)
    users: Mapping[str, FrozenSet[str]] = field(default_factory=dict)
    folders: Tuple[str, ...] = ()
    fabrics: Tuple[str, ...] = ()
