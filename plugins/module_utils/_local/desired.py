# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a person wants of local volumes, parsed and checked before anything is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, List, Mapping, Optional, Sequence, Tuple

from .._block.mount_options import parse_mount
from .._block.rules import DiskRule
from .._block.rules import parse as parse_rules
from .._block.select import Wanted, parse_wanted
from .._core.errors import InvalidRequest
from .._core.plan import Consent
from .._core.quantity import Size, parse_size
from .._lvm.names import check_name
from .paths import parse_base_dir, parse_directories

#: A storage class's name is a DNS subdomain (RFC 1123); logical volumes are named after it, so it stays below LVM's limit.
_CLASS = re.compile(r"(?=.{1,100}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


@dataclass(frozen=True)
class LogicalVolumes:
    """Logical volumes to make for a class, all of one size."""

    parameter: str
    volume_group: str
    count: int
    size: Size


@dataclass(frozen=True)
class VolumeClass:
    """A wanted class: devices (``wanted``) or logical volumes, given out raw or with a file system, or directories of one that is there."""

    name: str
    parameter: str
    volume_mode: str = "Filesystem"
    fs_type: str = "xfs"
    wanted: Optional[Wanted] = None
    logical_volumes: Optional[LogicalVolumes] = None
    mount_options: Tuple[str, ...] = ()
    adopt_new: bool = False
    state: str = "present"
    directories: Tuple[str, ...] = ()
    grow: bool = False

    @property
    def block(self) -> bool:
        """Whether pods get the raw device."""
        return self.volume_mode == "Block"


@dataclass(frozen=True)
class Published:
    """A persistent volume of type local on this machine, an entry of ours or what somebody else made; ``path`` is where it leads to."""

    storage_class: str
    entry: str
    volume: str
    path: str = ""


@dataclass(frozen=True)
class Wish:
    """The whole wish of one call. ``published`` is ``None`` when the cluster was not asked."""

    classes: Tuple[VolumeClass, ...]
    rules: Tuple[DiskRule, ...]
    base_dir: str
    published: Optional[Tuple[Published, ...]]
    pending: Mapping[str, Any]
    wipe: Consent
    allow_kernel_names: bool
    #: Word of a person that a device holds a volume of a class: the device's lasting name, and the UUID of the file system.
    adopt: Consent = field(default_factory=lambda: Consent("adopt", {}))


def parse(params: Mapping[str, Any]) -> Wish:
    """The wish from the module's parameters."""
    base_dir = parse_base_dir(params["base_dir"])
    classes: List[VolumeClass] = []
    for index, item in enumerate(params["classes"]):
        here = f"classes[{index}]"
        name = item["name"]
        if not _CLASS.fullmatch(name):
            raise InvalidRequest(
                "not a name for a storage class.",
                code="class-name",
                parameter=f"{here}.name",
                found=repr(name),
                fix="use up to 100 lower-case letters, digits, hyphens and dots.",
            )
        if name in (other.name for other in classes):
            raise InvalidRequest(
                "two classes have the same name.", code="class-twice", parameter=f"{here}.name", found=name, fix="merge them or rename one."
            )
        wanted = (
            VolumeClass(name, here, state="absent") if item["state"] == "absent" else _present(item, here, base_dir, params["allow_kernel_names"])
        )
        twice = {path for path in wanted.directories for other in classes if path in other.directories}
        if twice:
            raise InvalidRequest(
                "two classes give out one directory.",
                code="directory-twice",
                parameter=f"{here}.directories",
                found=", ".join(sorted(twice)),
                fix="name it in one class.",
            )
        classes.append(wanted)
    return Wish(
        tuple(classes),
        parse_rules(params["disk_rules"]),
        base_dir,
        _published(params["published"]),
        params["pending"] or {},
        Consent("wipe", params["wipe"]),
        params["allow_kernel_names"],
        Consent("adopt", params["adopt"]),
    )


def _present(item: Mapping[str, Any], here: str, base_dir: str, allow_kernel_names: bool) -> VolumeClass:
    given = [source for source in ("devices", "logical_volumes", "directories") if item.get(source) is not None]
    if len(given) != 1:
        raise InvalidRequest(
            "a class stands on devices, on logical volumes or on directories.",
            code="class-source",
            parameter=here,
            found=" and ".join(given) or "none of them",
            fix="give one of devices, logical_volumes and directories.",
        )
    block = item["volume_mode"] == "Block"
    for option in ("fs_type", "mount_options"):
        if block and item.get(option):
            raise InvalidRequest(
                "a raw volume has no file system.",
                code="block-file-system",
                parameter=f"{here}.{option}",
                found=str(item[option]),
                fix="take the option out, or use volume_mode: Filesystem.",
            )
    if given == ["directories"]:
        return _shared(item, here, base_dir)
    if item["shared_capacity"]:
        raise InvalidRequest(
            "only directories share the capacity of a file system.",
            code="directory-options",
            parameter=f"{here}.shared_capacity",
            found=given[0],
            fix="take the option out.",
        )
    devices, volumes = item.get("devices"), item.get("logical_volumes")
    return VolumeClass(
        item["name"],
        here,
        item["volume_mode"],
        item.get("fs_type") or "xfs",
        parse_wanted(devices, f"{here}.devices", allow_kernel_names) if devices is not None else None,
        _logical_volumes(volumes, f"{here}.logical_volumes") if volumes is not None else None,
        parse_mount(item.get("fs_type") or "xfs", item.get("mount_options") or (), f"{here}.mount_options"),
        item["adopt_new"],
        grow=item["grow"],
    )


def _shared(item: Mapping[str, Any], here: str, base_dir: str) -> VolumeClass:
    directories = parse_directories(item["directories"], base_dir, f"{here}.directories")
    if not item["shared_capacity"]:
        raise InvalidRequest(
            "directories of one file system all report its whole capacity, and nothing keeps one from filling it.",
            code="directory-shared",
            parameter=f"{here}.shared_capacity",
            fix="set shared_capacity: true if that is meant, or use logical_volumes.",
        )
    wrong = next((option for option in ("fs_type", "mount_options", "grow", "adopt_new") if item.get(option)), "")
    if wrong or item["volume_mode"] == "Block":
        raise InvalidRequest(
            "a directory is given out as it is.",
            code="directory-options",
            parameter=f"{here}.{wrong or 'volume_mode'}",
            found=str(item[wrong or "volume_mode"]),
            fix="take the option out.",
        )
    return VolumeClass(item["name"], here, directories=directories)


def _logical_volumes(item: Mapping[str, Any], here: str) -> LogicalVolumes:
    if not 1 <= item["count"] <= 1000:
        raise InvalidRequest(
            "a class has between 1 and 1000 logical volumes on a node.",
            code="class-count",
            parameter=f"{here}.count",
            found=str(item["count"]),
            fix="change the count; to give up the class, use state: absent.",
        )
    return LogicalVolumes(
        here, check_name(item["volume_group"], f"{here}.volume_group"), item["count"], parse_size(item["size"], f"{here}.size", shares=("VG",))
    )


def _published(items: Optional[Sequence[Mapping[str, Any]]]) -> Optional[Tuple[Published, ...]]:
    return None if items is None else tuple(Published(item["class"], item["entry"], item["volume"], item.get("path") or "") for item in items)
