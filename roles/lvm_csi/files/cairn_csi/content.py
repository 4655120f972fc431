# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes made from snapshots and from other volumes: shared where both are in one thin pool, else copied. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Tuple

from .collection import Action, Busy, InvalidRequest, NoSpace, Percent, Plan, Refused, State, Volume, VolumeGroup, human
from .collection import plan_size, plan_snapshot, plan_volume
from .delete import Removal, remove
from .errors import Unfinished
from .inventory import Found, find, must, unknown
from .names import Id, lv_name
from .parameters import Class
from .placement import context, pool_of, promise_words, thin_room, volume
from .tags import Facts

#: Room of the snapshot that a thick volume is copied from while it goes on being written to.
_WORK = Percent(20, "ORIGIN")


@dataclass(frozen=True)
class Decision:
    """What is to be run, and the volume that is there then; it is to be filled by a copy before it may be used where ``fill`` says so.

    ``left`` is what an earlier copy into it did not take away; its first step is part of the plan.
    """

    plan: Plan
    id: Id
    bytes: int
    fill: bool = False
    left: Removal = Removal()


@dataclass(frozen=True)
class Origin:
    """What a request says that a volume is made from: ``kind`` is volume or snapshot."""

    kind: str
    id: str


@dataclass(frozen=True)
class Source:
    """The same, found."""

    found: Found

    @property
    def bytes(self) -> int:
        """The least that the new volume has to hold."""
        return self.found.bytes

    def shares(self, wanted: Class) -> bool:
        """Whether a volume of the class can share the source's blocks."""
        group, origin = self.found.group, self.found.volume
        there = wanted.group in ("", group.name) and (not wanted.tag or wanted.tag in group.tags)
        pool = group.lv(origin.pool) if origin.thin else None
        return wanted.thin and there and pool is not None and pool.zeroes and wanted.pool in ("", pool.name)


def source(state: State, node: str, asked: Origin, access: str) -> Source:
    """What is meant, on this node and fit to be copied; ``access`` is the file system that the new volume is to have, or ``block``."""
    kind, id_ = asked.kind, must(asked.id, asked.kind, "volume_content_source")
    if id_.node != node:
        raise NoSpace(
            f"the {kind} is on another node.",
            code="source-elsewhere",
            parameter="volume_content_source",
            found=f"{id_}, asked of {node}",
            fix=f"let the pod run on {id_.node}.",
        )
    found = find(state, id_)
    if found is None or found.facts.kind != kind:
        raise unknown(asked.id, kind, "volume_content_source")
    check_whole(found)
    if found.facts.access not in ("", access):
        # A file system is not converted; and what a tenant wrote to a raw volume is mounted on no host.
        raise InvalidRequest(
            "a copy is used as what it is made from.",
            code="source-use",
            parameter="volume_capabilities",
            found=f"{access} instead of {found.facts.access}",
            fix="ask for the same file system or volume mode (csi.storage.k8s.io/fstype of the class, volumeMode of the claim).",
        )
    return Source(found)


def check_whole(found: Found) -> None:
    """Refuse what is half-made or half-gone, and snapshots that changed more than they had room for."""
    if found.facts.state:
        raise Unfinished(
            "it is not whole.",
            job=found.id,
            code="source-unready",
            parameter="volume_content_source",
            found=f"{found.id.name}: {found.facts.state}",
            fix="wait.",
        )
    if found.hollow:
        raise Busy("the snapshot was never finished.", code="snapshot-hollow", parameter="volume_content_source", found=found.id.name, fix="ask for it again.")
    if found.volume.invalid:
        raise Refused(
            "the snapshot is lost: more changed than it had room for.",
            code="snapshot-overflow",
            parameter="volume_content_source",
            found=found.id.name,
            fix="delete it, and give its snapshot class a larger size.",
        )


def plan_content(group: VolumeGroup, id_: Id, origin: Source, wanted: Class, size: int, facts: Facts) -> Decision:
    """A new volume in ``group`` with what ``origin`` holds, its file system, too."""
    facts = replace(facts, made=origin.found.facts.made)
    return (_shared if origin.shares(wanted) else _copied)(group, id_, origin, wanted, size, facts)


def _shared(group: VolumeGroup, id_: Id, origin: Source, wanted: Class, size: int, facts: Facts) -> Decision:
    pool = group.lv(origin.found.volume.pool)
    there = thin_room(group, pool, wanted.ratio) if pool else 0
    if pool and there < size:
        raise NoSpace(
            "the thin pool may not promise so much.",
            code="pool-overcommit",
            parameter="capacity_range",
            found=f"{human(size)} wanted, {human(there)} left; {promise_words(group, pool, wanted.ratio)}",
            fix="make the pool larger, or raise its overprovision_ratio with the role lvm and watch it.",
        )
    wish = Volume(id_.volume, "name", None, snapshot_of=origin.found.volume.name, tags=facts.tags)
    made, after = plan_snapshot(group, wish, context())
    grown, _after = plan_size(after, Volume(id_.volume, "capacity_range", size), context())
    return Decision(Plan((*made, *grown)), id_, size)


def _copied(group: VolumeGroup, id_: Id, origin: Source, wanted: Class, size: int, facts: Facts) -> Decision:
    first, group, name = _still(group, id_, origin)
    facts = replace(facts, state="copying", origin=name, bytes=origin.bytes)
    pool = pool_of(group, wanted) if wanted.thin else None
    made, _after = plan_volume(group, volume(wanted, pool.name if pool else "", size, id_.volume, facts.tags), context())
    return Decision(Plan((*first, *made)), id_, size, fill=True)


def _still(group: VolumeGroup, id_: Id, origin: Source) -> Tuple[Tuple[Action, ...], VolumeGroup, str]:
    """What can be copied from without changing meanwhile: a snapshot, made first where a volume is copied."""
    found = origin.found
    if found.facts.kind == "snapshot":
        return (), group, found.id.name
    own = found.group if found.group.name != group.name else group
    name = lv_name("work", id_.volume)
    # ``Refused`` where the name is somebody else's.
    left = find(State((own,)), Id(found.id.node, own.name, name))
    first: Tuple[Action, ...] = ()
    if left and left.facts.state:
        raise Unfinished(
            "what an earlier copy left is being wiped.", job=left.id, code="work-wiping", parameter="name", found=left.id.name, fix="ask again."
        )
    if left and left.hollow:
        # LVM was killed after the first of its two steps.
        own, first = own.without_lv(name), (remove(left.id.name),)
    tags = Facts("work", id_.volume, source=str(found.id), bytes=found.bytes, wipe=found.facts.wipe).tags
    wish = Volume(name, "volume_content_source", None if found.volume.thin else _WORK, snapshot_of=found.volume.name, tags=tags)
    actions, after = plan_snapshot(own, wish, context())
    return (*first, *actions), (after if own.name == group.name else group), f"{own.name}/{name}"
