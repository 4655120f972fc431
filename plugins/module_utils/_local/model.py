# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Discovery directories as plain values."""

from __future__ import annotations

import posixpath
import re
import zlib
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Mapping, Optional, Tuple

from .._block.model import Device, Host
from .._block.record import Record
from .._block.select import LABEL_MARK
from .._core.mounts import Mount
from .._lvm.model import State

#: Besides KEPT the folder of base_dir that holds notes, not volumes: what the version before wrote before there was a record.
FORMATTING = ".formatting"


@dataclass(frozen=True)
class Entry:
    """One entry of a discovery directory as found. ``device`` is the kernel name of what a link leads to or what is mounted there."""

    storage_class: str
    name: str
    path: str
    link: bool
    device: str = ""
    #: Bytes of the mounted file system, 0 when none is mounted.
    capacity: int = 0
    #: Where a link points to, also when nothing is there.
    target: str = ""


@dataclass(frozen=True)
class Directory:
    """A directory as found: where its file system is mounted, from which device (kernel name), its UUID, and its size in bytes."""

    mount_point: str
    device: str
    uuid: str
    capacity: int


@dataclass(frozen=True)
class Mounted:
    """What the kernel says of one mount.

    ``told`` are all options in force where ext4 tells them, ``errors`` those that it has on record. ``lacks`` are options that its device knows
    nothing of: the kernel mounts without them and says so in its log alone.
    """

    mount: Mount
    told: FrozenSet[str] = frozenset()
    errors: int = 0
    lacks: FrozenSet[str] = frozenset()

    @property
    def failed(self) -> bool:
        """Whether the kernel takes no more writes, which nobody asked for. Not every version of ext4 shows that it stopped after an error."""
        stopped = bool(self.errors) and "errors=remount-ro" in self.told
        return self.mount.failed or stopped or bool(self.mount.whole & {"emergency_ro", "shutdown"})


@dataclass(frozen=True)
class Observed:
    """The machine. ``record`` is what was made here, with what the ``notes`` of the version before say (UUIDs) and its file does not.

    ``places`` are real paths by those with a symbolic link in them: of the wish's ``base_dir``, mount points in ``fstab``, paths of published volumes.
    ``kept`` maps kernel names to ``class/entry`` of raw volumes whose class was given up with the data left on them, ``foreign`` those of devices
    that a persistent volume leads to which is none of these entries to the volume's name.
    """

    host: Host
    state: State = field(default_factory=State)
    entries: Tuple[Entry, ...] = ()
    fstab: str = ""
    record: Record = field(default_factory=Record)
    notes: Tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    systemd: bool = True
    #: Directories that classes name, those that are there.
    directories: Mapping[str, Directory] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    #: Mounts in the discovery directories, by path.
    mounted: Mapping[str, Mounted] = field(default_factory=dict)
    #: Why configuration files cannot be written, by path: those that cannot.
    closed: Mapping[str, str] = field(default_factory=dict)
    #: Mount units that were written by hand for places of volumes, by the place: the unit's file.
    units: Mapping[str, str] = field(default_factory=dict)
    #: Our file of udev rules, and whether udev runs here.
    rules: str = ""
    udev: bool = True


@dataclass(frozen=True)
class Volume:
    """One local volume as it is or will be; ``name`` is ``None`` while its identity is still to be made.

    ``size`` in bytes is what the provisioner will see, an upper bound while the file system is still to be made.
    """

    storage_class: str
    name: Optional[str]
    path: Optional[str]
    volume_mode: str
    device: str
    size: int
    uuid: Optional[str] = None
    degraded: bool = False
    disks: Tuple[str, ...] = ()
    #: Whether others count the same capacity as theirs.
    shared: bool = False

    def dump(self) -> Dict[str, Any]:
        """The volume as a module returns it."""
        return {
            "class": self.storage_class,
            "name": self.name,
            "path": self.path,
            "volume_mode": self.volume_mode,
            "device": self.device,
            "size_bytes": self.size,
            "uuid": self.uuid,
            "degraded": self.degraded,
            "disks": list(self.disks),
            "shared_capacity": self.shared,
        }


@dataclass(frozen=True)
class Outcome:
    """What a plan leads to, and what it leaves for a person to see."""

    volumes: Tuple[Volume, ...]
    degraded: Tuple[dict, ...] = ()
    unadopted: Tuple[dict, ...] = ()
    left_out: Tuple[dict, ...] = ()


def label(storage_class: str) -> str:
    """The file-system label that tells a person whose volume it was, on a machine that has lost its record; XFS has room for 12 bytes."""
    if len(storage_class) <= 12 - len(LABEL_MARK):
        return LABEL_MARK + storage_class
    return f"{LABEL_MARK}{zlib.crc32(storage_class.encode()):08x}"


def labelled(device: Device, storage_class: str) -> bool:
    """Whether ``device`` says that it holds a file system of that class, and nothing else."""
    return [each.label for each in device.signatures] == [label(storage_class)]


def entry_of_directory(directory: str, found: Directory) -> str:
    """The entry's name: the UUID of the file system and the directory's place on it, wherever that is mounted."""
    place = posixpath.relpath(directory, found.mount_point)
    return f"{found.uuid}-{posixpath.basename(directory)}-{zlib.crc32(place.encode()):08x}"


def is_ours(name: str) -> bool:
    """Whether an entry that is no link is named as those that are made here."""
    return bool(re.match(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-|$)", name))


def is_directory(name: str) -> bool:
    """Whether such an entry gives out a directory, not a file system of its own."""
    return is_ours(name) and len(name) > 36


def disk_ids(host: Host, device: Device) -> Tuple[str, ...]:
    """Stable names of the whole disks below ``device``."""
    return tuple(sorted(disk.id for disk in host.disks(device)))
