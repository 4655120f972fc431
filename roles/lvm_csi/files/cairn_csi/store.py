# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""LVM on this machine: one narrow report per question, and plans carried out under the lock that the collection's modules take, too."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Iterator, Tuple

from . import log
from .collection import Action, Busy, Command, CommandFailed, Grow, Plan, State, argv, command, executor, fs_apply, host_lock, mutate, parse, read
from .host import Machine
from .inventory import Found, find, unknown
from .names import Id

#: Seconds to wait for the lock, half of what the sidecars give a call; then the caller asks again.
_PATIENCE = 60
#: Seconds that a report is good enough where nothing is decided by it that the driver does not look at again: pods that start together share one.
_FRESH = 5


class Store:
    """``node`` is the name that ids begin with, ``groups`` patterns of the volume groups that the driver was given."""

    def __init__(self, machine: Machine, node: str, groups: Tuple[str, ...]) -> None:
        self.machine, self.node, self.groups = machine, node, groups
        #: When the last report for ``recent`` was begun, the driver's last change by then, and what it said.
        self._recent: Tuple[float, object, State] = (0.0, None, State())
        self._change = object()
        self._recent_lock = threading.Lock()
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Nobody else changes LVM meanwhile, so that no plan is stale."""
        begin = time.monotonic()
        # The file's lock is asked for again and again by each who waits: with many calls at a time some would never be lucky. So they queue here.
        if not self._turn.acquire(timeout=_PATIENCE):
            raise Busy(f"calls before this one have taken more than {_PATIENCE:g} s.", code="calls-before", found="no end of them", fix="ask again.")
        try:
            with host_lock(max(0.0, _PATIENCE - (time.monotonic() - begin)), self.machine.lock):
                yield
        finally:
            self._turn.release()

    def report(self, group: str = "") -> State:
        """What LVM knows now, of one volume group or of all."""
        try:
            return parse(read(*argv(group)), {}, {})
        except CommandFailed as error:
            if group and "not found" in error.said:
                return State()
            raise

    def recent(self) -> State:
        """The same, up to a few seconds old, but no older than the driver's own last change."""
        with self._recent_lock:
            begun, change, _state = self._recent
            if change is not self._change or time.monotonic() - begun > _FRESH:
                self._recent = (time.monotonic(), self._change, self.report())
            return self._recent[2]

    def forget(self) -> None:
        """What is known may be older than what the caller has seen."""
        self._change = object()

    def get(self, which: Id, kind: str = "volume", recent: bool = False) -> Found:
        """What an id means now, or a few seconds ago if ``recent``; or the answer that it is not there."""
        found = None
        if which.node == self.node:
            # That it is not there is no older than the question.
            found = (find(self.recent(), which) if recent else None) or find(self.report(which.group), which)
        if found is None or found.facts.kind != kind:
            raise unknown(which, kind, f"{kind}_id")
        return found

    def whole(self, which: Id) -> Found:
        """A volume that is there, or was a few seconds ago, and may be used."""
        found = self.get(which, recent=True)
        if found.facts.state:
            raise Busy("the volume is not whole.", code="volume-unready", parameter="volume_id", found=found.facts.state, fix="wait.")
        return found

    def activate(self, found: Found) -> None:
        """Give a volume its device, under the lock; it may lack it after its disks came back late."""
        step = command("lvchange", "--activate", "y", "--ignoreactivationskip", found.id.name)
        self.apply(Plan((Action("activate", "logical volume", found.id.name, (step,)),)))

    def apply(self, plan: Plan) -> None:
        """Carry out a plan, and write down each command."""
        try:
            executor.apply(plan, {Command: run, Grow: fs_apply.grow})
        finally:
            # Also after a half-done one; a report that was begun before is then known to be older.
            if plan.changed:
                self.forget()


def run(step: Command) -> None:
    """Run one changing command and write down how long it took."""
    begin = time.monotonic()
    try:
        mutate(step)
    finally:
        log.info("command", command=str(step), seconds=round(time.monotonic() - begin, 3))
