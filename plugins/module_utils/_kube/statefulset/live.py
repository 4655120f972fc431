# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The cluster as a world that a rollout goes through: reads afresh after each change, waits by watch, survives a control plane that restarts."""

from __future__ import annotations

import threading
import time
from typing import Dict, Mapping, Sequence, Tuple

from .. import pods as podstate
from ..client import Client
from ..feed import Feed
from ..manifest import Ref
from ..send import carry_out, patiently
from . import gate, observe
from .actions import CLAIMS, PODS, SETS
from .model import Ask, Desired, Do, Observed, Wait

#: Seconds between two looks: not sooner than that after news, not later without.
_SOON, _LATE = 0.5, 5


class Live:
    """The cluster behind ``client``."""

    def __init__(self, client: Client, wishes: Sequence[Desired], seen: Mapping[Ref, Observed], execute: gate.Execute) -> None:
        self._client = client
        self._wishes = {desired.ref: desired for desired in wishes}
        self._seen = dict(seen)
        self._execute = execute
        self._fresh = True
        self._since: Dict[Ref, Dict[str, float]] = {}
        self._stuck: Dict[str, float] = {}
        self._changed = threading.Condition()
        self._feeds: Dict[str, Feed] = {}

    @property
    def seen(self) -> Mapping[Ref, Observed]:
        """The latest look, for those who come after an error."""
        return self._seen

    def look(self) -> Mapping[Ref, Observed]:
        """The present state of all sets."""
        if not self._fresh:
            # Once we have begun to wait, a control plane that goes away is waited for as long as for anything else.
            seconds = max(desired.timeout for desired in self._wishes.values())
            self._seen = patiently(lambda: observe.again(self._client, list(self._wishes.values()), self._seen), seconds)
        self._fresh = False
        now = time.monotonic()
        stuck = {pod["metadata"]["uid"] for seen in self._seen.values() for pod in seen.pods if podstate.stuck(pod)}
        self._stuck = {uid: self._stuck.get(uid, now) for uid in stuck}
        for what, seen in self._seen.items():
            seen.run.stuck = {uid: now - since for uid, since in self._stuck.items()}
            seen.run.waited = {key: now - since for key, since in self._since.get(what, {}).items()}
        return self._seen

    def do(self, desired: Desired, step: Do) -> None:
        """Send the requests of an action; what is waited for after it has a clock of its own."""
        self._since.pop(desired.ref, None)
        carry_out(self._client, step.action)

    def ask(self, desired: Desired, step: Ask) -> None:
        """Put the gate's questions."""
        self._seen[desired.ref].run.verdicts[step.key] = gate.ask(self._client, step, self._execute)

    def wait(self, waiting: Sequence[Tuple[Desired, Wait]]) -> None:
        """Sleep until there is news of these sets, or a while."""
        now = time.monotonic()
        for desired, step in waiting:
            since = self._since.get(desired.ref, {})
            self._since[desired.ref] = {key: since.get(key, now) for key in step.keys}
            self._follow(desired.ref.namespace)
        with self._changed:
            self._changed.wait(_LATE if not any("hold:" in key for _desired, step in waiting for key in step.keys) else 1)
        time.sleep(_SOON)

    def stop(self) -> None:
        """End what follows the cluster."""
        for feed in self._feeds.values():
            feed.stop()

    def _follow(self, namespace: str) -> None:
        for resource in (SETS, PODS, CLAIMS):
            path = resource.path(namespace)
            if path not in self._feeds:
                self._feeds[path] = Feed(self._client, path, {}, self._changed)
                self._feeds[path].start()
