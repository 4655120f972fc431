# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for snapshots, thick and thin, and for setting an origin back to one. Pure."""

from __future__ import annotations

from .context import Context, Planned
from .desired import Volume
from .model import VolumeGroup


def plan_snapshot(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    """Create a snapshot, or grow the room of a thick one."""
    return (), group


def plan_merge(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    """Set the origin back to the snapshot, with consent that names the origin's UUID."""
    return (), group
