# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Logical volumes for the classes that stand on a volume group. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, List, Optional, Set, Tuple

from .._block.fs_steps import Grow
from .._block.model import Host
from .._core.command import command
from .._core.errors import Conflict, NotFound
from .._core.plan import Action
from .._core.quantity import Percent, human
from .._lvm.allowed import WhiteList
from .._lvm.context import Context
from .._lvm.desired import Volume as LogicalVolume
from .._lvm.groups import check_identity
from .._lvm.made import UNFORMATTED
from .._lvm.model import State, VolumeGroup
from .._lvm.names import check_length, check_name
from .._lvm.result import absentees, load
from .._lvm.space import extents
from .._lvm.volumes import LOCAL_TAG, plan_volume
from .desired import VolumeClass, Wish
from .model import Observed
from .sources import Source, minimum


def merge(state: State, pending: Tuple[VolumeGroup, ...]) -> State:
    """LVM as it will be once an earlier task has done its part; what is there already is told by LVM itself."""
    groups: List[VolumeGroup] = []
    for group in state.groups:
        told = next((each for each in pending if each.name == group.name), None)
        more = tuple(volume for volume in told.lvs if not group.lv(volume.name)) if told else ()
        # What has come about since it was told is for LVM to tell.
        if told and (more or told.extents != group.extents):
            pvs = tuple(pv for pv in told.pvs if pv.device and pv.device not in {known.device for known in group.pvs})
            group = replace(group, extents=told.extents, free=told.free, lvs=group.lvs + more, pvs=group.pvs + pvs)
        groups.append(group)
    groups += [each for each in pending if not state.group(each.name)]
    return replace(state, groups=tuple(groups))


def pending_state(observed: Observed, wish: Wish) -> State:
    """``merge`` with the wish's ``pending``."""
    return merge(observed.state, load(wish.pending, observed.host))


def left_out_group(wanted: VolumeClass, state: State, wish: Wish) -> bool:
    """Whether the class stands on a volume group that the machine does without, as the layout says that was made just before."""
    name = wanted.logical_volumes.volume_group
    return name in absentees(wish.pending) and not state.group(name) and name not in state.recorded


def logical_volumes(
    context: Context, wanted: VolumeClass, state: State, recorded: bool, stays: Callable[[str], bool] = lambda path: False
) -> Tuple[List[Action], List[Source], State, List[dict], List[str]]:
    """Actions that make the class's logical volumes, the volumes, LVM after that, what is degraded, and warnings.

    ``stays`` says of a path whether that volume keeps its size whatever is asked.
    """
    source = wanted.logical_volumes
    group = state.group(source.volume_group)
    if group is None:
        if recorded or source.volume_group in state.recorded:
            return (
                [],
                [],
                state,
                [
                    {
                        "class": wanted.name,
                        "entry": None,
                        "device": "",
                        "reason": f"volume group {source.volume_group} is gone; volumes of class {wanted.name} wait for it.",
                    }
                ],
                [],
            )
        raise NotFound(
            "there is no such volume group.",
            code="vg-unknown",
            parameter=f"{source.parameter}.volume_group",
            found=source.volume_group,
            fix=f"use one of: {', '.join(each.name for each in state.groups) or 'none is there; define it in lvm_volume_groups'}.",
        )
    check_identity(group.name, f"{source.parameter}.volume_group", state, WhiteList(), context.host)
    mark = LOCAL_TAG + wanted.name
    names = [volume.name for volume in group.visible if mark in volume.tags]
    # Some number in between may be free: which of too many volumes went was for a person to say.
    free = [name for name in (f"{wanted.name}-{number}" for number in range(1, source.count + 1)) if name not in names]
    new = free[: max(0, source.count - len(names))]
    for name in new:
        check_length(group.name, check_name(name, f"{wanted.parameter}.name"), f"{wanted.parameter}.name")
    actions: List[Action] = []
    degraded: List[dict] = []
    warnings = (
        [
            f"class {wanted.name} has {len(names)} logical volumes in {group.name} and wants {source.count}; the others stay. "
            "Remove what is not needed by name."
        ]
        if len(names) > source.count
        else []
    )
    if group.missing and new:
        degraded.append(
            {
                "class": wanted.name,
                "entry": None,
                "device": "",
                "reason": f"a disk of volume group {group.name} is missing; no volume is made there until it is back or replaced.",
            }
        )
        new = []
    for name in names + new:
        group = _one(context, wanted, group, name, mark, actions, stays(f"/dev/{group.name}/{name}"))
    grown = {action.name for action in actions for step in action.steps if isinstance(step, Grow)}
    activated = {f"/dev/{action.name}" for action in actions if action.verb == "activate"}
    sources = [_source(context.host, group, name, grown, activated) for name in sorted(names + new, key=lambda name: (len(name), name))]
    return actions, sources, state.with_group(group), degraded, warnings


def _one(
    context: Context, wanted: VolumeClass, group: VolumeGroup, name: str, mark: str, actions: List[Action], stays: bool
) -> VolumeGroup:
    source = wanted.logical_volumes
    present = group.lv(name)
    if present is None:
        fresh = () if wanted.block else (UNFORMATTED,)
        made, after = plan_volume(group, LogicalVolume(name, source.parameter, source.size, tags=(mark, *fresh)), context)
        volume = after.lv(name)
        _check_size(wanted, volume.extents * group.extent_bytes)
        actions += made
        return after
    if mark not in present.tags:
        raise Conflict(
            "a logical volume of that name belongs to somebody else.",
            code="lv-foreign",
            parameter=f"{source.parameter}.volume_group",
            found=f"{group.name}/{name} without the tag {mark}",
            fix="rename that volume, or name the class differently.",
        )
    asked = extents(source.size, group.extents, group.room, group.extent_bytes)
    if asked > present.extents and wanted.grow:
        if not (stays or group.missing):
            made, group = plan_volume(group, LogicalVolume(name, source.parameter, source.size, tags=(mark,)), context)
            actions += made
    elif asked != present.extents and not isinstance(source.size, Percent):
        raise Conflict(
            "the volumes of a class keep the size that they were made with, unless they may grow.",
            code="volume-size-differs",
            parameter=f"{source.parameter}.size",
            found=f"{group.name}/{name} of {human(present.extents * group.extent_bytes)}",
            fix="set grow: true for the class." if asked > present.extents else "ask for at least that size.",
        )
    present = group.lv(name)
    if not present.active and present.uuid and not group.missing:
        actions.append(
            Action(
                "activate",
                "logical volume",
                f"{group.name}/{name}",
                (command("lvchange", "--activate", "y", f"{group.name}/{name}"),),
                {"active": False},
                {"active": True},
            )
        )
    return group


def _check_size(wanted: VolumeClass, size: int) -> None:
    if size < minimum(wanted):
        what = "a raw volume" if wanted.block else f"a file system of type {wanted.fs_type}"
        raise Conflict(
            f"{what} needs more room.",
            code="volume-small",
            parameter=f"{wanted.logical_volumes.parameter}.size",
            found=human(size),
            fix=f"ask for at least {human(minimum(wanted))}.",
        )


def _source(host: Host, group: VolumeGroup, name: str, grown: Set[str], activated: Set[str]) -> Source:
    path = f"/dev/{group.name}/{name}"
    volume = group.lv(name)
    device = host.resolve(path)
    disks = {disk.id for disk in host.disks(device)} if device else {host.devices[pv.device].id for pv in group.pvs if pv.device in host.devices}
    return Source(
        path,
        volume.extents * group.extent_bytes,
        device,
        held=volume.uuid is not None,
        disks=tuple(sorted(disks)),
        grown=path in grown,
        activated=path in activated,
        fresh=UNFORMATTED in volume.tags,
        ids=_ids(group.uuid, volume.uuid),
    )


def _ids(group: Optional[str], volume: Optional[str]) -> Tuple[str, ...]:
    """The lasting name that udev gives an active logical volume (lvm2, "dm_build_dm_uuid")."""
    return (f"/dev/disk/by-id/dm-uuid-LVM-{(group + volume).replace('-', '')}",) if group and volume else ()
