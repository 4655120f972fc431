# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan for a volume group that has lost a disk for good: save what RAID can save, remove what is lost with consent, forget the disk. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Dict, FrozenSet, List

from .._core.command import command
from .._core.errors import Conflict, NoSpace, Refused
from .._core.plan import Action
from .._core.quantity import human
from .context import Context, Planned, chain
from .desired import Group
from .model import LogicalVolume, VolumeGroup
from .removal import check_unused
from .volumes import describe

#: LVM refuses to touch the remains of a volume in any other mode (lvm.conf(5), activation/activation_mode).
_PARTIAL = ("--config", 'activation/activation_mode="partial"')


def plan_repair(group: VolumeGroup, wanted: Group, context: Context) -> Planned:
    """Go on without the missing disks; nothing to do when none is missing, and not called on when that was not asked for."""
    if not group.missing:
        return (), group
    gone = frozenset(pv.path for pv in group.missing)
    _check_mirrors(group, gone)
    lost = [volume for volume in group.visible if is_lost(group, volume, gone)]
    _check_consent(group, lost, context)
    # Thin volumes go with their pool, and snapshots before their origin.
    heads = sorted((volume for volume in lost if not volume.thin), key=lambda volume: not volume.origin)
    return chain(
        group,
        (
            *(partial(_remove, name=volume.name) for volume in heads),
            lambda found: chain(found, [partial(_uncache, name=volume.name, gone=gone, context=context) for volume in found.visible if volume.cache]),
            lambda found: chain(found, [partial(_rebuild, name=volume.name, gone=gone, wanted=wanted) for volume in found.lvs]),
            partial(_forget, gone=gone),
        ),
    )


def _check_mirrors(group: VolumeGroup, gone: FrozenSet[str]) -> None:
    """Mirrors of the kind before RAID keep a copy that is not ours to give up, and LVM mends them in a way of its own."""
    for volume in group.visible:
        if volume.segment == "mirror" and any(gone & set(part.on) for part in group.below(volume.name)):
            raise Conflict(
                "a mirror of the old kind is not repaired here.",
                code="repair-mirror",
                parameter="repair_missing",
                found=f"{group.name}/{volume.name}",
                fix=f"lvconvert --repair {group.name}/{volume.name}, then run again.",
            )


def is_lost(group: VolumeGroup, volume: LogicalVolume, gone: FrozenSet[str]) -> bool:
    """Whether data of ``volume`` was on the disks at the paths ``gone`` and nowhere else."""
    if volume.segment.startswith("raid"):
        return not _survives(volume, _failed(group, volume, gone))
    below = [group.lv(name) for name in (*volume.parts, volume.pool, volume.origin) if name]
    return bool(gone & set(volume.on)) or any(is_lost(group, each, gone) for each in below if each)


def _images(volume: LogicalVolume) -> Dict[str, int]:
    """Parts of a RAID volume with the number of the image that they belong to."""
    numbers = {part: re.search(r"_r(?:image|meta)_(\d+)$", part) for part in volume.parts}
    return {part: int(match[1]) for part, match in numbers.items() if match}


def _failed(group: VolumeGroup, volume: LogicalVolume, gone: FrozenSet[str]) -> List[int]:
    return sorted({number for part, number in _images(volume).items() if any(gone & set(each.on) for each in group.below(part))})


def _survives(volume: LogicalVolume, failed: List[int]) -> bool:
    """lvmraid(7), "DEVICE FAILURE"."""
    kind, count = volume.segment, len(set(_images(volume).values()))
    if kind == "raid1":
        return len(failed) < count
    if kind.startswith("raid10"):
        copies = volume.mirrors
        return not any(all(first + copy in failed for copy in range(copies)) for first in range(0, count, copies))
    return len(failed) <= (0 if kind.startswith("raid0") else 2 if kind.startswith("raid6") else 1)


def _check_consent(group: VolumeGroup, lost: List[LogicalVolume], context: Context) -> None:
    for volume in lost:
        if not volume.thin_pool:
            check_unused(group, volume, context.host)
    named = {f"{group.name}/{volume.name}": volume.uuid or "" for volume in lost}
    if any(context.data_loss.given.get(name) != uuid for name, uuid in named.items()):
        raise Refused(
            "volumes had data on the missing disk alone, and going on would give them up.",
            code="repair-consent",
            parameter=context.data_loss.parameter,
            found=", ".join(f"{name} ({uuid})" for name, uuid in named.items()),
            fix="bring the disk back, or set allow_data_loss: {" + ", ".join(f'"{name}": "{uuid}"' for name, uuid in named.items()) + "}.",
        )
    for name, uuid in named.items():
        context.data_loss.require(name, uuid, "all data on it")


def _remove(group: VolumeGroup, name: str) -> Planned:
    volume = group.lv(name)
    path = f"{group.name}/{name}"
    thin = [each.name for each in group.visible if each.pool == name] if volume.thin_pool else []
    loses = f"what is left of {', '.join([path, *(f'{group.name}/{each}' for each in thin)])}"
    action = Action("remove", "logical volume", path, (command("lvremove", "--yes", *_PARTIAL, path),), describe(group, volume), None, loses=loses)
    for each in (*thin, name):
        group = group.without_lv(each)
    return (action,), group


def _uncache(group: VolumeGroup, name: str, gone: FrozenSet[str], context: Context) -> Planned:
    volume = group.lv(name)
    if not any(gone & set(each.on) for each in group.below(volume.cache)):
        return (), group
    path, loses = f"{group.name}/{name}", ""
    if volume.cache_mode != "writethrough":
        loses = f"what the cache of {path} had not written back"
        context.data_loss.require(path, volume.uuid or "", loses, code="repair-cache-consent")
    step = command("lvconvert", "--yes", "--uncache", "--force", path)
    bare = replace(volume, cache="", cache_mode="", layout="linear", segment="linear")
    after = group.without_lv(volume.cache).with_lv(bare, 0, {})
    return (Action("uncache", "logical volume", path, (step,), {"cache": volume.cache}, {"cache": None}, loses=loses),), after


def _rebuild(group: VolumeGroup, name: str, gone: FrozenSet[str], wanted: Group) -> Planned:
    volume = group.lv(name)
    failed = _failed(group, volume, gone) if volume.segment.startswith("raid") else []
    if not failed:
        return (), group
    path, images = f"{group.name}/{name}", _images(volume)
    held = {place for part in images for each in group.below(part) for place in each.on} - gone
    after = group
    for number in failed:
        parts = [group.lv(part) for part, each in images.items() if each == number]
        needed = sum(part.on.get(place, 0) for part in parts for place in gone)
        target = next((pv for pv in after.pvs if not pv.missing and pv.path not in held and pv.room >= needed), None)
        if target is None:
            raise NoSpace(
                f"rebuilding {path} needs another disk.",
                code="repair-room",
                parameter=f"{wanted.parameter}.repair_missing",
                found=f"no disk of {group.name} has {human(needed * group.extent_bytes)} free and holds none of its images",
                fix="add a disk to devices (adopt_new: true where a rule chooses them).",
            )
        held.add(target.path)
        for part in parts:
            count = sum(part.on.get(place, 0) for place in gone)
            after = after.with_lv(replace(part, on={}), 0, {target.path: count})
    step = command("lvconvert", "--yes", "--repair", path)
    return (Action("rebuild", "logical volume", path, (step,), {"failed_images": failed}, {"failed_images": []}),), after.with_lv(
        replace(volume, health=""), 0, {}
    )


def _forget(group: VolumeGroup, gone: FrozenSet[str]) -> Planned:
    spares = [volume.name for volume in group.lvs if volume.hidden and volume.name.endswith("_pmspare") and gone & set(volume.on)]
    for name in spares:
        group = group.without_lv(name)
    steps = (
        *(command("lvremove", "--yes", *_PARTIAL, f"{group.name}/{name}") for name in spares),
        command("vgreduce", "--removemissing", group.name),
    )
    uuids = ", ".join(pv.uuid for pv in group.missing)
    pvs = tuple(pv for pv in group.pvs if not pv.missing)
    extents = sum(pv.extents for pv in pvs)
    after = replace(group, pvs=pvs, extents=extents, free=extents - (group.extents - group.free))
    return (Action("forget", "physical volume", uuids, steps, {"volume_group": group.name, "missing": True}, None),), after
