# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen before a volume or snapshot is gone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Tuple

from .collection import Action, Busy, Plan, Refused, State, command
from .inventory import Found, all_of, find
from .names import PREFIX, Id, lv_name
from .tags import retag


@dataclass(frozen=True)
class Removal:
    """``first`` is run at once; the blocks of what is ``wiped`` are to be made unreadable then, and it is removed after that."""

    first: Plan = Plan()
    wiped: Tuple[Id, ...] = ()


def remove(name: str) -> Action:
    """The action that removes a logical volume."""
    return Action("remove", "logical volume", name, (command("lvremove", "--yes", name),))


def away(*found: Found) -> Removal:
    """Remove logical volumes; those that are to be wiped are marked so first, and a crash leaves them to be finished."""
    wiped = tuple(each for each in found if each.facts.wipe in ("discard", "zero"))
    actions = [
        Action("mark", "logical volume", each.id.name, (retag(each.id.name, each.facts, state="wiping", origin="", copied=0),))
        for each in wiped
        if each.facts.state != "wiping"
    ]
    actions += [remove(each.id.name) for each in found if each not in wiped]
    return Removal(Plan(tuple(actions)), tuple(each.id for each in wiped))


def leftovers(state: State, node: str) -> List[Found]:
    """Snapshots that stood for a copy that is done or was never begun, and extents for volumes that are gone."""
    volumes = list(all_of(state, node, "volume"))
    needed = {found.facts.origin for found in volumes if found.facts.state == "copying"} | {growth_of(found.id).name for found in volumes}
    return [found for found in all_of(state, node, "work", "growth") if found.id.name not in needed]


def stood_for(state: State, which: Id) -> List[Found]:
    """Snapshots that stood only for a copy into a volume which is whole or gone by now: whoever copied was killed before he took them away."""
    return [found for found in leftovers(state, which.node) if found.facts.name == which.volume]


def decide(state: State, which: Id) -> Removal:
    """Remove a volume or a snapshot, and what stood only for it; nothing where all of it is gone already."""
    found = find(state, which)
    if found is None:
        return away(*stood_for(state, which))
    if found.facts.state == "copying":
        # With it goes what stood only to be copied from, not what others made.
        group, _slash, origin = found.facts.origin.partition("/")
        work = find(state, Id(which.node, group, origin)) if origin.startswith(PREFIX["work"]) else None
        return away(*(each for each in (found, work) if each))
    copies = [each.id.name for each in all_of(state, which.node, "volume") if each.facts.state == "copying" and each.facts.origin == which.name]
    if copies:
        raise Busy("it is being restored.", code="snapshot-copied", parameter="snapshot_id", found=", ".join(copies), fix="wait until that is done.")
    if found.volume.open and not found.facts.state:
        raise Refused(
            "it is in use.",
            code="volume-open",
            parameter=f"{found.facts.kind}_id",
            found=f"{found.id.name} is open",
            fix="stop the pods that use it.",
        )
    # A clone that was given up has left a snapshot that nobody needs.
    idle = [each for each in leftovers(state, which.node) if each.facts.source == str(which) or each.facts.name == which.volume]
    dependents = [each.name for each in found.dependents if each.name not in {work.volume.name for work in idle}]
    if dependents:
        names = ", ".join(dependents)
        if any(each.startswith(PREFIX["work"]) for each in dependents):
            raise Busy("it is being cloned.", code="volume-cloned", parameter="volume_id", found=names, fix="wait until the clone is whole.")
        raise Refused(
            "thick snapshots go with their volume.",
            code="volume-has-snapshots",
            parameter="volume_id",
            found=names,
            fix="delete the snapshots first.",
        )
    # Extents that it was to get are nobody's yet.
    growth = find(state, growth_of(which)) if found.facts.kind == "volume" else None
    return away(*idle, *([growth] if growth else []), found)


def growth_of(which: Id) -> Id:
    """The logical volume of the extents that a raw volume is to get."""
    return Id(which.node, which.group, lv_name("growth", which.volume))
