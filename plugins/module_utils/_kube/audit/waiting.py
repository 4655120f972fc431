# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What is to come and does not: claims that wait, growth that stops, volumes that fail, pods that wait for storage."""

from __future__ import annotations

from typing import Iterator, Mapping, Tuple

from ..._core.quantity import human
from ..basics import NO_PROVISIONER, Object, path, status
from .model import Finding, Index, key

_STORAGE_WORDS = ("volume", "persistentvolumeclaim")


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    for live in index.world.lists.claims:
        if not live["metadata"].get("deletionTimestamp"):
            yield from _claim(index, live)
    for live in index.world.lists.volumes:
        if status(live).get("phase") == "Failed":
            yield Finding(
                "volume-failed",
                "error",
                "PersistentVolume",
                path(live),
                "What was to be done when its claim went has failed.",
                f"Remove the cause, then: kubectl delete pv {path(live)}, or give it to another claim.",
                {"reclaim_policy": live["spec"].get("persistentVolumeReclaimPolicy")},
                [status(live).get("message") or "nobody has told why"],
            )
    yield from _attach_errors(index)
    yield from _pods(index)
    yield from _two_nodes(index)


def _claim(index: Index, live: Object) -> Iterator[Finding]:
    phase = status(live).get("phase", "Pending")
    if phase == "Lost":
        yield Finding(
            "claim-lost",
            "critical",
            "PersistentVolumeClaim",
            path(live),
            f"Its volume {live['spec'].get('volumeName')} does not exist any more.",
            "If what it stood on is still there, make the PersistentVolume again with the same name and a claimRef to this claim; "
            "else restore from a backup.",
            {"volume": live["spec"].get("volumeName")},
        )
    elif phase == "Bound":
        yield from _growth(index, live)
    elif index.lasting(live["metadata"].get("creationTimestamp")):
        entry = index.claims[key(live)]
        mode = index.classes.get(entry["storage_class"], {}).get("binding_mode")
        if mode == "WaitForFirstConsumer" and not index.users.get(key(live)) and not entry["volume"]:
            return
        reason, fix = _waits(index, live, entry)
        told = index.warning(live)
        # That nobody makes volumes of a static class is no news.
        chain = [reason, told] if told and NO_PROVISIONER not in told else [reason]
        yield Finding(
            "claim-stuck-pending",
            "error",
            "PersistentVolumeClaim",
            path(live),
            f"It has waited for a volume for {int(index.age(live['metadata'].get('creationTimestamp')) // 60)} minutes.",
            fix,
            {"storage_class": entry["storage_class"], "requested_bytes": entry["requested_bytes"]},
            chain,
        )


def _waits(index: Index, live: Object, entry: Mapping) -> Tuple[str, str]:
    """Why a claim has no volume, and what helps."""
    name, volume = entry["storage_class"], entry["volume"]
    found = index.classes.get(name)
    if volume and volume not in index.volumes:
        return f"it asks for the volume {volume}, which does not exist", f"Make the PersistentVolume {volume}, or the claim again without volumeName."
    if volume:
        other = index.volumes[volume]
        holder = f"{other['namespace']}/{other['claim']}" if other["claim"] else "nobody"
        reason = f"it asks for the volume {volume}, which is {other['phase']} and given to {holder}"
        return reason, "Compare size, class, access modes and claimRef of the two."
    if name and not found:
        return f"its StorageClass {name} does not exist", f"Make the StorageClass {name}, or make the claim again with another one."
    if not found and live["spec"].get("storageClassName") is None:
        return "it names no StorageClass and there is no default one", "Mark a class as the default one, or make the claim again with a class."
    if found and found["provisioner"] != NO_PROVISIONER:
        chosen = (live["metadata"].get("annotations") or {}).get("volume.kubernetes.io/selected-node")
        return f"{found['provisioner']} has not made a volume{f' for the node {chosen}' if chosen else ''}", "See the log of its csi-provisioner."
    more = "Give the class more disks or logical volumes (local_volumes_classes) and run playbook site.yml, or ask for less."
    return _nothing_fits(index, name, entry["requested_bytes"] or 0), more


def _nothing_fits(index: Index, name: str, wanted: int) -> str:
    free = [each["capacity_bytes"] or 0 for each in index.volumes.values() if each["phase"] == "Available" and each["storage_class"] == name]
    if not free:
        return f"no volume of the class {name or '(none)'} is free"
    if max(free) < wanted:
        return f"it asks for {human(wanted)}, the largest free volume of the class {name or '(none)'} has {human(max(free))}"
    return f"{len(free)} volumes of its class are free, none of them on a node that its pod may run on, or with its access modes and volume mode"


def _growth(index: Index, live: Object) -> Iterator[Finding]:
    entry, now = index.claims[key(live)], status(live)
    stage = (now.get("allocatedResourceStatuses") or {}).get("storage", "")
    conditions = {condition["type"]: condition for condition in now.get("conditions") or () if condition.get("status") == "True"}
    if "Infeasible" in stage:
        yield Finding(
            "claim-cannot-grow",
            "error",
            "PersistentVolumeClaim",
            path(live),
            f"The storage refuses to grow it ({stage}).",
            f"Ask for what it has, or a size that fits: kubectl patch pvc {live['metadata']['name']} -n {live['metadata']['namespace']} --type=merge "
            '-p \'{"spec": {"resources": {"requests": {"storage": "SIZE"}}}}\'. Kubernetes 1.34 and later take a smaller wish back.',
            {"requested_bytes": entry["requested_bytes"], "capacity_bytes": entry["capacity_bytes"], "stage": stage},
        )
    elif (entry["requested_bytes"] or 0) > (entry["capacity_bytes"] or 0):
        waiting = conditions.get("FileSystemResizePending")
        since = (waiting or conditions.get("Resizing") or {}).get("lastTransitionTime")
        # A claim of a class that cannot grow is never taken this far by the API server.
        if since and not index.lasting(since):
            return
        volume = index.volumes.get(entry["volume"] or "", {})
        if waiting:
            reason, fix = (
                "its file system grows when a pod mounts it (FileSystemResizePending)",
                "Start a pod with this claim, or restart the one that has it.",
            )
        elif volume.get("local"):
            reason, fix = "nothing grows local volumes by itself", "playbook grow_local_volume.yml."
        else:
            reason, fix = "the driver's csi-resizer has not grown it", "See its log."
        told = index.warning(live)
        yield Finding(
            "claim-growth-stuck",
            "warning",
            "PersistentVolumeClaim",
            path(live),
            "It asks for more than it has.",
            fix,
            {"requested_bytes": entry["requested_bytes"], "capacity_bytes": entry["capacity_bytes"], "since": since},
            [reason, *([told] if told else [])],
        )


def _attach_errors(index: Index) -> Iterator[Finding]:
    for live, entry in zip(index.world.lists.attachments, index.attachments):
        told = (status(live).get("attachError") or {}).get("message")
        if told and not entry["attached"]:
            yield Finding(
                "attachment-failed",
                "error",
                "VolumeAttachment",
                entry["name"],
                f"The volume {entry['volume']} cannot be attached to {entry['node']}.",
                f"See the log of the csi-attacher of {entry['driver']}; a volume that another node still has is detached there first.",
                {"volume": entry["volume"], "node": entry["node"], "driver": entry["driver"]},
                [told],
            )


def _pods(index: Index) -> Iterator[Finding]:
    for pod in index.world.lists.pods:
        if (
            status(pod).get("phase") != "Pending"
            or pod["metadata"].get("deletionTimestamp")
            or not index.lasting(pod["metadata"].get("creationTimestamp"))
        ):
            continue
        scheduled = next((each for each in status(pod).get("conditions") or () if each["type"] == "PodScheduled"), {})
        told = scheduled.get("message", "") if scheduled.get("status") == "False" else index.warning(pod) or ""
        if any(word in told.lower() for word in _STORAGE_WORDS):
            yield Finding(
                "pod-waits-for-storage",
                "error",
                "Pod",
                path(pod),
                "It cannot start because of its volumes.",
                "See what else is found about its claims and volumes.",
                {"node": pod["spec"].get("nodeName")},
                [told],
            )


def _two_nodes(index: Index) -> Iterator[Finding]:
    for claim, pods in index.users.items():
        live = index.live_claims.get(claim)
        modes = (live or {"spec": {}})["spec"].get("accessModes") or ()
        nodes = sorted({pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")})
        if live and len(nodes) > 1 and not {"ReadWriteMany", "ReadOnlyMany"} & set(modes):
            yield Finding(
                "claim-on-two-nodes",
                "error",
                "PersistentVolumeClaim",
                "/".join(claim),
                f"Pods on {', '.join(nodes)} want it, and only one node may have it.",
                "Scale the workload to one pod, or give each pod a claim of its own (a StatefulSet with volumeClaimTemplates).",
                {"nodes": nodes, "pods": sorted(path(pod) for pod in pods), "access_modes": list(modes)},
            )
