"""A node's LVM as plain values, for the driver's tests: extents of 4 MiB, three disks, one thin pool."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup
from cairn_csi.tags import Facts

MIB = 1024**2
EXTENT = 4 * MIB
DISKS = tuple(PhysicalVolume(f"/dev/sd{letter}", letter, f"sd{letter}", 1000) for letter in "abc")
POOL = LogicalVolume("pool", 500, "p", layout="thin,pool", segment="thin-pool", metadata=2, data_percent=10.0, metadata_percent=1.0, zeroes=True)


def group(*volumes: LogicalVolume, name: str = "vg", **changes: Any) -> VolumeGroup:
    """A volume group with a pool and ``volumes``, whose extents are taken from the first disks."""
    made = VolumeGroup(name, EXTENT, 3000, 3000, name, (), DISKS).with_lv(POOL, 502)
    for each in volumes:
        made = made.with_lv(each, 0 if each.thin else each.extents)
    return replace(made, **changes)


def state(*volumes: LogicalVolume, **changes: Any) -> State:
    """A node with that group alone."""
    return State((group(*volumes, **changes),))


def lv(
    kind: str, name: str, extents: int = 16, *, thin: bool = False, lv_name: str = "", facts: dict[str, Any] | None = None, **fields: Any
) -> LogicalVolume:
    """A logical volume of the driver."""
    prefix = {"volume": "csi-", "snapshot": "snap-", "inline": "inline-", "work": "work-", "growth": "grow-"}[kind]
    told = {"access": "ext4", "layout": "thin" if thin else "linear", "wipe": "none", "pool_ratio": "1" if thin else "", **(facts or {})}
    tags = Facts(kind, name, **told).tags
    layout = {"layout": "thin,sparse", "pool": "pool"} if thin else {}
    return LogicalVolume(lv_name or prefix + name, extents, name, tags=tags, **{**layout, **fields})
