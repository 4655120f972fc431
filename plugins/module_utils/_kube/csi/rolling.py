# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Going through a rollout of a CSI driver's node plugin: read, do the next thing, wait, and go back when a node does not come up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ..._core.errors import CairnError, CommandFailed, InvalidRequest, NotFound
from ..._core.plan import Action, Consent
from .. import basics
from .. import model as engine
from ..client import Client, find
from ..discovery import Resource
from ..manifest import ref
from ..pods import obstacle
from ..replace import delete_request
from ..send import carry_out, patiently
from . import rollout
from .rollout import Delete, Done, Observed, Wait, Wish

_SETS = Resource("apps", "v1", "DaemonSet", "daemonsets", True)
_REVISIONS = Resource("apps", "v1", "ControllerRevision", "controllerrevisions", True)
_PODS = Resource("", "v1", "Pod", "pods", True)
_NODES = Resource("", "v1", "Node", "nodes", False)
_REGISTRATIONS = Resource("storage.k8s.io", "v1", "CSINode", "csinodes", False)
#: Seconds that a pod may be in a state that rarely ends by itself: a sidecar may crash twice until its driver listens.
_GRACE = 60
_PAUSE = 1


@dataclass
class Rolling:
    """One rollout. ``names`` are DaemonSets of ``namespace``; ``patience`` is in seconds, for each thing that is waited for."""

    client: Client
    namespace: str
    names: Sequence[str]
    wish: Wish
    patience: float
    abort: bool = True
    #: What was done so far.
    actions: List[Action] = field(default_factory=list)
    left_out: Sequence[str] = ()
    _since: Dict[str, float] = field(default_factory=dict)

    def look(self) -> Observed:
        """What there is now: four requests and one for each DaemonSet, however many nodes there are."""
        sets = [found for found in map(self._set, self.names) if found]
        owners = {each["metadata"]["uid"] for each in sets}
        if not sets:
            return Observed()
        pods, revisions = ([each for each in self.client.list(resource.path(self.namespace))[0] if rollout.owner(each) in owners]
                           for resource in (_PODS, _REVISIONS))
        nodes, registrations = (self.client.list(resource.path())[0] for resource in (_NODES, _REGISTRATIONS))
        return Observed(sets, pods, revisions, nodes, registrations)

    def check(self, observed: Observed) -> None:
        """Refuse nodes to begin with that are none."""
        known = {each["metadata"]["name"] for each in observed.nodes}
        stranger = next((name for name in self.wish.first if observed.sets and name not in known), None)
        if stranger:
            raise NotFound("the cluster has no such node.", code="canary-node", parameter="canary_nodes", found=stranger,
                           fix=f"use one of: {', '.join(sorted(known)) or 'none, there are no nodes'}.")

    def foresee(self, observed: Observed, coming: Sequence[Mapping[str, Any]]) -> List[Action]:
        """What would be done once the DaemonSets among ``coming`` are as they will be."""
        wanted = {each["metadata"]["name"]: each for each in coming
                  if each.get("kind") == "DaemonSet" and each["metadata"].get("namespace") == self.namespace}
        changing = {each["metadata"]["uid"] for each in observed.sets
                    if wanted.get(each["metadata"]["name"], each)["spec"]["template"] != each["spec"]["template"]}
        kept = [each for each in observed.revisions if rollout.owner(each) not in changing]
        later = Observed(observed.sets, observed.pods, kept, observed.nodes, observed.registrations)
        return [_delete(pod) for pod in rollout.stale(later, self.wish)]

    def run(self) -> Observed:
        """Go on until every pod is of the newest template; raises ``CommandFailed`` when one does not come up."""
        try:
            failed = self._go()
            if failed and self.abort and self._back():
                worse = self._go()
                raise CommandFailed("the new node plugin has failed; the old one is back on all nodes that it had reached." if not worse else
                                    "the new node plugin has failed, and the old one does not come up either.", code="plugin-failed",
                                    parameter="daemon_sets", found=f"{failed}; then {worse}" if worse else failed,
                                    fix="correct the image or its arguments, then run again.")
            if failed:
                raise CommandFailed("the rollout of the node plugin has stopped.", code="plugin-stopped", parameter="daemon_sets", found=failed,
                                    fix="correct the cause, then run again: nodes that were reached stay as they are.")
        except CairnError as error:
            error.done = [*(action.describe() for action in self.actions), *error.done]
            raise
        return self._patiently()

    def _go(self) -> str:
        """Until nothing is left, or until something does not come: then what that is."""
        while True:
            step = rollout.next_step(self._patiently(), self.wish)
            if isinstance(step, Done):
                self.left_out = step.left_out
                return ""
            if isinstance(step, Delete):
                self._do(_delete(step.pod))
                continue
            if self._too_long(step):
                return step.reason
            time.sleep(_PAUSE)

    def _too_long(self, step: Wait) -> bool:
        now = time.monotonic()
        limits = [(step.key, self.patience), *([(f"{step.key}:hopeless", min(_GRACE, self.patience))] if step.hopeless else [])]
        return any(now - self._since.setdefault(key, now) > limit for key, limit in limits)

    def _back(self) -> bool:
        """Give the DaemonSets their old template; whether there is one to give."""
        observed = self._patiently()
        changed = False
        for each in observed.sets:
            template = rollout.old_template(observed, each)
            if template is None or not any(rollout.owner(pod) == each["metadata"]["uid"] for pod in observed.pods):
                continue
            metadata = {key: each["metadata"][key] for key in ("name", "namespace", "labels") if key in each["metadata"]}
            spec = {**{key: each["spec"][key] for key in ("selector", "updateStrategy")}, "template": template}
            wanted = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": spec}
            take = engine.Desired((), True, Consent("", {}), take=True)
            self._do(Action("restore", "DaemonSet", f"{self.namespace}/{metadata['name']}", (engine.apply_request(_SETS, wanted, ref(each), take),),
                            {"template": each["spec"]["template"]}, {"template": template}))
            changed = True
        self._since.clear()
        return changed

    def _do(self, action: Action) -> None:
        carry_out(self.client, action)
        self.actions.append(action)

    def _patiently(self) -> Observed:
        """The node of the control plane may be among those whose plugin is renewed."""
        return patiently(self.look, self.patience)

    def _set(self, name: str) -> Optional[dict]:
        found = find(self.client, _SETS.path(self.namespace, name))
        return found and {"apiVersion": "apps/v1", "kind": "DaemonSet", **found}


def tell(observed: Observed, driver: str) -> List[dict]:
    """One entry for each pod, as the module returns it."""
    newest = {each["metadata"]["uid"]: rollout.revision(observed, each) for each in observed.sets}
    registered = {each["metadata"]["name"] for each in observed.registrations if driver in basics.drivers(each)}
    return [{"node": rollout.node_of(pod), "pod": pod["metadata"]["name"], "updated": rollout.hash_of(pod) == newest.get(rollout.owner(pod)),
             "ready": not obstacle(pod), "registered": rollout.node_of(pod) in registered} for pod in sorted(observed.pods, key=rollout.node_of)]


def parse(params: Mapping[str, Any]) -> Wish:
    """The wish of the module's parameters."""
    if params["wait_timeout"] < 1:
        raise InvalidRequest("it must be at least one second.", code="wait-timeout-range", parameter="wait_timeout",
                             found=str(params["wait_timeout"]), fix="give the seconds that a node may take.")
    return Wish(params["driver"], tuple(params["canary_nodes"]))


def _delete(pod: Mapping[str, Any]) -> Action:
    head = {"apiVersion": "v1", "kind": "Pod", **pod}
    request = delete_request(engine.Found(ref(head), _PODS, head), "Background")
    metadata = pod["metadata"]
    return Action("delete", "Pod", f"{metadata['namespace']}/{metadata['name']}", (request,),
                  {"node": rollout.node_of(pod), "template": rollout.hash_of(pod)}, None)
