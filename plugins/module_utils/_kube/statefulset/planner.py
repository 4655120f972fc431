# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What to do next about one StatefulSet: a pure function of what is there and what is wanted, called again until nothing is left.

Nothing is kept outside the cluster between two calls, so a run that was interrupted anywhere is gone on with by the next one.
"""

from __future__ import annotations

from typing import Optional

from ..._core.errors import Busy, Refused
from .. import basics, sets
from . import abort, actions, facts, fit, growth, health, replacement, scale, waves
from .model import Desired, Do, Done, Observed, Step


def next_action(observed: Observed, desired: Desired) -> Step:
    """The next step. Refusals are raised before the first step that they are about."""
    live = observed.live
    if live is not None and live["metadata"].get("deletionTimestamp"):
        return _deleted(observed, desired)
    if desired.abort or observed.run.failure:
        return abort.next_step(observed, desired)
    if desired.replace:
        return replacement.next_step(observed, desired) or _settled(observed, desired) or Done()
    scale.refuse_moved(observed, desired)
    if live is None:
        return growth.recreate(observed, desired)
    return _present(observed, desired)


def _present(observed: Observed, desired: Desired) -> Step:
    live, target = observed.live, observed.target
    scale.refuse_unsaid(observed, desired)
    if desired.check_capacity and sets.replicas(target) > sets.replicas(live):
        fit.check(observed, desired, sets.replicas(target))
    step = growth.next_step(observed, desired)
    if step is None and desired.waves:
        step = waves.next_step(observed, desired)
    elif step is None:
        # All at once: the controller goes from pod to pod by itself.
        step = actions.write(observed, desired, target["spec"]["template"], sets.replicas(target), facts.partition(target))
    step = step or _settled(observed, desired) or scale.delete_claims(observed, desired) or Done()
    away = facts.away(observed, desired)
    if away and isinstance(step, Do):
        raise Refused("a set with pods on nodes that are away stays as it is.", code="set-node-away", parameter="nodes_away",
                      found="; ".join(f"{desired.ref.path} would change, {pod['metadata']['name']} is on {pod['spec']['nodeName']}" for pod in away),
                      fix="bring the node back first, or leave this change of the set for later.")
    return step


def _settled(observed: Observed, desired: Desired) -> Optional[Step]:
    """Until every pod is there and ready, of the new template where the strategy lets it be."""
    live = observed.live
    if not facts.noticed(live):
        return health.wait(observed, desired, "noticed", "the controller has not seen the change yet")
    gone = [pod["metadata"]["name"] for pod in facts.away(observed, desired)]
    blocking = health.blocking(observed)
    if blocking and blocking["metadata"]["name"] not in gone:
        return actions.remove_pod(observed, blocking, "not ready, and in the way of the new template")
    pods = [(index, pod) for index, pod in facts.numbered(observed) if pod["metadata"]["name"] not in gone]
    part = facts.partition(live)
    update = "" if (live["spec"].get("updateStrategy") or {}).get("type") == "OnDelete" else basics.status(live).get("updateRevision", "")
    expected = sets.replicas(live) - len(gone)
    newer = [pod for index, pod in pods if index >= part]
    unsettled = health.settle(observed, desired, "updated", newer, max(expected - (len(pods) - len(newer)), 0), update)
    return unsettled or health.settle(observed, desired, "ready", (pod for _index, pod in pods), expected)


def _deleted(observed: Observed, desired: Desired) -> Step:
    held = observed.live["metadata"].get("finalizers") or []
    if held != ["orphan"]:
        raise Busy(f"{desired.ref} is being deleted.", code="object-terminating", parameter="sets",
                   found=f"the finalizers {', '.join(held) or '(none)'}", fix="wait until it is gone, then run again.")
    return health.wait(observed, desired, "gone", "the set is being deleted, its pods stay")
