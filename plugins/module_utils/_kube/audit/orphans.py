# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What nobody has or uses any more: volumes, logical volumes, entries, attachments and claims without their other half."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Set, Tuple

from ..._core.quantity import human
from .. import sets
from ..places import aliases
from .model import Finding, Index

#: Logical volumes that hold others or LVM's own parts, and copies that a person made on purpose.
_NO_VOLUMES = ("thin-pool", "snapshot")


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    yield from _released(index)
    yield from _without_ground(index)
    yield from _logical_volumes(index)
    yield from _entries(index)
    yield from _attachments(index)
    yield from _left_claims(index)


def _released(index: Index) -> Iterator[Finding]:
    for volume in index.volumes.values():
        if volume["phase"] == "Released" and volume["reclaim_policy"] == "Retain":
            claim = f"{volume['namespace']}/{volume['claim']}"
            yield Finding(
                "volume-released",
                "warning",
                "PersistentVolume",
                volume["name"],
                f"The claim {claim} is gone; the volume keeps its data and is given to nobody.",
                f"To give it away with its data: kubectl patch pv {volume['name']} --type=json "
                f"-p '[{{\"op\": \"remove\", \"path\": \"/spec/claimRef\"}}]'. "
                f"When the data may go, delete the volume and wipe what it stands on.",
                {
                    "claim": claim,
                    "capacity_bytes": volume["capacity_bytes"],
                    "storage_class": volume["storage_class"],
                    "device": index.place(volume).device,
                },
            )


def _without_ground(index: Index) -> Iterator[Finding]:
    for volume in index.volumes.values():
        host = index.hosts.get(volume["node"] or "")
        if not (volume["local"] and host and "local_volumes" in host.told and "block_device_info" in host.told):
            continue
        if index.place(volume).device is None:
            bound = volume["phase"] == "Bound"
            yield Finding(
                "volume-without-device",
                "critical" if bound else "error",
                "PersistentVolume",
                volume["name"],
                f"Nothing on {volume['node']} stands behind {volume['path']}: no entry, no disk, no file system of that name.",
                (
                    f"If the disk will not come back: {index.replace(volume)}"
                    if bound
                    else f"If the disk will not come back: kubectl delete pv {volume['name']}."
                ),
                {"node": volume["node"], "path": volume["path"], "phase": volume["phase"]},
                [f"it is bound to the claim {volume['namespace']}/{volume['claim']}"] if bound else [],
            )


def _logical_volumes(index: Index) -> Iterator[Finding]:
    used, driven = _used(index), _of_drivers(index)
    for node, host in index.told("lvm_info"):
        if "local_volumes" not in host.told:
            continue
        taken = {entry["device"] for entry in host.entries} | set(_exported(host.targets))
        for group in host.groups:
            names = {volume["name"]: set(aliases(group, volume)) for volume in group.get("logical_volumes") or ()}
            # A volume group that Kubernetes has nothing of is somebody else's.
            if not any(taken & mine or (node, group["name"], name) in used for name, mine in names.items()):
                continue
            for volume in group["logical_volumes"]:
                ours = taken & names[volume["name"]] or (node, group["name"], volume["name"]) in used
                free = not (ours or driven & {volume["name"], volume.get("uuid")})
                if free and volume.get("type") not in _NO_VOLUMES and not volume.get("open"):
                    where = aliases(group, volume)[0]
                    yield Finding(
                        "logical-volume-orphaned",
                        "warning",
                        "LogicalVolume",
                        f"{node}:{where}",
                        f"Nothing uses it: no PersistentVolume, no entry, no iSCSI target. It holds {human(volume.get('size_bytes') or 0)}.",
                        f"If its data may go, remove it: {{name: {volume['name']}, state: absent}} in lvm_volume_groups of {node}, "
                        "with lvm_allow_data_loss.",
                        {"node": node, "volume_group": group["name"], "size_bytes": volume.get("size_bytes"), "uuid": volume.get("uuid")},
                    )


def _used(index: Index) -> set:
    places = [index.place(volume) for volume in index.volumes.values()]
    return {(place.served_by or place.node, place.volume_group, place.logical_volume) for place in places if place.logical_volume}


def _exported(targets: Any) -> Iterator[str]:
    for target in targets:
        for side in ("running", "saved"):
            for store in (target.get(side) or {}).get("backstores") or ():
                yield store.get("path") or ""


def _of_drivers(index: Index) -> Set[str]:
    """What CSI drivers may call a logical volume of theirs: by their volume's name or a part of its handle."""
    volumes = [live for live in index.world.lists.volumes if live["spec"].get("csi")]
    handles = {part for live in volumes for part in str(live["spec"]["csi"].get("volumeHandle")).split("/")}
    return handles | {live["metadata"]["name"] for live in volumes}


def _entries(index: Index) -> Iterator[Finding]:
    published = {(volume["node"], volume["path"]) for volume in index.volumes.values() if volume["local"]}
    for node, host in index.told("local_volumes"):
        # Of a plan that is still to be carried out not all entries are there.
        for entry in () if host.changes else host.entries:
            if entry.get("path") and not entry.get("degraded") and (node, entry["path"]) not in published:
                yield Finding(
                    "entry-not-published",
                    "warning",
                    "LocalVolume",
                    f"{node}:{entry['path']}",
                    "It is in the discovery directory, and no PersistentVolume was made of it.",
                    "See the log of the provisioner's pod on that node: kubectl logs -A -l app.kubernetes.io/name=local-static-provisioner. "
                    "playbook site.yml sets it up and waits for every volume.",
                    {"node": node, "class": entry["class"], "device": entry["device"], "size_bytes": entry.get("size_bytes")},
                )


def _attachments(index: Index) -> Iterator[Finding]:
    for live, entry in zip(index.world.lists.attachments, index.attachments):
        severity, why = _stale(index, entry)
        if why and index.lasting(live["metadata"].get("creationTimestamp")) and not live["metadata"].get("deletionTimestamp"):
            yield Finding(
                "attachment-stale",
                severity,
                "VolumeAttachment",
                entry["name"],
                f"It is left over: {why}.",
                f"When no machine of that name can still write to the volume: kubectl delete volumeattachment {entry['name']}.",
                {"volume": entry["volume"], "node": entry["node"], "driver": entry["driver"], "attached": entry["attached"]},
            )


def _stale(index: Index, entry: Mapping[str, Any]) -> Tuple[str, str]:
    if entry["volume"] is None:
        return "", ""
    if entry["volume"] not in index.volumes:
        return "error", f"the volume {entry['volume']} does not exist"
    if entry["node"] not in index.nodes:
        return "error", f"the node {entry['node']} does not exist"
    volume = index.volumes[entry["volume"]]
    users = index.users.get((volume["namespace"] or "", volume["claim"] or ""), [])
    if not any(pod["spec"].get("nodeName") == entry["node"] for pod in users):
        return "warning", f"no pod on {entry['node']} uses the volume {entry['volume']}"
    return "", ""


def _left_claims(index: Index) -> Iterator[Finding]:
    for live in index.world.stateful_sets:
        space, name = live["metadata"]["namespace"], live["metadata"]["name"]
        for template in sets.claim_templates(live):
            for (where, claim), entry in index.claims.items():
                number = sets.ordinal(claim, f"{template}-{name}")
                left = number is not None and number not in sets.numbers(live) and sets.made(live, index.live_claims[where, claim])
                if left and not index.users.get((where, claim)):
                    yield Finding(
                        "claim-left-by-scale-down",
                        "info",
                        "PersistentVolumeClaim",
                        f"{space}/{claim}",
                        f"StatefulSet {space}/{name} has {sets.replicas(live)} replicas; this claim is kept for one that is no more.",
                        f"Scaling up again takes it back with its data. When the data may go: kubectl delete pvc {claim} -n {space}.",
                        {"stateful_set": name, "volume": entry["volume"], "capacity_bytes": entry["capacity_bytes"]},
                    )
