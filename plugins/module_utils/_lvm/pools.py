# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for thin pools: create, grow, and what their volumes may promise. Pure."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Optional, Tuple

from .._core.command import command
from .._core.errors import Conflict, NoSpace, Refused
from .._core.plan import Action
from .._core.quantity import Extents, Percent, human
from .activation import check_activation
from .autoextend import plan_watching
from .context import Context, Planned, chain
from .describe import describe
from .desired import ThinPool
from .health import plan_start
from .kinds import Kind
from .model import LogicalVolume, VolumeGroup
from .placement import check_count, check_policy, room
from .promise import plan_ratio, ratio_tags
from .space import PoolLayout, pool_layout, spare_extents, with_spare


def plan_pool(group: VolumeGroup, pool: ThinPool, context: Context) -> Planned:
    """Create a thin pool, or start it and grow its data and metadata; then have it watched."""
    present = group.lv(pool.name)
    if not present:
        return chain(group, (partial(_create, pool=pool, context=context), partial(plan_watching, pool=pool, context=context)))
    if not present.thin_pool:
        raise Conflict(
            "this logical volume is no thin pool.",
            code="pool-kind",
            parameter=f"{pool.parameter}.name",
            found=f"{group.name}/{pool.name} is {present.layout}",
            fix="use another name.",
        )
    if pool.chunk_bytes not in (None, present.chunk_bytes):
        raise Conflict(
            "the chunk size of a thin pool is fixed when it is made.",
            code="pool-chunk-differs",
            parameter=f"{pool.parameter}.chunk_size",
            found=human(present.chunk_bytes),
            fix="take the option out, or make another pool.",
        )
    steps = (
        partial(plan_start, pool=pool, context=context),
        partial(_grow, pool=pool),
        partial(plan_ratio, pool=pool),
        partial(plan_watching, pool=pool, context=context),
    )
    return chain(group, steps)


def _create(group: VolumeGroup, pool: ThinPool, context: Context) -> Planned:
    check_count(group, f"{pool.parameter}.name")
    check_activation(context.settings, group, pool.name, (), f"{pool.parameter}.name")
    wanted = pool_layout(pool.size, group, pool.metadata_bytes, pool.chunk_bytes)
    if wanted.data == 0:
        raise NoSpace(
            "no room for even the smallest thin pool.",
            code="vg-full",
            parameter=f"{pool.parameter}.size",
            found=f"{human(group.room * group.extent_bytes)} free in {group.name}",
            fix="give the volume group more disks.",
        )
    volume = LogicalVolume(
        pool.name,
        wanted.data,
        layout="thin,pool",
        tags=ratio_tags(pool.overprovision_ratio),
        segment="thin-pool",
        metadata=wanted.metadata,
        chunk_bytes=wanted.chunk_bytes,
        monitored=True,
        zeroes=True,
    )
    after = _resized(group, pool, volume, wanted.data + wanted.metadata)
    options = {
        "--extents": wanted.data,
        "--poolmetadatasize": f"{wanted.metadata * group.extent_bytes}b",
        "--poolmetadataspare": "y",
        "--chunksize": f"{wanted.chunk_bytes}b",
        "--zero": "y",
        "--monitor": "y",
        "--name": pool.name,
    }
    tags = [part for tag in volume.tags for part in ("--addtag", tag)]
    step = command("lvcreate", "--yes", "--type", "thin-pool", *(part for option in options.items() for part in option), *tags, group.name)
    return (Action("create", "thin pool", f"{group.name}/{pool.name}", (step,), None, describe(after, volume)),), after


def _grow(group: VolumeGroup, pool: ThinPool) -> Planned:
    present, name = group.lv(pool.name), f"{group.name}/{pool.name}"
    if present is None:
        return (), group
    wanted = _wanted(group, pool, present)
    data, metadata = wanted.data, wanted.metadata
    if (data, metadata) == (present.extents, present.metadata):
        return (), group
    volume = replace(
        present,
        extents=data,
        metadata=metadata,
        data_percent=_shared(present.data_percent, present.extents, data),
        metadata_percent=_shared(present.metadata_percent, present.metadata, metadata),
        # The kernel takes the new room while it runs, unless it wants a check first.
        health=present.health if present.check_needed or present.health == "failed" else "",
    )
    after = _resized(group, pool, volume, data - present.extents + metadata - present.metadata)
    steps: Tuple[Any, ...] = ()
    # Metadata first: LVM would grow it on its own, by less, when the data outgrows it.
    if metadata > present.metadata:
        steps += (command("lvextend", "--poolmetadatasize", f"{metadata * group.extent_bytes}b", name),)
    if data > present.extents:
        steps += (command("lvextend", "--extents", data, name),)
    return (Action("grow", "thin pool", name, steps, describe(group, present), describe(after, volume)),), after


def _wanted(group: VolumeGroup, pool: ThinPool, present: LogicalVolume) -> PoolLayout:
    """The parts that a pool should have, none smaller than it is; a pool that grows on its own may be larger than asked for."""
    share = isinstance(pool.size, Percent) and pool.size.of == "FREE"
    size = Extents(present.extents) if share and not pool.grow else pool.size
    wanted = pool_layout(size, group, pool.metadata_bytes, pool.chunk_bytes, present)
    if wanted.data < present.extents and not (share or pool.autoextend or present.profile):
        raise _smaller(group, pool, "size", present.extents, wanted.data)
    if pool.metadata_bytes and wanted.metadata < present.metadata and not (pool.autoextend or present.profile):
        raise _smaller(group, pool, "metadata_size", present.metadata, wanted.metadata)
    data = max(wanted.data, present.extents)
    return replace(wanted, data=data, metadata=max(wanted.metadata if pool.metadata_bytes or data > present.extents else 0, present.metadata))


def _smaller(group: VolumeGroup, pool: ThinPool, option: str, present: int, wanted: int) -> Refused:
    return Refused(
        "a thin pool cannot shrink.",
        code="shrink-unsupported" if option == "size" else "pool-metadata-shrink",
        parameter=f"{pool.parameter}.{option}",
        found=f"{human(present * group.extent_bytes)} now, {human(wanted * group.extent_bytes)} wanted",
        fix="ask for at least the present size.",
    )


def _shared(percent: Optional[float], before: int, after: int) -> Optional[float]:
    return None if percent is None else round(percent * before / after, 2)


def _resized(group: VolumeGroup, pool: ThinPool, volume: LogicalVolume, more: int) -> VolumeGroup:
    spare = max(0, volume.metadata - spare_extents(group))
    room(group, more + spare, f"{pool.parameter}.size", "with its metadata and the spare for repairs ")
    if more > 0:
        data = next((part for part in group.below(pool.name) if part.name.endswith("_tdata")), None)
        check_policy(group, Kind(), group.pvs, more + spare, f"{pool.parameter}.size", data)
    return with_spare(group.with_lv(volume, more), volume.metadata)


def check_overcommit(before: VolumeGroup, group: VolumeGroup, pool: ThinPool) -> None:
    """Refuse a plan by which thin volumes promise more than before, and more than the pool's ratio allows."""
    present = group.lv(pool.name)
    promised, had = (sum(volume.extents for volume in state.lvs if volume.pool == pool.name) for state in (group, before))
    if present and promised > had and promised > present.extents * pool.overprovision_ratio:
        raise NoSpace(
            "the thin volumes would promise more than the pool may.",
            code="pool-overcommit",
            parameter=f"{pool.parameter}.overprovision_ratio",
            found=f"{human(promised * group.extent_bytes)} promised on {human(present.extents * group.extent_bytes)}, "
            f"ratio {pool.overprovision_ratio:g}",
            fix="make the pool larger, the volumes smaller, or raise the ratio and watch the pool.",
        )
