# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for the disks below a volume group: a move that was interrupted, a disk that grew, one that shall leave. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional, Sequence, Tuple

from .._block.model import Host
from .._block.select import Choice
from .._block.steps import Clear, recheck
from .._core.command import Command, command
from .._core.errors import Conflict, InvalidRequest, NoSpace, NotFound, Refused
from .._core.plan import Action
from .._core.quantity import human, round_up
from .context import Context, Planned
from .desired import Group
from .model import PhysicalVolume, VolumeGroup
from .space import pv_extents

#: Seconds; copying a large disk takes days, and nothing is gained by stopping it.
_MOVE_TIMEOUT = 14 * 24 * 3600


def admissible(wanted: Group, present: Optional[VolumeGroup], choice: Choice, host: Host) -> Choice:
    """``choice`` without the disks that shall leave; refuses a wish that contradicts itself."""
    parameter = f"{wanted.parameter}.remove_devices"
    missing = {pv.uuid for pv in present.missing} if present and not wanted.repair_missing else set()
    named = next((reference for reference in wanted.remove_devices if reference in missing), "")
    if named:
        raise Refused(
            "a disk that is missing cannot be emptied.",
            code="reduce-missing",
            parameter=parameter,
            found=f"physical volume {named} of {wanted.name}",
            fix="bring it back, or set repair_missing: true to go on without it.",
        )
    if present and present.missing and wanted.repair_missing and choice.absent:
        raise Conflict(
            "devices still names a disk that repair_missing is to forget.",
            code="repair-listed",
            parameter=f"{wanted.parameter}.devices",
            found=choice.absent[0],
            fix="take it out of the list.",
        )
    going = {device.kernel_name for device in (host.resolve(reference, parameter) for reference in wanted.remove_devices) if device}
    if wanted.wanted and wanted.wanted.references:
        both = next((device.id for device in (*choice.held, *choice.new) if device.kernel_name in going), "")
        if both:
            raise InvalidRequest(
                "a disk is both to be used and to leave.", code="device-leaves", parameter=parameter, found=both, fix="name it once."
            )
    new = [device for device in choice.new if device.kernel_name not in going]
    if present is None and choice.new and not new:
        raise _last(parameter, wanted.name, [device.id for device in choice.new])
    return replace(choice, new=new, unadopted=[device for device in choice.unadopted if device.kernel_name not in going])


def plan_resume(group: VolumeGroup) -> Planned:
    """Go on with moves that were interrupted: until they are through LVM does not let what they move be changed."""
    actions: List[Action] = []
    for move in [volume for volume in group.lvs if volume.moves]:
        step = command("pvmove", "--interval", "1", move.moves, timeout=_MOVE_TIMEOUT)
        actions.append(Action("finish", "move", f"{group.name} {move.moves}", (step,), {"moving": move.moves}, {"moving": None}))
        given = move.on.get(move.moves, 0)
        group = replace(
            group,
            free=group.free + given,
            lvs=tuple(volume for volume in group.lvs if volume is not move),
            pvs=tuple(replace(pv, used=pv.used - given) if pv.path == move.moves else pv for pv in group.pvs),
        )
    return tuple(actions), group


def plan_resize(group: VolumeGroup, wanted: Group, context: Context) -> Planned:
    """Use what disks have grown by."""
    actions: List[Action] = []
    for pv in group.pvs if wanted.resize_devices else ():
        device = context.host.devices.get(pv.device)
        # Where LVM puts metadata at the end of a disk is for it to say: short of one extent more there is nothing to gain there.
        tail = round_up(pv.tail_bytes, group.extent_bytes) + group.extent_bytes if pv.tail_bytes else 0
        count = pv_extents(pv.device_bytes - tail, group.extent_bytes, pv.start_bytes)
        if device is None or count <= pv.extents:
            continue
        sizes = [{"size": human(extents * group.extent_bytes)} for extents in (pv.extents, count)]
        actions.append(Action("grow", "physical volume", device.id, (command("pvresize", device.id),), *sizes))
        group = replace(
            group,
            extents=group.extents + count - pv.extents,
            free=group.free + count - pv.extents,
            pvs=tuple(replace(pv, extents=count) if each is pv else each for each in group.pvs),
        )
    return tuple(actions), group


def check_resizeable(group: VolumeGroup, parameter: str) -> None:
    """Refuse to take disks into a volume group, or out of one, that was told to keep those that it has."""
    if not group.resizeable:
        raise Conflict(
            "the volume group takes no disks and gives none up.",
            code="vg-not-resizeable",
            parameter=parameter,
            found=f"{group.name} was set so with vgchange --resizeable n",
            fix=f"vgchange --resizeable y {group.name}.",
        )


def leaving(group: VolumeGroup, wanted: Group, host: Host) -> Tuple[PhysicalVolume, ...]:
    """The members of ``group`` that ``remove_devices`` names, by device or by the UUID of the physical volume."""
    devices = [host.resolve(reference) for reference in wanted.remove_devices]
    names = {device.kernel_name for device in devices if device}
    return tuple(pv for pv in group.pvs if pv.device in names or pv.uuid in wanted.remove_devices)


def plan_reduce(group: VolumeGroup, wanted: Group, context: Context) -> Planned:
    """Empty the disks that shall leave, and take them out."""
    gone = leaving(group, wanted, context.host)
    if not gone:
        return (), group
    check_resizeable(group, f"{wanted.parameter}.remove_devices")
    staying = tuple(pv for pv in group.pvs if pv not in gone)
    _check_room(group, gone, staying, f"{wanted.parameter}.remove_devices")
    unknown = next((pv for pv in gone if pv.device not in context.host.devices), None)
    if unknown:
        raise NotFound(
            "LVM has a device that is not among the machine's disks.",
            code="reduce-unknown",
            parameter=f"{wanted.parameter}.remove_devices",
            found=f"{unknown.path} (physical volume {unknown.uuid})",
            fix="look for its node in /dev, and for errors of udev.",
        )
    devices = [context.host.devices[pv.device] for pv in gone]
    actions: List[Action] = []
    after = group
    for pv, device in zip(gone, devices):
        if pv.used:
            # Without targets a disk that leaves later would do as one.
            steps = (recheck(device, as_found=True, used=True), _move(pv, staying))
            actions.append(Action("empty", "physical volume", device.id, steps, {"used": human(pv.used * group.extent_bytes)}, {"used": "0B"}))
            after = _emptied(after, pv, staying)
    extents = sum(pv.extents for pv in staying)
    after = replace(
        after,
        extents=extents,
        free=extents - (group.extents - group.free),
        pvs=tuple(pv for pv in after.pvs if pv.path not in {each.path for each in gone}),
    )
    names = [device.id for device in devices]
    steps = (command("vgreduce", group.name, *names), command("pvremove", *names), *(Clear(name) for name in names))
    actions.append(Action("reduce", "volume group", group.name, steps, _devices(group), _devices(after)))
    return tuple(actions), after


def _devices(group: VolumeGroup) -> dict:
    return {"size": human(group.extents * group.extent_bytes), "devices": [pv.path for pv in group.pvs]}


def _move(pv: PhysicalVolume, targets: Sequence[PhysicalVolume]) -> Command:
    return command("pvmove", "--interval", "1", pv.path, *(target.path for target in targets), timeout=_MOVE_TIMEOUT)


def _check_room(group: VolumeGroup, gone: Sequence[PhysicalVolume], staying: Sequence[PhysicalVolume], parameter: str) -> None:
    if not staying:
        raise _last(parameter, group.name, [pv.path for pv in gone])
    used = group.extents - group.free
    # Of a disk that gives no extents only what is used stays.
    room = sum(pv.extents if pv.allocatable else pv.used for pv in staying)
    if used > room:
        raise NoSpace(
            "the other disks have too little room for what these hold.",
            code="reduce-room",
            parameter=parameter,
            found=f"{human(room * group.extent_bytes)} for {human(used * group.extent_bytes)}, {human((used - room) * group.extent_bytes)} too little",
            fix="add a disk to devices first, or remove volumes.",
        )
    paths = {pv.path for pv in gone}
    for volume in group.lvs:
        images = [set(group.lv(part).on) for part in volume.parts if "_rimage_" in part and group.lv(part)]
        if len(images) > len(staying) and any(image & paths for image in images):
            raise NoSpace(
                f"each image of {group.name}/{volume.name} needs a disk of its own.",
                code="reduce-raid",
                parameter=parameter,
                found=f"{len(images)} images, and {len(staying)} disks that would be left",
                fix="add a disk to devices first.",
            )


def _last(parameter: str, name: str, paths: List[str]) -> Refused:
    return Refused(
        "no disk would be left in the volume group.",
        code="reduce-last",
        parameter=parameter,
        found=f"{name} on {', '.join(paths)}",
        fix="keep one, or remove the volume group with state: absent.",
    )


def _emptied(group: VolumeGroup, source: PhysicalVolume, staying: Sequence[PhysicalVolume]) -> VolumeGroup:
    """``group`` once all that is on ``source`` has moved to where there is room."""
    paths = [pv.path for pv in staying]
    for volume in [each for each in group.lvs if each.on.get(source.path)]:
        rest, took = volume.on[source.path], {source.path: -volume.on[source.path]}
        for pv in group.pvs:
            if pv.path in paths and rest:
                took[pv.path] = min(rest, pv.room)
                rest -= took[pv.path]
        group = group.with_lv(volume, 0, took)
    return group
