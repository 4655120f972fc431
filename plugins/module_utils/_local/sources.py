# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a class stands on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from .._block.fs_steps import MINIMUM
from .._block.model import Device
from .desired import VolumeClass


@dataclass(frozen=True)
class Source:
    """A device that a class gets: ``device`` is ``None`` for a logical volume that is still to be made, at ``path``, of ``size`` bytes."""

    path: str
    size: int
    device: Optional[Device] = None
    #: Whether it is ours already, so that what it holds needs no consent.
    held: bool = False
    disks: Tuple[str, ...] = ()
    #: Whether the plan for its volume group grows the file system already.
    grown: bool = False
    #: Whether it is only activated by the plan, so that nobody knows what it holds.
    activated: bool = False
    #: Whether a person named it, not what it is like.
    listed: bool = False
    #: How many of those named are not there, and may be what is missing.
    absent: int = 0
    #: The lasting names of a logical volume that is inactive, which nothing else tells.
    ids: Tuple[str, ...] = ()
    #: Whether it is a logical volume of ours that was never formatted: what its extents held before does not count.
    fresh: bool = False


def minimum(wanted: VolumeClass) -> int:
    """Bytes that a volume of the class needs at least."""
    return 1024**2 if wanted.block else MINIMUM[wanted.fs_type]
