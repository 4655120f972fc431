# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""All that is known of a machine's LVM, as a module returns it. Pure."""

from __future__ import annotations

from typing import Any, Collection, Dict

from .._block.model import Host
from .model import LogicalVolume, PhysicalVolume, State, VolumeGroup


def dump(state: State, host: Host, names: Collection[str] = ()) -> Dict[str, Any]:
    """``{volume_groups[], physical_volumes[], lost[]}``: groups by name, disks of no group, groups that are recorded here but not there.

    ``names`` keeps the groups of these names alone, if there are any.
    """

    def told(name: str) -> bool:
        return not names or name in names

    there = {group.name for group in state.groups}
    return {
        "volume_groups": [_group(group, state, host) for group in sorted(state.groups, key=lambda group: group.name) if told(group.name)],
        "physical_volumes": [{"device": _device(pv, host), "uuid": pv.uuid, "size_bytes": pv.device_bytes, "orphan": pv.orphan} for pv in state.orphans],
        "lost": [{"name": name, "uuid": uuid} for name, uuid in sorted(state.recorded.items()) if name not in there and told(name)],
    }


def kind(volume: LogicalVolume) -> str:
    """What a volume is, in the words of lvm_layout where it has one, else in LVM's."""
    if volume.thin_pool:
        return "thin-pool"
    if volume.thin:
        return "thin"
    if volume.origin and volume.segment != "cache":
        return "snapshot"
    # raid5_ls, raid6_zr: the algorithms that LVM takes when it is asked for raid5 and raid6.
    return volume.segment.partition("_")[0]


def _device(pv: PhysicalVolume, host: Host) -> str:
    return host.devices[pv.device].id if pv.device in host.devices else pv.path


def _group(group: VolumeGroup, state: State, host: Host) -> Dict[str, Any]:
    size = group.extent_bytes
    return {
        "name": group.name,
        "uuid": group.uuid,
        "size_bytes": group.extents * size,
        "free_bytes": group.free * size,
        "extent_size_bytes": size,
        "tags": list(group.tags),
        "exported": group.exported,
        "shared": group.shared,
        "backed_up": state.recorded.get(group.name) == group.uuid,
        "physical_volumes": [_member(pv, size, host) for pv in group.pvs],
        "logical_volumes": [_volume(volume, group) for volume in sorted(group.visible, key=lambda volume: volume.name)],
    }


def _member(pv: PhysicalVolume, extent_bytes: int, host: Host) -> Dict[str, Any]:
    return {
        "device": _device(pv, host),
        "uuid": pv.uuid,
        "missing": pv.missing,
        "readable": pv.device in host.devices and host.devices[pv.device].readable,
        "size_bytes": pv.extents * extent_bytes,
        "free_bytes": pv.free * extent_bytes,
        "start_bytes": pv.start_bytes,
        "device_size_bytes": pv.device_bytes,
    }


def _volume(volume: LogicalVolume, group: VolumeGroup) -> Dict[str, Any]:
    values: Dict[str, Any] = {
        "name": volume.name,
        "path": f"/dev/{group.name}/{volume.name}",
        "uuid": volume.uuid,
        "size_bytes": volume.extents * group.extent_bytes,
        "type": kind(volume),
        "tags": list(volume.tags),
        "active": volume.active,
        "open": volume.open,
        "health": volume.health,
        "origin": volume.origin if volume.origin and volume.segment != "cache" else None,
        "thin_pool": volume.pool if volume.thin else None,
        "stripes": volume.stripes,
        "stripe_size_bytes": volume.stripe_bytes or None,
        "mirrors": volume.mirrors - 1,
        "cache_mode": volume.cache_mode or None,
        "data_percent": volume.data_percent,
        "merging": volume.merging,
    }
    if volume.thin_pool:
        values.update(
            metadata_size_bytes=volume.metadata * group.extent_bytes,
            metadata_percent=volume.metadata_percent,
            chunk_size_bytes=volume.chunk_bytes,
            monitored=volume.monitored,
            profile=volume.profile or None,
            check_needed=volume.check_needed,
        )
    return values
