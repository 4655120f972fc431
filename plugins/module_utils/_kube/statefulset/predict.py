# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a cluster makes of a change when all goes well: how check mode goes on after a wait. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .. import basics, sets
from . import facts
from .model import REVISION, Object, Observed

_UP = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": []}


def settled(observed: Observed) -> Observed:
    """The state in which controllers and kubelets have done all there is to do."""
    live = observed.live
    if live is None:
        return observed
    if live["metadata"].get("deletionTimestamp"):
        return replace(observed, live=None)
    count, part = sets.replicas(live), facts.partition(live)
    current, update = _revisions(observed)
    there = dict(facts.numbered(observed))
    # A pod that its controller does not replace comes up as it is.
    held = part if facts.held_up_by_pods(live) else count
    pods = tuple(_pod(observed, index, current if index < part else update, there.get(index) if index >= held else None) for index in range(count))
    generation = live["metadata"].get("generation", 1)
    status = {"observedGeneration": generation, "replicas": count, "availableReplicas": count, "updatedReplicas": max(count - part, 0),
              "currentRevision": current if part else update, "updateRevision": update}
    return replace(observed, live={**live, "status": status}, pods=pods, claims=_claims(observed, count, there))


def _revisions(observed: Observed) -> Tuple[str, str]:
    live, run = observed.live, observed.run
    current = basics.status(live).get("currentRevision", "") or "(first)"
    old = run.old_template
    if old is None or live["spec"]["template"] == old:
        return current, current
    known = basics.status(live).get("updateRevision", "")
    return current, known if known not in ("", current) and facts.noticed(live) else "(new)"


def _pod(observed: Observed, index: int, revision: str, there: Optional[Object]) -> Object:
    if there and facts.revision(there) != revision and not facts.ready(there) and not there["metadata"].get("deletionTimestamp"):
        # Its controller waits for it to become ready before it replaces it.
        return there
    name = f"{observed.target['metadata']['name']}-{index + sets.start(observed.target)}"
    return {"apiVersion": "v1", "kind": "Pod", "spec": {}, "status": _UP,
            "metadata": {"name": name, "namespace": observed.target["metadata"].get("namespace", ""), "uid": name, "labels": {REVISION: revision}}}


def _claims(observed: Observed, count: int, pods: Mapping[int, Object]) -> Tuple[Object, ...]:
    """Existing claims, bound and with the size that they ask for, and those that new pods bring. A pod that has started gets none."""
    kept: List[Object] = [_grown(claim) for claim in observed.claims if not claim["metadata"].get("deletionTimestamp")]
    there = {claim["metadata"]["name"] for claim in kept}
    first, name = sets.start(observed.target), observed.target["metadata"]["name"]
    for template, wanted in sets.claim_templates(observed.live).items():
        for index in range(count):
            title = f"{template}-{name}-{index + first}"
            if title not in there and (index not in pods or basics.phase(pods[index]) == "Pending"):
                metadata = {"name": title, "namespace": observed.target["metadata"].get("namespace", ""), "uid": title}
                kept.append(_grown({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": {**wanted["spec"]},
                                    "status": {"phase": "Bound"}}))
    return tuple(kept)


def _grown(claim: Object) -> Object:
    asked = ((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage")
    status: Dict[str, Any] = {**basics.status(claim), "phase": "Bound"}
    if facts.size(claim) > facts.capacity(claim):
        status["capacity"] = {"storage": asked}
    return {**claim, "status": status}
