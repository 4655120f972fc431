# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen before a volume or snapshot is gone. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Optional, Tuple

from .collection import Action, Plan, Refused, State, command
from .errors import Unfinished
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


def away(*found: Found, state: Optional[State] = None) -> Removal:
    """Remove logical volumes; those that are to be wiped are marked so first, and a crash leaves them to be finished.

    With ``state`` the plan tells what is there when they are gone, so that nobody has to ask LVM for it.
    """
    wiped = tuple(each for each in found if each.facts.wipe in ("discard", "zero"))
    actions = [
        Action("mark", "logical volume", each.id.name, (retag(each.id.name, each.facts, state="wiping", origin="", copied=0),))
        for each in wiped
        if each.facts.state != "wiping"
    ]
    actions += [remove(each.id.name) for each in found if each not in wiped]
    after = state if actions and not wiped else None
    for each in found:
        group = after.group(each.id.group) if after else None
        after = after.with_group(group.without_lv(each.id.volume)) if after and group else after
    return Removal(Plan(tuple(actions), after), tuple(each.id for each in wiped))


def leftovers(state: State, node: str) -> List[Found]:
    """Snapshots that stood for a copy that is done or was never begun, and extents for volumes that are gone."""
    volumes = list(all_of(state, node, "volume"))
    needed = {found.facts.origin for found in volumes if found.facts.state == "copying"} | {growth_of(found.id).name for found in volumes}
    return [found for found in all_of(state, node, "work", "growth") if found.id.name not in needed]


def stood_for(state: State, which: Id) -> List[Found]:
    """Snapshots that stood only for a copy into a volume which is whole or gone by now: whoever copied was killed before he took them away."""
    return [found for found in leftovers(state, which.node) if found.facts.name == which.volume]


def _copied_from(state: State, which: Id) -> Optional[Id]:
    """A volume that is being copied from a snapshot."""
    volumes = all_of(state, which.node, "volume")
    return next((each.id for each in volumes if each.facts.state == "copying" and each.facts.origin == which.name), None)


def decide(state: State, which: Id) -> Removal:
    """Remove a volume or a snapshot, and what stood only for it; nothing where all of it is gone already."""
    found = find(state, which)
    if found is None:
        return away(*stood_for(state, which), state=state)
    if found.facts.state == "copying":
        # With it goes what stood only to be copied from, not what others made.
        group, _slash, origin = found.facts.origin.partition("/")
        work = find(state, Id(which.node, group, origin)) if origin.startswith(PREFIX["work"]) else None
        return away(*(each for each in (found, work) if each), state=state)
    copy = _copied_from(state, which)
    if copy:
        raise Unfinished(
            "it is being restored.", job=copy, code="snapshot-copied", parameter="snapshot_id", found=copy.name, fix="wait until that is done."
        )
    # A clone that was given up has left a snapshot that nobody needs.
    idle = [each for each in leftovers(state, which.node) if each.facts.source == str(which) or each.facts.name == which.volume]
    dependents = [each.name for each in found.dependents if each.name not in {each.volume.name for each in idle}]
    if dependents:
        names = ", ".join(dependents)
        work = next((each for each in dependents if each.startswith(PREFIX["work"])), "")
        if work:
            clone = _copied_from(state, replace(which, volume=work))
            raise Unfinished(
                "it is being cloned.", job=clone, code="volume-cloned", parameter="volume_id", found=names, fix="wait until the clone is whole."
            )
        raise Refused(
            "thick snapshots go with their volume.",
            code="volume-has-snapshots",
            parameter="volume_id",
            found=names,
            fix="delete the snapshots first.",
        )
    # Only now: that ends by itself, what else forbids it does not.
    if found.volume.open and not found.facts.state:
        raise in_use(which, f"{found.facts.kind}_id")
    # Extents that it was to get are nobody's yet.
    growth = find(state, growth_of(which)) if found.facts.kind == "volume" else None
    return away(*idle, *([growth] if growth else []), found, state=state)


def in_use(which: Id, parameter: str, mounted: str = "") -> Refused:
    """The answer while somebody has it open."""
    found = f"{which.name} is mounted at {mounted}" if mounted else f"{which.name} is open"
    return Refused("it is in use.", code="volume-open", parameter=parameter, found=found, fix="stop the pods that use it.")


def growth_of(which: Id) -> Id:
    """The logical volume of the extents that a raw volume is to get."""
    return Id(which.node, which.group, lv_name("growth", which.volume))
