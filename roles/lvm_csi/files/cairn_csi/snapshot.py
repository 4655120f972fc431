# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What asking for a snapshot means, given what is there. Pure."""

from __future__ import annotations

from typing import Tuple

from .collection import Action, Conflict, Percent, Plan, State, Volume, check_length, plan_snapshot
from .content import check_whole
from .delete import remove
from .errors import Unfinished
from .inventory import Found, find, must, named, unknown
from .names import Id, lv_name
from .placement import context
from .tags import Facts


def decide(state: State, node: str, name: str, origin: str, size: Percent | int, now: int) -> Tuple[Plan, Found]:
    """Make the snapshot ``name`` of the volume ``origin`` (an id), or find that it is there. ``size`` is for a thick one; ``now`` in seconds."""
    present = named(state, node, "snapshot", name)
    if present and present.facts.state:
        raise Unfinished(
            "a snapshot of this name is being wiped.",
            job=present.id,
            code="snapshot-wiping",
            parameter="name",
            found=present.id.name,
            fix="wait until it is gone.",
        )
    first: Tuple[Action, ...] = ()
    if present and present.hollow:
        first, state = (remove(present.id.name),), state.with_group(present.group.without_lv(present.volume.name))
    elif present:
        if present.facts.source != origin:
            raise Conflict(
                "a snapshot of this name is there, of another volume.",
                code="snapshot-source",
                parameter="name",
                found=present.facts.source,
                fix="use another name.",
            )
        return Plan(), present
    volume = must(origin, "volume", "source_volume_id")
    found = find(state, volume) if volume.node == node else None
    if found is None or found.facts.kind != "volume":
        raise unknown(origin, "volume", "source_volume_id")
    check_whole(found)
    id_ = Id(node, volume.group, lv_name("snapshot", name))
    check_length(id_.group, id_.volume, "name")
    kept = {"access": found.facts.access, "wipe": found.facts.wipe, "made": found.facts.made}
    facts = Facts("snapshot", name, source=origin, bytes=found.bytes, created=now, **kept)
    # A thin one takes nothing but names until it is used; inactive it is not even a device.
    options = {"active": False} if found.volume.thin else {"size": size}
    wish = Volume(id_.volume, "name", **{"size": None, "active": None, "snapshot_of": volume.volume, "tags": facts.tags, **options})
    actions, after = plan_snapshot(found.group, wish, context())
    return Plan((*first, *actions)), Found(id_, after, after.lv(id_.volume), facts)


def ready(found: Found) -> bool:
    """Whether a volume can be made from it: a thick one is lost once more changed than it has room for."""
    return not (found.volume.invalid or found.hollow)
