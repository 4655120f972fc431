# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""One wait for all objects together: by watch, with a deadline, and no longer than there is hope."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from .._core.errors import CairnError, CommandFailed, Timeout
from . import basics
from .client import Client
from .condition import Condition
from .discovery import Resource
from .feed import Feed
from .manifest import Ref
from .ready import READY, WORKLOADS, State, Surroundings, removal, state

#: Seconds that a stuck object may stay so: a crash or a failed pull while its peers come up often heals.
GRACE = 10
#: Seconds after which a warning says nothing about now.
_RECENT = 60
_CLAIM = ("", "PersistentVolumeClaim")
_TALKERS = (*WORKLOADS, _CLAIM, ("", "Pod"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))
_SHOWN = 5


@dataclass(frozen=True)
class Target:
    """One object that is to be ready (``present``) or gone. ``live`` is what is known of it."""

    ref: Ref
    resource: Resource
    present: bool
    live: Optional[Mapping[str, Any]] = None
    #: What it is waited for instead of what is ready for its kind.
    condition: Optional[Condition] = None

    def state(self, live: Mapping[str, Any], around: Surroundings) -> State:
        """Where ``live`` stands. A condition that is met ends the wait whatever else is wrong; until then the kind's troubles are told."""
        of_kind = state(live, around)
        if self.condition is None:
            return of_kind
        asked = self.condition.state(live, around)
        return of_kind if asked.name != "ready" and of_kind.name in ("stuck", "failed") else asked


@dataclass(frozen=True)
class Reached:
    """Where a target stands: its state, and the object as last seen."""

    target: Target
    state: State
    live: Optional[Mapping[str, Any]]

    def describe(self) -> dict:
        """As a module returns it."""
        what = self.target.ref
        return {"kind": what.kind, "namespace": what.namespace, "name": what.name, "state": self.state.name, "reason": self.state.reason}


def wait(client: Client, targets: Iterable[Target], seconds: float) -> List[Reached]:
    """Wait until all ``targets`` are as they should be; at once when they are already.

    Raises ``Timeout`` (``wait-timeout``) or, when an object can not or will hardly become ready, ``CommandFailed`` (``wait-failed``).
    Either carries ``reached["readiness"]``, one entry per target.
    """
    waiter = _Waiter(client, list(targets), time.monotonic() + seconds)
    try:
        return waiter.run(seconds)
    finally:
        waiter.stop()


class _Waiter:
    def __init__(self, client: Client, targets: List[Target], deadline: float) -> None:
        self._client = client
        self._targets = targets
        self._deadline = deadline
        self._changed = threading.Condition()
        self._feeds: Dict[Tuple[Resource, str], Feed] = {}
        #: By namespace.
        self._around: Dict[str, Dict[str, Feed]] = {"pods": {}, "events": {}}
        self._others: Dict[str, Feed] = {}
        self._modes: Dict[str, str] = {}
        self._stuck_since: Dict[Ref, float] = {}
        self._oldest_event = datetime.now(timezone.utc).timestamp() - _RECENT

    def run(self, seconds: float) -> List[Reached]:
        self._read_binding_modes()
        with self._changed:
            while True:
                self._refuse_unwatchable()
                reached = self._look()
                pending = self._pending(reached)
                left = self._deadline - time.monotonic()
                if not pending and (left <= 0 or self._all_heard()):
                    return reached
                self._give_up(reached, pending)
                self._follow(pending)
                if left <= 0:
                    raise _error(Timeout, reached, pending, f"{len(pending)} of {len(reached)} objects did not get there within {seconds:g} s.",
                                 "wait-timeout", "see the reasons; what was applied stays, so run again or give a longer wait_timeout.")
                # Wakes up without news as well: grace ends by the clock.
                self._changed.wait(min(left, 1))

    def stop(self) -> None:
        for feed in self._all_feeds():
            feed.stop()

    def _all_feeds(self) -> List[Feed]:
        return [feed for feeds in (self._feeds, *self._around.values(), self._others) for feed in feeds.values()]

    def _read_binding_modes(self) -> None:
        if any((target.ref.group, target.ref.kind) == _CLAIM and target.present for target in self._targets if not _bound(target.live)):
            classes, _version = self._client.list("/apis/storage.k8s.io/v1/storageclasses")
            self._modes = {found["metadata"]["name"]: found.get("volumeBindingMode", "Immediate") for found in classes}

    def _follow(self, pending: List[Reached]) -> None:
        """Follow what is waited for. What was ready may be so no longer: a claim that waited for its first pod, once an event tells that it failed."""
        busy = {(item.target.resource, item.target.ref.namespace) for item in pending}
        for resource, namespace in sorted(busy - self._feeds.keys(), key=str):
            names = [target.ref.name for target in self._targets if (target.resource, target.ref.namespace) == (resource, namespace)]
            query = {"fieldSelector": f"metadata.name={names[0]}"} if len(names) == 1 else {}
            self._feeds[(resource, namespace)] = self._start(resource.path(namespace), query)
        for name, kinds, query in (("pods", WORKLOADS, {}), ("events", _TALKERS, {"fieldSelector": "type=Warning"})):
            spaces = {item.target.ref.namespace for item in pending if item.target.present and _kind(item) in kinds}
            for namespace in sorted(spaces - self._around[name].keys()):
                self._around[name][namespace] = self._start(f"/api/v1/namespaces/{namespace}/{name}", query)
        needs = {path for item in pending if item.target.condition for path in item.target.condition.needs}
        for path in sorted(needs - self._others.keys()):
            self._others[path] = self._start(path, {})

    def _start(self, path: str, query: Mapping[str, str]) -> Feed:
        feed = Feed(self._client, path, query, self._changed)
        feed.start()
        return feed

    def _look(self) -> List[Reached]:
        others = {path: feed.objects() for path, feed in self._others.items()}
        around = Surroundings([pod for feed in self._around["pods"].values() for pod in feed.objects() or ()], self._modes, others, self._warnings())
        return [self._judge(target, around) for target in self._targets]

    def _judge(self, target: Target, around: Surroundings) -> Reached:
        live = target.live
        feed = self._feeds.get((target.resource, target.ref.namespace))
        if feed:
            known, seen = feed.find(target.ref.namespace, target.ref.name)
            if known:
                live = {"apiVersion": target.resource.api_version, "kind": target.ref.kind, **seen} if seen else None
        if target.present:
            return Reached(target, target.state(live, around) if live else State("waiting", "it does not exist yet"), live)
        again = live and target.live and live["metadata"]["uid"] != target.live["metadata"]["uid"]
        return Reached(target, READY if not live or again else removal(live), live)

    def _warnings(self) -> Dict[str, Tuple[str, str]]:
        latest: Dict[str, Tuple[float, str, str]] = {}
        for event in (event for feed in self._around["events"].values() for event in feed.objects() or ()):
            uid = (event.get("involvedObject") or {}).get("uid", "")
            at = _when(event)
            if at >= max(self._oldest_event, latest.get(uid, (0.0, "", ""))[0]):
                latest[uid] = (at, event.get("reason", "Warning"), (event.get("message") or "").strip())
        return {uid: (reason, message) for uid, (_at, reason, message) in latest.items()}

    @staticmethod
    def _pending(reached: List[Reached]) -> List[Reached]:
        return [item for item in reached if item.state.name != "ready"]

    def _all_heard(self) -> bool:
        """Whether every feed has given its first answer: the event that tells what went wrong may arrive after what looks ready."""
        return all(feed.objects() is not None for feed in self._all_feeds())

    def _refuse_unwatchable(self) -> None:
        for feed in self._all_feeds():
            if feed.error:
                raise feed.error

    def _give_up(self, reached: List[Reached], pending: List[Reached]) -> None:
        now = time.monotonic()
        stuck = {item.target.ref for item in pending if item.state.name == "stuck"}
        self._stuck_since = {what: self._stuck_since.get(what, now) for what in stuck}
        lost = [item for item in pending if item.state.name == "failed" or now - self._stuck_since.get(item.target.ref, now) >= GRACE]
        if lost:
            raise _error(CommandFailed, reached, lost, "waiting longer will not help.", "wait-failed",
                         "correct the cause, then run again; what was applied stays.")


def _error(family: type, reached: List[Reached], bad: List[Reached], message: str, code: str, fix: str) -> CairnError:
    told = [f"{item.target.ref}: {item.state.reason}" for item in bad[:_SHOWN]] + ([f"and {len(bad) - _SHOWN} more"] if len(bad) > _SHOWN else [])
    error: CairnError = family(message, code=code, parameter="wait", found=" | ".join(told).rstrip("."), fix=fix)
    error.reached = {"readiness": [item.describe() for item in reached]}
    return error


def _kind(item: Reached) -> Tuple[str, str]:
    return item.target.ref.group, item.target.ref.kind


def _bound(live: Optional[Mapping[str, Any]]) -> bool:
    return bool(live) and basics.phase(live) == "Bound"


def _when(event: Mapping[str, Any]) -> float:
    """Seconds since the epoch of an event's latest occurrence; which of the fields is set depends on who wrote it."""
    text = (event.get("series") or {}).get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
