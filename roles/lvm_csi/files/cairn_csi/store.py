# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""LVM on this machine: one narrow report per question, and plans carried out under the lock that the collection's modules take, too."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from types import MappingProxyType
from typing import Dict, Iterator, Mapping, Optional, Tuple

from . import log
from .collection import (
    Action,
    Busy,
    CairnError,
    Command,
    CommandFailed,
    Grow,
    Plan,
    State,
    argv,
    command,
    executor,
    fs_apply,
    host_lock,
    mutate,
    parse,
    read,
)
from .errors import Unfinished
from .given import check_given, given
from .host import Machine
from .inline_classes import Released
from .inventory import Found, find, unknown
from .names import Id
from .tags import retag

#: Seconds to wait for the lock, half of what the sidecars give a call; then the caller asks again.
_PATIENCE = 60
#: Seconds that a report is good enough for figures, and for what only the driver changes of its own volumes: pods that start together share one.
FRESH, STEADY = 5.0, 60.0
#: Seconds to wait for a report that another call has asked for, since it was begun.
_REPORT = 20
#: Seconds after which a report is known to wait for a dead disk, as each would that is begun meanwhile; with much to do one takes half a minute.
_HANGS = 60
#: Seconds after which who waits for others looks whether that is so.
_LOOK = 0.5


class Store:
    """``node`` is the name that ids begin with, ``groups`` patterns of the volume groups that the driver was given, ``inline`` the classes that
    pods' manifests may name.
    """

    def __init__(self, machine: Machine, node: str, groups: Tuple[str, ...], inline: Mapping[str, Released] = MappingProxyType({})) -> None:
        self.machine, self.node, self.groups, self.inline = machine, node, groups, inline
        #: When the last report was begun, the driver's last change by then, and what is known by both.
        self._known: Tuple[float, object, State] = (0.0, None, State())
        self._change = object()
        self._recent_lock = threading.Lock()
        #: When the last report that failed did so, and how.
        self._failed: Tuple[float, Optional[CairnError]] = (0.0, None)
        self._turn = threading.Lock()
        #: When the reports that are under way were begun.
        self._running: Dict[object, float] = {}

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Nobody else changes LVM meanwhile, so that no plan is stale."""
        begin = time.monotonic()
        # The file's lock is asked for again and again by each who waits: with many calls at a time some would never be lucky. So they queue here.
        if not self._acquire(self._turn, _PATIENCE, _HANGS):
            raise Busy(f"calls before this one have taken more than {_PATIENCE:g} s.", code="calls-before", found="no end of them", fix="ask again.")
        try:
            with host_lock(max(0.0, _PATIENCE - (time.monotonic() - begin)), self.machine.lock):
                yield
        finally:
            self._turn.release()

    def report(self, group: str = "") -> State:
        """What LVM knows now, of one volume group or of all that are the driver's."""
        self._check_answers(_HANGS)
        begun, change, ticket = time.monotonic(), self._change, object()
        self._running[ticket] = begun
        try:
            state = given(parse(read(*argv(group)), {}, {}), self.groups, self.machine.guests(), self.machine.numbers)
        except CommandFailed as error:
            if group and "not found" in error.said:
                return State()
            raise
        finally:
            del self._running[ticket]
        # Of two that overlap the one that was begun later stays.
        if not group and (self._known[1] is not self._change or begun > self._known[0]):
            self._known = (begun, change, state)
        return state

    def fresh(self, group: str) -> State:
        """What LVM knows now of one volume group, with what is known of the others: copies between groups are the driver's own."""
        others = self.known(STEADY)
        if others is None:
            return self.report()
        now = self.report(group)
        kept = tuple(each for each in others.groups if each.name != group)
        return replace(others, groups=kept + tuple(each for each in now.groups if each.name == group))

    def recent(self, seconds: float = FRESH) -> State:
        """The same of all groups, up to ``seconds`` old, but no older than the driver's own last change."""
        asked = time.monotonic()
        state = self.known(seconds)
        if state is not None:
            return state
        if not self._acquire(self._recent_lock, _REPORT, _REPORT):
            raise _hung(_REPORT)
        try:
            state = self.known(seconds)
            if state is not None:
                return state
            if self._failed[1] and self._failed[0] > asked:
                # What another call waited for in vain is not waited for again.
                raise self._failed[1]
            try:
                return self.report()
            except CairnError as error:
                self._failed = (time.monotonic(), error)
                raise
        finally:
            self._recent_lock.release()

    def known(self, seconds: float) -> Optional[State]:
        """The same if it is known already, without asking LVM."""
        begun, change, state = self._known
        return state if change is self._change and time.monotonic() - begun <= seconds else None

    def _acquire(self, lock: threading.Lock, seconds: float, patience: float) -> bool:
        """Take a lock within some seconds, but wait for nobody once a report has taken longer than ``patience``."""
        until = time.monotonic() + seconds
        while not lock.acquire(timeout=max(0.0, min(_LOOK, until - time.monotonic()))):
            self._check_answers(patience)
            if time.monotonic() >= until:
                return False
        return True

    def _check_answers(self, patience: float) -> None:
        """Refuse to wait for LVM beside a report that hangs: threads that wait are missed by those who need no LVM."""
        oldest = min(list(self._running.values()), default=None)
        if oldest is not None and time.monotonic() - oldest > patience:
            raise _hung(time.monotonic() - oldest)

    def get(self, which: Id, kind: str = "volume", seconds: float = 0.0) -> Found:
        """What an id means now, or up to ``seconds`` ago; or the answer that it is not there."""
        found = None
        if which.node == self.node:
            check_given(which, self.groups)
            # That it is not there is no older than the question.
            found = (find(self.recent(seconds), which) if seconds else None) or find(self.report(which.group), which)
        if found is None or found.facts.kind != kind:
            raise unknown(which, kind, f"{kind}_id")
        return found

    def whole(self, which: Id) -> Found:
        """A volume that is there, or was a while ago, and may be used."""
        found = self.get(which, seconds=STEADY)
        if found.facts.state:
            raise Unfinished(
                "the volume is not whole.", job=which, code="volume-unready", parameter="volume_id", found=found.facts.state, fix="wait."
            )
        return found

    def activate(self, found: Found) -> None:
        """Give a volume its device unless it has it, under the lock; it may lack it after its disks came back late."""
        if self.machine.device(found.id.path)[0]:
            return
        step = command("lvchange", "--activate", "y", "--ignoreactivationskip", found.id.name)
        self.apply(Plan((Action("activate", "logical volume", found.id.name, (step,)),)))

    def mark(self, found: Found, **changes: object) -> None:
        """Change what the tags of a volume say of it."""
        action = Action("mark", "logical volume", found.id.name, (retag(found.id.name, found.facts, **changes),))
        with self.lock():
            _begun, change, state = self._known
            # What is known is as good as before, and nobody has to ask LVM because of a tag.
            self.apply(Plan((action,), _tagged(state, found, **changes) if change is self._change else None))

    def apply(self, plan: Plan) -> None:
        """Carry out a plan, under the lock, and write down each command. Where it says what that leads to, nobody has to ask LVM again."""
        try:
            executor.apply(plan, {Command: run, Grow: fs_apply.grow})
        finally:
            # Also after a half-done one; a report that was begun before is then known to be older.
            if plan.changed:
                self._change = object()
        if plan.after:
            self._known = (self._known[0], self._change, plan.after)


def _tagged(state: State, found: Found, **changes: object) -> Optional[State]:
    group = state.group(found.id.group)
    volume = group.lv(found.id.volume) if group else None
    if group is None or volume is None:
        return None
    gone, new = set(found.facts.tags), set(replace(found.facts, **changes).tags)  # type: ignore[arg-type]
    return state.with_group(group.with_lv(replace(volume, tags=tuple(sorted(set(volume.tags) - gone | new))), 0, {}))


def _hung(seconds: float) -> Busy:
    return Busy(f"LVM has not answered for {seconds:.0f} s.", code="report-hung", fix="look for a dead disk (dmesg, lsblk); then ask again.")


def run(step: Command) -> None:
    """Run one changing command and write down how long it took."""
    begin = time.monotonic()
    try:
        mutate(step)
    finally:
        log.info("command", command=str(step), seconds=round(time.monotonic() - begin, 3))
