# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for the logical volumes of one volume group: each takes the group as it will be, and gives the actions and the group after them. Pure."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Callable, List, Optional, Tuple

from .._core.command import command
from .._core.errors import Conflict, NotFound
from .._core.plan import Action
from .activation import check_activation
from .cache import plan_cache
from .context import Context, Planned, chain
from .describe import describe
from .desired import Volume
from .file_systems import plan_file_system
from .in_use import check_unused
from .kinds import WIPED, Kind, check_kind, present_kind, wanted_kind
from .made import UNFORMATTED
from .model import LogicalVolume, VolumeGroup
from .placement import check_count, members, take
from .sizing import plan_size, wanted_extents

#: Tag of the logical volumes that local_volumes made, followed by the class's name.
LOCAL_TAG = "cairn.local="


def plan_volume(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    """Create a logical volume or change it into what is wanted; tags are added. Nothing is run for what is so already."""
    before = group.lv(volume.name)
    if volume.thin_pool:
        _check_pool(group, volume)
    steps: List[Callable[[VolumeGroup], Planned]] = [partial(_create, volume=volume, context=context)]
    if before:
        _check_same(group, volume, before)
        steps = [
            partial(plan_activation, volume=volume, context=context, on=True),
            partial(plan_size, volume=volume, context=context),
            partial(plan_tags, volume=volume),
        ]
    steps += [
        partial(plan_cache, volume=volume, context=context),
        partial(_hold, volume=volume, before=before, context=context),
        # Only now: what is inactive has no device to make a file system on.
        partial(plan_activation, volume=volume, context=context, on=False),
    ]
    return chain(group, steps)


def _check_pool(group: VolumeGroup, volume: Volume) -> None:
    pool = group.lv(volume.thin_pool)
    if pool is None or not pool.thin_pool:
        raise NotFound(
            "there is no such thin pool.",
            code="pool-unknown",
            parameter=f"{volume.parameter}.thin_pool",
            found=f"{group.name}/{volume.thin_pool}",
            fix="add it to thin_pools of this volume group.",
        )


def _check_same(group: VolumeGroup, volume: Volume, present: LogicalVolume) -> None:
    name = f"{group.name}/{volume.name}"
    if present.thin_pool or present.pool != volume.thin_pool or present.origin:
        what = {"a thin pool": present.thin_pool, f"a snapshot of {present.origin}": present.origin, f"in thin pool {present.pool}": present.pool}
        is_now = next((words for words, so in what.items() if so), present.layout)
        raise Conflict(
            "the logical volume is of another kind.",
            code="lv-kind",
            parameter=f"{volume.parameter}.{'thin_pool' if volume.thin_pool or present.pool else 'name'}",
            found=f"{name} is {is_now}",
            fix="use another name.",
        )
    if not present.thin:
        check_kind(volume, present_kind(group, present), name)


def _create(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    check_count(group, f"{volume.parameter}.name")
    check_activation(context.settings, group, volume.name, volume.tags, f"{volume.parameter}.name", written=bool(volume.filesystem))
    kind = Kind() if volume.thin_pool else wanted_kind(volume, group.extent_bytes)
    pvs = members(group, volume.devices, f"{volume.parameter}.devices", context.host)
    count = wanted_extents(group, volume, kind, pvs)
    made = LogicalVolume(
        volume.name,
        count,
        layout="thin,sparse" if volume.thin_pool else kind.layout,
        pool=volume.thin_pool,
        tags=tuple(sorted((*volume.tags, *((UNFORMATTED,) if volume.filesystem else ())))),
        segment=kind.type,
        stripes=kind.stripes,
        stripe_bytes=kind.stripe_bytes,
        mirrors=kind.copies,
    )
    size: Tuple[object, ...]
    if volume.thin_pool:
        places: Tuple[str, ...] = ()
        after = group.with_lv(made, 0)
        # Thin volumes need no wiping: their pool hands out zeroed blocks.
        size = ("--type", "thin", "--virtualsize", f"{count * group.extent_bytes}b", "--thinpool", volume.thin_pool)
    else:
        took = take(group, kind, pvs, kind.part(count, group.extent_bytes), volume.parameter)
        after = group.with_lv(made, kind.takes(count, group.extent_bytes), took)
        places = tuple(context.host.devices[pv.device].id for pv in pvs) if volume.devices else ()
        size = (*WIPED, *kind.arguments(), "--extents", count)
    tags = [part for tag in made.tags for part in ("--addtag", tag)]
    step = command("lvcreate", *size, *tags, "--name", volume.name, group.name, *places)
    return (Action("create", "logical volume", f"{group.name}/{volume.name}", (step,), None, describe(after, made)),), after


def plan_activation(group: VolumeGroup, volume: Volume, context: Context, on: bool) -> Planned:
    """Turn the volume ``on`` or off if that is what is wanted and not so already; a volume in use is not turned off."""
    present = group.lv(volume.name)
    if present is None or volume.active is not on or present.active is on:
        return (), group
    name = f"{group.name}/{volume.name}"
    if on:
        check_activation(context.settings, group, volume.name, present.tags, f"{volume.parameter}.active")
    else:
        for each in (present, *(each for each in group.visible if each.origin == volume.name and not each.thin)):
            check_unused(group, each, context.host, f"{volume.parameter}.active")
    # Without it LVM passes over a snapshot that others made, and says that all is well.
    step = command("lvchange", "--activate", *(("y", "--ignoreactivationskip") if on else ("n",)), name)
    action = Action("activate" if on else "deactivate", "logical volume", name, (step,), {"active": not on}, {"active": on})
    return (action,), group.with_lv(replace(present, active=on), 0)


def plan_tags(group: VolumeGroup, volume: Volume) -> Planned:
    """Add the tags that the volume lacks."""
    present = group.lv(volume.name)
    missing = tuple(tag for tag in volume.tags if present and tag not in present.tags)
    if not present or not missing:
        return (), group
    tagged = replace(present, tags=tuple(sorted(present.tags + missing)))
    name = f"{group.name}/{volume.name}"
    step = command("lvchange", *(part for tag in missing for part in ("--addtag", tag)), name)
    return (Action("tag", "logical volume", name, (step,), describe(group, present), describe(group, tagged)),), group.with_lv(tagged, 0)


def _hold(group: VolumeGroup, volume: Volume, before: Optional[LogicalVolume], context: Context) -> Planned:
    after = group.lv(volume.name)
    return (plan_file_system(group, volume, before, after, context) if after else ()), group
