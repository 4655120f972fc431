# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A logical volume in words, for diffs. Pure."""

from __future__ import annotations

from typing import Any, Dict

from .._core.quantity import human
from .kinds import present_kind
from .made import shown
from .model import LogicalVolume, VolumeGroup


def describe(group: VolumeGroup, volume: LogicalVolume) -> Dict[str, Any]:
    """A logical volume for diffs."""
    kind = present_kind(group, volume)
    values: Dict[str, Any] = {
        "size": human(volume.extents * group.extent_bytes),
        "type": "thin-pool" if volume.thin_pool else "thin" if volume.thin else kind.type,
    }
    if kind.stripes > 1:
        values.update(stripes=kind.stripes, stripe_size=human(kind.stripe_bytes))
    if kind.copies > 1:
        values["mirrors"] = kind.copies - 1
    if volume.cache:
        values["cache_mode"] = volume.cache_mode
    if shown(volume.tags):
        values["tags"] = list(shown(volume.tags))
    if volume.origin:
        values["snapshot_of"] = volume.origin
    if volume.thin:
        values["thin_pool"] = volume.pool
    if volume.thin_pool:
        values.update(
            metadata_size=human(volume.metadata * group.extent_bytes),
            chunk_size=human(volume.chunk_bytes),
            active=volume.active,
            monitored=volume.monitored,
        )
        values.update({} if not volume.profile else {"profile": volume.profile})
        values.update({} if not volume.check_needed else {"check_needed": True})
    return values
