# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""How pods, claims, volumes, nodes and disks hang together: pure joins over what the API server lists."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from . import quantity

Object = Mapping[str, Any]
_HOSTNAME = "kubernetes.io/hostname"
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


@dataclass
class Disks:
    """Devices by what a volume knows of them. ``hosts``: node -> entries of local_volumes and devices of block_device_info, in any mix."""

    hosts: Mapping[str, Iterable[Object]]
    _known: Dict[Tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node, items in self.hosts.items():
            for item in items:
                for key, device in _names(item):
                    self._known.setdefault((node, key), device)

    def find(self, volume: Mapping[str, Any]) -> Optional[str]:
        """The device of one of ``volumes``; an entry's name is the link or the file system's UUID that it stands for."""
        entry = os.path.basename(volume["path"] or "")
        return self._known.get((volume["node"], f"{volume['storage_class']}/{entry}")) or self._known.get((volume["node"], entry))


def _names(item: Object) -> Iterator[Tuple[str, str]]:
    if item.get("device"):
        if item.get("name"):
            yield f"{item['class']}/{item['name']}", item["device"]
        return
    for name in item.get("ids") or ():
        yield os.path.basename(name), item["id"]
    for signature in item.get("signatures") or ():
        if signature.get("uuid"):
            yield signature["uuid"], item["id"]
    # Also those of logical volumes upon a disk; an entry's mount point is named after its file system.
    for mount in item.get("mounts") or ():
        yield os.path.basename(mount), item["id"]


def volumes(lists: Lists) -> List[dict]:
    """One entry per PersistentVolume; ``node`` only for volumes that are tied to one."""
    names = {(node["metadata"].get("labels") or {}).get(_HOSTNAME): node["metadata"]["name"] for node in lists.nodes}
    attached = {(item["spec"].get("source") or {}).get("persistentVolumeName"): bool((item.get("status") or {}).get("attached")) for item in lists.attachments}
    return [_volume(volume, names, attached) for volume in lists.volumes]


def _volume(live: Object, names: Mapping[Any, str], attached: Mapping[Any, bool]) -> dict:
    spec = live["spec"]
    claim = spec.get("claimRef") or {}
    host = _host(spec)
    return {
        "name": live["metadata"]["name"],
        "phase": (live.get("status") or {}).get("phase"),
        "storage_class": spec.get("storageClassName") or "",
        "volume_mode": spec.get("volumeMode", "Filesystem"),
        "capacity_bytes": quantity.in_bytes((spec.get("capacity") or {}).get("storage")),
        "reclaim_policy": spec.get("persistentVolumeReclaimPolicy"),
        "namespace": claim.get("namespace"),
        "claim": claim.get("name"),
        "node": names.get(host, host),
        "path": (spec.get("local") or spec.get("hostPath") or {}).get("path"),
        "local": "local" in spec,
        "attached": attached.get(live["metadata"]["name"]),
    }


def _host(spec: Object) -> Optional[str]:
    terms = ((spec.get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or ()
    hosts = {value for term in terms for rule in term.get("matchExpressions") or () if rule.get("key") == _HOSTNAME for value in rule.get("values") or ()}
    return hosts.pop() if len(hosts) == 1 else None


def claims(lists: Lists) -> List[dict]:
    """One entry per PersistentVolumeClaim."""
    return [{
        "namespace": live["metadata"]["namespace"],
        "name": live["metadata"]["name"],
        "phase": (live.get("status") or {}).get("phase"),
        "volume": live["spec"].get("volumeName"),
        "storage_class": live["spec"].get("storageClassName") or "",
        "volume_mode": live["spec"].get("volumeMode", "Filesystem"),
        "requested_bytes": quantity.in_bytes(((live["spec"].get("resources") or {}).get("requests") or {}).get("storage")),
        "capacity_bytes": quantity.in_bytes(((live.get("status") or {}).get("capacity") or {}).get("storage")),
        "labels": live["metadata"].get("labels") or {},
    } for live in lists.claims]


def classes(lists: Lists) -> List[dict]:
    """One entry per StorageClass."""
    return [{
        "name": live["metadata"]["name"],
        "provisioner": live.get("provisioner"),
        "reclaim_policy": live.get("reclaimPolicy", "Delete"),
        "binding_mode": live.get("volumeBindingMode", "Immediate"),
        "allow_expansion": bool(live.get("allowVolumeExpansion")),
        "default": (live["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true",
    } for live in lists.classes]


def nodes(lists: Lists) -> List[dict]:
    """One entry per Node."""
    return [{
        "name": live["metadata"]["name"],
        "ready": any(condition["type"] == "Ready" and condition["status"] == "True" for condition in (live.get("status") or {}).get("conditions") or ()),
        "labels": live["metadata"].get("labels") or {},
        "taints": (live.get("spec") or {}).get("taints") or [],
    } for live in lists.nodes]


def published(found: Iterable[Mapping[str, Any]]) -> Dict[str, List[dict]]:
    """Which discovery-directory entries are volumes, by node; ``found`` are ``volumes``."""
    by_node: Dict[str, List[dict]] = {}
    for volume in found:
        if volume["local"] and volume["node"]:
            entry = {"class": volume["storage_class"], "entry": os.path.basename(volume["path"])}
            by_node.setdefault(volume["node"], []).append({**entry, "volume": volume["name"], "phase": volume["phase"], "path": volume["path"]})
    return by_node


def rows(lists: Lists, disks: Disks, *, pods_only: bool = False, claimed_only: bool = False) -> List[dict]:
    """One row per pod and claim it mounts, then claims that no pod mounts, then volumes without a claim; what is missing is ``None``.

    ``pods_only`` leaves the second and third out, ``claimed_only`` the third.
    """
    found = {volume["name"]: volume for volume in volumes(lists)}
    wanted = {(claim["namespace"], claim["name"]): claim for claim in claims(lists)}
    table, used = [], set()
    for pod in sorted(lists.pods, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"])):
        for name in _mounted(pod):
            key = (pod["metadata"]["namespace"], name)
            used.add(key)
            table.append(_row(key, pod, wanted.get(key), found, disks))
    if not pods_only:
        table += [_row(key, None, claim, found, disks) for key, claim in sorted(wanted.items()) if key not in used]
    if not (pods_only or claimed_only):
        shown = {row["volume"] for row in table}
        table += [_row((None, None), None, {"volume": name}, found, disks) for name in sorted(found) if name not in shown]
    return table


def _mounted(pod: Object) -> Iterator[str]:
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            yield volume["persistentVolumeClaim"]["claimName"]
        elif "ephemeral" in volume:
            # KEP-1698: the claim of a generic ephemeral volume is named after pod and volume.
            yield f"{pod['metadata']['name']}-{volume['name']}"


def _row(key: Tuple[Optional[str], Optional[str]], pod: Optional[Object], claim: Optional[Mapping[str, Any]], found: Mapping[str, dict], disks: Disks) -> dict:
    claim = claim or {}
    volume = found.get(claim.get("volume") or "", {})
    return {
        "namespace": key[0],
        "pod": pod["metadata"]["name"] if pod else None,
        "phase": (pod.get("status") or {}).get("phase") if pod else None,
        "node": (pod["spec"].get("nodeName") if pod else None) or volume.get("node"),
        "claim": key[1],
        "claim_phase": claim.get("phase"),
        "storage_class": claim.get("storage_class") or volume.get("storage_class"),
        "volume": claim.get("volume"),
        "volume_phase": volume.get("phase"),
        "volume_mode": volume.get("volume_mode") or claim.get("volume_mode"),
        "capacity_bytes": volume.get("capacity_bytes"),
        "path": volume.get("path"),
        "device": disks.find(volume) if volume else None,
        "attached": volume.get("attached"),
    }
