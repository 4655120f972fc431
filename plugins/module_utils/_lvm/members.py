# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for the disks below a volume group: one that is gone, one that grew, one that shall leave. Pure."""

from __future__ import annotations

from typing import List, Optional

from .._block.model import Host
from .context import Context, Planned
from .desired import Group
from .model import State, VolumeGroup


def trouble(group: Group, present: Optional[VolumeGroup], state: State, host: Host) -> List[dict]:
    """What keeps the group from being changed: recorded disks that are gone or do not answer."""
    if present is None:
        if group.name in state.recorded and not group.adopt_new:
            return [
                {
                    "volume_group": group.name,
                    "device": "",
                    "reason": f"volume group {group.name} ({state.recorded[group.name]}) is recorded on this machine, but none of "
                    "its disks is there. Bring them back, or start afresh with adopt_new: true.",
                }
            ]
        return []
    found = [
        {
            "volume_group": group.name,
            "device": "",
            "reason": f"a disk of volume group {group.name} is missing (physical volume {pv.uuid}). Nothing of the group is "
            "changed until it is back or replaced.",
        }
        for pv in present.missing
    ]
    known = {host.devices[pv.device].id: host.devices[pv.device] for pv in present.pvs if pv.device in host.devices}
    return found + [
        {
            "volume_group": group.name,
            "device": name,
            "reason": f"{name}, a disk of volume group {group.name}, cannot be read. Nothing of the group is changed until it answers.",
        }
        for name, device in known.items()
        if not device.readable
    ]


def plan_repair(group: VolumeGroup, wanted: Group, context: Context) -> Planned:
    """Go on with a move that was interrupted, and forget disks that are gone for good."""
    return (), group


def plan_resize(group: VolumeGroup, wanted: Group, context: Context) -> Planned:
    """Use what disks have grown by."""
    return (), group


def plan_reduce(group: VolumeGroup, wanted: Group, context: Context) -> Planned:
    """Empty the disks that shall leave, and take them out."""
    return (), group
