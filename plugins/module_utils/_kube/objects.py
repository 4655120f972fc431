# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Live objects as short entries with plain values: what modules tell of volumes, claims, classes, nodes and attachments. Pure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence

from . import quantity

Object = Mapping[str, Any]
HOSTNAME = "kubernetes.io/hostname"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class Lists:
    """The live objects that everything is made from."""

    pods: Sequence[Object] = ()
    claims: Sequence[Object] = ()
    volumes: Sequence[Object] = ()
    nodes: Sequence[Object] = ()
    classes: Sequence[Object] = ()
    attachments: Sequence[Object] = ()


def status(live: Object) -> Mapping[str, Any]:
    """The status of an object, which may have none yet."""
    return live.get("status") or {}


def volumes(lists: Lists) -> List[dict]:
    """One entry per PersistentVolume; ``node`` only for volumes that are tied to one."""
    names = {(node["metadata"].get("labels") or {}).get(HOSTNAME): node["metadata"]["name"] for node in lists.nodes}
    held: Dict[str, List[dict]] = {}
    for attachment in attachments(lists):
        held.setdefault(attachment["volume"], []).append(attachment)
    return [_volume(volume, names, held.get(volume["metadata"]["name"], [])) for volume in lists.volumes]


def _volume(live: Object, names: Mapping[Any, str], held: Sequence[Mapping[str, Any]]) -> dict:
    spec = live["spec"]
    claim = spec.get("claimRef") or {}
    host = _host(spec)
    return {
        "name": live["metadata"]["name"],
        "phase": status(live).get("phase"),
        "storage_class": spec.get("storageClassName") or "",
        "volume_mode": spec.get("volumeMode", "Filesystem"),
        "capacity_bytes": quantity.in_bytes((spec.get("capacity") or {}).get("storage")),
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


def _host(spec: Object) -> Optional[str]:
    terms = ((spec.get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or ()
    hosts = {
        value for term in terms for rule in term.get("matchExpressions") or () if rule.get("key") == HOSTNAME for value in rule.get("values") or ()
    }
    return hosts.pop() if len(hosts) == 1 else None


def claims(lists: Lists) -> List[dict]:
    """One entry per PersistentVolumeClaim."""
    return [
        {
            "namespace": live["metadata"]["namespace"],
            "name": live["metadata"]["name"],
            "phase": status(live).get("phase"),
            "volume": live["spec"].get("volumeName"),
            "storage_class": live["spec"].get("storageClassName") or "",
            "volume_mode": live["spec"].get("volumeMode", "Filesystem"),
            "requested_bytes": quantity.in_bytes(((live["spec"].get("resources") or {}).get("requests") or {}).get("storage")),
            "capacity_bytes": quantity.in_bytes((status(live).get("capacity") or {}).get("storage")),
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
            "default": (live["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true",
        }
        for live in lists.classes
    ]


def nodes(lists: Lists) -> List[dict]:
    """One entry per Node."""
    return [
        {
            "name": live["metadata"]["name"],
            "ready": any(condition["type"] == "Ready" and condition["status"] == "True" for condition in status(live).get("conditions") or ()),
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
            "attached": bool(status(live).get("attached")),
            "error": next((status(live)[key].get("message") for key in ("attachError", "detachError") if status(live).get(key)), None),
        }
        for live in lists.attachments
    ]


def published(found: Iterable[Mapping[str, Any]]) -> Dict[str, List[dict]]:
    """Which discovery-directory entries are volumes, by node; ``found`` are ``volumes``."""
    by_node: Dict[str, List[dict]] = {}
    for volume in found:
        if volume["local"] and volume["node"]:
            entry = {"class": volume["storage_class"], "entry": os.path.basename(volume["path"])}
            by_node.setdefault(volume["node"], []).append({**entry, "volume": volume["name"], "phase": volume["phase"], "path": volume["path"]})
    return by_node
