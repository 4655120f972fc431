# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Reading a StatefulSet, its pods and its claims: pure, without decisions."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from .. import pods as podstate
from .. import quantity
from .model import REVISION, Object, Observed


def replicas(stateful_set: Object) -> int:
    """How many pods it asks for."""
    return int(stateful_set["spec"].get("replicas", 1))


def start(stateful_set: Object) -> int:
    """The number of its first pod."""
    return int((stateful_set["spec"].get("ordinals") or {}).get("start", 0))


def partition(stateful_set: Object) -> int:
    """How many pods, counted from the first, keep the old template."""
    return int(((stateful_set["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition") or 0)


def ordinal(name: str, stateful_set: str) -> Optional[int]:
    """The number in a pod's name, ``None`` when it is no pod of this set."""
    match = re.fullmatch(rf"{re.escape(stateful_set)}-(\d+)", name)
    return int(match[1]) if match else None


def numbered(observed: Observed) -> List[Tuple[int, Object]]:
    """(index from 0, pod) of all pods of the set, in order."""
    name, first = observed.target["metadata"]["name"], start(observed.target)
    found = [(ordinal(pod["metadata"]["name"], name), pod) for pod in observed.pods]
    return sorted(((number - first, pod) for number, pod in found if number is not None), key=lambda entry: entry[0])


def revision(pod: Object) -> str:
    """The name of the ControllerRevision that a pod was made from."""
    return (pod["metadata"].get("labels") or {}).get(REVISION, "")


def ready(pod: Object) -> bool:
    """Whether a pod is up and stays."""
    return not pod["metadata"].get("deletionTimestamp") and not podstate.obstacle(pod)


def restarts(pod: Object) -> int:
    """How often a pod's containers were started again."""
    status = pod.get("status") or {}
    return sum(int(each.get("restartCount") or 0) for each in (*(status.get("initContainerStatuses") or ()),
                                                               *(status.get("containerStatuses") or ())))


def status(stateful_set: Object) -> Mapping[str, Any]:
    """What the controller says of the set."""
    return stateful_set.get("status") or {}


def noticed(stateful_set: Object) -> bool:
    """Whether the controller has seen the latest change."""
    return status(stateful_set).get("observedGeneration", 0) >= stateful_set["metadata"].get("generation", 0)


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
        return bool(status(stateful_set).get("updatedReplicas", 0) != status(stateful_set).get("replicas", 0))
    current, update = status(stateful_set).get("currentRevision", ""), status(stateful_set).get("updateRevision", "")
    return bool(current and update and current != update)


def current(observed: Observed) -> str:
    """The name of the revision that a rollout comes from. With OnDelete only the pods tell: the status keeps the first one for good."""
    live: Object = observed.live or {"spec": {}}
    update = status(live).get("updateRevision", "")
    if (live["spec"].get("updateStrategy") or {}).get("type") != "OnDelete":
        return str(status(live).get("currentRevision", ""))
    return next((revision(pod) for _index, pod in numbered(observed) if revision(pod) not in ("", update)), "")


def revision_template(observed: Observed, name: str) -> Optional[dict]:
    """The pod template that a ControllerRevision keeps."""
    for each in observed.revisions:
        if each["metadata"]["name"] == name:
            template = plain(((each.get("data") or {}).get("spec") or {}).get("template"))
            if template:
                # A directive for strategic merge patches, not a part of the template.
                template.pop("$patch", None)
            return template
    return None


def plain(value: Any) -> Any:
    """A copy without nulls: whether a server writes them (creationTimestamp) depends on its version."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def claim_templates(stateful_set: Object) -> Dict[str, Object]:
    """The claim templates by name."""
    return {template["metadata"]["name"]: template for template in stateful_set["spec"].get("volumeClaimTemplates") or ()}


def size(claim: Object) -> int:
    """Bytes that a claim or claim template asks for."""
    return quantity.in_bytes(((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage")) or 0


def bound(claim: Object) -> bool:
    """Whether a claim has its volume."""
    return (claim.get("status") or {}).get("phase") == "Bound"


def capacity(claim: Object) -> int:
    """Bytes that a claim has."""
    return quantity.in_bytes(((claim.get("status") or {}).get("capacity") or {}).get("storage")) or 0


def claims(observed: Observed) -> Iterator[Tuple[str, int, Object]]:
    """(template, index of the pod from 0, claim) for each claim of the set, those of pods that are gone included."""
    name, first = observed.target["metadata"]["name"], start(observed.target)
    templates = {**claim_templates(observed.target), **(claim_templates(observed.live) if observed.live else {})}
    for claim in observed.claims:
        for template in templates:
            number = ordinal(claim["metadata"]["name"], f"{template}-{name}")
            if number is not None:
                yield template, number - first, claim


def path(thing: Object) -> str:
    """``namespace/name``."""
    return f"{thing['metadata']['namespace']}/{thing['metadata']['name']}"


def spread(template: Object) -> bool:
    """Whether no two pods of the set may share a node."""
    affinity = ((template.get("spec") or {}).get("affinity") or {}).get("podAntiAffinity") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    return any(term.get("topologyKey") == "kubernetes.io/hostname"
               and ((term.get("labelSelector") or {}).get("matchLabels") or {}).items() <= labels.items() for term in terms)
