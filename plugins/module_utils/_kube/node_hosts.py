# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Nodes as hosts of an inventory: what Ansible may want to know of them, and the groups they fall into. Pure."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Sequence

from . import objects, quantity
from .basics import Object, status
from .objects import Lists

_ROLE = "node-role.kubernetes.io/"
_ZONE = "topology.kubernetes.io/zone"
#: Of a node's description of itself, what plays decide by.
_INFO = {
    "kernelVersion": "kernel",
    "osImage": "os",
    "architecture": "architecture",
    "kubeletVersion": "kubelet",
    "containerRuntimeVersion": "runtime",
}


def hosts(lists: Lists, csi_nodes: Sequence[Object], address_types: Sequence[str]) -> Dict[str, dict]:
    """``{node: {variables, groups[]}}``; the names of variables and groups are without their prefix."""
    volumes: Dict[str, List[dict]] = {}
    for volume in objects.volumes(lists):
        if volume["local"] and volume["node"]:
            volumes.setdefault(volume["node"], []).append(volume)
    attached: Dict[str, List[dict]] = {}
    for entry in objects.attachments(lists):
        attached.setdefault(entry["node"], []).append({key: entry[key] for key in ("volume", "driver", "attached")})
    drivers = {
        live["metadata"]["name"]: {each["name"]: (each.get("allocatable") or {}).get("count") for each in live["spec"].get("drivers") or ()}
        for live in csi_nodes
    }
    short = {node["name"]: node for node in objects.nodes(lists)}
    return {
        name: _host(live, short[name], volumes.get(name, []), attached.get(name, []), drivers.get(name, {}), address_types)
        for live in lists.nodes
        for name in [live["metadata"]["name"]]
    }


def _host(
    live: Object, node: Mapping[str, Any], volumes: List[dict], attached: List[dict], drivers: Dict[str, Any], address_types: Sequence[str]
) -> dict:
    addresses: Dict[str, str] = {}
    for address in status(live).get("addresses") or ():
        addresses.setdefault(address["type"], address["address"])
    variables = {
        "labels": node["labels"],
        "taints": node["taints"],
        "ready": node["ready"],
        "unschedulable": bool((live.get("spec") or {}).get("unschedulable")),
        "addresses": addresses,
        "capacity": _resources(status(live).get("capacity")),
        "allocatable": _resources(status(live).get("allocatable")),
        "info": {name: (status(live).get("nodeInfo") or {}).get(key) for key, name in _INFO.items()},
        "volumes": [
            {key: volume[key] for key in ("name", "storage_class", "volume_mode", "capacity_bytes", "phase", "path", "namespace", "claim")}
            for volume in volumes
        ],
        "storage_bytes": _by_class(volumes),
        "attached": attached,
        "drivers": drivers,
    }
    address = next((addresses[wanted] for wanted in address_types if wanted in addresses), None)
    return {"address": address, "variables": variables, "groups": list(_groups(variables))}


def _resources(given: Any) -> Dict[str, Any]:
    """CPUs as a number, sizes in bytes, everything else that can be counted as whole numbers under the name it has."""
    found: Dict[str, Any] = {}
    for name, value in (given or {}).items():
        number = quantity.parse(value)
        if number is None:
            continue
        if name == "cpu":
            found["cpu"] = float(number)
        elif name in ("memory", "ephemeral-storage") or name.startswith("hugepages-"):
            found[f"{name.replace('-', '_')}_bytes"] = quantity.in_bytes(value)
        else:
            found[name] = int(number)
    return found


def _by_class(volumes: Iterable[Mapping[str, Any]]) -> Dict[str, Dict[str, int]]:
    found: Dict[str, Dict[str, int]] = {}
    for volume in volumes:
        sums = found.setdefault(volume["storage_class"], {"capacity": 0, "free": 0})
        sums["capacity"] += volume["capacity_bytes"] or 0
        sums["free"] += (volume["capacity_bytes"] or 0) if volume["phase"] == "Available" else 0
    return found


def _groups(variables: Mapping[str, Any]) -> Iterable[str]:
    yield "nodes"
    yield "ready" if variables["ready"] else "not_ready"
    if variables["unschedulable"]:
        yield "unschedulable"
    for label in variables["labels"]:
        if label.startswith(_ROLE):
            yield f"role_{label[len(_ROLE):]}"
    if variables["labels"].get(_ZONE):
        yield f"zone_{variables['labels'][_ZONE]}"
    for name in variables["storage_bytes"]:
        yield f"class_{name}"
    for name in variables["drivers"]:
        yield f"driver_{name}"
