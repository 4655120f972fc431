# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for the cache in front of a logical volume: a volume on fast devices that LVM takes as a whole (lvmcache(7), "cachevol"). Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from .._core.command import command
from .._core.errors import Conflict, InvalidRequest
from .._core.plan import Action
from .._core.quantity import human
from .context import Context, Planned
from .describe import describe
from .desired import Cache, Volume
from .kinds import WIPED, Kind
from .model import LogicalVolume, VolumeGroup
from .placement import members, take
from .space import extents

#: Marks the volume that is made for a cache, until LVM has taken it: an interrupted run is gone on with.
_TAG = "cairn.cache"
#: Emptying a large cache onto slow disks takes hours.
_HOURS = 12 * 3600


def plan_cache(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    """Put a cache in front of the volume, change its mode, or write back what it holds and remove it."""
    present = group.lv(volume.name)
    if volume.cache is None or present is None:
        return (), group
    left = _left_over(group, volume)
    if volume.cache.state == "absent":
        return _remove(group, present, left)
    _check(group, volume.cache, present)
    if present.cache:
        return _change(group, volume.cache, present)
    return _attach(group, volume, present, left, context)


def _left_over(group: VolumeGroup, volume: Volume) -> Optional[LogicalVolume]:
    found = group.lv(f"{volume.name}_cache")
    if found and volume.cache and volume.cache.state == "present" and _TAG not in found.tags:
        raise Conflict(
            "a volume of somebody else has the name that the cache would be made with.",
            code="cache-name",
            parameter=volume.cache.parameter,
            found=f"{group.name}/{found.name} without the tag {_TAG}",
            fix="rename that volume.",
        )
    return found if found and _TAG in found.tags else None


def _check(group: VolumeGroup, wanted: Cache, present: LogicalVolume) -> None:
    if extents(wanted.size, 0, 0, group.extent_bytes) < 2:
        raise InvalidRequest(
            "a cache has two extents at least, one of them for its metadata.",
            code="cache-small",
            parameter=f"{wanted.parameter}.size",
            found=str(wanted.size),
            fix=f"ask for at least {human(2 * group.extent_bytes)}.",
        )
    if present.segment == "writecache":
        raise Conflict(
            "the volume has a cache of another kind.",
            code="cache-kind",
            parameter=wanted.parameter,
            found=f"writecache on {group.name}/{present.name}",
            fix="take it away with lvconvert --uncache first.",
        )


def _change(group: VolumeGroup, wanted: Cache, present: LogicalVolume) -> Planned:
    fast = group.lv(present.cache)
    count = extents(wanted.size, 0, 0, group.extent_bytes)
    if fast and fast.extents != count:
        raise Conflict(
            "a cache keeps its size.",
            code="cache-size-differs",
            parameter=f"{wanted.parameter}.size",
            found=f"{human(fast.extents * group.extent_bytes)} in front of {group.name}/{present.name}",
            fix="ask for that, or take the cache away with state: absent and make it anew.",
        )
    if present.cache_mode == wanted.mode:
        return (), group
    after = replace(present, cache_mode=wanted.mode)
    name = f"{group.name}/{present.name}"
    # --yes: LVM asks whether writeback is meant.
    step = command("lvchange", "--yes", "--cachemode", wanted.mode, name, timeout=_HOURS)
    return (Action("change", "cache of logical volume", name, (step,), describe(group, present), describe(group, after)),), group.with_lv(after, 0)


def _attach(group: VolumeGroup, volume: Volume, present: LogicalVolume, left: Optional[LogicalVolume], context: Context) -> Planned:
    wanted, name = volume.cache, f"{group.name}/{volume.name}"
    fast = left or LogicalVolume(f"{volume.name}_cache", extents(wanted.size, 0, 0, group.extent_bytes))
    steps = []
    if not left:
        pvs = members(group, wanted.devices, f"{wanted.parameter}.devices", context.host)
        took = take(group, Kind(), pvs, fast.extents, wanted.parameter)
        group = group.with_lv(fast, fast.extents, took)
        made = (*WIPED, *Kind().arguments(), "--extents", fast.extents, "--addtag", _TAG, "--name", fast.name, group.name)
        steps.append(command("lvcreate", *made, *(context.host.devices[pv.device].id for pv in pvs)))
    steps.append(command("lvconvert", "--yes", "--type", "cache", "--cachevol", fast.name, "--cachemode", wanted.mode, name))
    before, fast = describe(group, present), group.lv(fast.name) or fast
    hidden = replace(fast, name=f"{fast.name}_cvol", hidden=True)
    behind = replace(present, name=f"{volume.name}_corig", uuid=None, hidden=True)
    front = replace(present, segment="cache", layout="cache", cache=hidden.name, cache_mode=wanted.mode, parts=(behind.name,), on={})
    others = tuple(each for each in group.lvs if each.name not in (fast.name, present.name))
    after = replace(group, lvs=(*others, front, behind, hidden))
    return (Action("create", "cache of logical volume", name, tuple(steps), before, describe(after, front)),), after


def _remove(group: VolumeGroup, present: LogicalVolume, left: Optional[LogicalVolume]) -> Planned:
    name = f"{group.name}/{present.name}"
    if left and not present.cache:
        step = command("lvremove", "--yes", f"{group.name}/{left.name}")
        return (Action("remove", "cache of logical volume", name, (step,), describe(group, left), None),), group.without_lv(left.name)
    if not present.cache:
        return (), group
    behind = next((group.lv(part) for part in present.parts if group.lv(part)), None) or replace(present, segment="linear", layout="linear")
    after = replace(behind, name=present.name, uuid=present.uuid, tags=present.tags, open=present.open, hidden=False, cache="", cache_mode="")
    rest = group.without_lv(present.cache)
    rest = replace(rest, lvs=(*(each for each in rest.lvs if each.name not in (present.name, behind.name)), after))
    step = command("lvconvert", "--yes", "--uncache", name, timeout=_HOURS)
    return (Action("remove", "cache of logical volume", name, (step,), describe(group, present), describe(rest, after)),), rest
