# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Reading a StatefulSet, its pods and its claims: pure, without decisions."""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional, Tuple

from .. import basics, sets
from .. import pods as podstate
from .model import REVISION, Desired, Object, Observed


def partition(stateful_set: Object) -> int:
    """How many pods, counted from the first, keep the old template."""
    return int(((stateful_set["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition") or 0)


def numbered(observed: Observed) -> List[Tuple[int, Object]]:
    """(index from 0, pod) of all pods of the set, in order."""
    name, first = observed.target["metadata"]["name"], sets.start(observed.target)
    found = [(sets.ordinal(pod["metadata"]["name"], name), pod) for pod in observed.pods]
    return sorted(((number - first, pod) for number, pod in found if number is not None), key=lambda entry: entry[0])


def away(observed: Observed, desired: Desired) -> List[Object]:
    """The pods on nodes that are away."""
    return [pod for _index, pod in numbered(observed) if pod["spec"].get("nodeName") in desired.nodes_away]


def revision(pod: Object) -> str:
    """The name of the ControllerRevision that a pod was made from."""
    return (pod["metadata"].get("labels") or {}).get(REVISION, "")


def ready(pod: Object) -> bool:
    """Whether a pod is up and stays."""
    return not pod["metadata"].get("deletionTimestamp") and not podstate.obstacle(pod)


def restarts(pod: Object) -> int:
    """How often a pod's containers were started again."""
    status = basics.status(pod)
    return sum(int(each.get("restartCount") or 0) for each in (*(status.get("initContainerStatuses") or ()),
                                                               *(status.get("containerStatuses") or ())))


def noticed(stateful_set: Object) -> bool:
    """Whether the controller has seen the latest change."""
    return basics.status(stateful_set).get("observedGeneration", 0) >= stateful_set["metadata"].get("generation", 0)


def held_up_by_pods(stateful_set: Object) -> bool:
    """Whether its controller replaces no pod while another is not ready, be that of an older template (kubernetes#67250).

    So it does with OrderedReady, and where the API server knows maxUnavailable also with Parallel (kubernetes#137409, early 1.35). With OnDelete
    it replaces none.
    """
    spec = stateful_set["spec"]
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return False
    return spec.get("podManagementPolicy", "OrderedReady") != "Parallel" or "maxUnavailable" in (strategy.get("rollingUpdate") or {})


def under_way(stateful_set: Object) -> bool:
    """Whether pods of two templates stand side by side."""
    if (stateful_set["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        # Its controller keeps the first revision as the current one for good.
        return bool(basics.status(stateful_set).get("updatedReplicas", 0) != basics.status(stateful_set).get("replicas", 0))
    current, update = basics.status(stateful_set).get("currentRevision", ""), basics.status(stateful_set).get("updateRevision", "")
    return bool(current and update and current != update)


def current(observed: Observed) -> str:
    """The name of the revision that a rollout comes from. With OnDelete only the pods tell: the status keeps the first one for good."""
    live: Object = observed.live or {"spec": {}}
    update = basics.status(live).get("updateRevision", "")
    if (live["spec"].get("updateStrategy") or {}).get("type") != "OnDelete":
        return str(basics.status(live).get("currentRevision", ""))
    return next((revision(pod) for _index, pod in numbered(observed) if revision(pod) not in ("", update)), "")


def revision_template(observed: Observed, name: str) -> Optional[dict]:
    """The pod template that a ControllerRevision keeps."""
    for each in observed.revisions:
        if each["metadata"]["name"] == name:
            return plain(basics.kept_template(each))
    return None


def plain(value: Any) -> Any:
    """A copy without nulls: whether a server writes them (creationTimestamp) depends on its version."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def size(claim: Object) -> int:
    """Bytes that a claim or claim template asks for."""
    return basics.requested(claim) or 0


def bound(claim: Object) -> bool:
    """Whether a claim has its volume."""
    return basics.phase(claim) == "Bound"


def capacity(claim: Object) -> int:
    """Bytes that a claim has."""
    return basics.held(claim) or 0


def claims(observed: Observed) -> Iterator[Tuple[str, int, Object]]:
    """(template, index of the pod from 0, claim) for each claim of the set, those of pods that are gone included."""
    name, first = observed.target["metadata"]["name"], sets.start(observed.target)
    templates = {**sets.claim_templates(observed.target), **(sets.claim_templates(observed.live) if observed.live else {})}
    for claim in observed.claims:
        for template in templates:
            number = sets.ordinal(claim["metadata"]["name"], f"{template}-{name}")
            if number is not None:
                yield template, number - first, claim


def spread(template: Object) -> bool:
    """Whether no two pods of the set may share a node."""
    affinity = ((template.get("spec") or {}).get("affinity") or {}).get("podAntiAffinity") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    return any(term.get("topologyKey") == basics.HOSTNAME
               and ((term.get("labelSelector") or {}).get("matchLabels") or {}).items() <= labels.items() for term in terms)
