# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Exports of hosts to hosts: what each host has to have for them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .._core import foreign
from .._iscsi.names import Portal
from .nodes import node_name


@dataclass(frozen=True)
class Host:
    """A host of the inventory: its name as an initiator, and where it listens as a target."""

    name: str
    initiator: str
    portals: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Export:
    """One LUN. ``hosts`` are those of the inventory among its ``initiators``; ``volume`` is what Kubernetes is to know, if it is to log in itself."""

    name: str
    host: str
    target: str
    device: str
    size: Any = None
    volume_group: str = ""
    initiators: Tuple[str, ...] = ()
    hosts: Tuple[str, ...] = ()
    portals: Tuple[Portal, ...] = ()
    chap: Optional[Mapping[str, str]] = field(default=None, repr=False)
    volume: Optional[Mapping[str, Any]] = None
    allow_disconnect: Mapping[str, str] = field(default_factory=dict)
    present: bool = True

    def shown(self) -> Dict[str, Any]:
        """The target, as an item of C(iscsi_target_targets)."""
        if not self.present:
            return {"name": self.target, "state": "absent", "allow_disconnect": dict(self.allow_disconnect)}
        chap = {"chap": dict(self.chap)} if self.chap else {}
        return {
            "name": self.target,
            "backstores": [{"name": self.name, "device": self.device}],
            "tpgs": [
                {
                    "portals": [{"address": each.address, "port": each.port} for each in self.portals],
                    "luns": [{"lun": 0, "backstore": self.name}],
                    "acls": [{"initiator": each, **chap} for each in self.initiators],
                }
            ],
            "allow_disconnect": dict(self.allow_disconnect),
        }

    def sessions(self) -> List[Dict[str, Any]]:
        """What a host logs in to, as items of C(iscsi_initiator_sessions)."""
        mode = "multipath" if len(self.portals) > 1 else "single"
        chap = {"chap": dict(self.chap)} if self.chap else {}
        return [{"target": self.target, "portal": str(each), "mode": mode, **chap} for each in self.portals]


def told_hosts(given: Any) -> List[Dict[str, Any]]:
    """Variables of the inventory's hosts, as far as they count here, each of its type.

    What modules that run on a host return as facts can take the place of its variables, and what one host says becomes what another does.
    """
    found = []
    for index, each in enumerate(foreign.items(given, "hosts")):
        name = foreign.Facts(each, f"hosts[{index}]").text("inventory_hostname")
        told = foreign.Facts(each, name)
        groups = foreign.items(each.get("lvm_volume_groups") or [], f"{name}: lvm_volume_groups")
        for group in groups:
            foreign.Facts(group, f"{name}: lvm_volume_groups").text("name")
            for volume in foreign.items(group.get("logical_volumes") or [], f"{name}: logical_volumes"):
                foreign.Facts(volume, f"{name}: logical_volumes").text("name")
        found.append({
            "inventory_hostname": name,
            "iscsi_initiator_name": told.text("iscsi_initiator_name", None),
            "iscsi_portals": told.texts("iscsi_portals"),
            "ansible_host": told.text("ansible_host", name),
            "node": node_name({"inventory_hostname": name, "storage_node_name": each.get("storage_node_name")}),
            "lvm_volume_groups": list(groups),
        })
    return found


def for_host(exports: Sequence[Export], host: Host, groups: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """``{volume_groups, targets, sessions, leaving, initiator, multipath}`` of one host; ``groups`` are the volume groups that it has anyway.

    ``initiator`` is its name, empty where it is nobody's initiator. It logs out of ``leaving`` first.
    """
    theirs = [each for each in exports if host.name in each.hosts and each.present]
    sessions = [session for each in theirs if each.volume is None for session in each.sessions()]
    return {
        "volume_groups": _volume_groups([each for each in exports if each.host == host.name and each.present and each.volume_group], groups),
        "targets": [each.shown() for each in exports if each.host == host.name],
        "sessions": sessions,
        "leaving": [{"target": each.target, "state": "absent"} for each in exports if host.name in each.hosts and not each.present],
        "initiator": host.initiator if theirs else "",
        "multipath": any(len(each.portals) > 1 for each in theirs),
    }


def volumes(exports: Sequence[Export], nodes: Mapping[str, str]) -> List[Dict[str, Any]]:
    """What Kubernetes is to know of, for manifests of PersistentVolumes; ``nodes`` are the names of hosts as nodes."""
    return [
        {
            "name": each.name,
            "present": each.present,
            "host": each.host,
            "target": each.target,
            "portals": [str(portal) for portal in each.portals],
            "nodes": [nodes[host] for host in each.hosts] if len(each.hosts) == len(each.initiators) else [],
            "chap": dict(each.chap) if each.chap else None,
            **each.volume,
        }
        for each in exports
        if each.volume is not None
    ]


def _volume_groups(exports: Sequence[Export], groups: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    """The volume groups of these exports, as the host has them anyway, with their logical volumes."""
    given = {group["name"]: group for group in groups}
    found = []
    for name in dict.fromkeys(each.volume_group for each in exports):
        group = given.get(name, {"name": name})
        before = group.get("logical_volumes") or []
        more = [{"name": each.name, "size": each.size} for each in exports if each.volume_group == name]
        names = [each["name"] for each in before]
        found.append({**group, "logical_volumes": [*before, *(each for each in more if each["name"] not in names)]})
    return found
