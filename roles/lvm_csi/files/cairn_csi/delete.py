# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen before a volume or snapshot is gone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from .collection import Action, Busy, Plan, Refused, State, command
from .inventory import all_of, find
from .names import PREFIX, Id
from .tags import retag


@dataclass(frozen=True)
class Removal:
    """``first`` is run at once; with ``wipe`` the blocks are to be made unreadable then, and the volume removed after that."""

    first: Plan = Plan()
    wipe: str = ""


def remove(name: str) -> Action:
    """The action that removes a logical volume."""
    return Action("remove", "logical volume", name, (command("lvremove", "--yes", name),))


def decide(state: State, which: Id) -> Removal:
    """Remove a volume or a snapshot; nothing where it is gone already."""
    found = find(state, which)
    if found is None:
        return Removal()
    if found.facts.state == "copying":
        # With it goes what stood only to be copied from, not what others made.
        group, _slash, origin = found.facts.origin.partition("/")
        work = find(state, Id(which.node, group, origin)) if origin.startswith(PREFIX["work"]) else None
        return Removal(Plan(tuple(remove(each.id.name) for each in (found, work) if each)))
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
    if found.dependents:
        names = ", ".join(each.name for each in found.dependents)
        if any(each.name.startswith(PREFIX["work"]) for each in found.dependents):
            raise Busy("it is being cloned.", code="volume-cloned", parameter="volume_id", found=names, fix="wait until the clone is whole.")
        raise Refused(
            "thick snapshots go with their volume.",
            code="volume-has-snapshots",
            parameter="volume_id",
            found=names,
            fix="delete the snapshots first.",
        )
    if found.facts.wipe not in ("discard", "zero"):
        return Removal(Plan((remove(found.id.name),)))
    marked = (
        ()
        if found.facts.state == "wiping"
        else (Action("mark", "logical volume", found.id.name, (retag(found.id.name, found.facts, state="wiping"),)),)
    )
    return Removal(Plan(marked), found.facts.wipe)
