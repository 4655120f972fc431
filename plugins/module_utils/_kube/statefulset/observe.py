# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What the API server holds of the sets and of what surrounds them, and what it would make of our wishes."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from ..._core.errors import CairnError
from ..._core.plan import Consent
from .. import fields, immutable, sets
from .. import model as engine
from .. import observe as reader
from ..client import Client, find
from ..compare import differences, filled_claims, same_claims
from ..discovery import Resource
from ..failures import about
from ..manifest import Ref, visible
from ..send import send
from . import facts, secrets
from .actions import CLAIMS, MANAGER, PODS, SETS
from .model import Desired, Object, Observed, Run

_REVISIONS = Resource("apps", "v1", "ControllerRevision", "controllerrevisions", True)
_VOLUMES = Resource("", "v1", "PersistentVolume", "persistentvolumes", False)
_CLASSES = Resource("storage.k8s.io", "v1", "StorageClass", "storageclasses", False)
_CAPACITIES = Resource("storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities", True)


def first(client: Client, wishes: Sequence[Desired], pending: Tuple[dict, ...]) -> Dict[Ref, Observed]:
    """All of it, with a dry run for each set that may differ. The number of requests does not depend on the number of pods."""
    unasked = {desired.ref: () if desired.abort else secrets.refuse_missing(client, desired, pending) for desired in wishes}
    lives = {desired.ref: _settled_live(client, desired) for desired in wishes}
    probes = tuple(_probe(desired, lives[desired.ref]) for desired in wishes)
    take = any(desired.take for desired in wishes)
    found = reader.observe(client, engine.Desired(probes, True, Consent("", {}), MANAGER, take, pending, parameter="sets")).found
    seen = {}
    for desired, each in zip(wishes, found):
        if each.fixed:
            raise immutable.refusal(each.ref, each.live, list(each.fixed), each.said, "sets")
        target = each.live if each.predicted is None else each.predicted
        if each.live is not None and _other_claims(desired, each.live):
            _refuse_not_made_anew(client, desired)
            target = {**target, "spec": {**target["spec"], "volumeClaimTemplates": facts.plain(filled_claims(desired.manifest, each.live))}}
        seen[desired.ref] = Observed(each.live, facts.plain(target))
    now = again(client, wishes, seen)
    begun = {desired.ref: remember(counted(now[desired.ref], desired)) for desired in wishes}
    for what, warnings in unasked.items():
        begun[what].run.warnings.update(dict.fromkeys(warnings))
    return begun


def again(client: Client, wishes: Sequence[Desired], seen: Mapping[Ref, Observed]) -> Dict[Ref, Observed]:
    """The same, read afresh; what is wanted and what the run remembers stays."""
    pods, claims, revisions = ({space: _list(client, resource.path(space)) for space in {desired.ref.namespace for desired in wishes}}
                               for resource in (PODS, CLAIMS, _REVISIONS))
    now = {desired.ref: replace(seen[desired.ref], live=_get(client, SETS.path(desired.ref.namespace, desired.ref.name)),
                                pods=_mine(desired, pods[desired.ref.namespace]), claims=claims[desired.ref.namespace],
                                revisions=revisions[desired.ref.namespace]) for desired in wishes}
    if not any(_storage_matters(desired, now[desired.ref]) for desired in wishes):
        return now
    volumes, classes = ({each["metadata"]["name"]: each for each in _list(client, resource.path())} for resource in (_VOLUMES, _CLASSES))
    capacities = _list(client, _CAPACITIES.path()) if any(desired.check_capacity for desired in wishes) else ()
    return {what: replace(each, volumes=volumes, classes=classes, capacities=capacities) for what, each in now.items()}


def _mine(desired: Desired, pods: Sequence[Object]) -> Tuple[Object, ...]:
    """Pods with the set's labels, those that an earlier set of its name has left behind included, but none that something else controls."""
    labels = ((desired.manifest["spec"].get("selector") or {}).get("matchLabels") or {}).items()
    return tuple(pod for pod in pods if labels <= (pod["metadata"].get("labels") or {}).items() and not _of_another(pod, desired.ref))


def _of_another(pod: Object, what: Ref) -> bool:
    owners = [each for each in pod["metadata"].get("ownerReferences") or () if each.get("controller")]
    return any((each["kind"], each["name"]) != (what.kind, what.name) for each in owners)


def _storage_matters(desired: Desired, observed: Observed) -> bool:
    """Whether volumes and classes decide anything; a run that changes no claim does without them."""
    live, target = observed.live, observed.target
    if desired.replace or desired.removed_claims == "delete":
        return True
    wanted = {name: facts.size(template) for name, template in sets.claim_templates(target).items()}
    if any(facts.bound(claim) and facts.capacity(claim) < wanted.get(template, 0) for template, _index, claim in facts.claims(observed)):
        return True
    return bool(live) and (sets.replicas(live) != sets.replicas(target) or not same_claims(target, live))


def counted(observed: Observed, desired: Desired) -> Observed:
    """A set that does not say how many pods it has and is to be made anew around some has those, not the server's default of one."""
    left = [index for index, _pod in facts.numbered(observed)]
    if observed.live is not None or not left or "replicas" in desired.manifest["spec"]:
        return observed
    return replace(observed, target={**observed.target, "spec": {**observed.target["spec"], "replicas": max(left) + 1}})


def remember(observed: Observed) -> Observed:
    """The template to go back to: that of the pods which the rollout has not reached."""
    live = observed.live
    if live is None:
        return observed
    # A controller that has not seen the latest change yet cannot say that a rollout is under way, but which template it comes from.
    unsure = facts.under_way(live) or not facts.noticed(live)
    kept = facts.revision_template(observed, facts.current(observed)) if unsure else None
    return replace(observed, run=Run(kept or (None if facts.under_way(live) else live["spec"]["template"]), _theirs(live)))


def _theirs(live: Object) -> dict:
    """What others have set (a restart's annotation, a number of pods), without what is made anew in any case."""
    part = fields.others(live, MANAGER)
    spec = {key: value for key, value in (part.get("spec") or {}).items() if key != "volumeClaimTemplates"}
    metadata = {name: visible(part, name) for name in ("labels", "annotations")} if part.get("metadata") else {}
    return {"metadata": {name: texts for name, texts in metadata.items() if texts}, "spec": spec}


def _settled_live(client: Client, desired: Desired) -> Optional[dict]:
    """The set; one that an interrupted run has deleted without its pods is about to be gone."""
    limit = time.monotonic() + desired.timeout
    while True:
        live = _get(client, SETS.path(desired.ref.namespace, desired.ref.name))
        if not live or not live["metadata"].get("deletionTimestamp") or live["metadata"].get("finalizers") != ["orphan"] or time.monotonic() > limit:
            return live
        time.sleep(1)


def _other_claims(desired: Desired, live: Mapping[str, Any]) -> bool:
    return any(path.startswith(".spec.volumeClaimTemplates") for path in differences(desired.manifest, live, MANAGER))


def _probe(desired: Desired, live: Optional[Mapping[str, Any]]) -> dict:
    """What the server is asked about. It refuses new claim templates of a set that is there, so these are asked about apart."""
    probe = copy.deepcopy(desired.manifest)
    if live and _other_claims(desired, live):
        probe["spec"]["volumeClaimTemplates"] = live["spec"].get("volumeClaimTemplates") or []
    return probe


def _refuse_not_made_anew(client: Client, desired: Desired) -> None:
    """Raise unless the set could be made with its new claim templates, for which it has to be deleted first.

    That is asked about the set itself: the server checks rights and content before it sees that the set is there.
    """
    query = (("fieldManager", MANAGER), ("fieldValidation", "Strict"), ("dryRun", "All"))
    try:
        send(client, engine.Request("POST", SETS.path(desired.ref.namespace), desired.ref, query, desired.manifest))
    except CairnError as error:
        if error.code == "api-exists":
            return
        if error.code == "api-forbidden":
            error.message = "its claim templates are to change, for which it is made anew under its pods, and this user may not make StatefulSets."
            error.fix = ("grow the claims first (playbook grow_claims.yml and its Role, playbooks/rbac/grow_claims.yml), or leave the size in the "
                         "inventory as it is.")
        error.parameter = "sets"
        raise about(error, desired.ref) from None


def _get(client: Client, path: str) -> Optional[dict]:
    found = find(client, path)
    return found and facts.plain({"apiVersion": "apps/v1", "kind": "StatefulSet", **found})


def _list(client: Client, path: str) -> Tuple[dict, ...]:
    return tuple(client.list(path)[0])
