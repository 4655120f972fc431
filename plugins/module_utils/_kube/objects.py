# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Live objects as short entries with plain values: what modules tell of volumes, claims, classes, nodes and attachments. Pure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Sequence

from . import basics, sets
from .basics import Object


@dataclass(frozen=True)
class Lists:
    """The live objects that everything is made from."""

    pods: Sequence[Object] = ()
    claims: Sequence[Object] = ()
    volumes: Sequence[Object] = ()
    nodes: Sequence[Object] = ()
    classes: Sequence[Object] = ()
    attachments: Sequence[Object] = ()
    stateful_sets: Sequence[Object] = ()


def volumes(lists: Lists) -> List[dict]:
    """One entry per PersistentVolume; ``node`` only for volumes that are tied to one."""
    names = {(node["metadata"].get("labels") or {}).get(basics.HOSTNAME): node["metadata"]["name"] for node in lists.nodes}
    held: Dict[str, List[dict]] = {}
    for attachment in attachments(lists):
        held.setdefault(attachment["volume"], []).append(attachment)
    return [_volume(volume, names, held.get(volume["metadata"]["name"], [])) for volume in lists.volumes]


def _volume(live: Object, names: Mapping[Any, str], held: Sequence[Mapping[str, Any]]) -> dict:
    spec = live["spec"]
    claim = spec.get("claimRef") or {}
    host = basics.host(live)
    return {
        "name": live["metadata"]["name"],
        "phase": basics.phase(live),
        "storage_class": spec.get("storageClassName") or "",
        "volume_mode": spec.get("volumeMode", "Filesystem"),
        "capacity_bytes": basics.capacity(live),
        "reclaim_policy": spec.get("persistentVolumeReclaimPolicy"),
        "namespace": claim.get("namespace"),
        "claim": claim.get("name"),
        "node": names.get(host, host),
        "path": (spec.get("local") or spec.get("hostPath") or {}).get("path"),
        "local": "local" in spec,
        "driver": (spec.get("csi") or {}).get("driver"),
        "iscsi": (
            {"target": spec["iscsi"]["iqn"], "lun": spec["iscsi"].get("lun", 0), "portal": spec["iscsi"]["targetPortal"]}
            if spec.get("iscsi")
            else None
        ),
        "attached": any(each["attached"] for each in held) if held else None,
        "attached_to": sorted(each["node"] for each in held),
    }


def claims(lists: Lists) -> List[dict]:
    """One entry per PersistentVolumeClaim."""
    return [
        {
            "namespace": live["metadata"]["namespace"],
            "name": live["metadata"]["name"],
            "phase": basics.phase(live),
            "volume": live["spec"].get("volumeName"),
            "storage_class": live["spec"].get("storageClassName") or "",
            "volume_mode": live["spec"].get("volumeMode", "Filesystem"),
            "requested_bytes": basics.requested(live),
            "capacity_bytes": basics.held(live),
            "labels": live["metadata"].get("labels") or {},
        }
        for live in lists.claims
    ]


def classes(lists: Lists) -> List[dict]:
    """One entry per StorageClass."""
    return [
        {
            "name": live["metadata"]["name"],
            "provisioner": live.get("provisioner"),
            "reclaim_policy": live.get("reclaimPolicy", "Delete"),
            "binding_mode": live.get("volumeBindingMode", "Immediate"),
            "allow_expansion": bool(live.get("allowVolumeExpansion")),
            "default": basics.is_default(live),
        }
        for live in lists.classes
    ]


def nodes(lists: Lists) -> List[dict]:
    """One entry per Node."""
    return [
        {
            "name": live["metadata"]["name"],
            "ready": basics.holds(live, "Ready"),
            "labels": live["metadata"].get("labels") or {},
            "taints": (live.get("spec") or {}).get("taints") or [],
        }
        for live in lists.nodes
    ]


def attachments(lists: Lists) -> List[dict]:
    """One entry per VolumeAttachment; one of a volume inside a pod names none."""
    return [
        {
            "name": live["metadata"]["name"],
            "volume": (live["spec"].get("source") or {}).get("persistentVolumeName"),
            "node": live["spec"].get("nodeName"),
            "driver": live["spec"].get("attacher"),
            "attached": bool(basics.status(live).get("attached")),
            "error": next((basics.status(live)[key].get("message") for key in ("attachError", "detachError") if basics.status(live).get(key)), None),
        }
        for live in lists.attachments
    ]


def stateful_sets(lists: Lists) -> List[dict]:
    """One entry per StatefulSet; one that is being made anew around its pods is told by these, with ``exists`` false.

    ``environment`` has the variables of its containers that have a value of their own.
    """
    found = [_stateful_set(live, live["spec"]["template"], True) for live in lists.stateful_sets]
    known = {(each["namespace"], each["name"]) for each in found}
    for pod in lists.pods:
        stem, _dash, number = pod["metadata"]["name"].rpartition("-")
        # Its controller labels each pod with its own name; a pod that another set has taken over has an owner.
        left = (pod["metadata"].get("labels") or {}).get(sets.POD_NAME) == pod["metadata"]["name"] and not pod["metadata"].get("ownerReferences")
        if left and number.isdigit() and (pod["metadata"]["namespace"], stem) not in known:
            known.add((pod["metadata"]["namespace"], stem))
            found.append(_stateful_set({"metadata": {**pod["metadata"], "name": stem}}, pod, False))
    return found


def _stateful_set(live: Object, template: Object, exists: bool) -> dict:
    containers = (template.get("spec") or {}).get("containers") or ()
    return {
        "namespace": live["metadata"]["namespace"],
        "name": live["metadata"]["name"],
        "exists": exists,
        "labels": live["metadata"].get("labels") or {},
        "environment": {each["name"]: each["value"] for container in containers for each in container.get("env") or () if each.get("value")},
    }


def published(found: Iterable[Mapping[str, Any]]) -> Dict[str, List[dict]]:
    """Which discovery-directory entries are volumes, by node; ``found`` are ``volumes``."""
    by_node: Dict[str, List[dict]] = {}
    for volume in found:
        if volume["local"] and volume["node"]:
            entry = {"class": volume["storage_class"], "entry": os.path.basename(volume["path"])}
            by_node.setdefault(volume["node"], []).append({**entry, "volume": volume["name"], "phase": volume["phase"], "path": volume["path"]})
    return by_node
