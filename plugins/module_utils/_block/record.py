# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What this collection made on the machine: volume, class, device, when. Pure but for ``read``.

Only root writes it, so it is believed where a label is not. A label or a UUID stands on the device itself, and whoever is given a raw
device writes both. So a device is a class's own only if this record and the device agree.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Tuple

from .._core import trusted
from .._core.errors import Refused

#: Beside the folder of the discovery directories, which pods see.
PATH = "/var/lib/cairn-storage/records/local-volumes.json"
VERSION = 1
#: A file system is about to be made; it was made, or the raw device given out; its class was given up and the data left there.
MAKING, MADE, GIVEN_UP = "making", "made", "given-up"


@dataclass(frozen=True)
class Made:
    """One volume. ``device`` is the lasting name that it goes by in configuration files, ``ids`` are all lasting names that its device had."""

    storage_class: str
    base_dir: str
    volume_mode: str
    device: str
    ids: Tuple[str, ...] = ()
    fs_type: str = ""
    state: str = MADE
    #: When it was written down first, in UTC (ISO 8601).
    since: str = ""

    @property
    def lasts(self) -> bool:
        """Whether its device can be told by name at all; a kernel name is another's tomorrow."""
        return any(each.count("/") > 2 for each in self.ids)


@dataclass(frozen=True)
class Record:
    """Volumes by name: the UUID of the file system, or the entry of a raw device."""

    volumes: Mapping[str, Made] = field(default_factory=dict)

    def on(self, names: Iterable[str]) -> Iterator[Tuple[str, Made]]:
        """What was made on the device that goes by ``names``."""
        found = {name: None for each in names for name in self._by_id.get(each, ())}
        return ((name, self.volumes[name]) for name in found)

    @cached_property
    def _by_id(self) -> Dict[str, List[str]]:
        found: Dict[str, List[str]] = {}
        for name, made in self.volumes.items():
            for each in made.ids:
                found.setdefault(each, []).append(name)
        return found

    def given_out(self, names: Iterable[str]) -> str:
        """``class/volume`` that the device of these ``names`` is in use for, whatever a probe finds there; empty for none."""
        volumes = ((name, made) for name, made in self.on(names) if made.state == MADE)
        return next((f"{made.storage_class}/{name}" for name, made in volumes), "")

    def edited(self, put: Mapping[str, Made], drop: Iterable[str]) -> "Record":
        """The record with ``put`` in it and without ``drop``."""
        gone = set(drop)
        return Record({**{name: made for name, made in self.volumes.items() if name not in gone}, **put})


def lasting(links: Iterable[str], path: str) -> Tuple[str, ...]:
    """The names to know a device by: those of the device itself; that of its slot, or of the moment, only where it has no other."""
    links = tuple(links)
    return tuple(link for link in links if "/by-id/" in link) or links or (path,)


def read() -> Record:
    """The machine's record, empty where none was written yet."""
    text = trusted.read(PATH)
    return Record() if text is None else parse(text)


def dump(record: Record) -> str:
    """The record as its file holds it."""
    volumes = {name: asdict(made) for name, made in sorted(record.volumes.items())}
    return json.dumps({"version": VERSION, "volumes": volumes}, indent=1) + "\n"


def parse(text: str) -> Record:
    """The record from its file; ``Refused`` for anything else than what ``dump`` writes, which must never be taken for an empty one."""
    try:
        content = json.loads(text)
    except ValueError as problem:
        raise _broken(f"it is no JSON: {problem}") from None
    if not isinstance(content, dict) or not isinstance(content.get("version"), int):
        raise _broken("it has no version")
    if content["version"] != VERSION:
        raise _broken(f"it has version {content['version']}, and this is written for version {VERSION}")
    volumes = content.get("volumes")
    if not isinstance(volumes, dict):
        raise _broken("it has no list of volumes")
    return Record({name: _made(name, item) for name, item in volumes.items()})


def _made(name: str, item: Any) -> Made:
    wanted: Dict[str, Any] = Made.__dataclass_fields__
    if not isinstance(item, dict) or set(item) != set(wanted):
        raise _broken(f"volume {name} has not the fields {', '.join(wanted)}")
    values = {**item, "ids": tuple(item["ids"]) if isinstance(item["ids"], list) else None}
    texts = [value for key, value in values.items() if key != "ids"] + list(values["ids"] or (None,))
    if not all(isinstance(value, str) for value in texts) or values["state"] not in (MAKING, MADE, GIVEN_UP):
        raise _broken(f"volume {name} has a value that is not of its kind")
    return Made(**values)


def _broken(why: str) -> Refused:
    return Refused(
        "the record of what this collection made on the machine cannot be read.",
        code="record-broken",
        found=f"{PATH}: {why}",
        fix="bring it back from a backup, or use the version of the collection that wrote it. "
        "Without it (moved away) disks have to be taken in again by name, with adopt.",
    )
