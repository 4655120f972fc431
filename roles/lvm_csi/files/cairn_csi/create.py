# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What asking for a volume means, given what is there. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import Iterable, Iterator, Optional

from .capability import Capability
from .collection import CairnError, Conflict, Plan, State, check_length, human, plan_volume, present_kind
from .content import Decision, Origin, plan_content, source
from .delete import away, stood_for
from .errors import OutOfRange, Unfinished
from .expand import plan_growth, rounded_up
from .inventory import Found, find, named
from .limits import Limits
from .names import Id, lv_name, parse_id
from .parameters import Class, mkfs_words
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
    origin = source(state, node, wish.origin, wish.capability.fs or "block") if wish.origin else None
    # Where only a limit is given, whatever fits into it will do.
    down = not wish.least and not origin
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
        group = choose(allowed(state, groups), wish.wanted, size, down)
    size = rounded(group, wish.wanted, size, down)
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
    facts = _facts(wish)
    facts = replace(facts, state="zeroing" if facts.zeroed else "")
    actions, after = plan_volume(group, volume(wish.wanted, pool.name if pool else "", size, id_.volume, facts.tags), context())
    return Decision(Plan(actions, state.with_group(after)), id_, size, fill=facts.zeroed)


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
        pool_ratio=f"{wanted.ratio:g}" if wanted.ratio else "",
        mkfs=shlex.join(wanted.mkfs) if capability.fs else "",
        zero_new="" if wanted.zeroed else "false",
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
    different = next(differences(present, wish, _facts(wish)), None)
    if different:
        key, what, there, asked = different
        raise Conflict(
            "a volume of this name is there and differs.",
            code=f"volume-{key}",
            parameter="name",
            found=f"{what} {there or 'none'} instead of {asked or 'none'}",
            fix="use another name.",
        )
    if present.facts.state == "wiping":
        raise Unfinished(
            "a volume of this name is still being wiped.",
            job=present.id,
            code="volume-wiping",
            parameter="name",
            found=present.id.name,
            fix="wait until it is gone.",
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
    if present.facts.state in ("copying", "zeroing"):
        return Decision(Plan(), present.id, present.bytes, fill=True)
    left = away(*stood_for(state, present.id))
    return Decision(left.first, present.id, present.bytes, left=left)


def differences(present: Found, wish: Wish, asked: Facts) -> "Iterator[tuple[str, str, str, str]]":
    """Where a volume is not what is asked for: code, what it is, what is there, what is asked for.

    What no tag tells is compared with the logical volume itself. Volumes of the version before have the ratio of their class in their tags also
    where the class did not say one, and none that says that they were not zeroed.
    """
    has, volume_, wanted = present.facts, present.volume, wish.wanted
    pairs = [
        ("access", "use", has.access, asked.access),
        ("layout", "type", has.layout, asked.layout),
        ("source", "source", has.source, asked.source),
        ("wipe", "wipe", has.wipe or asked.wipe, asked.wipe),
        ("ratio", "overprovisionRatio", has.pool_ratio, asked.pool_ratio or ("1" if has.pool_ratio == "1" else "")),
        ("zero-new", "zeroNew", has.zero_new or asked.zero_new, asked.zero_new),
    ]
    if has.access == asked.access != "block":
        pairs.append(("mkfs", "mkfsOptions", _comparable(has.mkfs, has.access), _comparable(asked.mkfs, asked.access)))
    if not wish.limits:
        # Those of a VolumeAttributesClass may be others by now; the node asks Kubernetes for them.
        pairs.append(("limits", "limits", has.limits, asked.limits))
    if wanted.group:
        pairs.append(("group", "volumeGroup", present.id.group, wanted.group))
    if wanted.tag:
        pairs.append(("group", "volumeGroupTag", wanted.tag if wanted.tag in present.group.tags else ", ".join(present.group.tags), wanted.tag))
    if wanted.pool:
        pairs.append(("pool", "thinPool", volume_.pool, wanted.pool))
    if not volume_.thin:
        kind = present_kind(present.group, volume_)
        sizes = (
            ("stripes", kind.stripes, wanted.stripes),
            ("stripeSize", kind.stripe_bytes, wanted.stripe_bytes),
            ("mirrors", kind.copies - 1, wanted.mirrors),
        )
        pairs += [("layout", what, str(there), str(asked_)) for what, there, asked_ in sizes if asked_]
    return (each for each in pairs if each[2] != each[3])


def _comparable(mkfs: str, fs: str) -> str:
    try:
        return shlex.join(mkfs_words(mkfs, fs, "name"))
    except CairnError:
        return mkfs


def _ungrown(state: State, present: Found, wish: Wish) -> bool:
    """Whether the power went between a thin snapshot and its growth: it is as large as what it shares blocks with."""
    which = parse_id(wish.origin.id, wish.origin.kind) if wish.origin and present.volume.thin and not present.facts.state else None
    origin = find(state, which) if which else None
    return origin is not None and origin.bytes == present.bytes
