# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Nodes as hosts of an inventory: what Ansible may want to know of them, and the groups they fall into. Pure.

A kubelet writes what its node says of itself, and the API server lets most of it through as it stands. So everything here is parsed to its
type; what cannot be is left out, and a warning says so.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence

from .._core import foreign
from .._core.quantity import MAX_BYTES
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


#: Names under which Ansible means this machine, or all hosts.
_NOT_A_NODE = ("localhost", "127.0.0.1", "::1", "all", "ungrouped")


def hosts(lists: Lists, csi_nodes: Sequence[Object], address_types: Sequence[str]) -> Dict[str, dict]:
    """``{node: {address, variables, groups[], warnings[]}}``; the names of variables and groups are without their prefix.

    A node whose name can be no host's has ``warnings`` alone.
    """
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
    found: Dict[str, dict] = {}
    for live in lists.nodes:
        name = live["metadata"]["name"]
        if not foreign.host_name(name) or name in _NOT_A_NODE:
            said = f"the node {foreign.shown(repr(name))} is left out: no machine can be reached under this name, or it means another one to Ansible."
            found[name] = {"warnings": [said]}
            continue
        found[name] = _host(live, short[name], volumes.get(name, []), attached.get(name, []), drivers.get(name, {}), address_types)
    _alone(found)
    return found


def _alone(found: Mapping[str, dict]) -> None:
    """Take away addresses that two nodes claim: a node that says it is another one would have that one set up in its place."""
    owners: Dict[str, List[str]] = {}
    for name, host in found.items():
        if host.get("address"):
            owners.setdefault(host["address"].lower(), []).append(name)
    for address, names in owners.items():
        for name in names if len(names) > 1 else ():
            others = ", ".join(other for other in names if other != name)
            found[name]["address"] = None
            found[name]["warnings"].append(f"the node {name} has no ansible_host: its address {address} is also that of {others}.")


def _host(
    live: Object, node: Mapping[str, Any], volumes: List[dict], attached: List[dict], drivers: Dict[str, Any], address_types: Sequence[str]
) -> dict:
    warnings: List[str] = []
    addresses = _addresses(live, node["name"], warnings)
    variables = {
        "labels": foreign.tidy(node["labels"]),
        "taints": foreign.tidy(node["taints"]),
        "ready": node["ready"],
        "unschedulable": bool((live.get("spec") or {}).get("unschedulable")),
        "addresses": addresses,
        "capacity": _resources(status(live).get("capacity")),
        "allocatable": _resources(status(live).get("allocatable")),
        "info": {name: foreign.line((status(live).get("nodeInfo") or {}).get(key)) for key, name in _INFO.items()},
        "volumes": [
            {
                **{key: volume[key] for key in ("name", "storage_class", "volume_mode", "capacity_bytes", "phase")},
                "path": foreign.path(volume["path"]),
                **{key: volume[key] for key in ("namespace", "claim")},
            }
            for volume in volumes
        ],
        "storage_bytes": _by_class(volumes),
        "attached": attached,
        "drivers": drivers,
    }
    address = next((addresses[wanted] for wanted in address_types if wanted in addresses), None)
    return {"address": address, "variables": variables, "groups": list(_groups(variables)), "warnings": warnings}


def _addresses(live: Object, name: str, warnings: List[str]) -> Dict[str, str]:
    """The first address of each type that is one."""
    found: Dict[str, str] = {}
    for kind, value in _told(status(live).get("addresses")):
        address = foreign.host_address(kind, value)
        if address and isinstance(kind, str):
            found.setdefault(foreign.shown(kind), address)
        else:
            warnings.append(f"the node {name} has an address that is none and is not used: {foreign.shown(repr(kind))} {foreign.shown(repr(value))}.")
    return found


def _told(given: Any) -> Iterator[Sequence[Optional[Any]]]:
    for each in given if isinstance(given, list) else ():
        yield (each.get("type"), each.get("address")) if isinstance(each, Mapping) else (None, each)


def _resources(given: Any) -> Dict[str, Any]:
    """CPUs as a number, sizes in bytes, everything else that can be counted as whole numbers under the name it has."""
    found: Dict[str, Any] = {}
    for name, value in (given or {}).items():
        number = quantity.parse(value)
        if number is None or not isinstance(name, str) or abs(number) > MAX_BYTES:
            continue
        name = foreign.shown(name)
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
