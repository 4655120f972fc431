# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A thin pool's options, checked. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from .._core.errors import InvalidRequest
from .._core.quantity import human, parse_bytes, parse_size
from .desired import Autoextend, ThinPool
from .names import check_name
from .space import CHUNK_MAX, CHUNK_MIN, METADATA_MAX, METADATA_MIN


def parse_pool(item: Mapping[str, Any], here: str) -> ThinPool:
    """One thin pool of ``thin_pools``."""
    name = check_name(item["name"], f"{here}.name")
    if item["state"] == "absent":
        return ThinPool(name, here, None, state="absent")
    ratio = item["overprovision_ratio"]
    if not 0 < ratio <= 1000:
        raise InvalidRequest(
            "an over-provision ratio is more than 0 and at most 1000.",
            code="pool-ratio",
            parameter=f"{here}.overprovision_ratio",
            found=str(ratio),
            fix="1 promises no more than there is, 2 twice that.",
        )
    if item.get("size") is None:
        raise InvalidRequest("a size is needed.", code="size-missing", parameter=f"{here}.size", fix="give one, like 10GiB or 80%VG.")
    size = parse_size(item["size"], f"{here}.size", shares=("VG", "FREE"))
    rename = item.get("rename_from") or ""
    if rename:
        check_name(rename, f"{here}.rename_from")
    return ThinPool(
        name,
        here,
        size,
        _metadata(item.get("metadata_size"), f"{here}.metadata_size"),
        _chunk(item.get("chunk_size"), f"{here}.chunk_size"),
        ratio,
        _autoextend(item.get("autoextend"), f"{here}.autoextend"),
        item["grow"],
        rename,
    )


def _metadata(value: Any, parameter: str) -> Optional[int]:
    size = None if value is None else parse_bytes(value, parameter)
    if size is not None and not METADATA_MIN <= size <= METADATA_MAX:
        raise InvalidRequest(
            "the metadata of a thin pool has limits.",
            code="pool-metadata",
            parameter=parameter,
            found=human(size),
            fix=f"use {human(METADATA_MIN)} to {human(METADATA_MAX)}, or leave it out.",
        )
    return size


def _chunk(value: Any, parameter: str) -> Optional[int]:
    size = None if value is None else parse_bytes(value, parameter)
    if size is not None and (size % CHUNK_MIN or not CHUNK_MIN <= size <= CHUNK_MAX):
        raise InvalidRequest(
            "the chunk of a thin pool is a multiple of 64KiB, up to 1GiB.",
            code="pool-chunk",
            parameter=parameter,
            found=human(size),
            fix="leave it out for one that suits the pool's size.",
        )
    return size


def _autoextend(item: Optional[Mapping[str, Any]], here: str) -> Optional[Autoextend]:
    if item is None:
        return None
    wanted = Autoextend(item["threshold"], item["percent"])
    # lvm.conf(5), activation/thin_pool_autoextend_threshold: below 50 LVM does not go, and 100 turns it off.
    if not 50 <= wanted.threshold < 100 or not 1 <= wanted.percent <= 100:
        raise InvalidRequest(
            "a pool is extended from 50 to 99 percent full on, by 1 to 100 percent.",
            code="pool-autoextend",
            parameter=here,
            found=f"threshold {wanted.threshold}, percent {wanted.percent}",
            fix="threshold: 80 and percent: 20 suit most.",
        )
    return wanted
