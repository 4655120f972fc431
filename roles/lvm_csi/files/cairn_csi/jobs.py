# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work that may outlast a request: it goes on in a thread of its own, and whoever asks again joins it."""

from __future__ import annotations

import contextvars
import threading
import time
from concurrent.futures import Future, TimeoutError as NotYet
from typing import Callable, Dict, Optional, TypeVar

from . import log
from .collection import Busy, CairnError
from .errors import Unfinished
from .turns import aside, none

#: Seconds that a request without a time limit of its own waits for its job.
PATIENCE = 60.0
#: Seconds before its time limit at which a request is answered all the same.
_MARGIN = 1.0
_Result = TypeVar("_Result")
_ENDS: contextvars.ContextVar[float] = contextvars.ContextVar("ends", default=0.0)


def allow(seconds: Optional[float]) -> None:
    """Say how long the caller of this thread's request waits for its answer."""
    left = PATIENCE if seconds is None else min(PATIENCE, seconds - _MARGIN)
    _ENDS.set(time.monotonic() + left)


def left() -> float:
    """Seconds that this thread's request may still take."""
    return max(0.0, _ENDS.get() - time.monotonic()) if _ENDS.get() else PATIENCE


class Jobs:
    """At most one job a key. ``stopping`` is set when the driver ends: long jobs look at it between their steps."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._jobs: Dict[str, Future[None]] = {}
        self._dropped: Dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def start(self, key: str, work: Callable[[Callable[[], bool]], None]) -> Future[None]:
        """Begin a job, or find the one that runs. ``work`` is given a function that says whether it has to stop."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = Future()
                dropped = self._dropped[key] = threading.Event()

                def stop() -> bool:
                    return dropped.is_set() or self.stopping.is_set()

                context = contextvars.copy_context()
                threading.Thread(target=context.run, args=(self._run, key, job, work, stop), name=key, daemon=True).start()
            return job

    def join(self, key: str, work: Callable[[Callable[[], bool]], None], doing: str) -> None:
        """Begin or find a job and wait a while for its end; ``Busy`` while it goes on, its error if it failed."""
        try:
            with aside():
                self.start(key, work).result(left())
        except NotYet:
            raise Busy(f"it is still being {doing}.", code="unfinished", parameter="volume_id", found=key, fix="ask again.") from None

    def settled(self, attempt: Callable[[], _Result]) -> _Result:
        """What ``attempt`` gives, once no job stands in its way any more; its own refusal where that takes too long or there is no such job."""
        missed = False
        while True:
            try:
                return attempt()
            except Unfinished as error:
                with self._lock:
                    job = self._jobs.get(error.job)
                # One that has ended since is not there any more, so it is tried once more without.
                if job is None and missed:
                    raise
                missed = job is None
                if job:
                    self._wait(job, error)

    @staticmethod
    def _wait(job: "Future[None]", refusal: CairnError) -> None:
        with aside():
            try:
                job.exception(left())
            except NotYet:
                raise refusal from None

    def drop(self, key: str) -> None:
        """Have a job stop and wait for that; what it was made for is to go."""
        with self._lock:
            job = self._jobs.get(key)
            if job:
                self._dropped[key].set()
        if job:
            try:
                with aside():
                    job.exception(left())
            except NotYet:
                raise Busy("a job on it has yet to stop.", code="stopping", parameter="volume_id", found=key, fix="ask again.") from None

    def _run(self, key: str, job: "Future[None]", work: Callable[[Callable[[], bool]], None], stop: Callable[[], bool]) -> None:
        none()
        problem = None
        try:
            work(stop)
        except Exception as error:  # pylint: disable=broad-except
            problem = error
            log.error("job", key=key, message=str(error) if isinstance(error, CairnError) else repr(error))
        # Forgotten before it is told, so that whoever is told and asks again begins a new one.
        with self._lock:
            del self._jobs[key], self._dropped[key]
        if problem:
            job.set_exception(problem)
        else:
            job.set_result(None)
