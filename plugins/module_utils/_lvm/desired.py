# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a person wants of LVM, as plain values; parse.py makes them from parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Dict, FrozenSet, Optional, Tuple

from .._block.filesystems import FileSystem
from .._block.model import Device, lv_mapper_path
from .._block.rules import DiskRule
from .._block.select import Wanted
from .._core.plan import Consent
from .._core.quantity import Extents, Percent, Size
from .allowed import WhiteList


@dataclass(frozen=True)
class Autoextend:
    """When dmeventd grows a thin pool, and by how much, in percent (lvmthin(7), "Automatically extend thin pool LV")."""

    threshold: int
    percent: int


@dataclass(frozen=True)
class ThinPool:
    """A wanted thin pool; sizes of its parts in bytes, ``None`` for what suits its size, or stays as it is."""

    name: str
    parameter: str
    size: Optional[Size]
    metadata_bytes: Optional[int] = None
    chunk_bytes: Optional[int] = None
    overprovision_ratio: float = 1.0
    autoextend: Optional[Autoextend] = None
    grow: bool = False
    rename_from: str = ""
    state: str = "present"


@dataclass(frozen=True)
class Cache:
    """A wanted cache in front of a volume, on devices named by ``devices``; ``None`` of a volume leaves its cache alone."""

    parameter: str
    size: Optional[Size]
    devices: Tuple[str, ...] = ()
    mode: str = "writethrough"
    state: str = "present"


@dataclass(frozen=True)
class Volume:
    """A wanted logical volume, thin when it names a pool, a snapshot when it names an origin.

    ``type`` is empty where anything will do (a new one is linear). ``tags`` are added, others stay. ``devices`` are references of the
    physical volumes that new extents are taken from. ``active`` is ``None`` where it does not matter.
    ``state`` is ``merged`` for a snapshot that its origin should be set back to.
    """

    name: str
    parameter: str
    size: Optional[Size]
    thin_pool: str = ""
    tags: Tuple[str, ...] = ()
    state: str = "present"
    type: str = ""
    stripes: Optional[int] = None
    stripe_bytes: Optional[int] = None
    mirrors: Optional[int] = None
    devices: Tuple[str, ...] = ()
    snapshot_of: str = ""
    active: Optional[bool] = True
    grow: bool = False
    rename_from: str = ""
    filesystem: Optional[FileSystem] = None
    cache: Optional[Cache] = None


@dataclass(frozen=True)
class Group:
    """A wanted volume group. ``extent_bytes``, ``alignment_bytes`` and ``tags`` are ``None`` where anything will do.

    ``wanted`` is ``None`` where the volume group has to be there already, ``found`` where a person asks for it as it is found.
    ``remove_devices`` are references, or UUIDs of missing physical volumes, to be emptied and taken out.
    """

    name: str
    parameter: str
    wanted: Optional[Wanted]
    extent_bytes: Optional[int] = None
    tags: Optional[Tuple[str, ...]] = None
    thin_pools: Tuple[ThinPool, ...] = ()
    volumes: Tuple[Volume, ...] = ()
    adopt_new: bool = False
    state: str = "present"
    alignment_bytes: Optional[int] = None
    rename_from: str = ""
    remove_devices: Tuple[str, ...] = ()
    resize_devices: bool = False
    repair_missing: bool = False
    found: bool = False


@dataclass(frozen=True)
class Layout:
    """The whole wish of one call."""

    groups: Tuple[Group, ...]
    rules: Tuple[DiskRule, ...]
    wipe: Consent
    data_loss: Consent
    allow_kernel_names: bool
    base_dir: str
    allowed: WhiteList = field(default_factory=WhiteList)

    @cached_property
    def _volumes(self) -> Dict[str, Volume]:
        names = ((group, volume, name) for group in self.groups for volume in group.volumes for name in (volume.rename_from, volume.name) if name)
        return {lv_mapper_path(f"/dev/{old}/{name}"): volume for group, volume, name in names for old in (group.rename_from, group.name) if old}

    @cached_property
    def _removed(self) -> Tuple[str, ...]:
        """What the paths of volumes in groups begin with that are to be removed."""
        return tuple(lv_mapper_path(f"/dev/{group.name}/x")[:-1] for group in self.groups if group.state == "absent")

    @cached_property
    def _references(self) -> FrozenSet[str]:
        named = (reference for group in self.groups if group.wanted for reference in group.wanted.references)
        return frozenset(lv_mapper_path(reference) or reference for reference in named)

    def examines(self, device: Device) -> bool:
        """Whether what a logical volume holds has to be looked at: it is to have a file system, one is in use, or it may have to shrink.

        With hundreds of volumes a look at each would take most of a run.
        """
        if self._references.intersection(device.spellings):
            # It is wanted as a disk.
            return True
        if device.path.startswith(self._removed) and not device.path.startswith(tuple(f"{name}-" for name in self._removed)):
            # Its group goes, and what is on it may be what the machine mounts.
            return True
        volume = self._volumes.get(device.path)
        if volume is None or volume.state != "present":
            return volume is not None and volume.state == "absent" and not device.mounts
        shrinks = isinstance(volume.size, (Percent, Extents)) or (volume.size is not None and volume.size < device.size)
        return bool(volume.filesystem or device.mounts or shrinks)
