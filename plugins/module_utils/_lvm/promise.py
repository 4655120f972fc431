# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""How much a thin pool may promise: a property of the pool, kept in a tag of it, which only root of the machine writes. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from .._core.command import command
from .._core.plan import Action
from .context import Planned
from .describe import describe
from .desired import ThinPool
from .model import LogicalVolume, VolumeGroup

#: Followed by how many times its size the volumes of the pool may promise together. A pool without it promises what it has.
RATIO_TAG = "cairn.ratio="


def ratio_tags(ratio: float) -> "tuple[str, ...]":
    """The tags of a pool that may promise so much."""
    return () if ratio == 1 else (f"{RATIO_TAG}{ratio:g}",)


def ratio_of(pool: LogicalVolume) -> float:
    """How many times its size a pool may promise; of several tags, and of one that cannot be read, the least counts."""
    texts = [tag[len(RATIO_TAG) :] for tag in pool.tags if tag.startswith(RATIO_TAG)]
    return min((ratio(text) for text in texts), default=1.0)


def ratio(text: str) -> float:
    """A ratio from text that somebody may have written by hand; 1 where it is none."""
    found = float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,6})?", text) else 1.0
    return found if 0 < found <= 1000 else 1.0


def plan_ratio(group: VolumeGroup, pool: ThinPool) -> Planned:
    """Have the pool's tag say what is wanted."""
    present = group.lv(pool.name)
    if present is None:
        return (), group
    has, wanted = {tag for tag in present.tags if tag.startswith(RATIO_TAG)}, set(ratio_tags(pool.overprovision_ratio))
    if has == wanted:
        return (), group
    gone, new = (sorted(one - other) for one, other in ((has, wanted), (wanted, has)))
    after = replace(present, tags=tuple(sorted({*present.tags, *new} - set(gone))))
    name = f"{group.name}/{pool.name}"
    step = command("lvchange", *(part for tag in gone for part in ("--deltag", tag)), *(part for tag in new for part in ("--addtag", tag)), name)
    return (Action("tag", "thin pool", name, (step,), describe(group, present), describe(group, after)),), group.with_lv(after, 0)
