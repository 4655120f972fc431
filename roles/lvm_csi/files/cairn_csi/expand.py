# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Larger volumes; their file systems follow in node.py. Pure."""

from __future__ import annotations

from .collection import NoSpace, Plan, Refused, Volume, human, plan_size
from .errors import OutOfRange
from .inventory import Found
from .parameters import Class
from .placement import context, promise_words, rounded, thin_room


def rounded_up(found: Found, size: int) -> int:
    """Bytes that the volume will have once it holds ``size``; it never shrinks."""
    stripes = found.volume.stripes if not found.volume.thin else 1
    return max(found.bytes, rounded(found.group, Class("striped", stripes=stripes) if stripes > 1 else Class(), size))


def plan_growth(found: Found, least: int, most: int = 0) -> Plan:
    """Let a volume have ``least`` bytes, nothing if it has."""
    size = rounded_up(found, least)
    if most and size > most:
        raise OutOfRange(
            "no volume has a size within this range.",
            code="limit",
            parameter="capacity_range.limit_bytes",
            found=f"{human(size)} is the next size",
            fix="raise the limit; a volume does not shrink.",
        )
    if size == found.bytes:
        return Plan()
    if found.dependents and not found.volume.thin:
        raise Refused(
            "a volume keeps its size while it has thick snapshots.",
            code="volume-has-snapshots",
            parameter="volume_id",
            found=", ".join(each.name for each in found.dependents),
            fix="delete the snapshots first.",
        )
    if found.volume.thin:
        _check_promise(found, size)
    actions, _after = plan_size(found.group, Volume(found.volume.name, "capacity_range", size, thin_pool=found.volume.pool), context())
    return Plan(actions)


def _check_promise(found: Found, size: int) -> None:
    pool = found.group.lv(found.volume.pool)
    if pool and not pool.zeroes and found.facts.access == "block":
        raise Refused(
            "the thin pool does not zero blocks before it hands them out, so a raw volume would show what others have written.",
            code="pool-unzeroed",
            parameter="volume_id",
            found=f"{found.group.name}/{pool.name}",
            fix=f"run lvchange --zero y {found.group.name}/{pool.name}.",
        )
    there = thin_room(found.group, pool) if pool else 0
    if pool and size - found.bytes > there:
        raise NoSpace(
            "the thin pool may not promise so much.",
            code="pool-overcommit",
            parameter="capacity_range",
            found=f"{human(size - found.bytes)} more wanted, {human(there)} left; {promise_words(found.group, pool)}",
            fix="make the pool larger, or raise its overprovision_ratio with the role lvm and watch it.",
        )
