# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From a device to an entry in a discovery directory: what is missing of file system, mount, fstab line or link. Pure."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence

from .._block.admit import how_to_clear
from .._block.growth import plan_growth
from .._block.model import Device, Signature
from .._block.steps import Unchanged, blank
from .._core.command import command
from .._core.errors import Conflict, Refused
from .._core.plan import Action
from .._lvm.made import UNFORMATTED
from . import fstab
from .steps import Link, MakeFileSystem, Mount, MountOwn
from .desired import VolumeClass, Wish
from .model import Entry, Observed, Volume, disk_ids, is_ours, label, labelled
from .sources import Source, entry_of, note_of
from .table import Table


class Volumes:
    """Plans the volumes of one class; ``found`` are those that are or will be there."""

    def __init__(self, observed: Observed, wish: Wish, wanted: VolumeClass, table: Table, new_uuid: Callable[[], str]) -> None:
        self.found: List[Volume] = []
        #: Whether some of its volumes are only activated by the plan: entries without a device may be theirs.
        self._waits = False
        #: Logical volumes of the class that hold nothing while a volume is missing.
        self._blank: List[str] = []
        self._observed, self._wish, self._wanted, self._table, self._new_uuid = observed, wish, wanted, table, new_uuid
        self._folder = f"{wish.base_dir}/{wanted.name}"

    def give_out(self, source: Source) -> List[Action]:
        """Actions until ``source`` is given out."""
        if source.activated:
            return self._activated(source)
        if source.held and not (source.device and source.device.readable):
            # Its content cannot be known now; if it has an entry, ``lost`` reports it.
            return []
        return self._raw(source) if self._wanted.block else self._file_system(source)

    def _activated(self, source: Source) -> List[Action]:
        wanted = self._wanted
        self._waits = True
        self.found.append(Volume(wanted.name, None, None, wanted.volume_mode, source.path, source.size, disks=source.disks))
        if wanted.block:
            return []
        step = MountOwn(source.path, wanted.fs_type, label(wanted.name), wanted.mount_options, self._wish.base_dir, wanted.name)
        return [Action("mount", "local volume", f"{wanted.name} on {source.path}", (step,), None, {"device": source.path})]

    def _raw(self, source: Source) -> List[Action]:
        device = source.device
        entry = entry_of(self._observed, self._wanted, device) if device else None
        name = entry.name if entry else device.id.rpartition("/")[2] if device else None
        path = f"{self._folder}/{name}" if name else None
        self.found.append(Volume(self._wanted.name, name, path, "Block", source.path, source.size, disks=source.disks))
        if entry:
            return []
        actions = [] if source.held or not device else self._wiped(device)
        checks = () if source.held or not device else (Unchanged(device.id, ""),)
        return actions + [
            Action(
                "publish",
                "local volume",
                f"{self._wanted.name} on {source.path}",
                (*checks, Link(device.id if device else source.path, self._folder)),
                None,
                {"volume_mode": "Block", "device": source.path},
            )
        ]

    def _file_system(self, source: Source) -> List[Action]:
        device = source.device
        entry = entry_of(self._observed, self._wanted, device) if device else None
        note = note_of(self._observed, self._wanted.name, device) if device else ""
        ours = device and (entry or labelled(device, self._wanted.name)) and not note
        if source.held and device and not (ours or note) and device.unsigned and self._missing():
            # It may be the missing one, with its superblock overwritten: what a repair could bring back is not formatted over.
            self._blank.append(source.path)
            return []
        return self._present(source, device, entry) if ours else self._new(source, device)

    def _missing(self) -> bool:
        """Whether a file system that the class gave out is nowhere to be found."""
        uuids = self._observed.host.by_uuid()
        return any(
            entry.storage_class == self._wanted.name and not (entry.link or entry.device or entry.name in uuids) and is_ours(entry.name)
            for entry in self._observed.entries
        )

    def _present(self, source: Source, device: Device, entry: Optional[Entry]) -> List[Action]:
        wanted = self._wanted
        signature = next((each for each in device.signatures if each.uuid and (entry is None or each.uuid == entry.name)), None)
        if signature is None or signature.type != wanted.fs_type:
            raise Conflict(
                "the volume has another file system.",
                code="fs-type-differs",
                parameter=f"{wanted.parameter}.fs_type",
                found=f"{device.found or 'nothing'} on {source.path}" if signature is None else f"{signature.type} on {source.path}",
                fix="a class keeps the type that its volumes were made with; use another class.",
            )
        path = f"{self._folder}/{signature.uuid}"
        mounted = path in device.mounts
        grown = plan_growth(source.path, device, source.size, path) if wanted.grow and not source.grown else ()
        self.found.append(
            Volume(
                wanted.name,
                signature.uuid,
                path,
                "Filesystem",
                source.path,
                entry.capacity if entry and entry.capacity and not (grown or source.grown) else source.size,
                signature.uuid,
                disks=source.disks,
            )
        )
        row = fstab.line(signature.uuid, path, wanted.fs_type, wanted.mount_options, wanted.name)
        changed = self._table.put(path, row)
        if not mounted:
            self._check_copies(device, signature, source.path)
            self._free_mount_point(path)
            step = Mount(source.path, wanted.fs_type, wanted.mount_options, self._wish.base_dir, wanted.name, signature.uuid)
            return [Action("mount", "local volume", f"{wanted.name} on {source.path}", (step,), None, {"path": path}), *grown]
        if changed:
            # With its device named, what fstab still says is not taken along (mount(8), "remount").
            step = command("mount", "--options", ",".join(("remount", *wanted.mount_options)), source.path, path)
            return [
                Action("remount", "local volume", f"{wanted.name} on {source.path}", (step,), None, {"mount_options": list(wanted.mount_options)}),
                *grown,
            ]
        return list(grown)

    def _check_copies(self, device: Device, signature: Signature, name: str) -> None:
        """Of a disk and its copy either may be mounted in the place of the volume, now and at each boot; LVM knows its snapshots."""
        host = self._observed.host
        disks = [other for other in host if other != device and other.type != "lvm" and not host.leg(other)]
        copies = [other for other in disks if any(each.uuid == signature.uuid for each in other.signatures)]
        if copies and device.type != "lvm":
            raise Conflict(
                "several disks hold file systems of one UUID.",
                code="fs-uuid-twice",
                parameter=f"{self._wanted.parameter}.devices",
                found=f"{signature.uuid} on {name} and {copies[0].id}",
                fix="take the copy away, or give it a UUID of its own.",
            )

    def _free_mount_point(self, path: str) -> None:
        other = next((entry for entry in self._observed.entries if entry.path == path and entry.device), None)
        if other:
            raise Conflict(
                "something else is mounted in the place of a local volume.",
                code="mount-foreign",
                parameter="base_dir",
                found=f"{other.device} at {path}",
                fix="unmount it.",
            )

    def _new(self, source: Source, device: Optional[Device]) -> List[Action]:
        wanted = self._wanted
        actions: List[Action] = []
        uuid = note_of(self._observed, wanted.name, device) if device else ""
        if device and device.signatures and not (source.fresh and device.unsigned):
            # The note of an interrupted run says that nobody ever wrote to what it was making.
            actions = [Action("wipe", "device", device.id, blank(device), loses="")] if uuid else self._wiped(device)
        uuid = uuid or self._new_uuid()
        self.found.append(Volume(wanted.name, None, None, "Filesystem", source.path, source.size, disks=source.disks))
        path = f"{self._folder}/{uuid}"
        self._table.put(path, fstab.line(uuid, path, wanted.fs_type, wanted.mount_options, wanted.name), uuid)
        # Before the note about formatting goes, which mounting does.
        done = (command("lvchange", "--deltag", UNFORMATTED, source.path[len("/dev/") :]),) if source.fresh else ()
        made = MakeFileSystem(source.path, wanted.fs_type, label(wanted.name), wanted.name, self._wish.base_dir, uuid)
        mounted = Mount(source.path, wanted.fs_type, wanted.mount_options, self._wish.base_dir, wanted.name, uuid, fresh=True)
        steps = (Unchanged(source.path, "", ours=source.fresh), made, *done)
        return actions + [
            Action("format", "device", source.path, steps, None, {"fs_type": wanted.fs_type, "label": label(wanted.name)}),
            Action(
                "publish", "local volume", f"{wanted.name} on {source.path}", (mounted,), None, {"volume_mode": "Filesystem", "device": source.path}
            ),
        ]

    def _wiped(self, device: Device) -> List[Action]:
        if not device.signatures:
            return []
        # For a disk that was just chosen this holds already; a logical volume of the class can hold what somebody else made there.
        code, hint = ("device-unknown", how_to_clear(device)) if device.unsigned else ("device-signature", "")
        self._wish.wipe.require(device.id, device.found, " and ".join(map(str, device.signatures)), names=device.names, code=code, hint=hint)
        return [
            Action(
                "wipe",
                "device",
                device.id,
                blank(device),
                {"holds": [str(each) for each in device.signatures]},
                {"holds": []},
                loses=" and ".join(map(str, device.signatures)),
            )
        ]

    def lost(self, entries: Sequence[Entry]) -> List[dict]:
        """Entries whose device is gone or does not answer, reported and left as they are."""
        here = {volume.name for volume in self.found}
        reports = []
        for entry in entries:
            if entry.name in here or (not entry.link and not is_ours(entry.name)) or (self._waits and not entry.device):
                continue
            device = self._observed.host.devices.get(entry.device)
            why = (
                "cannot be read"
                if device and not device.readable
                else "is no longer chosen by the class, and stays given out" if device else "is missing"
            )
            what = device.id if device else f"the disk of {entry.path}"
            self.found.append(
                Volume(
                    self._wanted.name,
                    entry.name,
                    entry.path,
                    self._wanted.volume_mode,
                    device.id if device else entry.target,
                    0,
                    None if entry.link else entry.name,
                    degraded=True,
                    disks=disk_ids(self._observed.host, device) if device else (),
                )
            )
            if not device and self._blank:
                why += f", and {' and '.join(self._blank)} holds nothing. If that is it, repair it; else remove the logical volume, and it is made anew"
            reports.append(
                {
                    "class": self._wanted.name,
                    "entry": entry.name,
                    "device": device.id if device else entry.target,
                    "reason": f"{what} (class {self._wanted.name}) {why}.",
                }
            )
        return reports


def check_modes(observed: Observed, classes: Sequence[VolumeClass]) -> None:
    """Refuse to change the volume mode of a class that has entries."""
    for wanted in classes:
        for entry in observed.entries:
            if (
                wanted.state == "present"
                and entry.storage_class == wanted.name
                and entry.link != wanted.block
                and (entry.link or is_ours(entry.name))
            ):
                raise Refused(
                    "the volume mode of a class with volumes cannot change.",
                    code="mode-differs",
                    parameter=f"{wanted.parameter}.volume_mode",
                    found=f"{entry.path} is given out as {'Block' if entry.link else 'Filesystem'}",
                    fix="use another class.",
                )
