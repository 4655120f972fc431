# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""One list of exports, as a person wrote it. Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .._core.errors import Conflict, InvalidRequest, NotFound
from .._core.quantity import parse_bytes
from .._iscsi.names import check_name, parse_portal
from .exports import Export, Host

_OPTIONS = ("name", "host", "volume_group", "size", "device", "initiators", "chap", "persistent_volume", "allow_disconnect", "state")
_VOLUME = ("size", "fs_type", "volume_mode", "access_modes", "storage_class")
#: It is the end of an iSCSI name and the name of a logical volume and of a Kubernetes object.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?")
_TARGETS = ("iqn.", "eui.", "naa.")


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
