# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""LVM as plain values. All sizes are whole extents of the volume group unless the name says bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Mapping, Optional, Tuple


@dataclass(frozen=True)
class PhysicalVolume:
    """One physical volume; ``device`` is its kernel name, empty when it is missing. ``used`` are the extents that volumes have on it."""

    path: str
    uuid: str
    device: str
    extents: int
    missing: bool = False
    #: Not in a volume group, and no volume group claims it: its label guards nothing.
    orphan: bool = False
    used: int = 0
    #: Where its data begins, and how large the device is, which can have grown since.
    start_bytes: int = 0
    device_bytes: int = 0

    @property
    def free(self) -> int:
        """Extents that no volume has."""
        return self.extents - self.used


@dataclass(frozen=True)
class LogicalVolume:
    """One logical volume; ``uuid`` is ``None`` while it is only planned.

    ``extents`` is its size (virtual for thin ones). ``metadata``, ``chunk_bytes``, ``monitored`` and ``profile`` belong to thin pools,
    ``data_percent`` and ``metadata_percent`` to those and, the first, to thick snapshots, ``None`` while inactive.
    ``health`` is what LVM says of it, empty when all is well (lvs(8), lv_health_status).
    """

    name: str
    extents: int
    uuid: Optional[str] = None
    layout: str = "linear"
    pool: str = ""
    origin: str = ""
    tags: Tuple[str, ...] = ()
    active: bool = True
    open: bool = False
    hidden: bool = False
    metadata: int = 0
    chunk_bytes: int = 0
    #: Type of its first segment as lvcreate --type takes it, data stripes and copies (the original included).
    segment: str = "linear"
    stripes: int = 1
    stripe_bytes: int = 0
    mirrors: int = 1
    data_percent: Optional[float] = None
    metadata_percent: Optional[float] = None
    monitored: bool = False
    profile: str = ""
    health: str = ""
    check_needed: bool = False
    merging: bool = False
    cache_mode: str = ""

    @property
    def thin_pool(self) -> bool:
        """Whether it is a thin pool."""
        return "pool" in self.layout.split(",") and "thin" in self.layout.split(",")

    @property
    def thin(self) -> bool:
        """Whether it takes its space from a thin pool."""
        # A cached volume names its cache as its pool.
        return bool(self.pool) and "thin" in self.layout.split(",")


@dataclass(frozen=True)
class VolumeGroup:
    """One volume group; ``uuid`` is ``None`` while it is only planned. ``devices`` are stable names."""

    name: str
    extent_bytes: int
    extents: int
    free: int
    uuid: Optional[str] = None
    tags: Tuple[str, ...] = ()
    pvs: Tuple[PhysicalVolume, ...] = ()
    lvs: Tuple[LogicalVolume, ...] = ()
    exported: bool = False
    shared: bool = False

    def lv(self, name: str) -> Optional[LogicalVolume]:
        """The logical volume of that name."""
        return next((volume for volume in self.lvs if volume.name == name), None)

    @property
    def missing(self) -> Tuple[PhysicalVolume, ...]:
        """Physical volumes whose disk is gone."""
        return tuple(pv for pv in self.pvs if pv.missing)

    @property
    def visible(self) -> Tuple[LogicalVolume, ...]:
        """Logical volumes that a person sees, without parts and spares."""
        return tuple(volume for volume in self.lvs if not volume.hidden)

    def with_lv(self, volume: LogicalVolume, taken: int) -> "VolumeGroup":
        """This group once ``volume`` is made or changed, which takes ``taken`` more extents."""
        if any(each.name == volume.name for each in self.lvs):
            lvs = tuple(volume if each.name == volume.name else each for each in self.lvs)
        else:
            lvs = self.lvs + (volume,)
        return replace(self, lvs=lvs, free=self.free - taken)

    def without_lv(self, name: str, given: int) -> "VolumeGroup":
        """This group once a volume is removed, which gives back ``given`` extents."""
        return replace(self, lvs=tuple(each for each in self.lvs if each.name != name), free=self.free + given)


@dataclass(frozen=True)
class State:
    """What LVM knows of a machine. ``recorded`` are the volume groups that /etc/lvm/backup tells of, their disks present or not."""

    groups: Tuple[VolumeGroup, ...] = ()
    orphans: Tuple[PhysicalVolume, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)

    def group(self, name: str) -> Optional[VolumeGroup]:
        """The volume group of that name."""
        return next((group for group in self.groups if group.name == name), None)
