# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What keeps a volume group from being changed: recorded disks that are gone or do not answer. Pure."""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence

from .._block.model import Host
from .._core.quantity import human
from .desired import Group
from .model import PhysicalVolume, State, VolumeGroup


def trouble(group: Group, present: Optional[VolumeGroup], state: State, host: Host, absent: Sequence[str] = ()) -> List[dict]:
    """What keeps the group from being changed: recorded disks that are gone or do not answer.

    ``absent`` are the wish's references that lead nowhere.
    """
    if present is None:
        if group.name in state.recorded and not group.adopt_new:
            text = (
                f"volume group {group.name} ({state.recorded[group.name]}) is recorded on this machine, but none of its disks is there or answers. "
                "Bring them back, or start afresh with adopt_new: true."
            )
            shown = next((f"{host.devices[name].id} is {each.what}: {each.fix(host.devices[name].id)}" for name, each in state.hidden.items()
                          if each.group == group.name), "")  # fmt: skip
            if shown:
                text = f"volume group {group.name} is there, but LVM does not show it. {shown} Nothing of it is changed until then."
            return [{"volume_group": group.name, "device": absent[0] if len(absent) == 1 else "", "reason": text}]
        return []
    found = [] if group.repair_missing else [_missing(present, pv, state, absent) for pv in present.missing]
    known = {host.devices[pv.device].id: host.devices[pv.device] for pv in present.pvs if pv.device in host.devices}
    return found + [
        {
            "volume_group": group.name,
            "device": name,
            "reason": f"{name}, a disk of volume group {group.name}, cannot be read. Nothing of the group is changed until it answers.",
        }
        for name, device in known.items()
        if not device.readable
    ] + [_odd(present, pv, reason) for pv in present.pvs for reason in _oddities(pv, present, state, host)]


def _oddities(pv: PhysicalVolume, present: VolumeGroup, state: State, host: Host) -> Iterator[str]:
    copies = [host.devices[name].id for name, each in state.hidden.items() if each.uuid == pv.uuid and not each.attached]
    if copies:
        yield f"is there twice: {' and '.join(copies)} bears the same physical volume {pv.uuid}. Detach the copy"
    size = pv.start_bytes + pv.extents * present.extent_bytes
    if pv.device_bytes and not pv.missing and pv.device_bytes < size:
        yield (
            f"has become smaller than its physical volume: {human(pv.device_bytes)} instead of {human(size)}. "
            "Give the device its size back, or move what is at its end (pvmove) and let pvresize make it smaller"
        )


def _odd(present: VolumeGroup, pv: PhysicalVolume, reason: str) -> dict:
    text = f"{pv.path}, a disk of volume group {present.name}, {reason}. Nothing of the group is changed until then."
    return {"volume_group": present.name, "device": pv.path, "reason": text}


def _missing(present: VolumeGroup, pv: PhysicalVolume, state: State, absent: Sequence[str]) -> dict:
    seen = state.last_seen.get(pv.uuid, "")
    # Kernel names move: by now this one can mean another disk.
    device = absent[0] if len(absent) == len(present.missing) == 1 else seen if seen.startswith("/dev/disk/") else ""
    known_as = f"{device}, " if device else f"last seen as {seen}, " if seen else ""
    if pv.device:
        reason = f"{pv.path} of volume group {present.name} is back, but was counted out: vgextend --restoremissing {present.name} {pv.path} takes it in again."
    else:
        reason = (
            f"a disk of volume group {present.name} is missing or does not answer ({known_as}physical volume {pv.uuid}). "
            "Nothing of the group is changed until it is back. "
            "If it is gone for good, set repair_missing: true."
        )
    return {"volume_group": present.name, "device": device, "reason": reason}
