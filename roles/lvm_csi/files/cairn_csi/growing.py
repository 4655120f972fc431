# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Growing a volume that a pod uses. A raw one shows new extents at once, so they are zeroed as a logical volume of their own first."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Callable, List, Optional, Tuple

from .collection import Action, Busy, Plan, State, Volume, command, plan_volume, present_kind, read
from .delete import away, growth_of
from .expand import plan_growth, rounded_up
from .inventory import Found, find
from .names import Id
from .placement import context
from .store import Store
from .tags import Facts
from .zeroing import zero


def begin(store: Store, found: Found, least: int, most: int = 0) -> bool:
    """Under the lock: grow a volume to ``least`` bytes, or take the extents for that; true where ``finish`` has to follow."""
    plan, more = plan_begin(found, least, most)
    store.apply(plan)
    return more


def plan_begin(found: Found, least: int, most: int = 0) -> Tuple[Plan, bool]:
    """What is to be run now, and whether extents that are taken then have to be zeroed and joined to the volume. Pure."""
    taken = find(State((found.group,)), growth_of(found.id))
    grown = plan_growth(_without(found, taken), least, most)
    if not found.facts.zeroed or not grown.changed:
        return (away(taken).first if taken else grown), False
    if taken:
        return Plan(), True
    kind = present_kind(found.group, found.volume)
    facts = Facts("growth", found.volume.name, layout=found.facts.layout, state="zeroing")
    wish = Volume(
        growth_of(found.id).volume,
        "capacity_range",
        rounded_up(found, least) - found.bytes,
        tags=facts.tags,
        # As the volume itself is laid out, so that its extents are where the volume can have them.
        type=kind.type,
        stripes=kind.stripes if kind.stripes > 1 else None,
        stripe_bytes=kind.stripe_bytes or None,
        mirrors=kind.copies - 1 or None,
    )
    return Plan(plan_volume(found.group, wish, context())[0]), True


def finish(store: Store, which: Id, size: int, stop: Callable[[], bool]) -> None:
    """Zero the extents that were taken, and let the volume have them. Killed in between, it begins anew with others."""
    taken_as = growth_of(which)
    zero(store, taken_as, stop)
    with store.lock():
        state = store.report(which.group)
        found, taken = find(state, which), find(state, taken_as)
        if found and taken:
            if taken.facts.state:
                raise _unfinished(found, "new space is not zeroed")
            # Refused where it cannot grow any more, because it has a snapshot by now.
            plan_growth(_without(found, taken), found.bytes + taken.bytes)
            # A discard would leave it to the disk what is read there then.
            given = command("lvremove", "--yes", "--config", "devices/issue_discards=0", taken_as.name)
            grown = command("lvextend", "--extents", found.volume.extents + taken.volume.extents, which.name, *_ranges(taken_as))
            store.apply(Plan((Action("grow", "logical volume", which.name, (given, grown)),)))
            found = find(store.report(which.group), which)
    if found and found.bytes < size:
        # What was taken before was for a smaller size.
        raise _unfinished(found, "more is asked for than was taken")


def _unfinished(found: Found, why: str) -> Busy:
    return Busy("the volume has not grown yet.", code="unfinished", parameter="volume_id", found=f"{found.id.name}: {why}", fix="ask again.")


def _without(found: Found, taken: Optional[Found]) -> Found:
    return replace(found, group=found.group.without_lv(taken.volume.name)) if taken else found


def _ranges(which: Id) -> List[str]:
    """Where the data of a logical volume is, like ``/dev/sdb:25-49``, as lvextend takes it."""
    text = read("lvs", "--all", "--reportformat", "json", "--options", "lv_name,seg_pe_ranges", which.group)
    parts = re.compile(rf"{re.escape(which.volume)}|\[{re.escape(which.volume)}_rimage_[0-9]+\]")
    rows = [row for report in json.loads(text)["report"] for row in report["lv"] if parts.fullmatch(row["lv_name"])]
    return [place for row in rows for place in row["seg_pe_ranges"].split() if place.startswith("/")]
