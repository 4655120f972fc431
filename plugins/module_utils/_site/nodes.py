# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Hosts of the inventory and nodes of the cluster, which need not have the same names. Pure."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence

from .._core import foreign
from .._core.errors import InvalidRequest, shown


def node_name(host: Mapping[str, Any]) -> str:
    """As what the cluster knows a host: what its variable C(storage_node_name) says, else its own name."""
    own = host["inventory_hostname"]
    name = host.get("storage_node_name")
    if name is None or name == "":
        return str(own)
    if not foreign.object_name(name):
        raise InvalidRequest("this is not the name of a node.", code="node-name", parameter=f"{shown(own)}: storage_node_name",
                             found=shown(repr(name)),
                             fix="write it as kubectl get nodes shows it, or leave it out where node and host have one name.")
    return str(name)


def by_name(hosts: Sequence[Mapping[str, Any]], names: Sequence[str], path: str) -> Dict[str, Any]:
    """``{name: value}`` of the value at ``path`` (with dots) of each host that has one."""
    found = {}
    for host, name in zip(hosts, names):
        value: Any = host
        for key in path.split("."):
            value = value[key] if isinstance(value, Mapping) and key in value else None
        if value:
            found[name] = value
    return found
