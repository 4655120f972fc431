# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Exports of hosts to hosts: from one list of a site to what each host has to have. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .._core.errors import Conflict, InvalidRequest, NotFound
from .._core.quantity import parse_bytes
from .._iscsi.names import Portal, check_name, parse_portal

_OPTIONS = ("name", "host", "volume_group", "size", "device", "initiators", "chap", "persistent_volume", "allow_disconnect", "state")
_VOLUME = ("size", "fs_type", "volume_mode", "access_modes", "storage_class")
#: It is the end of an iSCSI name and the name of a logical volume and of a Kubernetes object.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?")
_TARGETS = ("iqn.", "eui.", "naa.")


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


def parse(items: Sequence[Mapping[str, Any]], hosts: Sequence[Host], prefix: str) -> Tuple[Export, ...]:
    """The exports of a site; ``prefix`` begins the names of their targets."""
    known = {host.name: host for host in hosts}
    found: List[Export] = []
    for index, item in enumerate(items):
        here = f"iscsi_exports[{index}]"
        export = _export(item, here, known, prefix)
        if export.name in [each.name for each in found]:
            raise InvalidRequest("two exports have one name.", code="export-twice", parameter=f"{here}.name", found=export.name, fix="rename one.")
        if export.present and export.device in [each.device for each in found if each.present and each.host == export.host]:
            raise Conflict(
                "exported twice.", code="export-device-twice", parameter=here, found=export.device, fix="list all initiators in one export."
            )
        found.append(export)
    return tuple(found)


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


def volumes(exports: Sequence[Export]) -> List[Dict[str, Any]]:
    """What Kubernetes is to know of, for manifests of PersistentVolumes."""
    return [
        {
            "name": each.name,
            "present": each.present,
            "target": each.target,
            "portals": [str(portal) for portal in each.portals],
            "nodes": list(each.hosts) if len(each.hosts) == len(each.initiators) else [],
            "chap": dict(each.chap) if each.chap else None,
            **each.volume,
        }
        for each in exports
        if each.volume is not None
    ]


def _export(item: Mapping[str, Any], here: str, known: Mapping[str, Host], prefix: str) -> Export:
    unknown = sorted(set(item) - set(_OPTIONS))
    if unknown:
        raise InvalidRequest(
            "an export has no such option.", code="export-option", parameter=here, found=unknown[0], fix=f"use {', '.join(_OPTIONS)}."
        )
    name, host = str(item.get("name", "")), str(item.get("host", ""))
    if not _NAME.fullmatch(name):
        fix = "use up to 52 lower-case letters, digits and hyphens."
        raise InvalidRequest("not a name for an export.", code="export-name", parameter=f"{here}.name", found=repr(name), fix=fix)
    if host not in known:
        fix = "name the host of the inventory that has the disk."
        raise NotFound("no host of the inventory.", code="export-host", parameter=f"{here}.host", found=repr(host), fix=fix)
    state = item.get("state", "present")
    if state not in ("present", "absent"):
        raise InvalidRequest("not a state.", code="export-state", parameter=f"{here}.state", found=repr(state), fix="use present or absent.")
    device = _device(item, here, name, state == "present")
    initiators, hosts = _initiators(item, here, known)
    if state == "present" and not initiators:
        fix = "list hosts of the inventory, or names of initiators."
        raise InvalidRequest("nobody may log in.", code="export-initiators", parameter=f"{here}.initiators", found="none", fix=fix)
    return Export(
        name,
        host,
        check_name(f"{prefix}:{name}", "iscsi_name_prefix"),
        device,
        item.get("size"),
        item.get("volume_group", ""),
        initiators,
        hosts,
        tuple(parse_portal(each, f"iscsi_portals of {host}") for each in known[host].portals),
        item.get("chap"),
        _volume(item, here),
        item.get("allow_disconnect", {}),
        state == "present",
    )


def _device(item: Mapping[str, Any], here: str, name: str, present: bool) -> str:
    if not present:
        return ""
    if bool(item.get("volume_group")) == bool(item.get("device")):
        found = "both" if item.get("device") else "neither"
        fix = "give volume_group and size for a logical volume, or device for a disk."
        raise InvalidRequest("an export is of a volume group or of a device.", code="export-device", parameter=here, found=found, fix=fix)
    if bool(item.get("volume_group")) != bool(item.get("size")):
        fix = "give size with volume_group; a device has its own."
        raise InvalidRequest("a logical volume has a size.", code="export-size", parameter=f"{here}.size", found=repr(item.get("size")), fix=fix)
    return item.get("device") or f"/dev/{item['volume_group']}/{name}"


def _initiators(item: Mapping[str, Any], here: str, known: Mapping[str, Host]) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
    names, hosts = [], []
    for index, each in enumerate(item.get("initiators") or ()):
        if each in known:
            hosts.append(each)
            names.append(check_name(known[each].initiator, f"iscsi_initiator_name of {each}"))
        elif str(each).startswith(_TARGETS):
            names.append(check_name(each, f"{here}.initiators[{index}]"))
        else:
            fix = "name a host of the inventory, or give the initiator's iSCSI name."
            raise NotFound("no such initiator.", code="export-initiator", parameter=f"{here}.initiators[{index}]", found=repr(each), fix=fix)
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(hosts))


def _volume(item: Mapping[str, Any], here: str) -> Optional[Dict[str, Any]]:
    wanted = item.get("persistent_volume")
    if wanted is None:
        return None
    here = f"{here}.persistent_volume"
    unknown = sorted(set(wanted) - set(_VOLUME))
    if unknown:
        raise InvalidRequest(
            "it has no such option.", code="export-volume-option", parameter=here, found=unknown[0], fix=f"use {', '.join(_VOLUME)}."
        )
    size = wanted.get("size", item.get("size"))
    return {
        "fs_type": wanted.get("fs_type", "ext4"),
        "volume_mode": wanted.get("volume_mode", "Filesystem"),
        "access_modes": wanted.get("access_modes", ["ReadWriteOnce"]),
        "storage_class": wanted.get("storage_class", "iscsi-static"),
        "size_bytes": parse_bytes(size, f"{here}.size") if item.get("state") != "absent" else 0,
    }


def _volume_groups(exports: Sequence[Export], groups: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    """The volume groups of these exports, as the host has them anyway, with their logical volumes."""
    given = {group["name"]: group for group in groups}
    found = []
    for name in dict.fromkeys(each.volume_group for each in exports):
        group = given.get(name, {"name": name})
        before = group.get("logical_volumes", [])
        more = [{"name": each.name, "size": each.size} for each in exports if each.volume_group == name]
        names = [each["name"] for each in before]
        found.append({**group, "logical_volumes": [*before, *(each for each in more if each["name"] not in names)]})
    return found
