# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What is seen of a machine before one of its targets is planned, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import FrozenSet, Mapping, Optional

from ..._block.model import Host
from .model import Target
from .state import Document, Kernel


@dataclass(frozen=True)
class File:
    """A path that a fileio backstore may use. ``size`` is ``None`` where nothing is yet; ``folder`` says whether its folder is there."""

    size: Optional[int] = None
    regular: bool = True
    folder: bool = True


@dataclass(frozen=True)
class Observed:
    """The machine. ``numbers`` maps paths of wished devices that are there to ``major:minor``, empty for what is no block device.

    ``host`` is empty unless a device is to be given to a backstore. ``absent_addresses`` are wished addresses that the machine does not have.
    """

    running: Target
    kernel: Kernel
    document: Document
    saved_path: str = ""
    host: Host = field(default_factory=Host)
    numbers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)
    absent_addresses: FrozenSet[str] = frozenset()
    #: Whether LVM on this machine looks into logical volumes.
    scan_lvs: bool = False
