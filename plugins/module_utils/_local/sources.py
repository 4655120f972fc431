# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The devices that a class stands on: disks chosen by rule or name, or logical volumes of its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, List, Optional, Tuple

from .._block.model import Device, Host
from .._block.select import Choice, Consumer, marked, select
from .._core.command import command
from .._core.errors import Conflict, NotFound
from .._core.plan import Action
from .._core.quantity import Percent, human
from .._lvm.desired import Volume as LogicalVolume
from .._lvm.model import State, VolumeGroup
from .._lvm.result import load
from .._lvm.space import extents
from .._lvm.volumes import LOCAL_TAG, plan_volume
from .desired import VolumeClass, Wish
from .model import Entry, Observed, labelled

#: mkfs.xfs refuses smaller ones (mkfs.xfs(8), since 5.19).
MINIMUM = {"xfs": 300 * 1024**2, "ext4": 16 * 1024**2}


@dataclass(frozen=True)
class Source:
    """A device that a class gets: ``device`` is ``None`` for a logical volume that is still to be made, at ``path``, of ``size`` bytes."""

    path: str
    size: int
    device: Optional[Device] = None
    #: Whether it is ours already, so that what it holds needs no consent.
    held: bool = False
    disks: Tuple[str, ...] = ()


def minimum(wanted: VolumeClass) -> int:
    """Bytes that a volume of the class needs at least."""
    return 1024**2 if wanted.block else MINIMUM[wanted.fs_type]


def entry_of(observed: Observed, wanted: VolumeClass, device: Device) -> Optional[Entry]:
    """The entry that gives ``device`` out, by link, by mount, or by a mount point named as its file system."""
    uuids = {signature.uuid for signature in device.signatures if signature.uuid}
    return next((entry for entry in observed.entries if entry.storage_class == wanted.name
                 and (entry.device == device.kernel_name or (not entry.link and entry.name in uuids))), None)


def note_of(observed: Observed, storage_class: str, device: Device) -> str:
    """The UUID of the file system that an interrupted run was making on ``device``; empty when there is none, or when something else is there now."""
    for uuid, (name, noted) in observed.formatting.items():
        if noted == storage_class and observed.host.resolve(name) == device and all(signature.uuid == uuid for signature in device.signatures):
            return uuid
    return ""


def choose(observed: Observed, wish: Wish, pending: State) -> Dict[str, Choice]:
    """Disks of the classes that stand on devices, by class."""
    host = observed.host
    consumers = [_consumer(observed, item) for item in wish.classes if item.wanted]
    taken = {pv.device: f"volume group {group.name}" for group in pending.groups for pv in group.pvs if pv.device}
    choices = select(host, wish.rules, consumers, wish.wipe, taken=taken, marked=marked(host) | frozenset(observed.kept),
                     allow_kernel_names=wish.allow_kernel_names)
    return {item.name: choices[f"class {item.name}"] for item in wish.classes if item.wanted}


def _consumer(observed: Observed, wanted: VolumeClass) -> Consumer:
    entries = [entry for entry in observed.entries if entry.storage_class == wanted.name]
    holds, blank = set(), set()
    for device in observed.host:
        if entry_of(observed, wanted, device) or _is_ours(observed, wanted, device):
            holds.add(device.kernel_name)
        elif note_of(observed, wanted.name, device):
            blank.add(device.kernel_name)
    uuids = observed.host.by_uuid()
    gone = sum(1 for entry in entries if not entry.device and (entry.link or entry.name not in uuids))
    return Consumer(f"class {wanted.name}", wanted.wanted, wanted.adopt_new, frozenset(holds), frozenset(blank), recorded=bool(entries), missing=gone,
                    minimum=minimum(wanted))


def _is_ours(observed: Observed, wanted: VolumeClass, device: Device) -> bool:
    if note_of(observed, wanted.name, device):
        return False
    if wanted.block:
        return observed.kept.get(device.kernel_name, "").partition("/")[0] == wanted.name
    return labelled(device, wanted.name)


def merge(state: State, pending: Tuple[VolumeGroup, ...]) -> State:
    """LVM as it will be once an earlier task has done its part; what is there already is told by LVM itself."""
    groups: List[VolumeGroup] = []
    for group in state.groups:
        told = next((each for each in pending if each.name == group.name), None)
        if told:
            more = tuple(volume for volume in told.lvs if not group.lv(volume.name))
            pvs = tuple(pv for pv in told.pvs if pv.device and pv.device not in {known.device for known in group.pvs})
            group = replace(group, extents=told.extents, free=told.free, lvs=group.lvs + more, pvs=group.pvs + pvs)
        groups.append(group)
    groups += [each for each in pending if not state.group(each.name)]
    return replace(state, groups=tuple(groups))


def pending_state(observed: Observed, wish: Wish) -> State:
    """``merge`` with the wish's ``pending``."""
    return merge(observed.state, load(wish.pending, observed.host))


def logical_volumes(host: Host, wanted: VolumeClass, state: State, recorded: bool) -> Tuple[List[Action], List[Source], State, List[dict], List[str]]:
    """Actions that make the class's logical volumes, the volumes, LVM after that, what is degraded, and warnings."""
    source = wanted.logical_volumes
    group = state.group(source.volume_group)
    if group is None:
        if recorded or source.volume_group in state.recorded:
            return [], [], state, [{"class": wanted.name, "entry": None, "device": "",
                                    "reason": f"volume group {source.volume_group} is gone; volumes of class {wanted.name} wait for it."}], []
        raise NotFound("there is no such volume group.", code="vg-unknown", parameter=f"{source.parameter}.volume_group", found=source.volume_group,
                       fix=f"use one of: {', '.join(each.name for each in state.groups) or 'none is there; define it in lvm_volume_groups'}.")
    mark = LOCAL_TAG + wanted.name
    names = [volume.name for volume in group.visible if mark in volume.tags]
    new = [name for name in (f"{wanted.name}-{number}" for number in range(1, source.count + 1)) if name not in names]
    actions: List[Action] = []
    degraded: List[dict] = []
    warnings = [f"class {wanted.name} has {len(names)} logical volumes in {group.name} and wants {source.count}; the others stay. Remove what is not needed by name."
                ] if len(names) > source.count else []
    if group.missing and new:
        degraded.append({"class": wanted.name, "entry": None, "device": "",
                         "reason": f"a disk of volume group {group.name} is missing; no volume is made there until it is back or replaced."})
        new = []
    for name in names + new:
        group = _one(wanted, group, name, mark, actions)
    sources = [_source(host, group, name) for name in sorted(names + new, key=lambda name: (len(name), name))]
    return actions, sources, replace(state, groups=tuple(group if each.name == group.name else each for each in state.groups)), degraded, warnings


def _one(wanted: VolumeClass, group: VolumeGroup, name: str, mark: str, actions: List[Action]) -> VolumeGroup:
    source = wanted.logical_volumes
    present = group.lv(name)
    if present is None:
        made, after = plan_volume(group, LogicalVolume(name, source.parameter, source.size, tags=(mark,)))
        volume = after.lv(name)
        _check_size(wanted, volume.extents * group.extent_bytes)
        actions += made
        return after
    if mark not in present.tags:
        raise Conflict("a logical volume of that name belongs to somebody else.", code="lv-foreign", parameter=f"{source.parameter}.volume_group",
                       found=f"{group.name}/{name} without the tag {mark}", fix="rename that volume, or name the class differently.")
    if not isinstance(source.size, Percent) and present.extents != extents(source.size, group.extents, group.free, group.extent_bytes):
        raise Conflict("the volumes of a class keep the size that they were made with.", code="volume-size-differs", parameter=f"{source.parameter}.size",
                       found=f"{group.name}/{name} of {human(present.extents * group.extent_bytes)}", fix="ask for that size, or make another class.")
    if not present.active and present.uuid and not group.missing:
        actions.append(Action("activate", "logical volume", f"{group.name}/{name}", (command("lvchange", "--activate", "y", f"{group.name}/{name}"),),
                              {"active": False}, {"active": True}))
    return group


def _check_size(wanted: VolumeClass, size: int) -> None:
    if size < minimum(wanted):
        what = "a raw volume" if wanted.block else f"a file system of type {wanted.fs_type}"
        raise Conflict(f"{what} needs more room.", code="volume-small", parameter=f"{wanted.logical_volumes.parameter}.size", found=human(size),
                       fix=f"ask for at least {human(minimum(wanted))}.")


def _source(host: Host, group: VolumeGroup, name: str) -> Source:
    path = f"/dev/{group.name}/{name}"
    volume = group.lv(name)
    device = host.resolve(path)
    disks = {disk.id for disk in host.disks(device)} if device else {host.devices[pv.device].id for pv in group.pvs if pv.device in host.devices}
    return Source(path, volume.extents * group.extent_bytes, device, held=volume.uuid is not None, disks=tuple(sorted(disks)))
