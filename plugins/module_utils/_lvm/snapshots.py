# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for snapshots, thick and thin. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any, Optional

from .._core.command import command
from .._core.errors import Conflict, InvalidRequest, NotFound, Refused
from .._core.plan import Action
from .._core.quantity import Percent, human
from .context import Context, Planned, chain
from .describe import describe
from .desired import Volume
from .model import LogicalVolume, VolumeGroup
from .placement import check_count, room
from .space import extents
from .volumes import plan_activation, plan_tags

#: lvcreate(8), --chunksize of a thick snapshot; given explicitly, because the largest useful size follows from it.
CHUNK = 4096
#: Bytes that the place of one changed chunk takes (the kernel's dm-snap-persistent.c).
_PLACE = 16


def largest(origin: int, extent_bytes: int) -> int:
    """Extents of a thick snapshot in which all of an origin of so many extents can change; LVM makes none larger."""
    chunks, places = origin * extent_bytes // CHUNK, CHUNK // _PLACE
    # A header, each chunk, and areas of places, the last of which is never full.
    return -(-(1 + chunks + chunks // places + 1) * CHUNK // extent_bytes)


def plan_snapshot(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    """Create a snapshot, or grow the room of a thick one; tags are added."""
    present, origin = group.lv(volume.name), group.lv(volume.snapshot_of)
    if present:
        _check_same(group, volume, present)
    if origin is None:
        raise NotFound(
            "there is nothing of that name to make a snapshot of.",
            code="origin-unknown",
            parameter=f"{volume.parameter}.snapshot_of",
            found=f"{group.name}/{volume.snapshot_of}",
            fix="list it before its snapshot, or name one that is there.",
        )
    _check_options(group, volume, origin)
    steps = [partial(_thin if origin.thin else _thick, volume=volume, origin=origin), partial(plan_tags, volume=volume)]
    if origin.thin:
        # A thick one is active whenever its origin is.
        steps += [partial(plan_activation, volume=volume, context=context, on=on) for on in (True, False)]
    return chain(group, steps)


def _check_same(group: VolumeGroup, volume: Volume, present: LogicalVolume) -> None:
    name = f"{group.name}/{volume.name}"
    if present.thin_pool or present.origin != volume.snapshot_of:
        raise Conflict(
            "the logical volume is no snapshot of that one.",
            code="snapshot-kind",
            parameter=f"{volume.parameter}.snapshot_of",
            found=f"{name} is {f'a snapshot of {present.origin}' if present.origin else present.layout}",
            fix="use another name.",
        )
    if present.merging:
        raise Conflict(
            "the snapshot is being merged.",
            code="snapshot-merging",
            parameter=f"{volume.parameter}.name",
            found=name,
            fix="set its state to merged until that is done.",
        )


def _check_options(group: VolumeGroup, volume: Volume, origin: LogicalVolume) -> None:
    path = f"{group.name}/{origin.name}"
    if origin.thin_pool or (origin.origin and not origin.thin):
        raise Conflict(
            "no snapshot can be made of this.",
            code="snapshot-origin",
            parameter=f"{volume.parameter}.snapshot_of",
            found=f"{path} is a {'thin pool' if origin.thin_pool else 'thick snapshot'}",
            fix="name a volume.",
        )
    if origin.thin and volume.size is not None:
        raise InvalidRequest(
            "a thin volume's snapshot takes no size.",
            code="snapshot-size",
            parameter=f"{volume.parameter}.size",
            found=f"{path} is thin",
            fix="take size out; it shares its origin's blocks.",
        )
    if not origin.thin and volume.size is None:
        raise InvalidRequest(
            "a snapshot needs room for what changes.",
            code="snapshot-size-missing",
            parameter=f"{volume.parameter}.size",
            found=f"{path} is not thin",
            fix="give a size, like 20%ORIGIN.",
        )
    if not origin.thin and volume.active is False:
        raise InvalidRequest(
            "a thick snapshot is active whenever its origin is.",
            code="snapshot-active",
            parameter=f"{volume.parameter}.active",
            found="false",
            fix="take the option out.",
        )


def _thin(group: VolumeGroup, volume: Volume, origin: LogicalVolume) -> Planned:
    if group.lv(volume.name):
        return (), group
    active = volume.active is not False
    made = LogicalVolume(
        volume.name,
        origin.extents,
        layout=origin.layout,
        segment=origin.segment,
        pool=origin.pool,
        origin=origin.name,
        tags=volume.tags,
        active=active,
    )
    # LVM would leave it inactive, now and at boot.
    return _create(group, volume, made, 0, "--setactivationskip", "n", "--activate", "y" if active else "n")


def _thick(group: VolumeGroup, volume: Volume, origin: LogicalVolume) -> Planned:
    present, name = group.lv(volume.name), f"{group.name}/{volume.name}"
    wanted = _wanted(group, volume, origin, present)
    if not present:
        room(group, wanted, f"{volume.parameter}.size", "")
        made = LogicalVolume(volume.name, wanted, origin=origin.name, tags=volume.tags, active=origin.active)
        return _create(group, volume, made, wanted, "--chunksize", f"{CHUNK}b", "--extents", wanted)
    if present.invalid or wanted == present.extents:
        return (), group
    if wanted < present.extents:
        raise Refused(
            "a snapshot cannot shrink.",
            code="shrink-unsupported",
            parameter=f"{volume.parameter}.size",
            found=f"{human(present.extents * group.extent_bytes)} now, {human(wanted * group.extent_bytes)} wanted",
            fix="ask for at least the present size.",
        )
    room(group, wanted - present.extents, f"{volume.parameter}.size", "")
    percent = None if present.data_percent is None else round(present.data_percent * present.extents / wanted, 2)
    grown = replace(present, extents=wanted, data_percent=percent)
    after = group.with_lv(grown, wanted - present.extents)
    step = command("lvextend", "--extents", wanted, name)
    return (Action("grow", "snapshot", name, (step,), describe(group, present), describe(after, grown)),), after


def _create(group: VolumeGroup, volume: Volume, made: LogicalVolume, taken: int, *options: object) -> Planned:
    check_count(group, f"{volume.parameter}.name")
    after = group.with_lv(made, taken)
    tags = [part for tag in made.tags for part in ("--addtag", tag)]
    step = command("lvcreate", "--yes", "--snapshot", *options, *tags, "--name", made.name, f"{group.name}/{made.origin}")
    return (Action("create", "snapshot", f"{group.name}/{made.name}", (step,), None, describe(after, made)),), after


def _wanted(group: VolumeGroup, volume: Volume, origin: LogicalVolume, present: Optional[LogicalVolume]) -> int:
    """Extents of a thick snapshot; a share of its origin is of that many changes, with what it takes to keep them."""
    size: Any = volume.size
    most, own = largest(origin.extents, group.extent_bytes), present.extents if present else 0
    if isinstance(size, Percent) and size.of == "ORIGIN":
        return min(most, most - origin.extents + math.ceil(origin.extents * Fraction(str(size.value)) / 100))
    if isinstance(size, Percent) and size.of == "FREE":
        if present and not volume.grow:
            return own
        return max(own, min(most, max(1, extents(size, 0, group.room + own, group.extent_bytes))))
    return min(most, max(1, extents(size, group.extents, group.room, group.extent_bytes)))
