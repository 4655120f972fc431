# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""How the data of a volume is laid out over devices, and what that takes, to the extent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from .._core.errors import Conflict, InvalidRequest
from .._core.quantity import human, round_up
from .desired import Volume
from .model import LogicalVolume, VolumeGroup

TYPES = ("linear", "striped", "raid1", "raid5", "raid6", "raid10")
#: Types whose data lies in stripes over several devices, with the fewest data stripes of each (lvmraid(7)).
STRIPES = {"striped": 2, "raid5": 2, "raid6": 3, "raid10": 2}
MIRRORED = ("raid1", "raid10")
_PARITY = {"raid5": 1, "raid6": 2}
_ALGORITHM = {"raid5": ",raid5_ls", "raid6": ",raid6_zr"}
_STRIPE = 64 * 1024
#: What a bit of a RAID volume's write-intent bitmap stands for, and its superblocks (lvm.conf(5), raid_region_size).
_REGION, _SUPERBLOCKS = 2 * 1024**2, 8192
#: lvcreate is told to wipe: extents that an earlier volume gave back still hold its file system, and nobody's data stands on what is only now made.
WIPED = ("--yes", "--wipesignatures", "y", "--zero", "y")


@dataclass(frozen=True)
class Kind:
    """``stripes`` of data, each in ``copies``, and ``parity`` devices more. ``stripe_bytes`` is 0 for what has no stripes."""

    type: str = "linear"
    stripes: int = 1
    copies: int = 1
    parity: int = 0
    stripe_bytes: int = 0

    @property
    def devices(self) -> int:
        """How many devices it is on at least."""
        return self.stripes * self.copies + self.parity

    @property
    def layout(self) -> str:
        """What LVM calls it in lv_layout."""
        return f"raid,{self.type}{_ALGORITHM.get(self.type, '')}" if self.raid else self.type

    @property
    def raid(self) -> bool:
        """Whether it is RAID, whose parts share no device."""
        return self.type.startswith("raid")

    def rounded(self, extents: int) -> int:
        """The fewest extents that such a volume can have and that hold ``extents``."""
        return round_up(max(1, extents), self.stripes)

    def part(self, extents: int, extent_bytes: int) -> int:
        """Extents on each device of a volume of ``extents``, RAID's own metadata included."""
        data = extents // self.stripes
        return data + self._metadata(data, extent_bytes)

    def takes(self, extents: int, extent_bytes: int) -> int:
        """Extents on all devices of a volume of ``extents``."""
        return self.devices * self.part(extents, extent_bytes)

    def most(self, budget: int, extent_bytes: int) -> int:
        """Extents of the largest such volume that takes no more than ``budget``; 0 if none does."""
        each = budget // self.devices
        return max(0, each - self._metadata(each, extent_bytes)) * self.stripes

    def _metadata(self, data: int, extent_bytes: int) -> int:
        if not self.raid:
            return 0
        regions = data * extent_bytes // _REGION
        return -(-(_SUPERBLOCKS + -(-regions // 8)) // extent_bytes)

    def arguments(self) -> Tuple[object, ...]:
        """What lvcreate is told."""
        told: Tuple[object, ...] = ("--type", self.type)
        if self.type in STRIPES:
            told += ("--stripes", self.stripes, "--stripesize", f"{self.stripe_bytes}b")
        if self.type in MIRRORED:
            told += ("--mirrors", self.copies - 1)
        return told


def wanted_kind(volume: Volume, extent_bytes: int) -> Kind:
    """The kind of a new volume."""
    kind = volume.type or "linear"
    if (volume.stripe_bytes or 0) > extent_bytes:
        raise InvalidRequest(
            "a stripe is no larger than an extent.",
            code="stripe-extent",
            parameter=f"{volume.parameter}.stripe_size",
            found=f"{human(volume.stripe_bytes or 0)} with extents of {human(extent_bytes)}",
            fix=f"ask for at most {human(extent_bytes)}.",
        )
    return Kind(
        kind,
        volume.stripes or STRIPES.get(kind, 1),
        1 + (volume.mirrors or 1) if kind in MIRRORED else 1,
        _PARITY.get(kind, 0),
        volume.stripe_bytes or min(_STRIPE, extent_bytes) if kind in STRIPES else 0,
    )


def present_kind(group: VolumeGroup, volume: LogicalVolume) -> Kind:
    """The kind of a volume that is there, of what stands behind its cache if it has one."""
    behind = next((group.lv(name) for name in volume.parts if name.endswith("_corig")), None) if volume.cache else None
    core = behind or volume
    # raid5_la and the like: where parity lies does not matter here.
    kind = core.segment.partition("_")[0]
    return Kind(kind, core.stripes, core.mirrors, _PARITY.get(kind, 0), core.stripe_bytes)


def check_kind(volume: Volume, found: Kind, name: str) -> None:
    """Refuse to convert a volume from one kind into another."""
    asked = {
        "type": (volume.type, found.type),
        "stripes": (volume.stripes, found.stripes),
        "stripe_size": (volume.stripe_bytes, found.stripe_bytes),
        "mirrors": (volume.mirrors, found.copies - 1),
    }
    for option, (wanted, present) in asked.items():
        if wanted and wanted != present:
            raise Conflict(
                "a volume keeps the layout that it was made with.",
                code="lv-layout-differs",
                parameter=f"{volume.parameter}.{option}",
                found=f"{name} has {option} {human(present) if option == 'stripe_size' else present}",
                fix="ask for that or take the option out, and make another volume if you need a different one.",
            )
