# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""How large a volume is to be, to the extent, and the plan that makes it so. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional, Sequence, Tuple

from .._core.command import command
from .._core.errors import Conflict, NoSpace, Refused
from .._core.plan import Action
from .._core.quantity import Percent, human
from .context import Context, Planned
from .desired import Volume
from .describe import describe
from .file_systems import plan_shrink
from .in_use import check_unused
from .kinds import TYPES, Kind, present_kind
from .model import LogicalVolume, PhysicalVolume, VolumeGroup
from .placement import fits, free_extents, members, take
from .space import extents


def wanted_extents(group: VolumeGroup, volume: Volume, kind: Kind, pvs: Sequence[PhysicalVolume], present: Optional[LogicalVolume] = None) -> int:
    """Extents that the volume should have. A share covers all that it takes, copies and parity included, and is rounded down.

    What is free is asked once, when the volume is made; with ``grow`` later too, and then its own extents count as free: so it gets the
    same answer again until space is added, and never shrinks for it.
    """
    size = volume.size
    if not isinstance(size, Percent):
        return kind.rounded(extents(size, 0, 0, group.extent_bytes))
    if size.of != "FREE":
        total = group.extents if size.of == "VG" else sum(pv.extents for pv in pvs)
        return max(kind.stripes, kind.most(extents(size, total, 0, group.extent_bytes), group.extent_bytes))
    if present and not volume.grow:
        return present.extents
    own = present.extents if present else 0
    free = free_extents(group, pvs) + (kind.takes(own, group.extent_bytes) if own else 0)
    if not free:
        raise NoSpace(
            f"nothing of the volume group {group.name} is left for a share of what is free.",
            code="vg-full",
            parameter=f"{volume.parameter}.size",
            found=f"{size}, and 0B free once the volumes before it have what they were promised",
            fix="let only the last volume take 100%FREE, and give the others a size or a smaller share.",
        )
    most = _largest(group, kind, pvs, kind.most(extents(size, 0, free, group.extent_bytes), group.extent_bytes), present)
    return max(kind.stripes, own, most)


def _largest(group: VolumeGroup, kind: Kind, pvs: Sequence[PhysicalVolume], most: int, present: Optional[LogicalVolume]) -> int:
    """The largest size up to ``most`` that there is room for on enough devices."""
    own = present.extents if present else 0
    low, high = own // kind.stripes, most // kind.stripes
    while low < high:
        middle = (low + high + 1) // 2
        if fits(group, kind, pvs, _more(group, kind, own, middle * kind.stripes), present, sure=True) is not None:
            low = middle
        else:
            high = middle - 1
    return low * kind.stripes


def _more(group: VolumeGroup, kind: Kind, present: int, wanted: int) -> int:
    return kind.part(wanted, group.extent_bytes) - (kind.part(present, group.extent_bytes) if present else 0)


def plan_size(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    """Grow a volume, or shrink one with an ext4 file system on it."""
    present = group.lv(volume.name)
    if present is None:
        return (), group
    kind = Kind() if present.thin else present_kind(group, present)
    pvs = members(group, volume.devices, f"{volume.parameter}.devices", context.host)
    wanted = wanted_extents(group, volume, kind, pvs, present)
    if wanted == present.extents:
        return (), group
    _check_resizable(group, volume, present, kind)
    after = replace(present, extents=wanted)
    name = f"{group.name}/{volume.name}"
    size: Tuple[Any, ...] = ("--size", f"{wanted * group.extent_bytes}b") if present.thin else ("--extents", wanted)
    if wanted > present.extents:
        on = {} if present.thin else take(group, kind, pvs, _more(group, kind, present.extents, wanted), volume.parameter, present)
        places = [context.host.devices[pv.device].id for pv in pvs if on.get(pv.path)] if volume.devices else []
        grown = group.with_lv(after, sum(on.values()), on)
        step = command("lvextend", *size, name, *places)
        return (Action("grow", "logical volume", name, (step,), describe(group, present), describe(grown, after)),), grown
    steps = (*_make_room(group, volume, present, wanted, context), command("lvreduce", "--yes", *size, name))
    given = {} if present.thin else _from_the_end(present, kind.takes(present.extents, group.extent_bytes) - kind.takes(wanted, group.extent_bytes))
    smaller = group.with_lv(after, -sum(given.values()), {path: -count for path, count in given.items()})
    loses = f"what is beyond the first {human(wanted * group.extent_bytes)} of {name} ({present.uuid})"
    return (Action("shrink", "logical volume", name, steps, describe(group, present), describe(smaller, after), loses=loses),), smaller


def _check_resizable(group: VolumeGroup, volume: Volume, present: LogicalVolume, kind: Kind) -> None:
    name, parameter = f"{group.name}/{volume.name}", f"{volume.parameter}.size"
    if not present.thin and kind.type not in TYPES:
        raise Conflict(
            "resizing this kind of volume is not supported.",
            code="lv-grow-kind",
            parameter=parameter,
            found=f"{name} is {present.layout}, {human(present.extents * group.extent_bytes)}",
            fix="ask for the size that it has.",
        )
    snapshots = [each.name for each in group.visible if each.origin == volume.name and not each.thin]
    if snapshots and present.active:
        # lvextend: "Snapshot origin volumes can be resized only while inactive".
        raise Conflict(
            "a volume keeps its size while it has thick snapshots.",
            code="lv-has-snapshots",
            parameter=parameter,
            found=f"{name} has {', '.join(snapshots)}",
            fix="remove the snapshots first.",
        )


def _make_room(group: VolumeGroup, volume: Volume, present: LogicalVolume, wanted: int, context: Context) -> Tuple[Any, ...]:
    name, now, then = f"{group.name}/{volume.name}", present.extents * group.extent_bytes, wanted * group.extent_bytes
    if present.cache or not present.active:
        raise shrink(name, volume.parameter, present.extents, wanted, group)
    steps = plan_shrink(group, volume, then, context)
    check_unused(group, present, context.host, f"{volume.parameter}.size")
    context.data_loss.require(name, present.uuid or "", f"its last {human(now - then)}", code="shrink-consent")
    return steps


def _from_the_end(present: LogicalVolume, count: int) -> dict:
    # LVM frees the last extents; on which of several devices these are only its next report tells.
    given = {}
    for path in reversed(list(present.on)):
        given[path] = min(present.on[path], count - sum(given.values()))
    return given


def shrink(name: str, parameter: str, present: int, wanted: int, group: VolumeGroup) -> Refused:
    """The refusal to make something smaller, in extents."""
    return Refused(
        f"{name} would have to shrink, which is only done to an active volume with nothing but an ext4 file system on it.",
        code="shrink-unsupported",
        parameter=f"{parameter}.size",
        found=f"{human(present * group.extent_bytes)} now, {human(wanted * group.extent_bytes)} wanted",
        fix="ask for at least the present size.",
    )
