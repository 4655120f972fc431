# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for volume groups themselves: create, extend, tag, remove. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Iterable, Optional, Sequence, Tuple

from .._block.boot import check_boot
from .._block.model import Device, Host
from .._block.select import Choice
from .._block.steps import Clear, blank, recheck
from .._core.command import command
from .._core.errors import Conflict, Refused
from .._core.plan import Action
from .._core.quantity import human
from .allowed import WhiteList
from .context import Context, Planned
from .desired import Group
from .in_use import check_unused
from .members import check_resizeable, leaving
from .model import PhysicalVolume, State, VolumeGroup
from .settings import Settings
from .space import DEFAULT_ALIGNMENT, DEFAULT_EXTENT, METADATA_AREA, alignment, pv_extents


#: What a new physical volume is told besides where its data begins.
_LAYOUT = ("--metadatasize", f"{METADATA_AREA}b")


def describe(group: VolumeGroup) -> Dict[str, Any]:
    """A volume group for diffs."""
    return {
        "size": human(group.extents * group.extent_bytes),
        "extent_size": human(group.extent_bytes),
        "tags": list(group.tags),
        "devices": [pv.path for pv in group.pvs],
    }


def check_identity(name: str, parameter: str, state: State, allowed: WhiteList, host: Host) -> None:
    """Refuse a volume group whose name means several, or one that is not this machine's to change."""
    if not allowed.groups.allows([name]):
        raise Refused(
            "the white list does not allow this volume group.",
            code="vg-not-allowed",
            parameter=parameter,
            found=name,
            fix="add it to white_list.volume_groups.include, or take it out of exclude.",
        )
    found = [each for each in state.groups if each.name == name]
    if len(found) > 1:
        raise Conflict(
            f"this machine has {len(found)} volume groups of the name {name}.",
            code="vg-ambiguous",
            parameter=parameter,
            found="; ".join(f"{each.uuid} on {', '.join(_standing(pv, host) for pv in each.pvs)}" for each in found),
            fix="rename the one that is not meant: vgrename UUID NEWNAME. What stands on a device that is given out may have been written by a "
            "pod: keep LVM away from that device instead (cairn.storage.lvm_device_filter).",
        )
    for each in found:
        if each.exported or each.shared:
            kind = "exported" if each.exported else "shared between machines"
            raise Conflict(
                f"the volume group is {kind}.",
                code="vg-exported" if each.exported else "vg-shared",
                parameter=parameter,
                found=name,
                fix="import it with vgimport first." if each.exported else "use a volume group of this machine alone.",
            )


def _standing(pv: PhysicalVolume, host: Host) -> str:
    """A physical volume by the lasting name of its device, with whom that device, or the disk that it is a part of, is given out to."""
    device = host.devices.get(pv.device)
    if device is None:
        return pv.path
    around = [device, *host.overlapping(device), *host.disks(device)]
    given = next((each.entry or host.record.given_out(each.names) for each in around if each.entry or host.record.given_out(each.names)), "")
    kept = next((each.kept for each in around if each.kept), "")
    words = f" (given out as local volume {given})" if given else f" (left of local volume {kept})" if kept else ""
    return device.id + words


def check_devices(pvs: Iterable[PhysicalVolume], parameter: str, host: Host, allowed: WhiteList) -> None:
    """Refuse to take physical volumes from disks that are not to be touched."""
    for device in (host.devices[pv.device] for pv in pvs if pv.device in host.devices):
        if not allowed.devices.allows(device.spellings):
            raise Refused(
                "the white list does not allow this device.",
                code="device-not-allowed",
                parameter=parameter,
                found=device.id,
                fix="add it to white_list.devices.include, or take it out of exclude.",
            )


def check_members(group: Group, present: Optional[VolumeGroup], choice: Choice, host: Host) -> None:
    """Refuse a volume group of the wanted name that stands on none of the wanted disks, nor on one that it names to leave."""
    if present and not choice.held and not leaving(present, group, host):
        raise Conflict(
            "a volume group of that name stands on other disks.",
            code="vg-elsewhere",
            parameter=f"{group.parameter}.devices",
            found=f"{group.name} on {', '.join(pv.path for pv in present.pvs)}",
            fix="name its disks, or give the new volume group another name.",
        )


def check_new(group: Group, present: Optional[VolumeGroup], new: Sequence[Device], host: Host, state: State) -> None:
    """Refuse what LVM will, before a disk is wiped for it: a name that is taken in /dev, blocks of different sizes, limits of the volume group."""
    if not new:
        return
    parameter = f"{group.parameter}.devices"
    if present is None:
        check_free(group.name, f"{group.parameter}.name", state)
    else:
        check_resizeable(present, parameter)
        if present.most_pvs and len(present.pvs) + len(new) > present.most_pvs:
            raise Conflict(
                "the volume group may have no more disks.",
                code="vg-max-pvs",
                parameter=parameter,
                found=f"{group.name} has {len(present.pvs)}, and was set to {present.most_pvs} at most",
                fix=f"vgchange --maxphysicalvolumes 0 {group.name} takes the limit away.",
            )
    _check_blocks(parameter, present, new, host, state.settings)


def check_free(name: str, parameter: str, state: State) -> None:
    """Refuse to name a volume group like something that is in /dev already."""
    if name in state.taken_names:
        raise Conflict(
            "there is something of this name in /dev, where the volume group's folder would be.",
            code="vg-name-taken",
            parameter=parameter,
            found=f"/dev/{name}",
            fix="use another name; of an empty folder that a lost volume group left, rmdir it.",
        )


def _check_blocks(parameter: str, present: Optional[VolumeGroup], new: Sequence[Device], host: Host, settings: Settings) -> None:
    """LVM wants logical blocks of one size in a volume group: a file system made on one size cannot be mounted on the other."""
    old = [host.devices[pv.device] for pv in present.pvs if pv.device in host.devices] if present else []
    sizes = {device.logical_block for device in old} - {0}
    for device in () if settings.mixed_blocks else new:
        if device.logical_block and sizes and device.logical_block not in sizes:
            other = next(each for each in (*old, *new) if each.logical_block in sizes)
            raise Conflict(
                "disks with logical blocks of different sizes cannot be in one volume group.",
                code="vg-block-size",
                parameter=parameter,
                found=f"{device.id} has blocks of {device.logical_block} bytes, {other.id} of {other.logical_block}",
                fix="make a volume group of each kind, or let the disk be formatted to the other size (sg_format, nvme format).",
            )
        sizes |= {device.logical_block} - {0}


def with_backup(actions: Sequence[Action], name: str) -> Tuple[Action, ...]:
    """``actions``, the last one also writing the backup of the volume group's metadata, whatever lvm.conf says of that."""
    if not actions:
        return ()
    *others, last = actions
    return (*others, replace(last, steps=(*last.steps, command("vgcfgbackup", name))))


def prepare(devices: Iterable[Device], orphans: Iterable[str]) -> Tuple[Action, ...]:
    """Wipe the devices that hold something and for which consent was given; ``orphans`` are kernel names of unused physical volumes."""
    return tuple(
        Action(
            "wipe",
            "device",
            device.id,
            blank(device),
            {"holds": [str(signature) for signature in device.signatures]},
            {"holds": []},
            loses=" and ".join(map(str, device.signatures)),
        )
        for device in devices
        if device.signatures and device.kernel_name not in orphans
    )


def plan_extension(group: Group, present: VolumeGroup, new: Sequence[Device], orphans: Iterable[str], settings: Settings) -> Planned:
    """Extend the volume group by ``new`` devices."""
    if group.extent_bytes not in (None, present.extent_bytes):
        raise Conflict(
            "the extent size of a volume group is fixed when it is made.",
            code="extent-differs",
            parameter=f"{group.parameter}.extent_size",
            found=f"{human(present.extent_bytes)} in {group.name}",
            fix="take the option out.",
        )
    if not new:
        return (), present
    after = _with_devices(present, new, _start(group, new), settings)
    step = command("vgextend", *_LAYOUT, "--dataalignment", f"{_start(group, new)}b", group.name, *(device.id for device in new))
    return (Action("extend", "volume group", group.name, (*_rechecks(new, orphans), step), describe(present), describe(after)),), after


def plan_tags(present: VolumeGroup, wanted: Group) -> Planned:
    """Give the volume group the wanted tags and no others."""
    if wanted.tags is None or wanted.tags == present.tags:
        return (), present
    changes = [part for tag in wanted.tags if tag not in present.tags for part in ("--addtag", tag)]
    changes += [part for tag in present.tags if tag not in wanted.tags for part in ("--deltag", tag)]
    after = replace(present, tags=wanted.tags)
    return (Action("tag", "volume group", present.name, (command("vgchange", *changes, present.name),), describe(present), describe(after)),), after


def plan_creation(group: Group, new: Sequence[Device], orphans: Iterable[str], settings: Settings) -> Planned:
    """Create the volume group on ``new`` devices."""
    extent = group.extent_bytes or DEFAULT_EXTENT
    after = _with_devices(VolumeGroup(group.name, extent, 0, 0, tags=group.tags or ()), new, _start(group, new), settings)
    tags = [part for tag in after.tags for part in ("--addtag", tag)]
    # Without --yes: should a signature appear on a device after the last check, vgcreate stops instead of wiping it.
    step = command(
        "vgcreate",
        "--physicalextentsize",
        f"{extent}b",
        *_LAYOUT,
        "--dataalignment",
        f"{_start(group, new)}b",
        *tags,
        group.name,
        *(device.id for device in new),
    )
    return (Action("create", "volume group", group.name, (*_rechecks(new, orphans), step), None, describe(after)),), after


def _rechecks(devices: Iterable[Device], orphans: Iterable[str]) -> Tuple[Any, ...]:
    return tuple(recheck(device, device.kernel_name in orphans) for device in devices)


def _start(group: Group, devices: Iterable[Device]) -> int:
    # The metadata takes the first MiB, so that a smaller alignment leads to the same place.
    return max(DEFAULT_ALIGNMENT, group.alignment_bytes) if group.alignment_bytes else alignment(device.optimal_io for device in devices)


def _with_devices(group: VolumeGroup, devices: Sequence[Device], start: int, settings: Settings) -> VolumeGroup:
    counts = [pv_extents(device.size, group.extent_bytes, start, settings.copies) for device in devices]
    pvs = tuple(PhysicalVolume(device.id, "", device.kernel_name, count) for device, count in zip(devices, counts))
    more = sum(counts)
    return replace(group, pvs=group.pvs + pvs, extents=group.extents + more, free=group.free + more, row=max(group.row, *counts))


def plan_group_removal(group: VolumeGroup, context: Context) -> Tuple[Action, ...]:
    """Remove a volume group; one that holds volumes only with consent that names its UUID. Its disks are left blank."""
    for volume in group.visible:
        check_unused(group, volume, context.host)
        device = context.host.resolve(f"/dev/{group.name}/{volume.name}")
        check_boot(context.host, "state", (device,) if device else (), (f"/dev/{group.name}/{volume.name}",))
    loses = ""
    if group.visible:
        names = ", ".join(volume.name for volume in group.visible)
        context.data_loss.require(group.name, group.uuid or "", f"its logical volumes {names}", code="vg-consent")
        loses = f"logical volumes {names} of {group.name} ({group.uuid})"
    devices = [context.host.devices[pv.device].id for pv in group.pvs if pv.device in context.host.devices and not pv.missing]
    # LVM removes no group that lacks a disk; what is left of its volumes goes with consent as the rest does.
    forget = (command("vgreduce", "--removemissing", "--force", group.name),) if group.missing else ()
    steps = (*forget, command("vgremove", *(("--yes",) if group.visible else ()), group.name), command("pvremove", *devices))
    # pvremove takes the label alone. The volumes are gone, and what is left of them must not look like somebody's data.
    steps += tuple(Clear(device) for device in devices)
    return (Action("remove", "volume group", group.name, steps, describe(group), None, loses=loses),)
