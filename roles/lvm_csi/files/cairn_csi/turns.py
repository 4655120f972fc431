# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls about one volume take turns, in the order in which they came, instead of turning each other away: whoever is turned away asks again later and
later. And a call that waits for what another call or a job does gives its turn away meanwhile, so that nobody waits for whoever waits for him.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections import deque
from typing import Any, Deque, Dict, Iterator, Optional

from .collection import Busy
from .names import lv_name

#: Seconds after which the call whose turn it is counts as hanging, as beside a dead disk: threads that wait for it are missed by others.
_HANGS = 60
#: Seconds after which who waits looks whether that is so.
_LOOK = 1.0


class Turns:
    """Who is next, by what the calls are about."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queues: Dict[str, Deque["Turn"]] = {}

    def take(self, turn: "Turn") -> None:
        """Wait until everybody who came before has had his turn; ``Busy`` at the end of the time that the call has."""
        with self._changed:
            queue = self._queues.setdefault(turn.key, deque())
            queue.append(turn)
            if queue[0] is turn:
                turn.since = time.monotonic()
            while queue[0] is not turn:
                left = turn.until - time.monotonic()
                if left <= 0 or time.monotonic() - queue[0].since > _HANGS:
                    self._leave(turn)
                    raise Busy(f"{turn.key} is being worked on by another call.", code="calls-before", fix="ask again.")
                self._changed.wait(min(left, _LOOK))

    def give(self, turn: "Turn") -> None:
        """Let the next one have its turn."""
        with self._changed:
            self._leave(turn)

    def _leave(self, turn: "Turn") -> None:
        queue = self._queues.get(turn.key)
        if queue and turn in queue:
            queue.remove(turn)
            if queue:
                queue[0].since = time.monotonic()
            else:
                del self._queues[turn.key]
            self._changed.notify_all()


class Turn:
    """A call about ``key`` that may wait until ``until`` (by time.monotonic)."""

    def __init__(self, turns: Turns, key: str, until: float) -> None:
        self.key, self.until, self.since = key, until, 0.0
        self._turns = turns

    def take(self) -> None:
        """Wait for it, unless the call is about nothing."""
        if self.key:
            self._turns.take(self)

    def give(self) -> None:
        """End it, if it has not ended yet."""
        self._turns.give(self)


_MINE: contextvars.ContextVar[Optional[Turn]] = contextvars.ContextVar("turn", default=None)


@contextlib.contextmanager
def turn_of(turn: Turn) -> Iterator[None]:
    """This thread's call has its turn."""
    turn.take()
    _MINE.set(turn)
    try:
        yield
    finally:
        _MINE.set(None)
        turn.give()


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Let others have their turn while this call waits for them, and queue again then. Who fails meanwhile has no use for another turn."""
    turn = _MINE.get()
    if turn:
        turn.give()
    yield
    if turn:
        turn.take()


def none() -> None:
    """This thread is none of a call, though a call has started it."""
    _MINE.set(None)


def key_of(request: Any) -> str:
    """What a request is about: the id of a volume or snapshot, or the name of one that is to be made."""
    return next((str(value) for value in (getattr(request, each, "") for each in ("volume_id", "snapshot_id", "name")) if value), "")


def about(method: str, request: Any) -> str:
    """The logical volume that a call changes: the same for those that have its id and for those that have the name of which it is made."""
    made = str(getattr(request, "name", ""))
    return lv_name("snapshot" if method == "CreateSnapshot" else "volume", made) if made else key_of(request).rpartition("/")[2]
