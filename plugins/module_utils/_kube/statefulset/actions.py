# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The changes that are ever made: each an action with its request and the state that it leads to. Pure."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Optional, Tuple

from ..._core.plan import Action, Consent
from .. import basics, sets
from .. import model as engine
from ..discovery import Resource
from ..manifest import bare, essence, ref
from ..replace import KEEPER, delete_request
from . import facts
from .model import Desired, Do, Object, Observed

SETS = Resource("apps", "v1", "StatefulSet", "statefulsets", True)
CLAIMS = Resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", True)
PODS = Resource("", "v1", "Pod", "pods", True)


#: The field manager of all that is written.
MANAGER = "cairn.storage"


def write(observed: Observed, desired: Desired, template: Object, count: int, part: int) -> Optional[Do]:
    """Make the set be as wished, with this template, number of pods and partition; ``None`` when it is so already."""
    live, target = observed.live, observed.target
    spec = {**target["spec"], "template": template, "replicas": count}
    wanted = copy.deepcopy(desired.manifest)
    # What the user wrote goes out as it was written, so that the next run finds nothing to compare at length.
    if template != target["spec"]["template"]:
        wanted["spec"]["template"] = copy.deepcopy(template)
    if count != sets.replicas(target):
        wanted["spec"]["replicas"] = count
    if part != facts.partition(target):
        rolling = (target["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
        spec["updateStrategy"] = wanted["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {**rolling, "partition": part}}
    if live and live["spec"].get("volumeClaimTemplates") != target["spec"].get("volumeClaimTemplates"):
        spec["volumeClaimTemplates"] = wanted["spec"]["volumeClaimTemplates"] = live["spec"].get("volumeClaimTemplates")
    after = {**target, "spec": spec}
    if live and bare(after) == bare(live):
        return None
    steps = (_apply(desired, wanted, MANAGER),) if live else _anew(observed, desired, wanted, bare(after))
    metadata = {**target["metadata"], "generation": (live or target)["metadata"].get("generation", 0) + 1}
    predicted = {**after, "metadata": metadata, "status": basics.status(live) if live else {}}
    action = Action("update" if live else "create", "StatefulSet", desired.ref.path, steps, essence(live) if live else None, essence(after))
    return Do(action, replace(observed, live=predicted))


def _anew(observed: Observed, desired: Desired, wanted: dict, whole: dict) -> Tuple[engine.Request, ...]:
    """The set with what others have set on an earlier one: without it pods would restart, or go because nobody says how many there are.

    All of it comes at once, by a manager of its own, which then keeps what is not ours: the next run must not take it away, nor one that finds this
    one killed halfway. What is ours may be written in another way than it is kept (1024Mi), which is no conflict.
    """
    # What the user has taken from them meanwhile is theirs no more.
    spec = {key: value for key, value in observed.run.theirs.get("spec", {}).items() if key == "template" or key not in wanted["spec"]}
    texts = {name: {key: value for key, value in part.items() if key not in wanted["metadata"].get(name, {})}
             for name, part in observed.run.theirs.get("metadata", {}).items()}
    if "replicas" not in wanted["spec"] and whole["spec"]["replicas"] != 1:
        spec["replicas"] = whole["spec"]["replicas"]
    if not spec and not any(texts.values()):
        return (_apply(desired, wanted, MANAGER),)
    head = {"name": desired.ref.name, "namespace": desired.ref.namespace}
    kept = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {**texts, **head}, "spec": spec}
    return _apply(desired, whole, KEEPER), _apply(replace(desired, take=True), wanted, MANAGER), _apply(desired, kept, KEEPER)


def _apply(desired: Desired, wanted: Object, manager: str) -> engine.Request:
    return engine.apply_request(SETS, wanted, desired.ref, engine.Desired((), True, Consent("", {}), manager, desired.take))


def remove_set(observed: Observed, desired: Desired) -> Do:
    """Delete the set and leave its pods, claims and revisions, which the next set of that name takes over."""
    live = observed.live
    action = Action("delete", "StatefulSet", f"{desired.ref.path} (its pods stay)", (_delete(SETS, live, "Orphan"),), essence(live), None)
    going = {**live, "metadata": {**live["metadata"], "deletionTimestamp": "now", "finalizers": ["orphan"]}}
    return Do(action, replace(observed, live=going))


def remove_pod(observed: Observed, pod: Object, why: str) -> Do:
    """Delete this very pod; its set makes it anew."""
    action = Action("delete", "Pod", basics.path(pod), (_delete(PODS, pod, "Background"),), {"uid": pod["metadata"]["uid"], "reason": why}, None)
    return Do(action, replace(observed, pods=tuple(each for each in observed.pods if each is not pod)))


def remove_claim(observed: Observed, claim: Object, loses: str) -> Do:
    """Delete a claim."""
    volume = claim["spec"].get("volumeName", "")
    action = Action("delete", "PersistentVolumeClaim", basics.path(claim), (_delete(CLAIMS, claim, "Background"),), {"volume": volume}, None, loses)
    return Do(action, replace(observed, claims=tuple(each for each in observed.claims if each is not claim)))


def grow_claim(observed: Observed, claim: Object, quantity: str) -> Do:
    """Make a claim ask for more."""
    ask = {"spec": {"resources": {"requests": {"storage": quantity}}}}
    request = engine.merge_request(CLAIMS, ref(claim), ask, MANAGER)
    was = claim["spec"]["resources"]["requests"]["storage"]
    action = Action("grow", "PersistentVolumeClaim", basics.path(claim), (request,), {"storage": was}, {"storage": quantity})
    grown = {**claim, "spec": {**claim["spec"], "resources": {**claim["spec"]["resources"], "requests": {"storage": quantity}}}}
    return Do(action, replace(observed, claims=tuple(grown if each is claim else each for each in observed.claims)))


def _delete(resource: Resource, thing: Object, policy: str) -> engine.Request:
    return delete_request(engine.Found(ref(thing), resource, thing), policy)
