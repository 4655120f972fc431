# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What data goes when objects are deleted: pure functions over what the API server holds."""

from __future__ import annotations

import re
from typing import Dict, Iterable, Iterator, List, Mapping, Tuple

from .._core.errors import Refused
from . import basics
from .basics import Object
from .manifest import Ref, ref

#: Objects by kind, those of kinds that a deletion can take along.
Stake = Mapping[str, Tuple[Object, ...]]
#: (the thing that consent names, what it holds, what is lost)
Loss = Tuple[str, str, str]

CLAIM = ("v1", "PersistentVolumeClaim")
VOLUME = ("v1", "PersistentVolume")
SNAPSHOT = ("snapshot.storage.k8s.io/v1", "VolumeSnapshot")
CONTENT = ("snapshot.storage.k8s.io/v1", "VolumeSnapshotContent")
#: With these a volume of policy Delete takes its data along even when it goes before its claim (KEP-2644).
_DELETERS = ("external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-controller")
#: Reclaim policies that leave nothing of a volume whose claim has gone.
_DESTROYERS = ("Delete", "Recycle")


def reads_needed(live: Object) -> Tuple[Tuple[str, str], ...]:
    """(apiVersion, kind) of what has to be read to know what goes when ``live`` is deleted."""
    kind = ref(live).kind
    if kind == "Namespace":
        return CLAIM, VOLUME, SNAPSHOT, CONTENT
    if kind == "PersistentVolumeClaim" or _takes_claims(live):
        return CLAIM, VOLUME
    if _defined(live) == "VolumeSnapshot":
        return SNAPSHOT, CONTENT
    return (CONTENT,) if kind == "VolumeSnapshot" or _defined(live) == "VolumeSnapshotContent" else ()


def data_lost(live: Object, stake: Stake) -> List[Loss]:
    """What is destroyed when ``live`` is deleted: bound volumes and snapshots whose policy says so."""
    kind = live["kind"]
    if kind == "PersistentVolume":
        return _own_data(live)
    if kind == "VolumeSnapshotContent":
        return _content(live, live["metadata"]["name"])
    volumes = _by_name(stake.get("PersistentVolume", ()))
    contents = _by_name(stake.get("VolumeSnapshotContent", ()))
    lost: List[Loss] = []
    for claim in _claims_deleted(live, stake.get("PersistentVolumeClaim", ())):
        volume = volumes.get((claim.get("spec") or {}).get("volumeName", ""))
        policy = volume["spec"].get("persistentVolumeReclaimPolicy") if volume else None
        if volume and policy in _DESTROYERS:
            name = volume["metadata"]["name"]
            lost.append((ref(claim).path, name, f"the data of {name}, whose reclaim policy is {policy} (with Retain it would stay)"))
    for snapshot in _snapshots_deleted(live, stake.get("VolumeSnapshot", ())):
        content = contents.get(basics.status(snapshot).get("boundVolumeSnapshotContentName", ""))
        lost += _content(content, ref(snapshot).path) if content else []
    if _defined(live) == "VolumeSnapshotContent":
        lost += [loss for name, content in contents.items() for loss in _content(content, name)]
    return lost


def released_to(live: Object, after: Object) -> List[Loss]:
    """What a new reclaim policy destroys at once: a volume whose claim has gone is reclaimed by the policy that it has now."""
    old, new = ((thing.get("spec") or {}).get("persistentVolumeReclaimPolicy") for thing in (live, after))
    released = live["kind"] == "PersistentVolume" and basics.phase(live) in ("Released", "Failed")
    if not released or new == old or new not in _DESTROYERS:
        return []
    return [(live["metadata"]["name"], _handle(live), f"its data: its claim has gone, so the reclaim policy {new} takes effect at once")]


def refuse_claimed(live: Object, deleted: Iterable[Ref]) -> None:
    """A volume must not go before its claim: the claim would be lost for good (kubernetes: PVC phase Lost)."""
    claim = (live.get("spec") or {}).get("claimRef")
    if live["kind"] != "PersistentVolume" or not claim or basics.phase(live) != "Bound":
        return
    user = Ref("", "PersistentVolumeClaim", claim.get("namespace", ""), claim.get("name", ""))
    if user not in set(deleted):
        raise Refused(f"{ref(live)} is bound to a claim.", code="volume-claimed", parameter="objects", found=str(user),
                      fix="delete the claim first, or put it into the same list.")


def _own_data(volume: Object) -> List[Loss]:
    spec, name = volume.get("spec") or {}, volume["metadata"]["name"]
    if spec.get("persistentVolumeReclaimPolicy") != "Delete" or not set(_DELETERS) & set(volume["metadata"].get("finalizers") or ()):
        return []
    told = "its data: the reclaim policy is Delete, and its provisioner removes what is behind it (with Retain it would stay)"
    return [(name, _handle(volume), told)]


def _handle(volume: Object) -> str:
    return ((volume.get("spec") or {}).get("csi") or {}).get("volumeHandle", volume["metadata"]["uid"])


def _content(content: Object, thing: str) -> List[Loss]:
    if (content.get("spec") or {}).get("deletionPolicy") != "Delete":
        return []
    name = content["metadata"]["name"]
    return [(thing, name, f"the snapshot behind {name}, whose deletion policy is Delete (with Retain it would stay)")]


def _by_name(objects: Iterable[Object]) -> Dict[str, Object]:
    return {thing["metadata"]["name"]: thing for thing in objects}


def _claims_deleted(live: Object, claims: Iterable[Object]) -> Iterator[Object]:
    what = ref(live)
    for claim in claims:
        theirs = ref(claim)
        if theirs == what or (what.kind == "Namespace" and theirs.namespace == what.name) or (_takes_claims(live) and _made_by(live, what, theirs)):
            yield claim


def _snapshots_deleted(live: Object, snapshots: Iterable[Object]) -> List[Object]:
    if live["kind"] == "VolumeSnapshot":
        return [live]
    return [snapshot for snapshot in snapshots if _defined(live) == "VolumeSnapshot"
            or (live["kind"] == "Namespace" and ref(snapshot).namespace == live["metadata"]["name"])]


def _defined(live: Object) -> str:
    """The kind of snapshots whose definition ``live`` is: all objects of that kind go with it."""
    spec = live.get("spec") or {}
    ours = live["kind"] == "CustomResourceDefinition" and spec.get("group") == SNAPSHOT[0].partition("/")[0]
    return (spec.get("names") or {}).get("kind", "") if ours else ""


def _takes_claims(live: Object) -> bool:
    policy = (live.get("spec") or {}).get("persistentVolumeClaimRetentionPolicy") or {}
    return live["kind"] == "StatefulSet" and policy.get("whenDeleted") == "Delete"


def _made_by(live: Object, what: Ref, claim: Ref) -> bool:
    names = "|".join(re.escape(template["metadata"]["name"]) for template in live["spec"].get("volumeClaimTemplates") or ())
    return claim.namespace == what.namespace and bool(re.fullmatch(rf"(?:{names})-{re.escape(what.name)}-\d+", claim.name))
