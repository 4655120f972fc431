# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The volumes and snapshots that are there, as LVM's report and their tags tell. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, List, Optional, Sequence, Tuple, TypeVar

from .collection import LogicalVolume, NotFound, Refused, State, VolumeGroup
from .errors import BadToken
from .names import Id, lv_name, parse_id
from .tags import Facts, facts

_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class Found:
    """One logical volume of the driver."""

    id: Id
    group: VolumeGroup
    volume: LogicalVolume
    facts: Facts

    @property
    def bytes(self) -> int:
        """Its size; of a snapshot that of what it is of, since the size of a thick one is the room it has for changes."""
        return self.facts.bytes if self.facts.kind == "snapshot" else self.volume.extents * self.group.extent_bytes

    @property
    def hollow(self) -> bool:
        """A thick snapshot of nothing: LVM was killed after the first of two steps, or has split it off so that it can be wiped."""
        return self.facts.kind in ("snapshot", "work") and not (self.volume.thin or self.volume.origin)

    @property
    def dependents(self) -> List[LogicalVolume]:
        """Thick snapshots, which go with their origin."""
        return [each for each in self.group.visible if each.origin == self.volume.name and not each.thin]


def all_of(state: State, node: str, *kinds: str) -> Iterator[Found]:
    """Everything of the driver, or that of some kinds, in the order of its ids."""
    for group in sorted(state.groups, key=lambda each: each.name):
        for volume in sorted(group.visible, key=lambda each: each.name):
            known = facts(volume)
            if known and (not kinds or known.kind in kinds):
                yield Found(Id(node, group.name, volume.name), group, volume, known)


def find(state: State, which: Id) -> Optional[Found]:
    """What an id means; ``None`` if it is gone, ``Refused`` if what is there now is somebody else's."""
    group = state.group(which.group)
    volume = group.lv(which.volume) if group else None
    if group is None or volume is None:
        return None
    known = facts(volume)
    if known is None:
        raise Refused(
            "this logical volume is not the driver's.",
            code="not-ours",
            parameter="volume_id",
            found=f"{which.name} has none of its tags",
            fix="leave it to its owner, and delete the object in Kubernetes that names it.",
        )
    return Found(which, group, volume, known)


def named(state: State, node: str, kind: str, name: str) -> Optional[Found]:
    """What was made for the name that Kubernetes chose, in whatever volume group."""
    wanted = lv_name(kind, name)
    return next((each for each in all_of(state, node, kind) if each.volume.name == wanted and each.facts.name == name), None)


def must(text: str, kind: str, parameter: str) -> Id:
    """The id in a request, or ``NotFound``: what the driver never gave out does not exist."""
    found = parse_id(text, kind)
    if found is None:
        raise unknown(text, kind, parameter)
    return found


def unknown(text: object, kind: str, parameter: str) -> NotFound:
    """The answer for what is not there."""
    return NotFound(f"there is no such {kind}.", code=f"{kind}-unknown", parameter=parameter, found=str(text), fix="delete the object that names it.")


def page(entries: Sequence[_Entry], ids: Sequence[Id], token: str, most: int) -> Tuple[Sequence[_Entry], str]:
    """One page of a list and the token of the next. A token is the last id given out, so what comes and goes in between shifts nothing."""
    start = 0
    if token:
        last = parse_id(token, "volume") or parse_id(token, "snapshot")
        if last is None:
            raise BadToken("this token was not given out.", code="token-unknown", parameter="starting_token", found=token, fix="begin without one.")
        keys = [(each.group, each.volume) for each in ids]
        start = next((place for place, key in enumerate(keys) if key > (last.group, last.volume)), len(keys))
    end = start + most if most else len(entries)
    return entries[start:end], str(ids[end - 1]) if end < len(entries) else ""
