# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Where two that were to say the same say different things: templates and claims, volumes and devices, drivers and nodes, names and identities."""

from __future__ import annotations

from typing import Iterator

from ..._core.quantity import human
from .. import basics, sets
from ..basics import Object
from .model import Finding, Index

_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
_LOCAL = "local-volume-provisioner-"
#: Capacities are rounded; less than this share is no drift, in percent.
_ROUNDING = 1


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    yield from _default_classes(index)
    for live in index.world.stateful_sets:
        yield from _templates(index, live)
    for volume in index.volumes.values():
        yield from _size(index, volume)
        yield from _node(index, volume)
        yield from _identity(index, volume)
    yield from _drivers(index)
    for node, host in sorted(index.hosts.items()):
        for module, said in sorted(host.failed.items()):
            yield Finding(
                "node-not-told",
                "error",
                "Node",
                node,
                f"{module} ended with an error there, so that a part of it could not be looked at.",
                "Mend what it names, then run the audit again.",
                {"module": module},
                [said],
            )
    for node, host in index.told("local_volumes"):
        if host.changes:
            yield Finding(
                "node-differs-from-inventory",
                "warning",
                "Node",
                node,
                "Its local volumes are not what the inventory wants.",
                "playbook site.yml --check --diff shows what would change; without --check it is done.",
                {"changes": [f"{each['verb']} {each['kind']} {each['name']}" for each in host.changes]},
            )


def _default_classes(index: Index) -> Iterator[Finding]:
    several = sorted(name for name, found in index.classes.items() if found["default"])
    if len(several) > 1:
        yield Finding(
            "default-class-several",
            "warning",
            "StorageClass",
            ", ".join(several),
            "More than one class is the default one; the newest of them is taken.",
            f"Keep one: kubectl annotate storageclass {several[-1]} storageclass.kubernetes.io/is-default-class=false --overwrite.",
            {"classes": several},
        )


def _templates(index: Index, live: Object) -> Iterator[Finding]:
    space, name = live["metadata"]["namespace"], live["metadata"]["name"]
    for title, template in sets.claim_templates(live).items():
        wanted = basics.requested(template)
        wanted_class = template["spec"].get("storageClassName")
        for number in sets.numbers(live):
            claim = index.claims.get((space, f"{title}-{name}-{number}"))
            if claim is None:
                continue
            differs = {}
            if wanted is not None and claim["requested_bytes"] != wanted:
                differs["requested_bytes"] = {"template": wanted, "claim": claim["requested_bytes"]}
            if wanted_class is not None and claim["storage_class"] != wanted_class:
                differs["storage_class"] = {"template": wanted_class, "claim": claim["storage_class"]}
            if differs:
                yield Finding(
                    "claim-template-drift",
                    "warning",
                    "PersistentVolumeClaim",
                    f"{space}/{claim['name']}",
                    f"It differs from the template of StatefulSet {space}/{name}: a new replica would get something else.",
                    "playbook grow_claims.yml brings both to one size.",
                    {"stateful_set": name, **differs},
                )


def _size(index: Index, volume: dict) -> Iterator[Finding]:
    host = index.hosts.get(volume["node"] or "")
    if not (volume["local"] and host and volume["capacity_bytes"]):
        return
    entry = next((each for each in host.entries if each.get("path") == volume["path"]), None)
    if entry is None or entry.get("degraded") or entry.get("shared_capacity") or not entry.get("size_bytes"):
        return
    told, has = volume["capacity_bytes"], entry["size_bytes"]
    evidence = {"capacity_bytes": told, "size_bytes": has, "node": volume["node"], "device": entry["device"]}
    if told > has * (1 + _ROUNDING / 100):
        yield Finding(
            "volume-larger-than-device",
            "error",
            "PersistentVolume",
            volume["name"],
            f"It promises {human(told)}, and what it stands on has {human(has)}.",
            "Grow the device (playbook grow_local_volume.yml). "
            "A volume that is not in use can be deleted; the provisioner makes it again with its true size.",
            evidence,
        )
    elif has > told * (1 + _ROUNDING / 100):
        yield Finding(
            "volume-smaller-than-device",
            "info",
            "PersistentVolume",
            volume["name"],
            f"What it stands on has {human(has)}, it tells of {human(told)}.",
            "playbook grow_local_volume.yml.",
            evidence,
        )


def _node(index: Index, volume: dict) -> Iterator[Finding]:
    node = volume["node"]
    if node and node not in index.nodes:
        bound = volume["phase"] == "Bound"
        yield Finding(
            "volume-of-lost-node",
            "critical" if bound else "warning",
            "PersistentVolume",
            volume["name"],
            f"It can only be reached on {node}, and the cluster has no node whose label kubernetes.io/hostname is that.",
            "Bring the node back under this name, or when its disks are gone: "
            f"{index.replace(volume) if bound else 'kubectl delete pv ' + volume['name']}",
            {"node": node, "phase": volume["phase"], "claim": f"{volume['namespace']}/{volume['claim']}" if bound else None},
        )
    elif node and node not in index.ready:
        yield Finding(
            "volume-of-node-not-ready",
            "error",
            "PersistentVolume",
            volume["name"],
            f"It can only be reached on {node}, which is not ready.",
            f"kubectl describe node {node}; see the log of its kubelet.",
            {"node": node, "phase": volume["phase"]},
        )


def _identity(index: Index, volume: dict) -> Iterator[Finding]:
    live = index.live_volumes[volume["name"]]
    identity = (live["metadata"].get("annotations") or {}).get(_PROVISIONED_BY, "")
    node = index.nodes.get(volume["node"] or "")
    if identity.startswith(_LOCAL) and node:
        allowed = {f"{_LOCAL}{volume['node']}", f"{_LOCAL}{volume['node']}-{node['metadata'].get('uid')}"}
        if identity not in allowed:
            yield Finding(
                "volume-of-other-provisioner",
                "warning",
                "PersistentVolume",
                volume["name"],
                f"It was made by {identity}, and no provisioner of that name runs: when it is released, nobody cleans it.",
                f"kubectl annotate pv {volume['name']} {_PROVISIONED_BY}={_LOCAL}{volume['node']} --overwrite "
                "(with useNodeNameOnly, as the role sets it).",
                {"identity": identity, "node": volume["node"]},
            )


def _drivers(index: Index) -> Iterator[Finding]:
    registered = {live["metadata"]["name"]: basics.drivers(live) for live in index.world.csi_nodes}
    lacking: dict = {}
    for (space, name), pods in index.users.items():
        volume = index.volumes.get((index.claims.get((space, name)) or {}).get("volume") or "")
        for pod in pods if volume and volume["driver"] else ():
            node = pod["spec"].get("nodeName")
            if node in index.ready and volume["driver"] not in registered.get(node, ()):
                lacking.setdefault((volume["driver"], node), set()).add(f"{space}/{pod['metadata']['name']}")
    for (driver, node), names in sorted(lacking.items()):
        yield Finding(
            "driver-not-registered",
            "error",
            "CSINode",
            node,
            f"The driver {driver} is not registered there, and pods need volumes of it.",
            f"See the driver's node pod on {node}, above all its node-driver-registrar.",
            {"driver": driver, "pods": sorted(names)},
        )
