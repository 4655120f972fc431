# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""LVM as plain values. All sizes are whole extents of the volume group unless the name says bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Dict, FrozenSet, List, Mapping, Optional, Tuple

from .settings import Settings

if TYPE_CHECKING:
    from .hidden import Hidden


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
    #: What is kept for metadata at its end.
    tail_bytes: int = 0
    #: Whether LVM gives out extents of it (pvchange --allocatable).
    allocatable: bool = True

    @property
    def free(self) -> int:
        """Extents that no volume has."""
        return self.extents - self.used

    @property
    def room(self) -> int:
        """Extents that a volume can be given."""
        return self.free if self.allocatable else 0


@dataclass(frozen=True)
class LogicalVolume:
    """One logical volume; ``uuid`` is ``None`` while it is only planned.

    ``extents`` is its size (virtual for thin ones). ``metadata``, ``chunk_bytes``, ``zeroes`` (whether it zeroes
    blocks before it hands them out), ``monitored`` and ``profile`` belong to thin pools,
    ``data_percent`` and ``metadata_percent`` to those and, the first, to thick snapshots, ``None`` while inactive.
    ``health`` is what LVM says of it, empty when all is well (lvs(8), lv_health_status). ``parts`` are the hidden volumes that it is made of,
    ``cache`` the one in front of it, ``on`` the extents that it has itself, by path of the physical volume.
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
    zeroes: bool = False
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
    #: A thick snapshot that overflowed.
    invalid: bool = False
    merging: bool = False
    cache_mode: str = ""
    #: Path of the physical volume that this hidden volume is moving data away from (pvmove(8)).
    moves: str = ""
    cache: str = ""
    #: Whether it was made read-only, or is active so.
    read_only: bool = False
    #: How its extents are to lie (lvm(8), "Allocation"), "inherit" for as in its volume group, and how many are free right behind its last one.
    policy: str = "inherit"
    behind: int = 0
    parts: Tuple[str, ...] = ()
    on: Mapping[str, int] = field(default_factory=dict)

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
    #: Whether it takes and gives up disks (vgchange --resizeable), how its volumes' extents are to lie, the most volumes and disks, 0 for any number.
    resizeable: bool = True
    policy: str = "normal"
    most_lvs: int = 0
    most_pvs: int = 0
    #: The longest row of free extents as LVM reported it, and the extents that the plan has taken since, wherever that was.
    row: int = 0
    taken: int = 0

    @property
    def room(self) -> int:
        """Extents that volumes can be given, those of disks that give none left out."""
        return self.free - sum(pv.free - pv.room for pv in self.pvs)

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

    def below(self, name: str) -> List[LogicalVolume]:
        """The logical volume of that name and all that it is made of."""
        volume = self.lv(name)
        if volume is None:
            return []
        parts = (*volume.parts, volume.cache) if volume.cache else volume.parts
        return [volume, *(each for part in parts for each in self.below(part))]

    def with_lv(self, volume: LogicalVolume, taken: int, on: Optional[Mapping[str, int]] = None) -> "VolumeGroup":
        """This group once ``volume`` is made or changed, which takes ``taken`` more extents, where ``on`` says or wherever there is room."""
        took = self._anywhere(taken) if on is None else on
        volume = replace(volume, on={path: count for path in {**volume.on, **took} if (count := volume.on.get(path, 0) + took.get(path, 0))})
        if any(each.name == volume.name for each in self.lvs):
            lvs = tuple(volume if each.name == volume.name else each for each in self.lvs)
        else:
            lvs = self.lvs + (volume,)
        return replace(self._used(took), lvs=lvs, free=self.free - taken, taken=self.taken + max(0, taken))

    def without_lv(self, name: str) -> "VolumeGroup":
        """This group once a volume is removed, with all that it is made of."""
        gone = self.below(name)
        given: Dict[str, int] = {}
        for volume in gone:
            for path, count in volume.on.items():
                given[path] = given.get(path, 0) - count
        names = {volume.name for volume in gone}
        return replace(self._used(given), lvs=tuple(each for each in self.lvs if each.name not in names), free=self.free - sum(given.values()))

    def _anywhere(self, count: int) -> Dict[str, int]:
        took: Dict[str, int] = {}
        for pv in self.pvs:
            took[pv.path] = min(pv.room, count - sum(took.values()))
        return took

    def _used(self, took: Mapping[str, int]) -> "VolumeGroup":
        return replace(self, pvs=tuple(replace(pv, used=pv.used + took.get(pv.path, 0)) for pv in self.pvs))


@dataclass(frozen=True)
class State:
    """What LVM knows of a machine. ``recorded`` are the volume groups that LVM's backups tell of, their disks present or not,
    ``last_seen`` the devices of physical volumes, by UUID, as they are written there. ``hidden`` are the physical volumes that LVM does not show,
    by kernel name.
    """

    groups: Tuple[VolumeGroup, ...] = ()
    orphans: Tuple[PhysicalVolume, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)
    last_seen: Mapping[str, str] = field(default_factory=dict)

    #: Whether dmeventd is there to watch thin pools, and the metadata profiles that the collection wrote, text by name.
    dmeventd: bool = True
    profiles: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = Settings()
    hidden: Mapping[str, Hidden] = field(default_factory=dict)
    #: What stands in /dev, where a volume group's folder could not.
    taken_names: FrozenSet[str] = frozenset()

    def group(self, name: str) -> Optional[VolumeGroup]:
        """The volume group of that name."""
        return next((group for group in self.groups if group.name == name), None)

    def with_group(self, group: VolumeGroup) -> "State":
        """The same with one of its volume groups as it is now."""
        return replace(self, groups=tuple(group if each.name == group.name else each for each in self.groups))
