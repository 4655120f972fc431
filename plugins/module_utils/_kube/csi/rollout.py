# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Bringing the pods of a CSI driver's DaemonSets to a new template, one node after the other. Pure: what is the next thing to do.

A DaemonSet with the strategy OnDelete gives a node the new template when its pod is deleted (Kubernetes, "Perform a Rolling Update on a DaemonSet").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple, Union

from .. import basics, pods
from ..basics import Object

HASH = "controller-revision-hash"


@dataclass(frozen=True)
class Wish:
    """``first`` are the nodes that go before all others, ``driver`` is what their kubelets have to know again."""

    driver: str
    first: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Observed:
    """What there is. ``pods`` and ``revisions`` are those of ``sets`` alone."""

    sets: Sequence[Object] = ()
    pods: Sequence[Object] = ()
    revisions: Sequence[Object] = ()
    nodes: Sequence[Object] = ()
    registrations: Sequence[Object] = ()


@dataclass(frozen=True)
class Delete:
    """A pod of the old template goes; its DaemonSet makes the next one."""

    pod: Object


@dataclass(frozen=True)
class Wait:
    """Something has to come by itself. ``key`` stays the same as long as it is the same thing; ``hopeless`` when it rarely does."""

    key: str
    reason: str
    hopeless: bool = False


@dataclass(frozen=True)
class Done:
    """Every pod is of the newest template, and ready. ``left_out`` are nodes that do not answer."""

    left_out: Tuple[str, ...] = field(default_factory=tuple)


Step = Union[Delete, Wait, Done]


def next_step(observed: Observed, wish: Wish) -> Step:
    """The next thing to do."""
    for each in observed.sets:
        if basics.status(each).get("observedGeneration", 0) < each["metadata"].get("generation", 0):
            return Wait(f"noticed:{each['metadata']['name']}", f"the controller of DaemonSet {each['metadata']['name']} has not seen the change yet")
    down = _down(observed)
    old = stale(observed, wish)
    for pod in sorted(observed.pods, key=node_of):
        node = node_of(pod)
        if node in down:
            continue
        if pod["metadata"].get("deletionTimestamp"):
            return Wait(f"gone:{pod['metadata']['uid']}", f"node {node}: the old pod {pod['metadata']['name']} has not ended yet")
        late = None if pod in old else _late(pod, node, observed, wish)
        if late:
            return late
    short = _short(observed)
    if short:
        return short
    return Delete(old[0]) if old else Done(tuple(sorted(down & {node_of(pod) for pod in observed.pods})))


def stale(observed: Observed, wish: Wish) -> List[Object]:
    """The pods of an older template in the order in which they go, without those of nodes that do not answer: they could not end there."""
    newest = {each["metadata"]["uid"]: revision(observed, each) for each in observed.sets}
    down = _down(observed)
    old = (pod for pod in observed.pods if hash_of(pod) != newest.get(owner(pod)) and node_of(pod) not in down)
    return sorted(old, key=lambda pod: (node_of(pod) not in wish.first, node_of(pod)))


def _down(observed: Observed) -> Set[str]:
    return {node["metadata"]["name"] for node in observed.nodes if not basics.holds(node, "Ready")}


def _late(pod: Object, node: str, observed: Observed, wish: Wish) -> Optional[Wait]:
    """What a pod of the newest template still lacks."""
    uid = pod["metadata"]["uid"]
    trouble = pods.stuck(pod)
    if trouble:
        return Wait(f"ready:{uid}", f"node {node}: {trouble}", hopeless=True)
    obstacle = pods.obstacle(pod)
    if obstacle:
        return Wait(f"ready:{uid}", f"node {node}: {obstacle}")
    known = basics.named(observed.registrations, node)
    if known is None or wish.driver not in basics.drivers(known):
        return Wait(f"registered:{uid}", f"node {node}: kubelet has not registered {wish.driver} (CSINode)")
    return None


def _short(observed: Observed) -> Optional[Wait]:
    """Pods that are still to come."""
    for each in observed.sets:
        mine = [pod for pod in observed.pods if owner(pod) == each["metadata"]["uid"]]
        wanted = basics.status(each).get("desiredNumberScheduled", 0)
        if len(mine) < wanted:
            name = each["metadata"]["name"]
            return Wait(f"pods:{name}:{len(mine)}", f"DaemonSet {name}: {len(mine)} of {wanted} pods exist")
    return None


def old_template(observed: Observed, each: Object) -> Optional[Dict[str, Any]]:
    """The template to go back to: that of the pods which the newest has not reached, else the one before it."""
    uid, newest = each["metadata"]["uid"], revision(observed, each)
    mine = sorted((known for known in observed.revisions if owner(known) == uid), key=lambda known: known["revision"], reverse=True)
    before = [known for known in mine if hash_of(known) != newest]
    in_use = {hash_of(pod) for pod in observed.pods if owner(pod) == uid}
    chosen = next((known for known in before if hash_of(known) in in_use), before[0] if before else None)
    if chosen is None:
        return None
    return basics.kept_template(chosen)


def revision(observed: Observed, each: Object) -> str:
    """The hash of the newest template."""
    mine = [known for known in observed.revisions if owner(known) == each["metadata"]["uid"]]
    return hash_of(max(mine, key=lambda known: known["revision"])) if mine else ""


def owner(thing: Object) -> str:
    """UID of the controller of an object."""
    return next((each["uid"] for each in thing["metadata"].get("ownerReferences") or () if each.get("controller")), "")


def hash_of(thing: Object) -> str:
    """The template that a pod or a revision stands for."""
    return (thing["metadata"].get("labels") or {}).get(HASH, "")


def node_of(pod: Object) -> str:
    """Where a pod runs; a DaemonSet's pod says so before it is scheduled, too, but then it is not ready anyway."""
    return pod["spec"].get("nodeName") or ""
