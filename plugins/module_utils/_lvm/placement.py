# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Where a volume's extents are taken from: which disks, and whether there is room on enough of them. Pure."""

from __future__ import annotations

from typing import Collection, Dict, List, Mapping, Optional, Sequence, Tuple

from .._block.model import Host
from .._core.errors import Conflict, InvalidRequest, NoSpace, NotFound
from .._core.quantity import human
from .kinds import Kind
from .model import LogicalVolume, PhysicalVolume, VolumeGroup

#: Policies under which any free extent will do (lvm(8), "Allocation").
FREE_POLICIES = ("normal", "anywhere")


def place(
    free: Mapping[str, int], areas: int, length: int, own: Optional[Collection[str]] = None, sure: bool = False, last: Sequence[str] = ()
) -> Optional[Dict[str, int]]:
    """Extents by device when ``length`` extents are taken on each of ``areas`` devices at a time; ``None`` when there is no room for that.

    As LVM goes about it. ``last`` are the devices that the end of the volume is on, ``own`` for RAID those that its parts are on already, none
    for a new one; not to be ``None`` then.
    """
    return _place_anywhere(free, areas, length, last) if own is None else _place_apart(free, areas, length, own, sure)


def _place_anywhere(free: Mapping[str, int], areas: int, length: int, last: Sequence[str]) -> Optional[Dict[str, int]]:
    """First what there is where the volume ends. Then, each time, as much as the largest devices have; of those used already, if these are enough."""
    left, used = dict(free), frozenset()
    chosen = list(last) if len(last) == areas and all(left.get(name) for name in last) else []
    while length:
        if not chosen:
            roomy = [name for name in left if left[name]]
            again = [name for name in roomy if name in used]
            chosen = sorted(again if len(again) >= areas else roomy, key=lambda name: -min(left[name], length))[:areas]
        if len(chosen) < areas:
            return None
        piece = min((length, *(left[name] for name in chosen)))
        for name in chosen:
            left[name] -= piece
        length -= piece
        used, chosen = used.union(chosen), []
    return {name: free[name] - left[name] for name in free}


def _place_apart(free: Mapping[str, int], areas: int, length: int, own: Collection[str], sure: bool) -> Optional[Dict[str, int]]:
    """The first devices that have all that is still needed, else as much as the largest ones have, and so on; no two parts come to share a device.

    LVM goes on with a device that has all that is still needed, but is lost where the rest of used ones competes with fresh ones; that is
    refused here, and where it could come to that, if one has to be ``sure``.
    """
    left, took = dict(free), {name: 0 for name in free}
    current = used = frozenset(own)
    rest = int(sure)
    while length:
        stay = [name for name in left if name in current and left[name] >= length][:areas]
        others = sorted((name for name in left if name not in used), key=lambda name: -min(left[name], length))
        chosen = stay + others[: areas - len(stay)]
        piece = min((length, *(left[name] for name in chosen)))
        lost = len(stay) < areas and any(left[name] >= (rest or piece) for name in used.difference(stay) if name in left)
        if len(chosen) < areas or not piece or lost:
            return None
        for name in chosen:
            left[name] -= piece
            took[name] += piece
        length -= piece
        current, rest = frozenset(chosen), int(sure or bool(used))
        used |= current
    return took


def members(group: VolumeGroup, references: Sequence[str], parameter: str, host: Host) -> Tuple[PhysicalVolume, ...]:
    """The physical volumes that ``references`` mean; all of the group if there are none."""
    found: List[PhysicalVolume] = []
    for index, reference in enumerate(references):
        pv = _member(group, reference, f"{parameter}[{index}]", host)
        if pv in found:
            raise InvalidRequest(
                "the same device is listed twice.",
                code="device-twice",
                parameter=f"{parameter}[{index}]",
                found=f"{reference} is {pv.path} as well",
                fix="remove one of the two.",
            )
        found.append(pv)
    return tuple(found) or group.pvs


def _member(group: VolumeGroup, reference: str, parameter: str, host: Host) -> PhysicalVolume:
    device = host.resolve(reference, parameter)
    if device is None:
        raise NotFound(
            "there is no such device.",
            code="device-absent",
            parameter=parameter,
            found=f"{reference} leads nowhere",
            fix="check the cable and the name; cairn.storage.block_device_info lists what is there.",
        )
    found = next((pv for pv in group.pvs if pv.device == device.kernel_name), None)
    if found is None:
        raise Conflict(
            "this device is not in the volume group.",
            code="device-not-member",
            parameter=parameter,
            found=f"{device.id} is not in {group.name}",
            fix="add it to the devices of the volume group, or name one of those.",
        )
    return found


def free_extents(group: VolumeGroup, pvs: Sequence[PhysicalVolume]) -> int:
    """What is free on ``pvs`` together."""
    return group.room if len(pvs) == len(group.pvs) else sum(pv.room for pv in pvs)


def fits(
    group: VolumeGroup, kind: Kind, pvs: Sequence[PhysicalVolume], length: int, present: Optional[LogicalVolume] = None, sure: bool = False
) -> Optional[Dict[str, int]]:
    """``place`` for ``length`` more extents of each part of a volume of ``kind`` on ``pvs``; ``None`` when they do not fit."""
    if kind.devices * length > free_extents(group, pvs):
        return None
    free = {pv.path: pv.room for pv in pvs}
    on = [path for part in (group.below(present.name) if present else ()) if part.name != (present and present.cache) for path in part.on]
    last = on[-kind.devices :]
    if kind.devices == 1 and len(pvs) == len(group.pvs):
        return place(free, 1, length, last=last) or {}
    return place(free, kind.devices, length, set(on) if kind.raid else None, sure, last)


def take(
    group: VolumeGroup, kind: Kind, pvs: Sequence[PhysicalVolume], length: int, parameter: str, present: Optional[LogicalVolume] = None
) -> Dict[str, int]:
    """``fits``, or ``NoSpace`` that says what is lacking; ``parameter`` names the volume's."""
    if len(pvs) < kind.devices:
        raise NoSpace(
            f"{kind.type} needs {kind.devices} devices.",
            code="devices-few",
            parameter=f"{parameter}.type",
            found=f"{len(pvs)} to choose from in {group.name}",
            fix="give the volume group more disks, or choose another type.",
        )
    found = fits(group, kind, pvs, length, present)
    if found is not None:
        check_policy(group, kind, pvs, length, f"{parameter}.size", present)
        return found
    room(group, kind.devices * length, f"{parameter}.size", free=free_extents(group, pvs))
    size = group.extent_bytes
    raise NoSpace(
        f"{kind.type} needs {human(length * size)} on each of {kind.devices} devices.",
        code="devices-full",
        parameter=f"{parameter}.size",
        found=", ".join(f"{human(pv.room * size)} free on {pv.path}" for pv in pvs),
        fix="ask for less, or give the volume group more disks.",
    )


def check_policy(
    group: VolumeGroup, kind: Kind, pvs: Sequence[PhysicalVolume], length: int, parameter: str, present: Optional[LogicalVolume]
) -> None:
    """Refuse what LVM's allocation policy could refuse. Where exactly extents were taken is for LVM to say: those of this plan count as if it
    had been right there.
    """
    policy = policy_of(group, present)
    if policy in FREE_POLICIES:
        return
    if policy == "contiguous":
        place = 0 if kind.devices > 1 else max(0, (present.behind if present else group.row) - group.taken)
        enough = length <= place
        there = f"{human(place * group.extent_bytes)} in a row" if kind.devices == 1 else f"a volume on {kind.devices} devices"
    else:
        own = [path for part in (group.below(present.name) if present else ()) for path in part.on][-kind.devices :]
        rooms = sorted((pv.room for pv in pvs if not present or pv.path in own), reverse=True)
        place = rooms[kind.devices - 1] if len(rooms) >= kind.devices else 0
        enough = length <= place
        there = f"{human(place * group.extent_bytes)} on {'the devices that it is on' if present else 'a device'}"
    if not enough:
        what = f"{group.name}/{present.name}" if present and present.policy != "inherit" else group.name
        raise NoSpace(
            f"extents are given out by the policy {policy}, and that leaves too little.",
            code="lv-policy",
            parameter=parameter,
            found=f"{human(length * group.extent_bytes)} needed and {there} free to {what}",
            fix=f"ask for less, or {'lvchange' if '/' in what else 'vgchange'} --alloc normal {what}.",
        )


def policy_of(group: VolumeGroup, present: Optional[LogicalVolume]) -> str:
    """LVM's allocation policy for a volume, or for a new one."""
    return group.policy if present is None or present.policy == "inherit" else present.policy


def check_count(group: VolumeGroup, parameter: str) -> None:
    """Refuse one more volume than the volume group may have."""
    if group.most_lvs and len(group.visible) >= group.most_lvs:
        raise Conflict(
            "the volume group may have no more volumes.",
            code="vg-max-lvs",
            parameter=parameter,
            found=f"{group.name} has {len(group.visible)}, and was set to {group.most_lvs} at most",
            fix=f"vgchange --logicalvolume 0 {group.name} takes the limit away.",
        )


def room(group: VolumeGroup, needed: int, parameter: str, extra: str = "", free: Optional[int] = None) -> None:
    """Raise ``NoSpace`` unless ``needed`` extents are ``free``; ``extra`` says what is counted besides the wanted size."""
    there = group.room if free is None else free
    if needed > there:
        raise NoSpace(
            f"the volume group {group.name} has too little space" + (" on these devices." if there < group.room else "."),
            code="vg-full",
            parameter=parameter,
            found=f"{human(needed * group.extent_bytes)} needed {extra}and {human(there * group.extent_bytes)} free",
            fix="ask for less, or give the volume group more disks.",
        )
