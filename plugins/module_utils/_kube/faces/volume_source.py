# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What is behind a static volume: a local path, iSCSI, NFS, a CSI driver. Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping

from ..._core.errors import InvalidRequest
from .frame import Item, chosen, texts

_SECRET = {"type": "dict", "no_log": False, "options": {"name": {"type": "str", "required": True}, "namespace": {"type": "str"}}}
_FS = {"fs_type": {"type": "str"}}
_READ_ONLY = {"read_only": {"type": "bool"}}
OPTIONS: Dict[str, Any] = {
    "local": {"type": "dict", "options": {"path": {"type": "str", "required": True}, **_FS}},
    "iscsi": {
        "type": "dict",
        "options": {
            "portal": {"type": "str", "required": True},
            "portals": {"type": "list", "elements": "str"},
            "iqn": {"type": "str", "required": True},
            "lun": {"type": "int", "required": True},
            "initiator_name": {"type": "str"},
            "interface": {"type": "str"},
            "chap_session": {"type": "bool"},
            "chap_discovery": {"type": "bool"},
            "secret": _SECRET,
            **_FS,
            **_READ_ONLY,
        },
    },
    "nfs": {"type": "dict", "options": {"server": {"type": "str", "required": True}, "path": {"type": "str", "required": True}, **_READ_ONLY}},
    "csi": {
        "type": "dict",
        "options": {
            "driver": {"type": "str", "required": True},
            "volume_handle": {"type": "str", "required": True},
            "attributes": {"type": "dict"},
            "node_stage_secret": _SECRET,
            "node_publish_secret": _SECRET,
            "node_expand_secret": _SECRET,
            "controller_publish_secret": _SECRET,
            "controller_expand_secret": _SECRET,
            **_FS,
            **_READ_ONLY,
        },
    },
}
#: The names that Kubernetes takes (pkg/apis/core/validation/validation.go): iqn, eui and naa.
_TARGET = re.compile(r"iqn\.\d{4}-\d{2}\.[a-z0-9.-]+(:[^,;*&$|\s]+)?|eui\.[0-9A-Fa-f]{16}|naa\.(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32})", re.I)
_COMMON = {"fsType": "fs_type", "readOnly": "read_only"}
_SECRETS = ("node_stage", "node_publish", "node_expand", "controller_publish", "controller_expand")


def build(item: Item, where: str) -> dict:
    """``{field of spec: source}``; empty when the item names none."""
    named = [name for name in OPTIONS if item.get(name)]
    if len(named) > 1:
        raise InvalidRequest("a volume has one source.", code="volume-sources", parameter=f"{where}.{named[1]}", found=", ".join(named),
                             fix="keep one of them.")
    if not named:
        return {}
    source, here = item[named[0]], f"{where}.{named[0]}"
    if source.get("fs_type") and item.get("volume_mode") == "Block":
        raise InvalidRequest("a raw device gets no file system.", code="fs-type-on-block", parameter=f"{here}.fs_type", found=source["fs_type"],
                             fix="leave it out, or set volume_mode: Filesystem.")
    return {named[0]: _BUILDERS[named[0]](source, here)}


def _path(source: Item, where: str) -> str:
    path = source["path"]
    if not path.startswith("/") or ".." in path.split("/"):
        raise InvalidRequest("a path begins at the root and goes only down.", code="path-form", parameter=f"{where}.path", found=repr(path),
                             fix="write it like /mnt/disks/a.")
    return path


def _local(source: Item, where: str) -> dict:
    return {"path": _path(source, where), **chosen(source, {"fsType": "fs_type"})}


def _nfs(source: Item, where: str) -> dict:
    return {"server": source["server"], "path": _path(source, where), **chosen(source, {"readOnly": "read_only"})}


def _iscsi(source: Item, where: str) -> dict:
    if not _TARGET.fullmatch(source["iqn"]):
        raise InvalidRequest("not the name of a target.", code="iqn-form", parameter=f"{where}.iqn", found=repr(source["iqn"]),
                             fix="write it like iqn.2026-11.org.example:disks.")
    if not 0 <= source["lun"] <= 255:
        raise InvalidRequest("Kubernetes takes the LUNs 0 to 255.", code="lun-range", parameter=f"{where}.lun", found=str(source["lun"]),
                             fix="give the LUN's number.")
    if (source.get("chap_session") or source.get("chap_discovery")) and not source.get("secret"):
        raise InvalidRequest("CHAP needs the Secret with its names and passwords.", code="chap-secret-missing", parameter=f"{where}.secret",
                             fix="give secret: {name: ...}; its type is kubernetes.io/iscsi-chap.")
    names = {"targetPortal": "portal", "portals": "portals", "iqn": "iqn", "lun": "lun", "initiatorName": "initiator_name",
             "iscsiInterface": "interface", "chapAuthSession": "chap_session", "chapAuthDiscovery": "chap_discovery", **_COMMON}
    return {**chosen(source, names), **({"secretRef": _secret(source["secret"])} if source.get("secret") else {})}


def _csi(source: Item, where: str) -> dict:
    content = chosen(source, {"driver": "driver", "volumeHandle": "volume_handle", **_COMMON})
    if source.get("attributes"):
        content["volumeAttributes"] = texts(source, "attributes", where)
    for use in _SECRETS:
        given = source.get(f"{use}_secret")
        if given and not given.get("namespace"):
            raise InvalidRequest("a driver's Secret stands in a namespace.", code="secret-namespace-missing", parameter=f"{where}.{use}_secret",
                                 found=given["name"], fix="give its namespace.")
        if given:
            first, second = use.split("_")
            content[f"{first}{second.capitalize()}SecretRef"] = _secret(given)
    return content


def _secret(given: Mapping[str, Any]) -> dict:
    return chosen(given, {"name": "name", "namespace": "namespace"})


_BUILDERS = {"local": _local, "iscsi": _iscsi, "nfs": _nfs, "csi": _csi}
