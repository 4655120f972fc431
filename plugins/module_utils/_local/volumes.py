# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From a device to an entry in a discovery directory: what is missing of file system, mount, fstab line or link. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, List, Optional, Sequence

from .._block.admit import how_to_clear
from .._block.boot import check_boot
from .._block.growth import plan_growth
from .._block.model import Device
from .._block.record import MADE, MAKING
from .._block.select import is_member
from .._block.steps import Unchanged, blank
from .._core.command import command
from .._core.errors import Conflict, Refused
from .._core.plan import Action
from .._lvm.made import UNFORMATTED
from . import fstab
from .book import Book
from .desired import VolumeClass, Wish
from .disks import check_unproven
from .identity import DAMAGED, OURS, Identity, Known
from .model import Entry, Observed, Volume, disk_ids, is_ours, label
from .options import hindered, lacking, plan_options, why_small
from .sources import Source
from .steps import Link, MakeFileSystem, Mount, MountOwn, Retire
from .table import Table


class Volumes:
    """Plans the volumes of one class; ``found`` are those that are or will be there."""

    def __init__(
        self, observed: Observed, wish: Wish, wanted: VolumeClass, identity: Identity, table: Table, book: Book, new_uuid: Callable[[], str]
    ) -> None:
        self.found: List[Volume] = []
        #: What is wrong with volumes that are there, by name.
        self._damaged: Dict[str, str] = {}
        #: Whether the mount options of the class have to be tried before anything else is done.
        self.untried = False
        #: What a person should know and can do nothing about.
        self.said: List[str] = []
        #: Whether some of its volumes are only activated by the plan: entries without a device may be theirs.
        self._waits = False
        #: Devices of the class that hold nothing while a volume is missing of which nobody knows where it was.
        self._blank: List[str] = []
        self._observed, self._wish, self._wanted, self._new_uuid = observed, wish, wanted, new_uuid
        self._identity, self._table, self._book = identity, table, book
        self._folder = f"{wish.base_dir}/{wanted.name}"

    def give_out(self, source: Source) -> List[Action]:
        """Actions until ``source`` is given out."""
        if source.activated:
            return self._activated(source)
        if source.held and not (source.device and source.device.readable):
            # Its content cannot be known now; if it has an entry, ``lost`` reports it.
            return []
        known = self._identity.known(self._wanted, source.device) if source.device else None
        return self._raw(source, known) if self._wanted.block else self._file_system(source, known)

    def _activated(self, source: Source) -> List[Action]:
        wanted = self._wanted
        self._waits = True
        self.found.append(Volume(wanted.name, None, None, wanted.volume_mode, source.path, source.size, disks=source.disks))
        if wanted.block:
            return []
        made = self._observed.record.on(source.ids)
        uuids = [name for name, each in made if each.state == MADE] or sorted(self._identity.missing(wanted) - set(self._observed.record.volumes))
        step = MountOwn(source.path, wanted.fs_type, tuple(uuids), wanted.mount_options, self._wish.base_dir, wanted.name)
        return [Action("mount", "local volume", f"{wanted.name} on {source.path}", (step,), None, {"device": source.path})]

    def _raw(self, source: Source, known: Optional[Known]) -> List[Action]:
        device = source.device
        name = known.name if known else device.id.rpartition("/")[2] if device else None
        path = f"{self._folder}/{name}" if name else None
        self.found.append(Volume(self._wanted.name, name, path, "Block", source.path, source.size, disks=source.disks))
        if any(entry.path == path and entry.device == device.kernel_name for entry in self._identity.entries(self._wanted) if device):
            self._book.present(self._wanted, source, name)
            return []
        actions = [] if source.held or not device else self._wiped(device)
        checks = () if source.held or not device else (Unchanged(device.id, ""),)
        checks += (self._book.fresh(self._wanted, source, name or "", MADE),)
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

    def _file_system(self, source: Source, known: Optional[Known]) -> List[Action]:
        device = source.device
        if known and known.state == OURS:
            return self._present(source, device, known.name)
        if known and known.state == DAMAGED:
            return self._repaired(source, device, known.name)
        # What a logical volume bears of the class, or a disk that a person listed, may be all that is left of a volume.
        bare = device and device.unsigned and not source.fresh
        lost = self._identity.unrecorded_missing(self._wanted) - source.absent
        if (source.held or source.listed) and bare and not known and lost > 0 and not self._consented(device):
            self._blank.append(source.path)
            return []
        return self._new(source, device, known.name if known else "")

    def _repaired(self, source: Source, device: Device, name: str) -> List[Action]:
        """Nothing, as long as a repair could bring it back. By consent, and if the cluster does not know it, the volume goes and another is made."""
        path, what = f"{self._folder}/{name}", f"{self._wanted.name}/{name}"
        # What nobody knows goes by what it was.
        says = what if device.unsigned else device.found
        if not self._consented(device):
            found = f"holds {device.found}" if device.signatures else "shows nothing"
            self._damaged[name] = (
                f"{device.id} (class {self._wanted.name}) was made with file system {name} and {found} now. Nothing was written to it: repair it "
                f"(e2fsck with a backup superblock, xfs_repair), or bring the data back. To give it up once the cluster has no volume of it, set "
                f'wipe: {{"{device.id}": "{says}"}}'
            )
            self.found.append(self._lost(name, path, device, device.id))
            return []
        if self._wish.published is None or any(each.path == path or each.entry == name for each in self._wish.published):
            raise Refused(
                "a volume that the cluster may know is not made anew.",
                code="published-unknown" if self._wish.published is None else "class-published",
                parameter="published" if self._wish.published is None else "wipe",
                found=path,
                fix="delete its claim and its persistent volume first, and give what cairn.storage.storage_info says is published from this node.",
            )
        host = self._observed.host
        used = host.mounts(device) or tuple(each.path for each in host.above(device) if each.type != "part") or ("LVM",) * is_member(device)
        if used:
            raise Refused("the device is in use.", code="device-in-use", parameter="wipe", found=f"{device.id}: {used[0]}", fix="end that use first.")
        check_boot(host, self._wanted.parameter, (device,))
        self._wish.wipe.require(device.id, says, f"what is left of {what}", names=device.spellings, code="device-kept")
        there = any(entry.path == path for entry in self._observed.entries)
        self._table.drop(path)
        steps = ((Retire(path),) if there else ()) + self._book.gone(name, forget=True)
        given_up = Action("withdraw", "local volume", what, steps, {"path": path, "device": device.id}, None, loses=f"what is left of {what}")
        cleared = [Action("wipe", "device", device.id, blank(device), loses=" and ".join(map(str, device.signatures)))] if device.signatures else []
        return [given_up, *cleared, *self._make(source, self._new_uuid())]

    def _consented(self, device: Device) -> bool:
        return any(name in self._wish.wipe.given for name in device.spellings)

    def _present(self, source: Source, device: Device, name: str) -> List[Action]:
        wanted = self._wanted
        signature = next(each for each in device.signatures if each.uuid == name)
        if signature.type != wanted.fs_type:
            raise Conflict(
                "the volume has another file system.",
                code="fs-type-differs",
                parameter=f"{wanted.parameter}.fs_type",
                found=f"{signature.type} on {source.path}",
                fix="a class keeps the type that its volumes were made with; use another class.",
            )
        path = f"{self._folder}/{name}"
        entry = next((each for each in self._observed.entries if each.path == path), None)
        mounted = self._observed.mounted.get(path)
        stays = why_small(wanted, device, mounted)
        if stays:
            self._damaged[name] = f"{device.id} (class {wanted.name}) {stays}"
        grown = plan_growth(source.path, replace(device, stuck=""), source.size, path) if wanted.grow and not (source.grown or stays) else ()
        size = entry.capacity if entry and entry.capacity and not (grown or source.grown) else source.size
        failed = bool(mounted and mounted.failed)
        self.found.append(Volume(wanted.name, name, path, "Filesystem", source.path, size, name, failed, source.disks))
        self._book.present(wanted, source, name)
        before = fstab.options_of(self._table.present[path]) if path in self._table.present else []
        rewritten = self._table.put(path, fstab.line(name, path, wanted.fs_type, wanted.mount_options, wanted.name, source.path))
        if path not in device.mounts:
            self._free_mount_point(path)
            step = Mount(source.path, wanted.fs_type, wanted.mount_options, self._wish.base_dir, wanted.name, name)
            return [Action("mount", "local volume", f"{wanted.name} on {source.path}", (step,), None, {"path": path}), *grown]
        if mounted and (failed or mounted.errors):
            self._damaged[name] = hindered(wanted, device, path, mounted)
            self.untried |= rewritten
            return []
        actions, told, untried = plan_options(wanted, path, source.path, device, mounted, before, rewritten) if mounted else ([], "", rewritten)
        self.untried |= untried
        self.said += lacking(wanted, device, mounted) if mounted else ()
        if told:
            self._damaged[name] = told
        return [*actions, *grown]

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

    def _new(self, source: Source, device: Optional[Device], unfinished: str) -> List[Action]:
        actions: List[Action] = []
        if device and device.signatures and not (source.fresh and device.unsigned):
            # The record of an interrupted run says that nobody ever wrote to what it was making.
            check_unproven([device] if self._identity.unproven(self._wanted, device) else (), self._wanted, self._wish)
            actions = [Action("wipe", "device", device.id, blank(device), loses="")] if unfinished else self._wiped(device)
        return actions + self._make(source, unfinished or self._new_uuid())

    def _make(self, source: Source, uuid: str) -> List[Action]:
        wanted = self._wanted
        self.untried = True
        self.found.append(Volume(wanted.name, None, None, "Filesystem", source.path, source.size, disks=source.disks))
        path = f"{self._folder}/{uuid}"
        self._table.put(path, fstab.line(uuid, path, wanted.fs_type, wanted.mount_options, wanted.name, source.path), uuid)
        # On record before and after: of an interrupted run the next one knows that there is no data yet. LVM's tag says so only until then.
        steps = (
            Unchanged(source.path, "", ours=source.fresh),
            self._book.fresh(wanted, source, uuid, MAKING),
            MakeFileSystem(source.path, wanted.fs_type, label(wanted.name), uuid),
            *((command("lvchange", "--deltag", UNFORMATTED, source.path[len("/dev/") :]),) if source.fresh else ()),
            self._book.fresh(wanted, source, uuid, MADE),
        )
        mounted = Mount(source.path, wanted.fs_type, wanted.mount_options, self._wish.base_dir, wanted.name, uuid, fresh=True)
        return [
            Action("format", "device", source.path, steps, None, {"fs_type": wanted.fs_type, "label": label(wanted.name)}),
            Action(
                "publish", "local volume", f"{wanted.name} on {source.path}", (mounted,), None, {"volume_mode": "Filesystem", "device": source.path}
            ),
        ]

    def _wiped(self, device: Device) -> List[Action]:
        if not device.signatures:
            return []
        # For a disk that was just chosen this holds already; a logical volume of the class can hold what somebody else made there.
        check_boot(self._observed.host, self._wanted.parameter, (device,))
        code, hint = ("device-unknown", how_to_clear(device)) if device.unsigned else ("device-signature", "")
        self._wish.wipe.require(device.id, device.found, " and ".join(map(str, device.signatures)), names=device.spellings, code=code, hint=hint)
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
        """Volumes whose device is gone, does not answer or does not hold them any more, reported and left as they are."""
        reports = [
            {"class": self._wanted.name, "entry": name, "device": volume.device, "reason": f"{self._damaged[name]}."}
            for volume in self.found
            for name in [volume.name]
            if name in self._damaged
        ]
        here = {volume.name for volume in self.found}
        for entry in entries:
            if entry.name in here or (not entry.link and not is_ours(entry.name)) or (self._waits and not entry.device):
                continue
            here.add(entry.name)
            device = self._observed.host.devices.get(entry.device)
            why = (
                "cannot be read"
                if device and not device.readable
                else "is no longer chosen by the class, and stays given out" if device else "is missing"
            )
            reports.append(self._missed(entry.name, entry.path, device, entry.target, why))
        for name, made in self._identity.recorded(self._wanted).items():
            if name not in here and not self._waits:
                device = self._observed.host.resolve(made.device)
                why = "cannot be read" if device and not device.readable else "is missing, or is no longer chosen by the class"
                reports.append(self._missed(name, f"{self._folder}/{name}", device, made.device, why))
        return reports

    def _missed(self, name: str, path: str, device: Optional[Device], target: str, why: str) -> dict:
        what = device.id if device else f"the disk of {path}"
        volume = self._lost(name, path, device, target)
        self.found.append(volume)
        if not device and self._blank:
            why += f", and {' and '.join(self._blank)} holds nothing. If that is it, repair it; else remove the logical volume, or the entry"
        return {"class": self._wanted.name, "entry": name, "device": volume.device, "reason": f"{what} (class {self._wanted.name}) {why}."}

    def _lost(self, name: str, path: str, device: Optional[Device], target: str) -> Volume:
        raw, disks = self._wanted.block, disk_ids(self._observed.host, device) if device else ()
        shown = device.id if device else target
        return Volume(self._wanted.name, name, path, self._wanted.volume_mode, shown, 0, None if raw else name, degraded=True, disks=disks)


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
