# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The changes to the record that a plan collects, and the udev rules that follow from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Dict, List, Mapping, Optional, Set, Tuple

from .._block.model import Device, lv_mapper_path
from .._block.record import GIVEN_UP, MADE, PATH, Made, lasting
from .._core.command import command
from .._core.plan import Action
from . import guard
from .desired import VolumeClass, Wish
from .model import Observed
from .sources import Source


@dataclass(frozen=True)
class WriteDown:
    """Step: put and drop volumes of the record, by name. ``ids`` that are not known yet are those that ``device`` has when it comes to it."""

    put: Mapping[str, Made] = field(default_factory=dict, repr=False)
    drop: Tuple[str, ...] = ()

    def __str__(self) -> str:
        what = ", ".join(f"{made.storage_class} on {made.device} as {made.state}" for made in self.put.values())
        return f"record {what}" if what else f"take {len(self.drop)} volumes off the record"


@dataclass(frozen=True)
class WriteRules:
    """Step: replace the file of udev rules, or remove it when nothing is left for it to say."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"write {guard.PATH}"


@dataclass(frozen=True)
class DropNotes:
    """Step: remove the notes about formatting of the version before, which are on record now."""

    base_dir: str

    def __str__(self) -> str:
        return "remove the notes that are on record now"


class Book:
    """What the record has, and what it should have."""

    def __init__(self, observed: Observed, wish: Wish) -> None:
        self._observed, self._wish = observed, wish
        self._put: Dict[str, Made] = {}
        self._drop: List[str] = []
        #: Raw devices that the plan gives out, by the paths that udev knows them by.
        self._raw: Set[str] = set()
        self._gone: Set[str] = set()
        self._fresh: Set[str] = set()

    def present(self, wanted: VolumeClass, source: Source, name: str) -> None:
        """Want a volume on record that is there."""
        device = source.device
        known = self._observed.record.volumes.get(name)
        made = self._made(wanted, source.path, MADE)
        agrees = known and set(known.ids).intersection(device.names)
        made = replace(made, ids=known.ids if agrees else lasting(device.links, device.path), since=known.since if known else "")
        if made != self._observed.host.record.volumes.get(name):
            self._put[name] = made
        self._drop += self._given_up(device, name)

    def fresh(self, wanted: VolumeClass, source: Source, name: str, state: str) -> WriteDown:
        """The step that writes down a volume which is made by the plan; what was given up on its device is gone by that."""
        self._fresh.add(name)
        if wanted.block:
            self._raw.add(source.path)
        # Whoever had it before gave it up, or its wiping was permitted.
        drop = [other for other, _made in self._observed.record.on(source.device.names) if other != name] if source.device else ()
        return WriteDown({name: self._made(wanted, source.path, state)}, tuple(drop))

    def gone(self, name: str, forget: bool, left: Optional[Made] = None) -> Tuple[WriteDown, ...]:
        """The step after which a volume is no longer given out, its data forgotten or left there; ``left`` is what to say of one not on record."""
        known = self._observed.record.volumes.get(name)
        self._gone.add(name)
        if forget:
            return (WriteDown(drop=(name,)),) if known else ()
        known = known or left
        return (WriteDown({name: replace(known, state=GIVEN_UP)}),) if known else ()

    def _given_out(self, made: Made) -> bool:
        """Whether no more than its device can be gone: one that somebody else got since must be assembled as the machine needs it."""
        device = self._observed.host.resolve(made.device)
        return device is None or bool(device.entry)

    def _path(self, name: str) -> str:
        """The path that a device has in the rules: of a logical volume the one that is known before it is made."""
        device = self._observed.host.resolve(name)
        return device.path if device and device.type == "lvm" else lv_mapper_path(name) or name

    def _made(self, wanted: VolumeClass, path: str, state: str) -> Made:
        return Made(wanted.name, self._wish.base_dir, wanted.volume_mode, path, fs_type="" if wanted.block else wanted.fs_type, state=state)

    def _given_up(self, device: Device, name: str) -> List[str]:
        return [other for other, made in self._observed.record.on(device.names) if made.state == GIVEN_UP and other != name]

    def actions(self) -> Tuple[Action, ...]:
        """What was there already and is not on record as it is."""
        # A format that this plan takes up has steps of its own, which say by then that it was made.
        known = {*self._observed.host.record.volumes, *self._put, *self._fresh, *self._gone}
        notes = tuple(name for name in self._observed.notes if name not in known)
        steps: tuple = ()
        if self._put or self._drop or notes:
            old = {name: self._observed.record.volumes[name] for name in notes}
            steps = (WriteDown({**old, **self._put}, tuple(self._drop)),)
        if self._observed.notes:
            steps += (DropNotes(self._wish.base_dir),)
        if not steps:
            return ()
        volumes = self._observed.host.record.volumes
        before = {name: _told(volumes[name]) for name in (*self._put, *self._drop) if name in volumes}
        return (Action("update", "file", PATH, steps, before, {name: _told(made) for name, made in self._put.items()}),)

    def guard(self) -> Tuple[Action, ...]:
        """The udev rules, which have to be there before a guest is given a device."""
        record = self._observed.record.edited(self._put, (*self._drop, *self._gone))
        raw = {made.device for made in record.volumes.values() if made.volume_mode == "Block" and made.state == MADE and self._given_out(made)}
        # Other classes may have raw volumes of which nothing is on record yet.
        links = (entry for entry in self._observed.entries if entry.link and entry.target.startswith("/dev/"))
        unrecorded = {entry.target for entry in links if entry.name not in {*record.volumes, *self._gone}}
        raw = {self._path(each) for each in raw | unrecorded | self._raw}
        text = guard.rules(raw)
        if text == self._observed.rules or not self._observed.udev:
            return ()
        new = [path for path in sorted(raw) if path not in guard.guarded(self._observed.rules) and self._observed.host.resolve(path)]
        steps: tuple = (WriteRules(text), command("udevadm", "control", "--reload"))
        if new:
            steps += (command("udevadm", "trigger", "--action=change", "--settle", *new),)
        before, after = guard.guarded(self._observed.rules), guard.guarded(text)
        return (Action("update", "file", guard.PATH, steps, {"raw devices": before}, {"raw devices": after}),)


def _told(made: Made) -> Mapping[str, str]:
    return {"class": made.storage_class, "device": made.device, "state": made.state}
