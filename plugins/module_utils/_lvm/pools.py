# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for thin pools: create, grow, and what their volumes may promise. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Tuple

from .._core.command import command
from .._core.errors import Conflict, NoSpace, Refused
from .._core.plan import Action
from .._core.quantity import Percent, human
from .context import Context, Planned
from .describe import describe
from .desired import ThinPool
from .model import LogicalVolume, VolumeGroup
from .placement import room
from .sizing import shrink
from .space import pool_layout, spare_extents, with_spare


def plan_pool(group: VolumeGroup, pool: ThinPool, context: Context) -> Planned:
    """Create a thin pool, or grow its data and metadata."""
    present = group.lv(pool.name)
    name = f"{group.name}/{pool.name}"
    if present and not present.thin_pool:
        raise Conflict(
            "this logical volume is no thin pool.",
            code="pool-kind",
            parameter=f"{pool.parameter}.name",
            found=f"{name} is {present.layout}",
            fix="use another name.",
        )
    if present and isinstance(pool.size, Percent) and pool.size.of == "FREE":
        return (), group
    wanted = pool_layout(pool.size, group, pool.metadata_bytes, pool.chunk_bytes, present)
    if wanted.data == 0:
        raise NoSpace(
            "no room for even the smallest thin pool.",
            code="vg-full",
            parameter=f"{pool.parameter}.size",
            found=f"{human(group.free * group.extent_bytes)} free in {group.name}",
            fix="give the volume group more disks.",
        )
    if not present:
        room(
            group,
            wanted.data + wanted.metadata + max(0, wanted.metadata - spare_extents(group)),
            f"{pool.parameter}.size",
            "with its metadata and the spare for repairs ",
        )
        volume = LogicalVolume(pool.name, wanted.data, layout="thin,pool", metadata=wanted.metadata, chunk_bytes=wanted.chunk_bytes)
        after = with_spare(group.with_lv(volume, wanted.data + wanted.metadata), wanted.metadata)
        options = {
            "--extents": wanted.data,
            "--poolmetadatasize": f"{wanted.metadata * group.extent_bytes}b",
            "--poolmetadataspare": "y",
            "--chunksize": f"{wanted.chunk_bytes}b",
            "--zero": "y",
            "--name": pool.name,
        }
        step = command("lvcreate", "--yes", "--type", "thin-pool", *(part for option in options.items() for part in option), group.name)
        return (Action("create", "thin pool", name, (step,), None, describe(after, volume)),), after
    if pool.chunk_bytes not in (None, present.chunk_bytes):
        raise Conflict(
            "the chunk size of a thin pool is fixed when it is made.",
            code="pool-chunk-differs",
            parameter=f"{pool.parameter}.chunk_size",
            found=human(present.chunk_bytes),
            fix="take the option out, or make another pool.",
        )
    if wanted.data < present.extents:
        raise shrink(name, pool.parameter, present.extents, wanted.data, group)
    if pool.metadata_bytes and wanted.metadata < present.metadata:
        raise Refused(
            "the metadata of a thin pool cannot shrink.",
            code="pool-metadata-shrink",
            parameter=f"{pool.parameter}.metadata_size",
            found=human(present.metadata * group.extent_bytes),
            fix="ask for at least that.",
        )
    metadata = max(wanted.metadata, present.metadata) if pool.metadata_bytes or wanted.data > present.extents else present.metadata
    if (wanted.data, metadata) == (present.extents, present.metadata):
        return (), group
    more = wanted.data - present.extents + metadata - present.metadata
    room(group, more + max(0, metadata - spare_extents(group)), f"{pool.parameter}.size", "with its metadata and the spare for repairs ")
    volume = replace(present, extents=wanted.data, metadata=metadata)
    after = with_spare(group.with_lv(volume, more), metadata)
    steps: Tuple[Any, ...] = ()
    if metadata > present.metadata:
        steps += (command("lvextend", "--poolmetadatasize", f"{metadata * group.extent_bytes}b", name),)
    if wanted.data > present.extents:
        steps += (command("lvextend", "--extents", wanted.data, name),)
    return (Action("grow", "thin pool", name, steps, describe(group, present), describe(after, volume)),), after


def check_overcommit(before: VolumeGroup, group: VolumeGroup, pool: ThinPool) -> None:
    """Refuse a plan by which thin volumes promise more than before, and more than the pool's ratio allows."""
    present = group.lv(pool.name)
    promised, had = (sum(volume.extents for volume in state.lvs if volume.pool == pool.name) for state in (group, before))
    if present and promised > had and promised > present.extents * pool.overprovision_ratio:
        raise NoSpace(
            "the thin volumes would promise more than the pool may.",
            code="pool-overcommit",
            parameter=f"{pool.parameter}.overprovision_ratio",
            found=f"{human(promised * group.extent_bytes)} promised on {human(present.extents * group.extent_bytes)}, ratio {pool.overprovision_ratio:g}",
            fix="make the pool larger, the volumes smaller, or raise the ratio and watch the pool.",
        )
