# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether a target may be made of what is there, or the one reason why not. Pure."""

from __future__ import annotations

from typing import Dict, FrozenSet, Optional

from ..._block.model import Device
from ..._core.errors import Conflict, InvalidRequest, NotFound, Refused
from ..._core.quantity import human
from . import saved
from .model import BLOCK, RAMDISK, Backstore, Target
from .seen import File, Observed


def check(observed: Observed, wish: Target, stays: Target, pending: FrozenSet[str]) -> None:
    """Raise unless ``wish`` can be built upon what ``stays``. Of a device that is ``pending`` there is nothing to be seen yet."""
    if observed.scan_lvs:
        raise Refused(
            "LVM on this machine looks into logical volumes, and would take what initiators write there for its own.",
            code="scan-lvs",
            parameter="backstores",
            found="devices/scan_lvs = 1",
            fix="set it to 0 in /etc/lvm/lvm.conf; the role node_bootstrap does.",
        )
    for index, store in enumerate(wish.backstores):
        here = f"backstores[{index}]"
        _check_owner(observed, store, here, wish.name)
        if not stays.backstore(store.key) and (store.path in observed.numbers or store.path not in pending):
            _check_new(observed, store, here)
    for number, group in enumerate(wish.groups):
        left = stays.group(group.tag)
        there = [each.portal for each in left.portals] if left else []
        for index, setting in enumerate(group.portals):
            if setting.portal.address in observed.absent_addresses and setting.portal not in there:
                raise NotFound(
                    "no interface of this machine has this address.",
                    code="portal-absent",
                    parameter=f"tpgs[{number}].portals[{index}].address",
                    found=setting.portal.address,
                    fix="set up the interface first, or correct the address.",
                )


def _check_owner(observed: Observed, store: Backstore, here: str, name: str) -> None:
    mine = f"iscsi/{name}"
    users = observed.kernel.users.get(store.key, frozenset()) | saved.users(observed.document, store.key)
    if users - {mine}:
        raise Conflict(
            "another target has a LUN of a backstore of this name.",
            code="backstore-shared",
            parameter=f"{here}.name",
            found=f"{store.key} of {sorted(users - {mine})[0]}",
            fix="choose another name, or take the LUN out there.",
        )
    if not users and store.key in observed.kernel.backstores and observed.kernel.backstores[store.key].path != store.path:
        raise Conflict(
            "there is a backstore of this name that stands on something else, and belongs to no target.",
            code="backstore-foreign",
            parameter=f"{here}.name",
            found=f"{store.key} on {observed.kernel.backstores[store.key].path}",
            fix="choose another name, or remove that one.",
        )


def _check_new(observed: Observed, store: Backstore, here: str) -> None:
    old = _before(observed, store)
    if store.kind == BLOCK:
        _check_device(observed, store, here, bool(old))
        return
    if old and old.size != store.size:
        way = "take the LUN out, run, change the file's size (truncate) and add it again; or export a new file of that size besides, and copy."
        if store.kind == RAMDISK:
            way = "the content of a RAM disk goes with it: take its LUN out, run, and add it again."
        raise Refused(
            "the size of such a backstore is fixed when it is made.",
            code=f"{store.kind}-size-fixed",
            parameter=f"{here}.size",
            found=f"{human(old.size)} ({old.size} bytes)",
            fix=way,
        )
    if store.kind != RAMDISK:
        _check_file(observed, store, here)


def _before(observed: Observed, store: Backstore) -> Optional[Backstore]:
    """The backstore as the target has it, running or saved, on the same device or file."""
    users = observed.kernel.users.get(store.key) or saved.users(observed.document, store.key)
    found = observed.running.backstore(store.key) or saved.backstores(observed.document).get(store.key)
    return found if users and found and found.path == store.path else None


def _check_file(observed: Observed, store: Backstore, here: str) -> None:
    file: File = observed.files[store.path]
    if not file.folder:
        raise NotFound(
            "there is no such folder.", code="file-folder", parameter=f"{here}.path", found=store.path, fix="make it, or mount what it is on."
        )
    if not file.regular:
        raise Refused("this is no file.", code="file-kind", parameter=f"{here}.path", found=store.path, fix="name another path.")
    if file.size not in (None, store.size):
        raise Refused(
            "there is a file already, of another size.",
            code="file-size-differs",
            parameter=f"{here}.size",
            found=f"{human(file.size or 0)} ({file.size} bytes)",
            fix="give its size, or name another path.",
        )
    _check_exported(
        observed, {store.path: each.key for each in observed.kernel.backstores.values() if each.path == store.path}, store, f"{here}.path"
    )


def _check_exported(observed: Observed, others: Dict[str, str], store: Backstore, parameter: str) -> None:
    other = next((key for key in others.values() if key != store.key), "")
    if other:
        users = ", ".join(sorted(observed.kernel.users.get(other, ()))) or "no target"
        raise Refused(
            "another backstore stands on it already.",
            code="device-exported",
            parameter=parameter,
            found=f"{other}, used by {users}",
            fix="name another one, or remove that backstore.",
        )


def _check_device(observed: Observed, store: Backstore, here: str, known: bool) -> None:
    parameter = f"{here}.device"
    if store.path not in observed.numbers:
        raise NotFound(
            "there is no such device.",
            code="device-absent",
            parameter=parameter,
            found=f"{store.path} leads nowhere",
            fix="check the cable and the name, or activate the volume; cairn.storage.block_device_info lists what is there.",
        )
    number = observed.numbers[store.path]
    device = next((each for each in observed.host if number and each.number == number), None)
    if not device:
        raise InvalidRequest(
            "not a block device.", code="device-kind", parameter=parameter, found=store.path, fix="name a disk, partition or logical volume."
        )
    exported = {each.folder: each.key for each in observed.kernel.backstores.values() if each.number == number or each.path == store.path}
    _check_exported(observed, exported, store, parameter)
    _check_free(observed, device, store, parameter, known)


def _check_free(observed: Observed, device: Device, store: Backstore, parameter: str, known: bool) -> None:
    host = observed.host
    if host.system(device):
        raise Refused(
            "this machine runs from it.",
            code="system-disk",
            parameter=parameter,
            found=f"{device.id}, mounted at {host.mounts(device)[0]}",
            fix="name another device.",
        )
    if host.mounts(device):
        raise Refused(
            "the device is mounted here.",
            code="device-mounted",
            parameter=parameter,
            found=f"{device.id} at {host.mounts(device)[0]}",
            fix="unmount it, or name another device.",
        )
    entry = device.entry or host.record.given_out(device.names)
    if entry:
        raise Refused(
            "the device is given out as a local volume.",
            code="device-taken",
            parameter=parameter,
            found=f"{device.id}: {entry}",
            fix="give up the class with cairn.storage.local_volumes, or name another device.",
        )
    above = [each for each in host.above(device) if each.type != "part"]
    if above:
        raise Refused(
            "the device is in use here.",
            code="device-in-use",
            parameter=parameter,
            found=f"{device.id} carries {above[0].path}",
            fix="name another device.",
        )
    if not device.readable:
        raise Refused(
            "the device cannot be read.", code="device-unreadable", parameter=parameter, found=device.id, fix="replace it, or name another."
        )
    if device.read_only and not store.read_only:
        raise Refused(
            "the device is read-only.", code="device-read-only", parameter=parameter, found=device.id, fix="set read_only: true, or make it writable."
        )
    member = [each for each in device.signatures if each.type == "LVM2_member"]
    # What was exported before may well be a member of an initiator's volume group.
    if member and not known and device.type != "lvm":
        raise Refused(
            "the device is a member of a volume group.",
            code="device-lvm-member",
            parameter=parameter,
            found=f"{device.id} holds {member[0]}",
            fix="take it out (vgreduce, pvremove), or export a logical volume of the group.",
        )
