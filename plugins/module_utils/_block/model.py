# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Block devices as plain values, and the questions that planners ask about them. No I/O here."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from functools import cached_property
from typing import Dict, FrozenSet, Iterable, Iterator, List, Mapping, Optional, Tuple

from .._core.errors import Conflict
from .geometry import Geometry
from .identity import link_text
from .record import Record

#: A device that carries one of these runs the machine itself.
SYSTEM_MOUNTS = frozenset(
    ("/", "/boot", "/boot/efi", "/efi", "/usr", "/var", "/var/lib", "/var/log", "/etc", "/home", "/opt", "/root", "/tmp", "/var/tmp", "[SWAP]")
)
#: Folder of base_dir that remembers raw volumes whose class was given up with their data left on them.
KEPT = ".kept"
#: What a device without a signature holds that is not blank: a consent names it so.
UNKNOWN = "unknown data"


@dataclass(frozen=True)
class Signature:
    """One thing that a low-level probe found on a device: a file system, a RAID or LVM member, a partition table, or data of no known kind.

    ``note`` says where unknown data was seen.
    """

    type: str
    uuid: str = ""
    label: str = ""
    note: str = ""

    @property
    def found(self) -> str:
        """What a consent has to name: the UUID, or the type of what has none."""
        return self.uuid or self.type

    def __str__(self) -> str:
        return " ".join(part for part in (self.type, self.label and f"labelled {self.label}", self.uuid, self.note and f"({self.note})") if part)


@dataclass(frozen=True)
class Device:
    """One block device.

    ``links`` are its stable names below /dev/disk, the most lasting first; ``size`` is in bytes.
    ``mounts`` are its mount points, ``[SWAP]`` among them. ``entry`` names the local volume ``class/entry`` that gives it out,
    ``kept`` the one whose data is on it though nothing shows it: its class was given up, or the record tells of it; that need not bear a signature.
    """

    kernel_name: str
    path: str
    type: str
    size: int
    number: str = ""
    links: Tuple[str, ...] = ()
    parents: Tuple[str, ...] = ()
    children: Tuple[str, ...] = ()
    rotational: bool = False
    read_only: bool = False
    transport: str = ""
    model: str = ""
    serial: str = ""
    wwn: str = ""
    removable: bool = False
    #: Nothing of the machine is behind it: memory (zram), or a network (nbd). See ``sysfs.hardware``.
    virtual: bool = False
    #: What its entry in a partition table says: the entry's own UUID, its name, and its type (a UUID, or a number such as 0x83).
    part_uuid: str = ""
    part_label: str = ""
    part_type: str = ""
    #: Further names that lead to it and say what it is called for now, such as /dev/md/data.
    aliases: Tuple[str, ...] = ()
    signatures: Tuple[Signature, ...] = ()
    mounts: Tuple[str, ...] = ()
    readable: bool = True
    entry: str = ""
    kept: str = ""
    #: Who has it open where nothing else shows that it is in use, in words.
    opened: str = ""
    #: Bytes; what an input or output should be a multiple of, 0 when the device does not say.
    optimal_io: int = 0
    #: Bytes; the smallest unit that it reads and writes, 0 when the device does not say.
    logical_block: int = 0
    #: How much of it the file system that it holds uses, ``None`` where that is not known.
    geometry: Optional[Geometry] = None
    #: Why that file system takes no changes, and what is to be done about it, in words; empty where nothing stands in the way.
    stuck: str = ""
    mend: str = ""
    #: Bytes of a logical block, 0 where that is not known.
    logical_block: int = 0

    @property
    def id(self) -> str:
        """The name to use for it: stable where it has one."""
        return self.links[0] if self.links else self.path

    @property
    def names(self) -> Tuple[str, ...]:
        """Every path that means this device."""
        return self.links + (self.path,)

    @property
    def spellings(self) -> Tuple[str, ...]:
        """All that a person may write for it. Unlike ``names`` some of it can be written by whoever has the device, so it proves nothing."""
        parts = ((f"/dev/disk/by-partuuid/{self.part_uuid}",) if self.part_uuid else ()) + (
            (f"/dev/disk/by-partlabel/{link_text(self.part_label)}",) if self.part_label else ()
        )
        return self.names + self.aliases + parts

    @property
    def found(self) -> str:
        """What a consent to wipe it has to name."""
        return ", ".join(signature.found for signature in self.signatures)

    @property
    def unsigned(self) -> bool:
        """Whether it bears no signature; data of no known kind is none."""
        return all(signature.type == UNKNOWN for signature in self.signatures)

    @property
    def whole(self) -> bool:
        """Whether it is a disk, or what stands for several paths or members of one."""
        return (self.type == "disk" and not self.virtual) or self.type == "mpath" or self.type.startswith("raid")


@dataclass(frozen=True)
class BootEntry:
    """One line of the machine's configuration that has a device mounted, swapped to or opened when it boots.

    ``place`` and ``words`` tell a person of it (``line 3 of /etc/fstab``, ``mounts LABEL=scratch at /srv``). ``names`` are what it may mean, in the
    spellings of ``boot.names_of``; ``path`` is the device's path where the line goes by one, and not by what stands on the device.
    """

    place: str
    words: str
    names: FrozenSet[str]
    path: str = ""


@dataclass(frozen=True)
class Host:
    """All block devices of a machine, by kernel name; ``boot`` is what its configuration does with them at boot, ``record`` is what was made here."""

    devices: Mapping[str, Device] = field(default_factory=dict)
    boot: Tuple[BootEntry, ...] = ()
    record: Record = field(default_factory=Record)

    def __iter__(self) -> Iterator[Device]:
        return iter(self.devices.values())

    def resolve(self, reference: str, parameter: str = "") -> Optional[Device]:
        """The device that a path, a by-id name, a WWN or a serial number means; ``None`` when there is none, ``Conflict`` when there are several."""
        name = lv_mapper_path(reference) or reference
        if name in self._by_path:
            return self._by_path[name]
        found = self._by_number.get(name, [])
        if len(found) > 1:
            raise Conflict(
                "several devices go by this name.",
                code="device-ambiguous",
                parameter=parameter,
                found=f"{reference} means {' and '.join(device.id for device in found)}",
                fix="use the name in /dev/disk/by-id of the one that is meant.",
            )
        return found[0] if found else None

    @cached_property
    def _by_path(self) -> Dict[str, Device]:
        found: Dict[str, Device] = {}
        for device in self:
            for name in (*device.names, *map(posixpath.basename, device.links)):
                found.setdefault(name, device)
        for device in self:
            for name in device.aliases:
                found.setdefault(name, device)
        return found

    @cached_property
    def _by_number(self) -> Dict[str, List[Device]]:
        """Whole disks by WWN and serial number, partitions by what their table says. Namespaces of one NVMe disk share theirs, cheap disks have none
        of their own, and copied disks have the same tables."""
        found: Dict[str, List[Device]] = {}
        for device in self:
            for name in {device.wwn, device.serial} - {""} if device.whole else device.spellings[len(device.names) + len(device.aliases) :]:
                found.setdefault(name, []).append(device)
        # Where some of them are the paths to another, that one is meant.
        return {name: [device for device in devices if not self.leg(device)] or devices for name, devices in found.items()}

    def leg(self, device: Device) -> bool:
        """Whether ``device`` is a path to, or a member of, a larger one."""
        return any(self.devices[child].whole for child in device.children if child in self.devices)

    def twin(self, device: Device) -> Optional[Device]:
        """Another disk that is this one seen over a second path, where no device joins the two. Writing to both destroys what is there."""
        if device.type != "disk":
            return None
        return next((other for other in self if other.type == "disk" and other is not device and _one_disk(device, other)), None)

    def by_uuid(self) -> Dict[str, Device]:
        """Devices by the UUID of what they hold."""
        return {signature.uuid: device for device in self for signature in device.signatures if signature.uuid}

    def _related(self, device: Device, side: str) -> Iterator[Device]:
        seen, queue = {device.kernel_name}, list(getattr(device, side))
        while queue:
            name = queue.pop(0)
            if name not in seen and name in self.devices:
                seen.add(name)
                yield self.devices[name]
                queue.extend(getattr(self.devices[name], side))

    def above(self, device: Device) -> Tuple[Device, ...]:
        """Everything built upon ``device``: partitions, logical volumes, paths joined."""
        return tuple(self._related(device, "children"))

    def overlapping(self, device: Device) -> Tuple[Device, ...]:
        """``device`` and those that share its room: its partitions, or the disk that it is a partition of."""
        around = self._related(device, "parents") if device.type == "part" else self.above(device)
        return (device, *(each for each in around if "part" in (device.type, each.type)))

    def disks(self, device: Device) -> Tuple[Device, ...]:
        """The whole disks that ``device`` stands on, itself included."""
        return tuple(each for each in (device, *self._related(device, "parents")) if not each.parents)

    def mounts(self, device: Device) -> Tuple[str, ...]:
        """Where ``device`` or anything upon it is mounted."""
        return tuple(mount for each in (device, *self.above(device)) for mount in each.mounts)

    def system(self, device: Device) -> bool:
        """Whether the machine itself runs from ``device``."""
        return any(mount in SYSTEM_MOUNTS for mount in self.mounts(device))

    def boot_entry(self, devices: Iterable[Device], paths: Iterable[str] = ()) -> Optional[BootEntry]:
        """The first line by which the machine uses one of these devices, or of the logical volumes at ``paths``, when it boots."""
        if not self.boot:
            return None
        meant = {lv_mapper_path(path) or path for path in paths}.union(*(names_of(device) for device in devices))
        return next((entry for entry in self.boot if entry.names & meant), None)

    def use(self, device: Device) -> str:
        """What a device is used for, in words; empty when it is free."""
        mounts = self.mounts(device)
        if mounts:
            return f"mounted at {mounts[0]}"
        if device.entry:
            return f"local volume {device.entry}"
        above = self.above(device)
        if above:
            return f"used by {above[0].path}"
        if device.opened:
            return f"open in {device.opened}"
        if not device.readable:
            return "unreadable"
        if device.kept and device.unsigned:
            return f"data of local volume {device.kept}"
        entry = None if device.signatures else self.boot_entry((device,))
        return f"named in {entry.place}" if entry else " and ".join(map(str, device.signatures))


def _one_disk(one: Device, other: Device) -> bool:
    """A WWN decides; one that differs in size and serial number as well is an invention of a cheap disk, as serial numbers alone often are."""
    if one.wwn or other.wwn:
        return one.wwn == other.wwn and (one.size == other.size or one.serial == other.serial)
    return bool(one.serial) and (one.serial, one.model, one.size) == (other.serial, other.model, other.size)


def lv_mapper_path(path: str) -> str:
    """/dev/mapper/vg-lv of /dev/vg/lv; empty for any other path. Hyphens in names are doubled there (lvm(8), "VALID NAMES")."""
    parts = path.split("/")
    if len(parts) != 4 or parts[:2] != ["", "dev"] or parts[2] in ("mapper", "disk", "block", "char", "md"):
        return ""
    return "/dev/mapper/" + "-".join(part.replace("-", "--") for part in parts[2:])


def names_of(device: Device) -> FrozenSet[str]:
    """All names of ``device`` in files such as fstab(5): paths, and what is on it or in its entry of a partition table."""
    tags = [("PARTUUID", device.part_uuid.lower()), ("PARTLABEL", device.part_label)]
    tags += [tag for each in device.signatures for tag in (("UUID", each.uuid.lower()), ("LABEL", each.label))]
    return frozenset((f"/dev/{device.kernel_name}", *device.names, *device.aliases, *(f"{tag}={value}" for tag, value in tags if value)))
