# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A logical volume's options, checked. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from .._block.filesystems import parse_file_system
from .._core.errors import InvalidRequest
from .._core.quantity import Size, human, parse_bytes, parse_size
from .desired import Cache, Volume
from .kinds import MIRRORED, STRIPES
from .names import check_name, check_tags
from .references import check_references


def parse_volume(item: Mapping[str, Any], here: str, allow_kernel_names: bool) -> Volume:
    """One logical volume; ``here`` names its parameter, empty for a module's own options."""
    name = check_name(item["name"], f"{here}.name")
    snapshot_of, pool, kind = item.get("snapshot_of") or "", item.get("thin_pool") or "", item.get("type") or ""
    if item["state"] == "absent":
        return Volume(name, here, None, state="absent")
    if item["state"] == "merged":
        return Volume(name, here, None, state="merged")
    _check_kind(here, item, kind, pool, snapshot_of)
    rename = item.get("rename_from") or ""
    if rename and check_name(rename, f"{here}.rename_from") == name:
        raise InvalidRequest(
            "a thing cannot be renamed to the name it has.",
            code="rename-same",
            parameter=f"{here}.rename_from",
            found=rename,
            fix="take the option out.",
        )
    stripe = item.get("stripe_size")
    return Volume(
        name,
        here,
        _size(item, here, pool, snapshot_of),
        pool,
        check_tags(item.get("tags") or (), f"{here}.tags"),
        type=kind,
        stripes=item.get("stripes"),
        stripe_bytes=None if stripe is None else _stripe(stripe, f"{here}.stripe_size"),
        mirrors=item.get("mirrors"),
        devices=check_references(item.get("devices"), f"{here}.devices", allow_kernel_names),
        snapshot_of=snapshot_of and check_name(snapshot_of, f"{here}.snapshot_of"),
        active=item["active"],
        grow=item["grow"],
        rename_from=rename,
        filesystem=None if item.get("filesystem") is None else parse_file_system(item["filesystem"], f"{here}.filesystem"),
        cache=None if item.get("cache") is None else _cache(item["cache"], f"{here}.cache", allow_kernel_names),
    )


def _check_kind(here: str, item: Mapping[str, Any], kind: str, pool: str, snapshot_of: str) -> None:
    special = "thin_pool" if pool else "snapshot_of" if snapshot_of else ""
    if pool and snapshot_of:
        raise InvalidRequest(
            "a snapshot stands where its origin stands.", code="lv-options", parameter=f"{here}.thin_pool", found=pool, fix="take thin_pool out."
        )
    for option in ("type", "stripes", "stripe_size", "mirrors", "devices", "cache"):
        if special and item.get(option):
            raise InvalidRequest(
                f"a volume with {special} does not choose this for itself.",
                code="lv-options",
                parameter=f"{here}.{option}",
                found=str(item[option]),
                fix=f"take one of {option} and {special} out.",
            )
    if snapshot_of and item.get("filesystem"):
        raise InvalidRequest(
            "a snapshot has the file system of its origin.",
            code="lv-options",
            parameter=f"{here}.filesystem",
            found=str(item["filesystem"]),
            fix="take it out.",
        )
    _check_count(f"{here}.stripes", item.get("stripes"), kind, kind in STRIPES, STRIPES.get(kind, 2), "striped, raid5, raid6 or raid10")
    _check_count(f"{here}.mirrors", item.get("mirrors"), kind, kind in MIRRORED, 1, "raid1 or raid10")
    if item.get("stripe_size") and kind not in STRIPES:
        raise InvalidRequest(
            "only a type with stripes has a stripe size.",
            code="lv-options",
            parameter=f"{here}.stripe_size",
            found=f"{item['stripe_size']} with type {kind or 'linear'}",
            fix="set type to striped, raid5, raid6 or raid10.",
        )


def _check_count(parameter: str, count: Optional[int], kind: str, applies: bool, least: int, types: str) -> None:
    if count is None:
        return
    if not applies:
        raise InvalidRequest(
            "this type has none of these.",
            code="lv-options",
            parameter=parameter,
            found=f"{count} with type {kind or 'linear'}",
            fix=f"set type to {types}.",
        )
    if not least <= count <= 64 or (kind == "raid10" and parameter.endswith("mirrors") and count != 1):
        most = 1 if kind == "raid10" and parameter.endswith("mirrors") else 64
        raise InvalidRequest(
            "out of range for this type.", code="lv-count", parameter=parameter, found=str(count), fix=f"use {least} to {most} for {kind}."
        )


def _stripe(value: Any, parameter: str) -> int:
    size = parse_bytes(value, parameter)
    if size & (size - 1) or not 4096 <= size <= 512 * 1024**2:
        raise InvalidRequest(
            "a stripe is a power of two between 4KiB and 512MiB.",
            code="stripe-size",
            parameter=parameter,
            found=human(size),
            fix="leave it out for 64KiB.",
        )
    return size


def _size(item: Mapping[str, Any], here: str, pool: str, snapshot_of: str) -> Optional[Size]:
    if item.get("size") is None:
        if snapshot_of:
            return None
        raise InvalidRequest(
            "a size is needed.",
            code="size-missing",
            parameter=f"{here}.size",
            fix="give one, like 10GiB" + ("; a thin volume takes no percentage." if pool else " or 80%VG."),
        )
    shares: Tuple[str, ...] = () if pool else ("VG", "FREE", "PVS")
    if snapshot_of:
        shares = ("VG", "FREE", "ORIGIN")
    size = parse_size(item["size"], f"{here}.size", shares=shares)
    if getattr(size, "of", "") == "PVS" and not item.get("devices"):
        raise InvalidRequest(
            "%PVS is a share of the devices that the volume names.",
            code="size-pvs",
            parameter=f"{here}.size",
            found=str(size),
            fix="name them in devices, or use %VG.",
        )
    return size


def _cache(item: Mapping[str, Any], here: str, allow_kernel_names: bool) -> Cache:
    if item["state"] == "absent":
        return Cache(here, None, state="absent")
    if item.get("size") is None or not item.get("devices"):
        raise InvalidRequest(
            "a cache needs a size and the devices that it is on.",
            code="cache-options",
            parameter=here,
            fix="give size, like 10GiB, and devices, physical volumes of the same volume group.",
        )
    return Cache(
        here, parse_size(item["size"], f"{here}.size"), check_references(item["devices"], f"{here}.devices", allow_kernel_names), item["mode"]
    )
