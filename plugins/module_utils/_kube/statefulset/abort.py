# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Taking a rollout back: the old template and partition, then the pods that are in the way. Pure."""

from __future__ import annotations

from ..._core.errors import NotFound
from .. import basics, sets
from . import actions, facts, health
from .model import Desired, Done, Failed, Observed, Step


def next_step(observed: Observed, desired: Desired) -> Step:
    """The next step back, ``Done`` when every pod has the old template and is ready."""
    live = observed.live
    if live is None:
        raise NotFound(f"there is no {desired.ref}.", code="set-not-found", parameter="sets", fix="correct its name or namespace.")
    if not (facts.under_way(live) or observed.run.started or _leftovers(observed)):
        return Done()
    observed.run.started = True
    old = observed.run.old_template
    if old is None:
        raise NotFound(f"{desired.ref}: its old template is not kept any more.", code="revision-missing", parameter="sets",
                       found=f"no ControllerRevision {basics.status(live).get('currentRevision')}",
                       fix="give the old template in the object and roll it out.")
    back = actions.write(observed, desired, old, sets.replicas(live), facts.partition(observed.target))
    if back:
        return back
    if not facts.noticed(live):
        return health.wait(observed, desired, "noticed", "the controller has not seen the change yet")
    # Only now: a pod deleted earlier would come back with the template that is being taken back.
    update = basics.status(live).get("updateRevision", "")
    pods = [pod for _index, pod in facts.numbered(observed)]
    for pod in pods:
        if facts.revision(pod) != update and not facts.ready(pod) and not pod["metadata"].get("deletionTimestamp"):
            return actions.remove_pod(observed, pod, "stuck with the template that is taken back")
    left = health.settle(observed, desired, "back", pods, sets.replicas(live), update)
    if isinstance(left, Failed):
        return Failed(f"the old template does not come up either: {left.reason}")
    return left or Done()


def _leftovers(observed: Observed) -> bool:
    """Whether an interrupted run has put the template back and no more."""
    update = basics.status(observed.live).get("updateRevision")
    return any(facts.revision(pod) not in ("", update) and not facts.ready(pod) for _index, pod in facts.numbered(observed))
