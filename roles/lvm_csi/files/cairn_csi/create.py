# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What asking for a volume means, given what is there. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Iterable, Optional

from .capability import Capability
from .collection import Busy, Conflict, Plan, State, check_length, human, plan_volume
from .content import Decision, Origin, plan_content, source
from .delete import away, stood_for
from .errors import OutOfRange
from .expand import plan_growth, rounded_up
from .inventory import Found, find, named
from .limits import Limits
from .names import Id, lv_name, parse_id
from .parameters import Class
from .placement import allowed, choose, context, pool_of, rounded, volume
from .tags import UNMADE, Facts

_DEFAULT_BYTES = 1024**3


@dataclass(frozen=True)
class Wish:
    """A request for a volume. ``least`` and ``most`` are bytes, 0 where not given; ``limits`` are those of a VolumeAttributesClass."""

    name: str
    least: int
    most: int
    wanted: Class
    capability: Capability
    limits: Limits = Limits()
    origin: Optional[Origin] = None


def decide(state: State, node: str, groups: Iterable[str], wish: Wish) -> Decision:
    """Make the volume, go on with it where that was interrupted, or find that it is there already."""
    if wish.most and wish.least > wish.most:
        raise OutOfRange(
            "the limit is below what is required.", code="range", parameter="capacity_range", found=f"{wish.least} to {wish.most}", fix="swap them."
        )
    present = named(state, node, "volume", wish.name)
    if present:
        return _resume(state, present, wish)
    # Only now: what a volume was made from may be gone once it is there.
    origin = source(state, node, wish.origin) if wish.origin else None
    size = wish.least or (origin.bytes if origin else min(_DEFAULT_BYTES, wish.most or _DEFAULT_BYTES))
    if origin and size < origin.bytes:
        raise OutOfRange(
            "it is too small for what it is made from.",
            code="source-larger",
            parameter="capacity_range",
            found=human(size),
            fix=f"ask for {human(origin.bytes)} or more.",
        )
    if origin and origin.shares(wish.wanted):
        # Thin snapshots are where their origin is.
        group = origin.found.group
    else:
        group = choose(allowed(state, groups), wish.wanted, size)
    size = rounded(group, wish.wanted, size)
    _check_limit(size, wish)
    id_ = Id(node, group.name, lv_name("volume", wish.name))
    check_length(group.name, id_.volume, "name")
    if group.lv(id_.volume):
        raise Conflict(
            "a logical volume of this name is not the driver's.", code="name-taken", parameter="name", found=id_.name, fix="rename or remove it."
        )
    if origin:
        return plan_content(group, id_, origin, wish.wanted, size, _facts(wish))
    pool = pool_of(group, wish.wanted) if wish.wanted.thin else None
    actions, after = plan_volume(group, volume(wish.wanted, pool.name if pool else "", size, id_.volume, _facts(wish).tags), context())
    return Decision(Plan(actions, state.with_group(after)), id_, size)


def _facts(wish: Wish) -> Facts:
    wanted, capability = wish.wanted, wish.capability
    return Facts(
        "volume",
        wish.name,
        access=capability.fs or "block",
        layout=wanted.type,
        source=wish.origin.id if wish.origin else "",
        wipe=wanted.wiped(capability.access),
        limits=str(wish.limits or wanted.limits),
        pool_ratio=f"{wanted.ratio:g}" if wanted.thin else "",
        mkfs=shlex.join(wanted.mkfs),
        made=UNMADE if capability.fs else "",
    )


def _check_limit(size: int, wish: Wish) -> None:
    if wish.most and size > wish.most:
        raise OutOfRange(
            "no volume has a size within this range.",
            code="limit",
            parameter="capacity_range.limit_bytes",
            found=f"{human(size)} is the next size",
            fix="sizes are multiples of the volume group's extents, and of its stripes; raise the limit.",
        )


def _resume(state: State, present: Found, wish: Wish) -> Decision:
    """The volume is there: as it was asked for, half-made, or a different one of the same name."""
    asked = _facts(wish)
    for key, what in (("access", "use"), ("layout", "type"), ("source", "source")):
        if getattr(present.facts, key) != getattr(asked, key):
            found = f"{what} {getattr(present.facts, key) or 'none'} instead of {getattr(asked, key) or 'none'}"
            raise Conflict(
                "a volume of this name is there and differs.", code=f"volume-{key}", parameter="name", found=found, fix="use another name."
            )
    if present.facts.state == "wiping":
        raise Busy(
            "a volume of this name is still being wiped.", code="volume-wiping", parameter="name", found=present.id.name, fix="wait until it is gone."
        )
    if present.bytes < wish.least and _ungrown(state, present, wish):
        return Decision(plan_growth(present, wish.least, wish.most), present.id, rounded_up(present, wish.least))
    if present.bytes < wish.least or (wish.most and present.bytes > wish.most):
        raise Conflict(
            "a volume of this name is there with another size.",
            code="volume-size",
            parameter="name",
            found=human(present.bytes),
            fix="use another name.",
        )
    if present.facts.state == "copying":
        return Decision(Plan(), present.id, present.bytes, fill=True)
    left = away(*stood_for(state, present.id))
    return Decision(left.first, present.id, present.bytes, left=left)


def _ungrown(state: State, present: Found, wish: Wish) -> bool:
    """Whether the power went between a thin snapshot and its growth: it is as large as what it shares blocks with."""
    which = parse_id(wish.origin.id, wish.origin.kind) if wish.origin and present.volume.thin and not present.facts.state else None
    origin = find(state, which) if which else None
    return origin is not None and origin.bytes == present.bytes
