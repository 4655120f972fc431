# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for the logical volumes of one volume group: each takes the group as it will be, and gives the actions and the group after them. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Tuple

from .._core.command import command
from .._core.errors import Conflict, NoSpace, NotFound, Refused
from .._core.plan import Action
from .._core.quantity import Percent, human
from .context import Context, Planned
from .desired import Volume
from .model import LogicalVolume, VolumeGroup
from .space import extents

#: Tag of the logical volumes that local_volumes made, followed by the class's name.
LOCAL_TAG = "cairn.local="


def describe(group: VolumeGroup, volume: LogicalVolume) -> Dict[str, Any]:
    """A logical volume for diffs."""
    values: Dict[str, Any] = {
        "size": human(volume.extents * group.extent_bytes),
        "type": "thin-pool" if volume.thin_pool else "thin" if volume.thin else volume.layout,
    }
    if volume.tags:
        values["tags"] = list(volume.tags)
    if volume.thin:
        values["thin_pool"] = volume.pool
    if volume.thin_pool:
        values.update(metadata_size=human(volume.metadata * group.extent_bytes), chunk_size=human(volume.chunk_bytes))
    return values


def plan_volume(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    """Create a logical volume or grow it; tags are added."""
    present = group.lv(volume.name)
    name = f"{group.name}/{volume.name}"
    if volume.thin_pool:
        pool = group.lv(volume.thin_pool)
        if pool is None or not pool.thin_pool:
            raise NotFound(
                "there is no such thin pool.",
                code="pool-unknown",
                parameter=f"{volume.parameter}.thin_pool",
                found=f"{group.name}/{volume.thin_pool}",
                fix="add it to thin_pools of this volume group.",
            )
    if not present:
        count = max(1, extents(volume.size, group.extents, group.free, group.extent_bytes))
        made = LogicalVolume(volume.name, count, layout="thin,sparse" if volume.thin_pool else "linear", pool=volume.thin_pool, tags=volume.tags)
        if not volume.thin_pool:
            room(group, count, f"{volume.parameter}.size", "")
        after = group.with_lv(made, 0 if volume.thin_pool else count)
        # Extents that an earlier volume gave back still hold its file system, and nobody's data stands on a volume that is only now made.
        # Thin volumes need no wiping: their pool hands out zeroed blocks.
        kind = (
            ("--type", "thin", "--virtualsize", f"{count * group.extent_bytes}b", "--thinpool", volume.thin_pool)
            if volume.thin_pool
            else ("--yes", "--wipesignatures", "y", "--zero", "y", "--type", "linear", "--extents", count)
        )
        tags = [part for tag in volume.tags for part in ("--addtag", tag)]
        step = command("lvcreate", *kind, *tags, "--name", volume.name, group.name)
        return (Action("create", "logical volume", name, (step,), None, describe(after, made)),), after
    if present.thin_pool or present.pool != volume.thin_pool or present.origin:
        is_now = "a thin pool" if present.thin_pool else f"in thin pool {present.pool}" if present.pool else present.layout
        raise Conflict(
            "the logical volume is of another kind.",
            code="lv-kind",
            parameter=f"{volume.parameter}.thin_pool",
            found=f"{name} is {is_now}",
            fix="use another name.",
        )
    actions: List[Action] = []
    group, grown = _grow(group, volume, present, name)
    actions += grown
    present = group.lv(volume.name) or present
    missing = tuple(tag for tag in volume.tags if tag not in present.tags)
    if missing:
        tagged = replace(present, tags=tuple(sorted(present.tags + missing)))
        step = command("lvchange", *(part for tag in missing for part in ("--addtag", tag)), name)
        actions.append(Action("tag", "logical volume", name, (step,), describe(group, present), describe(group, tagged)))
        group = group.with_lv(tagged, 0)
    return tuple(actions), group


def _grow(group: VolumeGroup, volume: Volume, present: LogicalVolume, name: str) -> Tuple[VolumeGroup, List[Action]]:
    if isinstance(volume.size, Percent) and volume.size.of == "FREE":
        return group, []
    wanted = max(1, extents(volume.size, group.extents, group.free, group.extent_bytes))
    if wanted < present.extents:
        raise shrink(name, volume.parameter, present.extents, wanted, group)
    if wanted == present.extents:
        return group, []
    if not present.thin:
        if present.layout != "linear":
            raise Conflict(
                "growing this kind of volume is not supported.",
                code="lv-grow-kind",
                parameter=f"{volume.parameter}.size",
                found=f"{name} is {present.layout}",
                fix="ask for the size that it has.",
            )
        room(group, wanted - present.extents, f"{volume.parameter}.size", "")
    grown = replace(present, extents=wanted)
    after = group.with_lv(grown, 0 if present.thin else wanted - present.extents)
    size = ("--size", f"{wanted * group.extent_bytes}b") if present.thin else ("--extents", wanted)
    return after, [Action("grow", "logical volume", name, (command("lvextend", *size, name),), describe(group, present), describe(after, grown))]


def room(group: VolumeGroup, needed: int, parameter: str, extra: str) -> None:
    """Raise ``NoSpace`` unless ``needed`` extents are free; ``extra`` says what is counted besides the wanted size."""
    if needed > group.free:
        raise NoSpace(
            f"the volume group {group.name} has too little space.",
            code="vg-full",
            parameter=parameter,
            found=f"{human(needed * group.extent_bytes)} needed {extra}and {human(group.free * group.extent_bytes)} free",
            fix="ask for less, or give the volume group more disks.",
        )


def shrink(name: str, parameter: str, present: int, wanted: int, group: VolumeGroup) -> Refused:
    """The refusal to make something smaller, in extents."""
    return Refused(
        f"{name} would have to shrink, which this collection does not do.",
        code="shrink-unsupported",
        parameter=f"{parameter}.size",
        found=f"{human(present * group.extent_bytes)} now, {human(wanted * group.extent_bytes)} wanted",
        fix="ask for at least the present size.",
    )
