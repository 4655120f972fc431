# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Devices that a person named one by one: each has to be there, and to be what it was when it was chosen. Pure."""

from __future__ import annotations

from typing import Callable, FrozenSet, List, Sequence, Tuple

from .._core.errors import InvalidRequest, NotFound, Refused
from .._core.plan import Consent
from .._core.quantity import human
from .model import UNKNOWN, Device, Host
from .rules import Chosen


def listed(
    host: Host,
    named: Sequence[Tuple[str, Chosen]],
    known: FrozenSet[str],
    missing: int,
    allows: Callable[[Device], bool],
    consent: Consent,
    held: FrozenSet[str] = frozenset(),
    lasting: bool = False,
) -> Tuple[List[Device], List[str]]:
    """The devices, and the references that lead nowhere, of which there may be as many as are ``missing``.

    A disk that was chosen as one that holds unknown data is chosen with the consent to lose that.
    ``named`` are disks with their parameters, ``known`` the kernel names of those whose content is the consumer's own,
    ``held`` of those that it has in use. With ``lasting`` a device has to have a name by which it is found again.
    """
    devices: List[Device] = []
    absent: List[str] = []
    for parameter, disk in named:
        device = host.resolve(disk.reference, parameter)
        # A dead disk has lost its label for LVM, which counts it as missing.
        dead = device is not None and not device.readable and device.kernel_name not in known and len(absent) < missing
        if device is None or dead:
            absent.append(disk.reference)
            if len(absent) > missing:
                raise NotFound(
                    "there is no such device.",
                    code="device-absent",
                    parameter=parameter,
                    found=f"{disk.reference} leads nowhere",
                    fix="check the cable and the name; cairn.storage.block_device_info lists what is there.",
                )
            continue
        if device.kernel_name not in held and host.system(device):
            raise Refused(
                "this is the disk that the machine runs from.",
                code="system-disk",
                parameter=parameter,
                found=f"{device.id}, mounted at {host.mounts(device)[0]}",
                fix="name another disk.",
            )
        if not allows(device):
            raise Refused(
                "the white list does not allow this device.",
                code="device-not-allowed",
                parameter=parameter,
                found=device.id,
                fix="add it to white_list.devices.include, or take it out of exclude.",
            )
        if device in devices:
            raise InvalidRequest(
                "the same device is listed twice.", code="device-twice", parameter=parameter, found=device.id, fix="remove one of the two."
            )
        if lasting and device.kernel_name not in known and not device.links and device.path.count("/") == 2:
            raise Refused(
                "the device has no lasting name, and what is given out goes by its name.",
                code="device-nameless",
                parameter=parameter,
                found=f"{device.path}, and nothing in /dev/disk/by-id or by-path that leads there",
                fix="give the disk a serial number (of a virtual one its hypervisor does that), or set allow_kernel_names: true.",
            )
        if device.kernel_name not in known:
            _check_as_chosen(device, disk, parameter)
            if disk.found == UNKNOWN:
                consent.grant(device.id, UNKNOWN)
        devices.append(device)
    return devices, absent


def _check_as_chosen(device: Device, disk: Chosen, parameter: str) -> None:
    if disk.size not in (None, device.size):
        raise Refused(
            "the disk has another size than when it was chosen.",
            code="chosen-size-differs",
            parameter=f"{parameter}.size_bytes",
            found=f"{device.id} has {human(device.size)} ({device.size} bytes), not {disk.size}",
            fix="find out whether this is the same disk; if it should be used, discover disks again.",
        )
    # What consent was given for may be gone since: an interrupted run cleared it.
    if disk.found not in (None, device.found) and not (disk.found == UNKNOWN and not device.found):
        raise Refused(
            "the disk holds something else than when it was chosen.",
            code="chosen-content-differs",
            parameter=f"{parameter}.found",
            found=f"{device.id} holds {' and '.join(map(str, device.signatures)) or 'nothing'}, not {disk.found or 'nothing'}",
            fix="find out who wrote to it; if it should be used, discover disks again.",
        )
