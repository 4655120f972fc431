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
#: Seconds that a report is good enough for statistics and metrics.
_FRESH = 5


class Store:
    """``node`` is the name that ids begin with, ``groups`` patterns of the volume groups that the driver was given."""

    def __init__(self, machine: Machine, node: str, groups: Tuple[str, ...]) -> None:
        self.machine, self.node, self.groups = machine, node, groups
        self._recent: Tuple[float, State] = (float("-inf"), State())
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
        """The same, up to a few seconds old."""
        with self._recent_lock:
            if time.monotonic() - self._recent[0] > _FRESH:
                self._recent = (time.monotonic(), self.report())
            return self._recent[1]

    def get(self, which: Id, kind: str = "volume") -> Found:
        """What an id means now, or the answer that it is not there."""
        found = find(self.report(which.group), which) if which.node == self.node else None
        if found is None or found.facts.kind != kind:
            raise unknown(which, kind, f"{kind}_id")
        return found

    def whole(self, which: Id) -> Found:
        """A volume that is there and may be used."""
        found = self.get(which)
        if found.facts.state:
            raise Busy("the volume is not whole.", code="volume-unready", parameter="volume_id", found=found.facts.state, fix="wait.")
        return found

    def activate(self, found: Found) -> None:
        """Give a volume its device, under the lock; it may lack it after its disks came back late."""
        step = command("lvchange", "--activate", "y", "--ignoreactivationskip", found.id.name)
        self.apply(Plan((Action("activate", "logical volume", found.id.name, (step,)),)))

    def apply(self, plan: Plan) -> None:
        """Carry out a plan, and write down each command."""
        executor.apply(plan, {Command: run, Grow: fs_apply.grow})
        if plan.changed:
            self._recent = (float("-inf"), State())


def run(step: Command) -> None:
    """Run one changing command and write down how long it took."""
    begin = time.monotonic()
    try:
        mutate(step)
    finally:
        log.info("command", command=str(step), seconds=round(time.monotonic() - begin, 3))
