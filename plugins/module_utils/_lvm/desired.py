# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a person wants of LVM, parsed and checked before anything is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterable, List, Mapping, Optional, Tuple

from .._block.rules import DiskRule
from .._block.rules import parse as parse_rules
from .._block.select import Wanted, parse_wanted
from .._core.errors import InvalidRequest
from .._core.plan import Consent
from .._core.quantity import Size, human, parse_bytes, parse_size
from .space import CHUNK_MAX, CHUNK_MIN, DEFAULT_EXTENT, METADATA_MAX, METADATA_MIN

#: lvm(8), "VALID NAMES".
_NAME = re.compile(r"(?!-)(?!\.{1,2}$)[A-Za-z0-9+_.-]{1,127}")
_RESERVED = re.compile(
    r"^(snapshot|pvmove)|_(cdata|cmeta|corig|cpool|cvol|imeta|iorig|mimage|mlog|pmspare|rimage|rmeta|tdata|tmeta|vdata|vorigin|wcorig)"
)
_TAG = re.compile(r"(?!-)[A-Za-z0-9_+.\-/=!:#&]{1,1024}")


@dataclass(frozen=True)
class ThinPool:
    """A wanted thin pool; sizes of its parts in bytes, ``None`` for what suits its size."""

    name: str
    parameter: str
    size: Optional[Size]
    metadata_bytes: Optional[int] = None
    chunk_bytes: Optional[int] = None
    overprovision_ratio: float = 1.0
    state: str = "present"


@dataclass(frozen=True)
class Volume:
    """A wanted logical volume, thin when it names a pool. ``tags`` are added, others stay."""

    name: str
    parameter: str
    size: Optional[Size]
    thin_pool: str = ""
    tags: Tuple[str, ...] = ()
    state: str = "present"


@dataclass(frozen=True)
class Group:
    """A wanted volume group. ``extent_bytes`` and ``tags`` are ``None`` where anything will do."""

    name: str
    parameter: str
    wanted: Optional[Wanted]
    extent_bytes: Optional[int] = None
    tags: Optional[Tuple[str, ...]] = None
    thin_pools: Tuple[ThinPool, ...] = ()
    volumes: Tuple[Volume, ...] = ()
    adopt_new: bool = False
    state: str = "present"


@dataclass(frozen=True)
class Layout:
    """The whole wish of one call."""

    groups: Tuple[Group, ...]
    rules: Tuple[DiskRule, ...]
    wipe: Consent
    data_loss: Consent
    allow_kernel_names: bool
    base_dir: str


def parse(params: Mapping[str, Any]) -> Layout:
    """The wish from the module's parameters."""
    groups: List[Group] = []
    for index, item in enumerate(params["volume_groups"]):
        here = f"volume_groups[{index}]"
        name = check_name(item["name"], f"{here}.name")
        if name in (other.name for other in groups):
            raise InvalidRequest(
                "two volume groups have the same name.", code="vg-twice", parameter=f"{here}.name", found=name, fix="merge them or rename one."
            )
        groups.append(_group(name, here, item, params["allow_kernel_names"]))
    return Layout(
        tuple(groups),
        parse_rules(params["disk_rules"]),
        Consent("wipe", params["wipe"]),
        Consent("allow_data_loss", params["allow_data_loss"]),
        params["allow_kernel_names"],
        params["base_dir"],
    )


def _group(name: str, here: str, item: Mapping[str, Any], allow_kernel_names: bool) -> Group:
    if item["state"] == "absent":
        return Group(name, here, None, state="absent")
    if item.get("devices") is None:
        raise InvalidRequest(
            "a volume group needs devices.", code="vg-devices", parameter=f"{here}.devices", fix="give {rule: NAME} or a list of stable device names."
        )
    pools = tuple(_pool(pool, f"{here}.thin_pools[{index}]") for index, pool in enumerate(item.get("thin_pools") or ()))
    volumes = tuple(_volume(volume, f"{here}.logical_volumes[{index}]") for index, volume in enumerate(item.get("logical_volumes") or ()))
    seen: set = set()
    for each in (*pools, *volumes):
        if each.name in seen:
            raise InvalidRequest(
                "two logical volumes have the same name.",
                code="lv-twice",
                parameter=f"{each.parameter}.name",
                found=f"{name}/{each.name}",
                fix="rename one of them; thin pools share the names of logical volumes.",
            )
        seen.add(each.name)
    extent = item.get("extent_size")
    return Group(
        name,
        here,
        parse_wanted(item["devices"], f"{here}.devices", allow_kernel_names),
        None if extent is None else _extent(extent, f"{here}.extent_size"),
        None if item.get("tags") is None else check_tags(item["tags"], f"{here}.tags"),
        pools,
        volumes,
        item["adopt_new"],
    )


def _extent(value: Any, parameter: str) -> int:
    size = parse_bytes(value, parameter)
    if size & (size - 1) or not 128 * 1024 <= size <= 16 * 1024**3:
        raise InvalidRequest(
            "an extent is a power of two between 128KiB and 16GiB.",
            code="extent-size",
            parameter=parameter,
            found=human(size),
            fix=f"leave it out for {human(DEFAULT_EXTENT)}.",
        )
    return size


def _pool(item: Mapping[str, Any], here: str) -> ThinPool:
    name = check_name(item["name"], f"{here}.name")
    if item["state"] == "absent":
        return ThinPool(name, here, None, state="absent")
    metadata, chunk, ratio = item.get("metadata_size"), item.get("chunk_size"), item["overprovision_ratio"]
    metadata_bytes = None if metadata is None else parse_bytes(metadata, f"{here}.metadata_size")
    if metadata_bytes is not None and not METADATA_MIN <= metadata_bytes <= METADATA_MAX:
        raise InvalidRequest(
            "the metadata of a thin pool has limits.",
            code="pool-metadata",
            parameter=f"{here}.metadata_size",
            found=human(metadata_bytes),
            fix=f"use {human(METADATA_MIN)} to {human(METADATA_MAX)}, or leave it out.",
        )
    chunk_bytes = None if chunk is None else parse_bytes(chunk, f"{here}.chunk_size")
    if chunk_bytes is not None and (chunk_bytes % CHUNK_MIN or not CHUNK_MIN <= chunk_bytes <= CHUNK_MAX):
        raise InvalidRequest(
            "the chunk of a thin pool is a multiple of 64KiB, up to 1GiB.",
            code="pool-chunk",
            parameter=f"{here}.chunk_size",
            found=human(chunk_bytes),
            fix="leave it out for one that suits the pool's size.",
        )
    if not 0 < ratio <= 1000:
        raise InvalidRequest(
            "an over-provision ratio is more than 0 and at most 1000.",
            code="pool-ratio",
            parameter=f"{here}.overprovision_ratio",
            found=str(ratio),
            fix="1 promises no more than there is, 2 twice that.",
        )
    return ThinPool(name, here, _size(item, here, ("VG", "FREE")), metadata_bytes, chunk_bytes, ratio)


def _volume(item: Mapping[str, Any], here: str) -> Volume:
    name = check_name(item["name"], f"{here}.name")
    if item["state"] == "absent":
        return Volume(name, here, None, state="absent")
    pool = item.get("thin_pool") or ""
    tags = check_tags(item.get("tags") or (), f"{here}.tags")
    return Volume(name, here, _size(item, here, () if pool else ("VG", "FREE")), pool, tags)


def _size(item: Mapping[str, Any], here: str, shares: Tuple[str, ...]) -> Size:
    if item.get("size") is None:
        raise InvalidRequest(
            "a size is needed.",
            code="size-missing",
            parameter=f"{here}.size",
            fix="give one, like 10GiB" + (" or 80%VG." if shares else "; a thin volume takes no percentage."),
        )
    return parse_size(item["size"], f"{here}.size", shares=shares)


def check_name(name: str, parameter: str) -> str:
    """A name that LVM accepts and does not use itself."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "not a name for LVM.",
            code="lvm-name",
            parameter=parameter,
            found=repr(name),
            fix="use up to 127 letters, digits and + _ . -, not beginning with a hyphen.",
        )
    if _RESERVED.search(name):
        raise InvalidRequest(
            "LVM keeps such names for itself.", code="lvm-name-reserved", parameter=parameter, found=repr(name), fix="use another name."
        )
    return name


def check_tags(tags: Iterable[str], parameter: str) -> Tuple[str, ...]:
    """Tags that LVM accepts, sorted."""
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise InvalidRequest(
                "not a tag for LVM.", code="lvm-tag", parameter=parameter, found=repr(tag), fix="use letters, digits and _ + . - / = ! : # &."
            )
    return tuple(sorted(set(tags)))
