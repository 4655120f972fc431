# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Extent arithmetic: what LVM will make of a size, to the extent. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Iterable, Optional, Tuple

from .._core.quantity import Extents, Percent, Size, round_up
from .model import LogicalVolume, VolumeGroup

MIB = 1024**2
DEFAULT_EXTENT = 4 * MIB
#: Data starts here unless the disk wants more; given to LVM explicitly, so that its detection cannot differ from the prediction.
DEFAULT_ALIGNMENT = MIB
#: Bytes of a copy of a volume group's metadata: with the label it takes the first MiB. Given to LVM for the same reason.
METADATA_AREA = MIB - 4096
CHUNK_MIN, CHUNK_MAX = 64 * 1024, 1024 * MIB
#: The kernel addresses just under 16 GiB of thin metadata, LVM accepts a little less (lvmthin(7), "metadata size").
METADATA_MIN, METADATA_MAX = 2 * MIB, 15 * 1024 * MIB + 768 * MIB
#: Bytes of metadata that a mapping takes; lvextend of a pool's data sees to so much.
_MAPPING = 64
#: Twice that leaves room for snapshots and keeps LVM from growing the metadata on its own when data grows.
_METADATA_PER_CHUNK = 2 * _MAPPING


def alignment(optimal_io: Iterable[int]) -> int:
    """Bytes at which data starts on new physical volumes: 1 MiB, or a multiple of full stripes where a disk names them.

    Stripes are multiples of 64 KiB; other sizes are transfer limits, which SCSI targets and USB bridges report in the same place.
    """
    wanted = DEFAULT_ALIGNMENT
    for size in optimal_io:
        if size and size % (64 * 1024) == 0 and wanted % size:
            wanted = math.lcm(wanted, size) if math.lcm(wanted, size) <= 64 * MIB else wanted
    return wanted


def pv_extents(device_bytes: int, extent_bytes: int, start: int, copies: int = 1) -> int:
    """Extents of a new physical volume, with so many copies of the metadata: the second one is at its end."""
    return max(0, device_bytes - start - MIB * (copies - 1)) // extent_bytes


def extents(size: Size, total: int, free: int, extent_bytes: int) -> int:
    """Whole extents of a wanted size: shares are rounded down, sizes up."""
    if isinstance(size, Percent):
        return math.floor((free if size.of == "FREE" else total) * Fraction(str(size.value)) / 100)
    if isinstance(size, Extents):
        return size.count
    return -(-size // extent_bytes)


@dataclass(frozen=True)
class PoolLayout:
    """A thin pool's parts in extents. ``chunk_bytes`` is the unit that it allocates in."""

    data: int
    metadata: int
    chunk_bytes: int


def chunk_size(data_bytes: int) -> int:
    """The smallest chunk that leaves the metadata of a pool of that size within the kernel's limit."""
    chunk = CHUNK_MIN
    while data_bytes // chunk * _METADATA_PER_CHUNK > METADATA_MAX:
        chunk *= 2
    return chunk


def metadata_extents(data: int, chunk_bytes: int, extent_bytes: int, per_chunk: int = _METADATA_PER_CHUNK) -> int:
    """Extents of metadata for ``data`` extents."""
    size = min(max(data * extent_bytes // chunk_bytes * per_chunk, METADATA_MIN), METADATA_MAX)
    return -(-size // extent_bytes)


def pool_layout(
    size: Size, group: VolumeGroup, metadata_bytes: Optional[int], chunk_bytes: Optional[int], present: Optional[LogicalVolume] = None
) -> PoolLayout:
    """The parts of a thin pool of that size in ``group``.

    A share covers all that the pool takes: data, metadata, and the spare metadata as if it were this pool's alone, so that the
    answer for a present pool does not depend on which pool came first. A size in bytes or extents is that of the data.
    """
    free, spare = _without(group, present)
    budget = extents(size, group.extents, free, group.extent_bytes)
    chunk = present.chunk_bytes if present else chunk_bytes or chunk_size(budget * group.extent_bytes)
    step = math.lcm(chunk, group.extent_bytes) // group.extent_bytes

    def metadata(data: int) -> int:
        if metadata_bytes:
            return max(-(-metadata_bytes // group.extent_bytes), metadata_extents(data, chunk, group.extent_bytes, _MAPPING))
        return metadata_extents(data, chunk, group.extent_bytes)

    if not isinstance(size, Percent):
        data = round_up(budget, step)
        return PoolLayout(data, metadata(data), chunk)
    if size.of != "FREE":
        spare = 0
    low, high = 0, budget // step
    while low < high:
        middle = (low + high + 1) // 2
        part = metadata(middle * step)
        if middle * step + part + max(0, part - spare) <= budget:
            low = middle
        else:
            high = middle - 1
    return PoolLayout(low * step, metadata(low * step), chunk)


def _without(group: VolumeGroup, pool: Optional[LogicalVolume]) -> Tuple[int, int]:
    """What would be free without ``pool``, and the spare metadata: so a share of what is free gives the same answer again."""
    spare = spare_extents(group)
    if pool is None:
        return group.room, spare
    others = min(spare, max((each.metadata for each in group.lvs if each.thin_pool and each.name != pool.name), default=0))
    return group.room + pool.extents + pool.metadata + spare - others, others


def spare_extents(group: VolumeGroup) -> int:
    """Extents of the spare metadata volume that LVM keeps for repairs, one for all pools of a group."""
    return sum(volume.extents for volume in group.lvs if volume.hidden and volume.name.endswith("_pmspare"))


def without_spare(group: VolumeGroup) -> VolumeGroup:
    """``group`` without its spare metadata volume if it has no thin pool any more: LVM removes it with the last one."""
    if any(volume.thin_pool for volume in group.lvs):
        return group
    spare = next((volume.name for volume in group.lvs if volume.hidden and volume.name.endswith("_pmspare")), None)
    return group.without_lv(spare) if spare else group


def with_spare(group: VolumeGroup, needed: int) -> VolumeGroup:
    """``group`` once its spare metadata volume has ``needed`` extents at least."""
    present = spare_extents(group)
    if needed <= present:
        return group
    name = next((volume.name for volume in group.lvs if volume.hidden and volume.name.endswith("_pmspare")), "lvol0_pmspare")
    return group.with_lv(LogicalVolume(name, needed, hidden=True), needed - present)
