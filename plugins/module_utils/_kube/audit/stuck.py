# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What is to go and does not: its finalizers, and the chain of what holds them."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List

from ..basics import Object, path, status
from .model import Finding, Index, key

_WORDS = {
    "PersistentVolume": "volume",
    "PersistentVolumeClaim": "claim",
    "Pod": "pod",
    "VolumeAttachment": "attachment",
    "Namespace": "namespace",
    "VolumeSnapshot": "snapshot",
    "VolumeSnapshotContent": "content",
    "StatefulSet": "stateful-set",
}


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    world, lists = index.world, index.world.lists
    for kind, things in (
        ("Namespace", world.namespaces),
        ("Pod", lists.pods),
        ("PersistentVolumeClaim", lists.claims),
        ("PersistentVolume", lists.volumes),
        ("VolumeAttachment", lists.attachments),
        ("VolumeSnapshot", world.snapshots),
        ("VolumeSnapshotContent", world.contents),
        ("StatefulSet", world.stateful_sets),
    ):
        for live in things:
            metadata = live["metadata"]
            # A pod's stamp is when it has to be gone at the latest; of others, when they were deleted.
            if metadata.get("deletionTimestamp") and index.lasting(metadata["deletionTimestamp"]):
                finalizers = [*(metadata.get("finalizers") or ()), *((live.get("spec") or {}).get("finalizers") or ())]
                chain = _WHY.get(kind, _held_by_others)(index, live)
                yield Finding(
                    f"{_WORDS[kind]}-stuck-deleting",
                    "error",
                    kind,
                    path(live),
                    f"It was to go {int(index.age(metadata['deletionTimestamp']) // 60)} minutes ago and is still there.",
                    _fix(kind, live, chain),
                    {"finalizers": finalizers, "deleted": metadata["deletionTimestamp"]},
                    chain,
                )


def _fix(kind: str, live: Object, chain: List[str]) -> str:
    last = chain[-1] if chain else "whoever set its finalizers"
    text = f"Begin at the end of the chain: {last}."
    if kind in ("Namespace", "Pod"):
        return text
    return f"{text} Taking a finalizer off by hand leaves what it guards behind on the storage: only when that is proven gone."


def _volume(index: Index, live: Object) -> List[str]:
    chain: List[str] = []
    name = live["metadata"]["name"]
    entry = index.volumes[name]
    for finalizer in live["metadata"].get("finalizers") or ():
        if finalizer == "kubernetes.io/pv-protection":
            claim = (entry["namespace"] or "", entry["claim"] or "")
            if claim in index.live_claims:
                chain.append(f"{finalizer} holds it while it is bound to the claim {'/'.join(claim)}")
                chain += _claim(index, index.live_claims[claim])
            else:
                chain.append(f"{finalizer} is taken off by the controller manager: see whether it runs")
        elif finalizer.startswith("external-attacher/"):
            nodes = [each["node"] for each in index.attachments if each["volume"] == name]
            chain.append(
                f"{finalizer} holds it while it is attached to {', '.join(nodes)}"
                if nodes
                else f"{finalizer} is taken off by the driver's csi-attacher: see whether it runs"
            )
        elif finalizer in ("external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-controller"):
            chain.append(
                f"{finalizer} holds it until what it stands on is deleted, by the policy {entry['reclaim_policy']}"
                + (f": {status(live)['message']}" if status(live).get("message") else "")
            )
        else:
            chain.append(_foreign(finalizer))
    return _with_warning(index, live, chain)


def _claim(index: Index, live: Object) -> List[str]:
    chain: List[str] = []
    if not live["metadata"].get("deletionTimestamp"):
        return [f"nobody has deleted the claim {path(live)}"]
    for finalizer in live["metadata"].get("finalizers") or ():
        if finalizer == "kubernetes.io/pvc-protection":
            # A pod that has no node yet does not count: it cannot start any more.
            pods = [pod for pod in index.users.get(key(live), []) if pod["spec"].get("nodeName")]
            for pod in pods:
                chain.append(f"{finalizer} holds it while the pod {path(pod)} on {pod['spec']['nodeName']} uses it")
                if pod["metadata"].get("deletionTimestamp"):
                    chain += _pod(index, pod)
            if not pods:
                chain.append(f"{finalizer} is taken off by the controller manager: see whether it runs")
        elif finalizer == "snapshot.storage.kubernetes.io/pvc-as-source-protection":
            sources = [
                path(snapshot)
                for snapshot in index.world.snapshots
                if not status(snapshot).get("readyToUse")
                and (snapshot["metadata"].get("namespace"), (snapshot["spec"].get("source") or {}).get("persistentVolumeClaimName")) == key(live)
            ]
            chain.append(f"{finalizer} holds it until the snapshot {', '.join(sources) or 'that is taken of it'} is ready")
        elif finalizer == "provisioner.storage.kubernetes.io/cloning-protection":
            chain.append(f"{finalizer} holds it while a clone is made of it")
        else:
            chain.append(_foreign(finalizer))
    return _with_warning(index, live, chain)


def _pod(index: Index, live: Object) -> List[str]:
    node = live["spec"].get("nodeName")
    chain = [_foreign(finalizer) for finalizer in live["metadata"].get("finalizers") or ()]
    if node and node not in index.nodes:
        chain.append(f"its node {node} does not exist any more, so nobody says that it has ended")
    elif node and node not in index.ready:
        chain.append(f"its node {node} is not ready, so nobody says that it has ended")
    elif not chain:
        chain.append(f"the kubelet on {node} has not ended it: see its log for volumes that cannot be unmounted")
    return _with_warning(index, live, chain)


def _attachment(index: Index, live: Object) -> List[str]:
    told = (status(live).get("detachError") or {}).get("message")
    node, driver = live["spec"].get("nodeName"), live["spec"].get("attacher")
    chain = [told] if told else []
    if node not in index.ready:
        chain.append(f"the node {node} {'is not ready' if node in index.nodes else 'does not exist any more'}")
    return chain or [f"the csi-attacher of {driver} has not detached it from {node}: see whether it runs"]


def _namespace(_index: Index, live: Object) -> List[str]:
    return [
        condition["message"] for condition in status(live).get("conditions") or () if condition.get("status") == "True" and condition.get("message")
    ] or ["the controller manager has not told what is left in it"]


def _snapshot(index: Index, live: Object) -> List[str]:
    content = status(live).get("boundVolumeSnapshotContentName")
    bound = next((each for each in index.world.contents if each["metadata"]["name"] == content), None)
    chain: List[str] = []
    for finalizer in live["metadata"].get("finalizers") or ():
        if finalizer.endswith("volumesnapshot-as-source-protection"):
            chain.append(f"{finalizer} holds it while a claim is made from it")
        elif finalizer.endswith("volumesnapshot-bound-protection"):
            chain.append(f"{finalizer} holds it until its content {content} is gone")
            chain += (
                _content(index, bound)
                if bound is not None
                else [f"the content {content} does not exist: the snapshot controller has to notice, see whether it runs"]
            )
        else:
            chain.append(_foreign(finalizer))
    return chain


def _content(index: Index, live: Object) -> List[str]:
    told = (status(live).get("error") or {}).get("message")
    wanted = live["spec"].get("volumeSnapshotClassName")
    chain = [told] if told else []
    if wanted and wanted not in {found["metadata"]["name"] for found in index.world.snapshot_classes}:
        # external-snapshotter#349: the secrets for deleting are looked up in the class.
        chain.append(f"its class {wanted} does not exist any more: make it again")
    return chain or [f"the csi-snapshotter of {live['spec'].get('driver')} has not deleted it: see whether it runs"]


def _held_by_others(_index: Index, live: Object) -> List[str]:
    return [_foreign(finalizer) for finalizer in live["metadata"].get("finalizers") or ()]


def _foreign(finalizer: str) -> str:
    return f"{finalizer} is taken off by whoever set it"


def _with_warning(index: Index, live: Object, chain: List[str]) -> List[str]:
    told = index.warning(live)
    return [*chain, told] if told else chain


_WHY: Dict[str, Callable[[Index, Object], List[str]]] = {
    "PersistentVolume": _volume,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "VolumeAttachment": _attachment,
    "Namespace": _namespace,
    "VolumeSnapshot": _snapshot,
    "VolumeSnapshotContent": _content,
}
