# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""An outcome as a module returns it, and read back by the next module as what an earlier task is about to do."""

from __future__ import annotations

from typing import Any, Collection, Dict, Iterable, List, Mapping, Optional, Tuple

from .._block.model import Host
from .._core.errors import InvalidRequest
from .made import shown
from .model import LogicalVolume, PhysicalVolume, VolumeGroup
from .settings import BACKUPS


def dump(
    groups: Iterable[VolumeGroup], host: Host, recorded: Collection[str] = (), left_out: Iterable[str] = (), folder: str = BACKUPS
) -> Dict[str, Any]:
    """``{volume_groups[], left_out[]}``, by name so that a prediction and a later report can be compared; ``recorded`` groups have a backup in
    ``folder``.
    """
    ordered = sorted(groups, key=lambda group: group.name)
    return {
        "volume_groups": [_group(group, host, f"{folder}/{group.name}" if group.name in recorded else None) for group in ordered],
        "left_out": sorted(left_out),
    }


def absentees(after: Optional[Mapping[str, Any]]) -> Tuple[str, ...]:
    """The volume groups that a ``pending`` parameter says the machine does without."""
    names = (after or {}).get("left_out") or ()
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise _no_after(f"left_out is {names!r}")
    return tuple(names)


def _no_after(why: str) -> InvalidRequest:
    return InvalidRequest(
        f"not what cairn.storage.lvm_layout returns as after: {why}.",
        code="pending-form",
        parameter="pending",
        fix="hand its after on unchanged.",
    )


def _group(group: VolumeGroup, host: Host, backup: Optional[str]) -> Dict[str, Any]:
    return {
        "name": group.name,
        "uuid": group.uuid,
        "size_bytes": group.extents * group.extent_bytes,
        "free_bytes": group.free * group.extent_bytes,
        "extent_size_bytes": group.extent_bytes,
        "tags": list(group.tags),
        "backup": backup,
        "devices": sorted(host.devices[pv.device].id if pv.device in host.devices else pv.path for pv in group.pvs),
        "logical_volumes": [
            {
                "name": volume.name,
                "path": f"/dev/{group.name}/{volume.name}",
                "size_bytes": volume.extents * group.extent_bytes,
                "uuid": volume.uuid,
                "pool": volume.pool or None,
                "tags": list(shown(volume.tags)),
                "type": "thin-pool" if volume.thin_pool else "thin" if volume.thin else volume.layout,
                **_fill(volume),
            }
            for volume in sorted(group.visible, key=lambda volume: volume.name)
        ],
    }


def _fill(volume: LogicalVolume) -> Dict[str, Any]:
    """How full a thin pool or a thick snapshot is, in percent, null while that is not known."""
    if volume.thin_pool:
        return {"data_percent": volume.data_percent, "metadata_percent": volume.metadata_percent, "monitored": volume.monitored}
    return {"snapshot_of": volume.origin, "data_percent": None if volume.thin else volume.data_percent} if volume.origin else {}


def load(after: Optional[Mapping[str, Any]], host: Host) -> Tuple[VolumeGroup, ...]:
    """The volume groups of a ``pending`` parameter."""
    groups: List[VolumeGroup] = []
    try:
        for item in (after or {}).get("volume_groups", ()):
            extent = int(item["extent_size_bytes"])
            lvs = tuple(
                LogicalVolume(
                    volume["name"],
                    int(volume["size_bytes"]) // extent,
                    volume["uuid"],
                    pool=volume["pool"] or "",
                    origin=volume.get("snapshot_of") or "",
                    tags=tuple(volume["tags"]),
                    data_percent=volume.get("data_percent"),
                    metadata_percent=volume.get("metadata_percent"),
                    monitored=bool(volume.get("monitored")),
                    layout={"thin-pool": "thin,pool", "thin": "thin,sparse"}.get(volume["type"], volume["type"]),
                )
                for volume in item["logical_volumes"]
            )
            pvs = []
            for name in item["devices"]:
                device = host.resolve(name)
                pvs.append(PhysicalVolume(name, "", device.kernel_name if device else "", 0))
            groups.append(
                VolumeGroup(
                    item["name"],
                    extent,
                    int(item["size_bytes"]) // extent,
                    int(item["free_bytes"]) // extent,
                    item["uuid"],
                    tuple(item["tags"]),
                    tuple(pvs),
                    lvs,
                )
            )
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise _no_after(f"{type(error).__name__} {error}") from None
    return tuple(groups)
