# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whose device it is: by the record of what was made here, or by what the version before it left in files that only root writes. Pure.

What stands on the device has to agree, and is never enough: whoever was given a raw device wrote label and UUID as he liked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Set

from .._block.model import UNKNOWN, Device, Host
from .._block.record import GIVEN_UP, MADE, MAKING, Made
from .._block.select import bears_mark, is_member
from .._core.errors import Conflict, Refused
from . import fstab
from .desired import VolumeClass, Wish
from .model import Entry, Observed, is_directory, is_ours, labelled


@dataclass(frozen=True)
class Known:
    """The volume ``name`` of a class on a device, as it is found there.

    ``OURS`` is as it was made; ``MAKING`` was interrupted before anybody could write; ``DAMAGED`` was made and does not show.
    """

    name: str
    state: str


OURS, DAMAGED = "ours", "damaged"


class Identity:
    """Answers for the classes of one wish, each device once."""

    def __init__(self, observed: Observed, wish: Wish) -> None:
        self._observed, self._wish, self._host = observed, wish, observed.host
        self._answers: Dict[tuple, Optional[Known]] = {}
        self._lines = {path: row for path, row in fstab.ours(observed.fstab, observed.places).items() if path.startswith(f"{wish.base_dir}/")}
        #: Devices that another than their class gives out, with who it is.
        self.elsewhere = self._given_out()

    def known(self, wanted: VolumeClass, device: Device) -> Optional[Known]:
        """What of the class is on ``device``."""
        key = (wanted.name, device.kernel_name)
        if key not in self._answers:
            self._answers[key] = self._recorded(wanted, device) or self._left_before(wanted, device) or self._adopted(wanted, device)
        return self._answers[key]

    def recorded(self, wanted: VolumeClass) -> Mapping[str, Made]:
        """The volumes of the class that the record tells of, those aside whose making nobody finished."""
        return {name: made for name, made in self._observed.record.volumes.items() if made.state == MADE and self._of(wanted, made)}

    def entries(self, wanted: VolumeClass) -> List[Entry]:
        """Entries of the class."""
        return [entry for entry in self._observed.entries if entry.storage_class == wanted.name]

    def missing(self, wanted: VolumeClass) -> Set[str]:
        """Names of the volumes that were given out and whose devices are nowhere."""
        here = {known.name for known in (self.known(wanted, device) for device in self._host) if known}
        made = self.recorded(wanted)
        left = {entry.name for entry in self.entries(wanted) if not entry.device and (entry.link or _has_file_system(entry.name))}
        return (set(made) | left) - here

    def unrecorded_missing(self, wanted: VolumeClass) -> int:
        """How many of them are of the time before there was a record, so that nobody knows which devices they were on."""
        return sum(name not in self._observed.record.volumes for name in self.missing(wanted) if is_ours(name))

    def device_of(self, wanted: VolumeClass, entry: Entry) -> Optional[Device]:
        """The device that an entry gives out, or did."""
        here = self._host.devices.get(entry.device)
        return here or next((device for device in self._host if self._is(wanted, device, entry.name)), None)

    def _is(self, wanted: VolumeClass, device: Device, name: str) -> bool:
        known = self.known(wanted, device)
        return bool(known and known.name == name)

    def unproven(self, wanted: VolumeClass, device: Device) -> bool:
        """Whether ``device`` may well be the class's own, so that a person has to say it, and could be taken in then."""
        if wanted.block or not labelled(device, wanted.name) or device.signatures[0].uuid in self._observed.record.volumes:
            return False
        return not self.known(wanted, device) and not self._barred(wanted, device)

    def _of(self, wanted: VolumeClass, made: Made) -> bool:
        here = made.base_dir == self._wish.base_dir or made.state == GIVEN_UP
        # Of a class that is given up the wish says no more than the name.
        alike = made.volume_mode == wanted.volume_mode or wanted.state == "absent"
        return made.storage_class == wanted.name and alike and here

    def _recorded(self, wanted: VolumeClass, device: Device) -> Optional[Known]:
        uuids = {signature.uuid for signature in device.signatures}
        for name, made in self._observed.record.on(device.names):
            if not self._of(wanted, made):
                continue
            if wanted.block:
                # Without its link it may have gone to somebody else since.
                mine = device.entry.partition("/")[0] == wanted.name or not (self._taken(wanted, device) or is_member(device))
                # A label there is what a pod wrote: a class that got the disk since would have taken this off the record.
                if mine if made.state == MADE else self._kept(wanted, device, is_member(device)):
                    return Known(name, OURS)
                continue
            # What has a line in fstab was mounted, and a note that says otherwise is an old one.
            finished = made.state == MADE or f"{self._wish.base_dir}/{wanted.name}/{name}" in {*self._lines, *device.mounts}
            if made.state == MAKING and not finished:
                if all(signature.uuid == name or signature.type == UNKNOWN for signature in device.signatures):
                    return Known(name, MAKING)
            elif name in uuids and (finished or not self._taken(wanted, device)):
                return Known(name, OURS)
            elif finished and made.lasts:
                return Known(name, DAMAGED)
        return None

    def _left_before(self, wanted: VolumeClass, device: Device) -> Optional[Known]:
        """By links and mounts in the discovery directory, or, of what is mounted nowhere, by our lines in fstab and the empty mount points."""
        entries = self.entries(wanted)
        given = next((entry for entry in entries if entry.device == device.kernel_name and not is_directory(entry.name)), None)
        if wanted.block:
            if given and given.link:
                return Known(given.name, OURS)
            return Known(device.id.rpartition("/")[2], OURS) if self._kept(wanted, device, bears_mark(device)) else None
        told = {name for name, made in self._observed.record.volumes.items() if made.lasts}
        uuids = {signature.uuid for signature in device.signatures if signature.uuid} - told
        if given and not given.link and given.name not in told and not device.entry:
            return Known(given.name, OURS if given.name in uuids else DAMAGED)
        folder = f"{self._wish.base_dir}/{wanted.name}/"
        named = {entry.name for entry in entries if not (entry.link or entry.device)}
        named |= {path[len(folder) :] for path in self._lines if path.startswith(folder)}
        name = next(iter(sorted(uuids & named)), "")
        if not name or self._barred(wanted, device):
            return None
        self._check_copies(wanted, device, name)
        return Known(name, OURS)

    def _adopted(self, wanted: VolumeClass, device: Device) -> Optional[Known]:
        """By the word of a person, who names device and UUID."""
        adopt = self._wish.adopt
        named = any(name in adopt.given for name in device.names)
        if wanted.block or not named or not labelled(device, wanted.name):
            return None
        uuid = device.signatures[0].uuid
        why = self._barred(wanted, device) or ("is a copy of a local volume that is on record" if uuid in self._observed.record.volumes else "")
        if why:
            raise Refused(
                "this device cannot be taken in for what its label says.",
                code="adopt-barred",
                parameter="adopt",
                found=f"{device.id} {why}",
                fix="take the line out of adopt.",
            )
        adopt.require(device.id, uuid, "", names=device.names, message=f"{device.id} holds another file system than the one that adopt names.")
        return Known(uuid, OURS)

    def _barred(self, wanted: VolumeClass, device: Device) -> str:
        """Why what ``device`` holds cannot be believed, or not be taken: empty for none of these."""
        left = next((self._observed.kept[each.kernel_name] for each in self._around(device) if each.kernel_name in self._observed.kept), "")
        if left:
            return f"was given out raw as {left}, and what is on it is what a pod wrote"
        attached = any(disk.transport == "iscsi" for disk in self._host.disks(device))
        return "came by iSCSI, and what is on it can be a guest's" if attached else self._taken(wanted, device)

    def _taken(self, wanted: VolumeClass, device: Device) -> str:
        for each in self._around(device):
            if each.entry:
                return f"is given out as {each.entry}"
            if each.kernel_name in self.elsewhere:
                return f"is {self.elsewhere[each.kernel_name]}"
            other = next((name for name, made in self._observed.record.on(each.names) if made.state != GIVEN_UP and not self._of(wanted, made)), "")
            if other:
                return f"is on record as local volume {other} of another class"
        if self._host.mounts(device):
            return f"is mounted at {self._host.mounts(device)[0]}"
        above = [each for each in self._host.above(device) if each.type != "part"]
        opened = next((each.opened for each in self._host.overlapping(device) if each.opened), "")
        return f"carries {above[0].path}" if above else f"is open in {opened}" if opened else ""

    def _check_copies(self, wanted: VolumeClass, device: Device, uuid: str) -> None:
        """Of a disk and its copy nobody can tell which is the volume, as long as nothing is on record; LVM knows its snapshots."""
        others = [other for other in self._host if other != device and other.type != "lvm" and not self._host.leg(other)]
        # Of what is given out raw it is the guest who wrote that.
        others = [other for other in others if not any(each.entry for each in self._around(other))]
        copies = [other for other in others if any(each.uuid == uuid for each in other.signatures)]
        if copies and device.type != "lvm":
            raise Conflict(
                "several disks hold file systems of one UUID.",
                code="fs-uuid-twice",
                parameter=f"{wanted.parameter}.devices",
                found=f"{uuid} on {device.id} and {copies[0].id}",
                fix="take the copy away, or give it a UUID of its own.",
            )

    def _around(self, device: Device) -> Set[Device]:
        """``device``, those that share its room, and the disks below: whoever was given one of them wrote what is on it."""
        return {device, *self._host.overlapping(device), *self._host.disks(device)}

    def _kept(self, wanted: VolumeClass, device: Device, marked: bool) -> bool:
        """Whether the class had given up this raw device, and nobody got it since: otherwise it comes back only as any other disk would."""
        if self._observed.kept.get(device.kernel_name, "").partition("/")[0] != wanted.name:
            return False
        above = any(each.type != "part" for each in self._host.above(device))
        return not (device.entry or self._host.mounts(device) or above or marked)

    def _given_out(self) -> Dict[str, str]:
        return {name: f"given out by persistent volume {volume}, which somebody else made" for name, volume in self._observed.foreign.items()}


def _has_file_system(name: str) -> bool:
    return is_ours(name) and not is_directory(name)


def check_places(observed: Observed, identity: Identity, wanted: VolumeClass) -> None:
    """Refuse to go on where something else is mounted in the place of a volume: another device than on record, or another file system."""
    host: Host = observed.host
    for entry in identity.entries(wanted):
        made, device = observed.record.volumes.get(entry.name), host.devices.get(entry.device)
        if entry.link or not device or is_directory(entry.name):
            continue
        # Where udev has lost the lasting name of a logical volume, the path says as much.
        if made and made.lasts:
            foreign = not set(made.ids).intersection(device.names) and host.resolve(made.device) != device
        else:
            foreign = bool(device.signatures) and entry.name not in {signature.uuid for signature in device.signatures}
        if foreign or device.entry:
            raise Conflict(
                "something else is mounted in the place of a local volume.",
                code="mount-foreign",
                parameter="base_dir",
                found=f"{device.id} at {entry.path}" + (f", which is the place of {made.device}" if made else ""),
                fix="stop the pods that use it, and unmount it.",
            )
