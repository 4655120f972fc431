# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Do the pods of a set do well, and if not, since when? Pure."""

from __future__ import annotations

from typing import Iterable, List, Optional

from .. import basics, pods as podstate
from . import facts
from .model import Desired, Failed, Object, Observed, Step, Wait

#: Seconds that a pod may be stuck: a crash or a failed pull while its peers come up often heals.
GRACE = 10


def settle(observed: Observed, desired: Desired, key: str, pods: Iterable[Object], expected: int, revision: str = "") -> Optional[Step]:
    """``None`` when ``expected`` pods (of ``revision``, if given) are ready, else a wait or, when there is no more hope, a failure.

    The clock of the wait starts again with each pod that gets there.
    """
    pods = list(pods)
    good = [pod for pod in pods if facts.ready(pod) and (not revision or facts.revision(pod) == revision)]
    if len(good) == expected == len(pods):
        return None
    hopeless = stuck(observed, (pod for pod in pods if not revision or facts.revision(pod) == revision))
    if hopeless:
        return Failed(hopeless)
    told = [f"pod {pod['metadata']['name']}: {_obstacle(pod, revision)}" for pod in pods if pod not in good]
    reason = "; ".join([f"{len(good)} of {expected} pods are ready", *told[:3]])
    return wait(observed, desired, f"{key}:{len(good)}", reason)


def wait(observed: Observed, desired: Desired, key: str, reason: str) -> Step:
    """A wait that turns into a failure when it lasts too long."""
    if observed.run.waited.get(key, 0) > desired.timeout:
        return Failed(f"no progress for {desired.timeout:g} s: {reason}")
    return Wait((key,), reason)


def stuck(observed: Observed, pods: Iterable[Object]) -> str:
    """Why one of the pods is beyond hope, empty while there is some."""
    trouble: List[str] = [f"pod {pod['metadata']['name']}: {podstate.stuck(pod)}" for pod in pods
                          if podstate.stuck(pod) and observed.run.stuck.get(pod["metadata"]["uid"], 0) >= GRACE]
    return "; ".join(trouble[:3])


def blocking(observed: Observed) -> Optional[Object]:
    """A pod of an older template that is not ready and keeps the controller from replacing it: nobody but us deletes it then."""
    live = observed.live
    if not facts.held_up_by_pods(live) or not facts.noticed(live):
        return None
    update, floor = basics.status(live).get("updateRevision"), facts.partition(live)
    for index, pod in facts.numbered(observed):
        wrong = bool(update) and facts.revision(pod) not in ("", update) and index >= floor
        if wrong and not facts.ready(pod) and not pod["metadata"].get("deletionTimestamp"):
            return pod
    return None


def _obstacle(pod: Object, revision: str) -> str:
    if pod["metadata"].get("deletionTimestamp"):
        return "it is being deleted"
    if revision and facts.revision(pod) != revision:
        return "it has the old template"
    return podstate.obstacle(pod)
