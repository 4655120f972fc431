# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From what is there and what is wanted to ordered requests. Pure; observe.py and _kube_module.py talk to the server."""

from __future__ import annotations

from typing import Any, List, Tuple

from .._core.plan import Action, Plan
from . import losses, replace
from .manifest import essence
from .model import Desired, Established, Found, Observed, apply_request

#: The order of creation; deletion goes the other way. What is not named here comes after the kinds that others refer to.
_ORDER = (
    ("CustomResourceDefinition",),
    ("Namespace",),
    ("PriorityClass", "ResourceQuota", "LimitRange"),
    ("ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding", "ConfigMap", "Secret"),
    ("StorageClass", "CSIDriver", "VolumeSnapshotClass"),
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


def plan(observed: Observed, desired: Desired) -> Plan:
    """Actions in the order in which objects need each other; ``after`` are the objects then there, in the order given."""
    writes = [action for found in sorted(observed.found, key=_rank) for action in _write(found, desired)]
    going = [found for found in sorted(observed.going, key=_rank, reverse=True) if found.live is not None]
    staying = [found for found in going if not found.live["metadata"].get("deletionTimestamp")]
    if desired.prune:
        desired.prune.require(found.live for found in staying if found.ref in observed.pruned)
    deletions = [_delete(found, observed, desired, going) for found in staying]
    after = tuple(found.predicted if found.predicted is not None else found.live for found in observed.found)
    planned = desired.rules.amend(Plan((*writes, *deletions), after), observed, desired)
    consents = (desired.consent, desired.recreate, desired.prune.consent if desired.prune else None)
    warnings = (*planned.warnings, *(line for consent in consents if consent for line in consent.warnings()))
    return Plan(planned.actions, planned.after, warnings)


def _rank(found: Found) -> int:
    return _RANK.get(found.ref.kind, _OTHERS)


def _write(found: Found, desired: Desired) -> Tuple[Action, ...]:
    if found.predicted is None:
        return ()
    if found.fixed:
        return replace.actions(found, desired)
    steps: List[Any] = [apply_request(found.resource, found.wanted, found.ref, desired)]
    if found.ref.kind == "CustomResourceDefinition":
        steps.append(Established(found.resource, found.ref))
    before = found.live
    part = desired.subresource
    lost = losses.released_to(before, found.predicted) if before else []
    for thing, held, loss in lost:
        desired.consent.require(thing, held, loss)
    return (Action("update" if before else "create", found.ref.kind, found.ref.path, tuple(steps), essence(before, part=part) if before else None,
                   essence(found.predicted, before or {}, part), ", ".join(held for _thing, held, _loss in lost)),)


def _delete(found: Found, observed: Observed, desired: Desired, going: List[Found]) -> Action:
    losses.refuse_claimed(found.live, (other.ref for other in going))
    lost = losses.data_lost(found.live, observed.stake)
    for thing, held, loss in lost:
        desired.consent.require(thing, held, loss)
    policy = "Foreground" if found.ref.kind in _OWNERS else "Background"
    return Action("delete", found.ref.kind, found.ref.path, (replace.delete_request(found, policy),), essence(found.live), None,
                  ", ".join(held for _thing, held, _loss in lost))
