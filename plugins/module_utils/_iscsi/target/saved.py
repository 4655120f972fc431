# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The saved configuration in the format of targetcli and targetctl (saveconfig.json(5)): reading a target from it. Pure."""

from __future__ import annotations

import json
from typing import Any, Dict, FrozenSet, List, Mapping, Optional

from ..._core.errors import Conflict
from ..chap import Chap
from ..names import parse_portal
from .model import BLOCK, DEFAULT_GROUP, FILEIO, RAMDISK, Acl, AluaGroup, Attributes, Backstore, Lun, MappedLun
from .model import PortalGroup, PortalSetting, Target, absent
from .state import Document

_EMPTY = {"fabric_modules": [], "storage_objects": [], "targets": []}
#: What the names of credentials begin with, in ACLs and portal groups.
PREFIX = "chap_"
_CHAP = {"user": "userid", "password": "password", "mutual_user": "mutual_userid", "mutual_password": "mutual_password"}


def load(text: str, path: str) -> Document:
    """The document of a file's text; an empty one of no text."""
    if not text.strip():
        return dict(_EMPTY)
    try:
        found = json.loads(text)
    except ValueError as error:
        found = error
    if not isinstance(found, dict):
        raise Conflict(
            "the saved configuration of targets is no JSON document.",
            code="saved-broken",
            found=f"{path}: {found if isinstance(found, ValueError) else 'no object'}",
            fix="put back an older copy, which targetcli keeps in the folder backup beside it, or move it away.",
        )
    return {**_EMPTY, **found}


def dump(document: Document) -> str:
    """The file's text, laid out as targetcli does it."""
    return json.dumps(document, sort_keys=True, indent=2) + "\n"


def canonical(value: Any) -> Any:
    """The same in an order of its own: targetcli saves lists as the kernel happens to tell them."""
    if isinstance(value, dict):
        return {key: canonical(each) for key, each in value.items()}
    return sorted(map(canonical, value), key=lambda each: json.dumps(each, sort_keys=True)) if isinstance(value, (list, tuple)) else value


def names(document: Document) -> List[str]:
    """All iSCSI targets in it."""
    return [item["wwn"] for item in document["targets"] if item.get("fabric") == "iscsi" and "wwn" in item]


def target(document: Document, name: str) -> Target:
    """The target as saved, with the backstores of its LUNs."""
    item = entry(document, name)
    if item is None:
        return absent(name)
    groups = tuple(sorted((_group(each) for each in item.get("tpgs", ())), key=lambda group: group.tag))
    keys = dict.fromkeys(lun.backstore for group in groups for lun in group.luns)
    found = backstores(document)
    return Target(name, groups=groups, backstores=tuple(found[key] for key in keys if key in found))


def backstores(document: Document) -> Dict[str, Backstore]:
    """Saved backstores by key, those of the kinds that are ours."""
    found = (_backstore(item) for item in document["storage_objects"] if item.get("plugin") in (BLOCK, FILEIO, RAMDISK))
    return {each.key: each for each in found}


def users(document: Document, store: str) -> FrozenSet[str]:
    """``fabric/target`` of those that have LUNs of the backstore of that key."""
    return frozenset(
        f"{item.get('fabric')}/{item.get('wwn')}"
        for item in document["targets"]
        for group in item.get("tpgs", ())
        for lun in group.get("luns", ())
        if lun.get("storage_object") == f"/backstores/{store}"
    )


def entry(document: Document, name: str) -> Optional[dict]:
    """What is saved of an iSCSI target."""
    return next((item for item in document["targets"] if item.get("fabric") == "iscsi" and item.get("wwn") == name), None)


def _attributes(item: Mapping[str, Any], name: str = "attributes") -> Attributes:
    return {key: str(value) for key, value in item.get(name, {}).items()}


def chap_keys(prefix: str = PREFIX) -> Dict[str, str]:
    """What the file calls the fields of ``Chap``."""
    return {name: f"{prefix}{key}" for name, key in _CHAP.items()}


def chap_of(item: Mapping[str, Any], prefix: str = PREFIX) -> Optional[Chap]:
    """The credentials of an entry."""
    values = {name: item.get(key) or "" for name, key in chap_keys(prefix).items()}
    return Chap(**values) if any(values.values()) else None


def key(item: Mapping[str, Any]) -> str:
    """The key of a saved backstore."""
    return f"{item.get('plugin')}/{item.get('name')}"


def _backstore(item: Mapping[str, Any]) -> Backstore:
    kind = item["plugin"]
    return Backstore(
        item.get("name", ""),
        kind,
        item.get("dev", ""),
        0 if kind == BLOCK else int(item.get("size", 0)),
        kind == FILEIO and bool(item.get("write_back")),
        kind == BLOCK and bool(item.get("readonly")),
        item.get("wwn", ""),
        _attributes(item),
        tuple(
            AluaGroup(each["name"], int(each.get("tg_pt_gp_id", 0)), str(each.get("alua_access_state", 0)), bool(each.get("preferred")))
            for each in item.get("alua_tpgs", ())
            if each.get("name") != DEFAULT_GROUP
        ),
    )


def _group(item: Mapping[str, Any]) -> PortalGroup:
    return PortalGroup(
        int(item.get("tag", 1)),
        bool(item.get("enable", True)),
        _attributes(item),
        _attributes(item, "parameters"),
        tuple(
            PortalSetting(parse_portal(f"{each['ip_address']}:{each['port']}", "portals"), bool(each.get("iser"))) for each in item.get("portals", ())
        ),
        tuple(sorted((_lun(each) for each in item.get("luns", ())), key=lambda lun: lun.number)),
        tuple(_acl(each) for each in item.get("node_acls", ())),
        chap_of(item),
    )


def _lun(item: Mapping[str, Any]) -> Lun:
    return Lun(int(item["index"]), item["storage_object"].partition("/backstores/")[2], item.get("alua_tg_pt_gp_name") or DEFAULT_GROUP)


def _acl(item: Mapping[str, Any]) -> Acl:
    luns = sorted(
        (MappedLun(int(each["index"]), int(each["tpg_lun"]), bool(each.get("write_protect"))) for each in item.get("mapped_luns", ())),
        key=lambda lun: lun.number,
    )
    depth = item.get("tcq_depth")
    return Acl(item["node_wwn"], tuple(luns), chap_of(item), _attributes(item), int(depth) if depth else None)
