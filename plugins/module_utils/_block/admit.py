# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether a device can be given to somebody new, or the one reason why not. Pure."""

from __future__ import annotations

from typing import Mapping

from .._core.errors import NoSpace, Refused
from .._core.plan import Consent
from .._core.quantity import human
from .boot import check_boot
from .model import UNKNOWN, Device, Host


def admit(host: Host, device: Device, *, parameter: str, minimum: int, blank: bool, consent: Consent, taken: Mapping[str, str]) -> None:
    """Raise unless ``device`` can be written to now.

    ``minimum`` is in bytes. ``blank`` says that its signature guards nothing. ``taken`` maps kernel names to uses that only the caller knows of.
    """
    hint = "name another disk, or narrow the rule (only_unused: true passes over disks in use)."
    if not device.readable:
        raise Refused(
            "the device cannot be read.", code="device-unreadable", parameter=parameter, found=device.id, fix="replace it or take it out of the list."
        )
    if device.read_only:
        raise Refused(
            "the device is read-only.", code="device-read-only", parameter=parameter, found=device.id, fix="make it writable, or name another."
        )
    if device.virtual:
        raise Refused(
            "this is no disk: it is memory, or a device of another machine.",
            code="device-virtual",
            parameter=parameter,
            found=f"{device.path}, behind which no bus of this machine has anything",
            fix=hint,
        )
    twin = host.twin(host.devices.get(device.parents[0], device) if device.type == "part" and device.parents else device)
    if twin:
        raise Refused(
            "this disk is there twice, and nothing joins the two paths to it.",
            code="path-twice",
            parameter=parameter,
            found=f"{device.id} and {twin.path} ({f'WWN {device.wwn}' if device.wwn else f'serial number {device.serial}'})",
            fix="start multipathd (package multipath-tools or device-mapper-multipath), or take one of the paths away.",
        )
    mounts = host.mounts(device)
    if mounts:
        raise Refused("the device is mounted.", code="device-mounted", parameter=parameter, found=f"{device.id} at {mounts[0]}", fix=hint)
    for each in host.overlapping(device):
        use = taken.get(each.kernel_name) or each.entry and f"local volume {each.entry}"
        if use:
            raise Refused(
                "the device is already given to something else.", code="device-taken", parameter=parameter, found=f"{each.id}: {use}", fix=hint
            )
    above = [each for each in host.above(device) if each.type != "part"]
    if above:
        raise Refused("the device is in use.", code="device-in-use", parameter=parameter, found=f"{device.id} carries {above[0].path}", fix=hint)
    opened = next((each for each in host.overlapping(device) if each.opened), None)
    if opened:
        raise Refused("the device is in use.", code="device-open", parameter=parameter, found=f"{opened.id} is open in {opened.opened}", fix=hint)
    check_boot(host, parameter, (device, *host.above(device)))
    if device.size < minimum:
        raise NoSpace(
            "the device is too small.",
            code="device-small",
            parameter=parameter,
            found=f"{device.id} of {human(device.size)}",
            fix=f"at least {human(minimum)} is needed.",
        )
    if blank:
        return
    if device.kept and device.unsigned:
        consent.require(device.id, device.kept, f"what is left there of local volume {device.kept}", names=device.spellings, code="device-kept")
        # It is the same that is found there without this word for it.
        consent.grant(device.id, UNKNOWN)
    elif device.signatures:
        parts = len(host.above(device))
        partitioned = any(signature.type.endswith("partition table") for signature in device.signatures)
        consent.require(
            device.id,
            device.found,
            " and ".join(map(str, device.signatures)) + (f" with {parts} partitions" if parts else ""),
            names=device.spellings,
            code="device-unknown" if device.unsigned else "device-partitioned" if partitioned else "device-signature",
            hint=how_to_clear(device) if device.unsigned else "",
        )


def how_to_clear(device: Device) -> str:
    """What a person can do about unknown data besides giving consent."""
    return f"Where it may be a file system that lost its superblock, repair that first; blkdiscard --zeroout {device.id} clears all of it by hand."
