# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From what is there and what is wanted to ordered requests. Pure; observe.py and engine.py talk to the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, Mapping, Optional, Tuple

from .._core.plan import Action, Consent, Plan
from . import losses
from .discovery import Resource
from .manifest import Ref, essence

Object = Mapping[str, Any]

#: The order of creation; deletion goes the other way. What is not named here comes after the kinds that others refer to.
_ORDER = (
    ("CustomResourceDefinition",),
    ("Namespace",),
    ("PriorityClass", "ResourceQuota", "LimitRange"),
    ("ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding", "ConfigMap", "Secret"),
    ("StorageClass", "CSIDriver"),
    ("PersistentVolume",),
    ("PersistentVolumeClaim",),
    (),
    ("Service", "PodDisruptionBudget", "NetworkPolicy"),
    ("StatefulSet", "DaemonSet", "Deployment", "ReplicaSet", "Job", "CronJob", "Pod"),
    ("APIService", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
)
_RANK = {kind: rank for rank, kinds in enumerate(_ORDER) for kind in kinds}
_OTHERS = _ORDER.index(())
#: Kinds whose removal is to include their pods'.
_OWNERS = _ORDER[-2]


@dataclass(frozen=True)
class Desired:
    """What one call wants: all of ``objects`` there as written, or none of them."""

    objects: Tuple[dict, ...]
    present: bool
    consent: Consent
    manager: str = "cairn.storage"
    take: bool = False
    #: Namespaces and CustomResourceDefinitions that earlier tasks of the same check run would have made.
    pending: Tuple[dict, ...] = ()
    #: Objects that others make, named only; the wait includes them.
    awaited: Tuple[dict, ...] = ()
    #: Seconds to wait for the objects to be ready or gone, ``None`` for not at all.
    wait: Optional[int] = None
    #: Whether the wait is for ``objects`` too, or for ``awaited`` alone.
    wait_for_own: bool = True


@dataclass(frozen=True)
class Found:
    """One wanted object and what is there: ``live`` is ``None`` when it is not, ``predicted`` when nothing has to change."""

    ref: Ref
    resource: Optional[Resource]
    live: Optional[Object] = None
    wanted: Optional[Object] = None
    predicted: Optional[Object] = None


@dataclass(frozen=True)
class Observed:
    """The wanted objects in the order given; claims and volumes only where a deletion can lose data."""

    found: Tuple[Found, ...]
    awaited: Tuple[Tuple[Ref, Resource], ...] = ()
    claims: Tuple[Object, ...] = ()
    volumes: Mapping[str, Object] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One changing request. The body may hold a secret and is never shown."""

    method: str
    path: str
    ref: Ref
    query: Tuple[Tuple[str, str], ...] = ()
    body: Optional[Object] = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Established:
    """Wait until a new CustomResourceDefinition serves its kinds."""

    resource: Resource
    ref: Ref

    def __str__(self) -> str:
        return f"wait until {self.ref} is established"


def apply_request(resource: Resource, wanted: Object, what: Ref, desired: Desired, dry_run: bool = False) -> Request:
    """The server-side apply of one object. Strict: a misspelt field is an error, not something to be dropped silently."""
    query = [("fieldManager", desired.manager), ("fieldValidation", "Strict"), ("force", "true" if desired.take else "false")]
    if dry_run:
        query.append(("dryRun", "All"))
    return Request("PATCH", resource.path(what.namespace, what.name), what, tuple(query), wanted)


def plan(observed: Observed, desired: Desired) -> Plan:
    """Actions in the order in which objects need each other; ``after`` are the objects then there, in the order given."""
    if desired.present:
        actions = [_write(found, desired) for found in sorted(observed.found, key=_rank) if found.predicted is not None]
        after = [found.predicted if found.predicted is not None else found.live for found in observed.found]
    else:
        going = [found for found in sorted(observed.found, key=_rank, reverse=True) if found.live is not None]
        actions = [_delete(found, observed, desired, going) for found in going if not found.live["metadata"].get("deletionTimestamp")]
        after = []
    return Plan(tuple(actions), tuple(after), desired.consent.warnings())


def _rank(found: Found) -> int:
    return _RANK.get(found.ref.kind, _OTHERS)


def _write(found: Found, desired: Desired) -> Action:
    steps: List[Any] = [apply_request(found.resource, found.wanted, found.ref, desired)]
    if found.ref.kind == "CustomResourceDefinition":
        steps.append(Established(found.resource, found.ref))
    before = found.live
    return Action("update" if before else "create", found.ref.kind, found.ref.path, tuple(steps), essence(before) if before else None,
                  essence(found.predicted, before or {}))


def _delete(found: Found, observed: Observed, desired: Desired, going: List[Found]) -> Action:
    losses.refuse_claimed(found.live, (other.ref for other in going))
    lost = losses.data_lost(found.live, observed.claims, observed.volumes)
    for claim, volume in lost:
        desired.consent.require(claim, volume, f"the data of {volume}, whose reclaim policy is Delete (with Retain it would stay)")
    policy = "Foreground" if found.ref.kind in _OWNERS else "Background"
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy, "preconditions": {"uid": found.live["metadata"]["uid"]}}
    request = Request("DELETE", found.resource.path(found.ref.namespace, found.ref.name), found.ref, (), body)
    return Action("delete", found.ref.kind, found.ref.path, (request,), essence(found.live), None, ", ".join(volume for _claim, volume in lost))
