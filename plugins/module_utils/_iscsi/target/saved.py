# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The saved configuration in the format of targetcli and targetctl (saveconfig.json(5)): reading a target from it, and replacing just that. Pure."""

from __future__ import annotations

import json
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Optional

from ..._core.errors import Conflict
from ..names import parse_portal
from .model import BLOCK, DEFAULT_GROUP, FILEIO, RAMDISK, Acl, AluaGroup, Attributes, Backstore, Chap, Lun, MappedLun
from .model import PortalGroup, PortalSetting, Target, absent

Document = Dict[str, Any]

_EMPTY = {"fabric_modules": [], "storage_objects": [], "targets": []}
_CHAP = {"user": "chap_userid", "password": "chap_password", "mutual_user": "chap_mutual_userid", "mutual_password": "chap_mutual_password"}


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
    item = _entry(document, name)
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


def users(document: Document, key: str) -> FrozenSet[str]:
    """``fabric/target`` of those that have LUNs of a backstore."""
    return frozenset(
        f"{item.get('fabric')}/{item.get('wwn')}"
        for item in document["targets"]
        for group in item.get("tpgs", ())
        for lun in group.get("luns", ())
        if lun.get("storage_object") == f"/backstores/{key}"
    )


def replaced(document: Document, wish: Target, gone: Iterable[str] = ()) -> Document:
    """The document with ``wish`` in place of that target, without backstores of keys ``gone``; all else as it was.

    What an entry says beyond the wish stays, such as attributes that targetcli saved.
    """
    wanted = {each.key: each for each in wish.backstores}
    objects = [item for item in document["storage_objects"] if _key(item) not in gone or _key(item) in wanted]
    targets = list(document["targets"])
    old = _entry(document, wish.name)
    _put(targets, old, _target_entry(old or {}, wish) if wish.present else None)
    for key, backstore in wanted.items():
        before = next((item for item in objects if _key(item) == key), None)
        _put(objects, before, _backstore_entry(before or {}, backstore))
    return {**document, "storage_objects": objects, "targets": targets}


def _put(items: List[dict], before: Optional[dict], after: Optional[dict]) -> None:
    place = next((number for number, item in enumerate(items) if item is before), len(items))
    items[place : place + 1] = [after] if after is not None else []


def _key(item: Mapping[str, Any]) -> str:
    return f"{item.get('plugin')}/{item.get('name')}"


def _entry(document: Document, name: str) -> Optional[dict]:
    return next((item for item in document["targets"] if item.get("fabric") == "iscsi" and item.get("wwn") == name), None)


def _attributes(item: Mapping[str, Any], name: str = "attributes") -> Attributes:
    return {key: str(value) for key, value in item.get(name, {}).items()}


def _chap(item: Mapping[str, Any]) -> Optional[Chap]:
    values = {name: item.get(key) or "" for name, key in _CHAP.items()}
    return Chap(**values) if any(values.values()) else None


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
        tuple(PortalSetting(parse_portal(f"{each['ip_address']}:{each['port']}", "portals"), bool(each.get("iser"))) for each in item.get("portals", ())),
        tuple(sorted((_lun(each) for each in item.get("luns", ())), key=lambda lun: lun.number)),
        tuple(_acl(each) for each in item.get("node_acls", ())),
        _chap(item),
    )


def _lun(item: Mapping[str, Any]) -> Lun:
    return Lun(int(item["index"]), item["storage_object"].partition("/backstores/")[2], item.get("alua_tg_pt_gp_name") or DEFAULT_GROUP)


def _acl(item: Mapping[str, Any]) -> Acl:
    luns = sorted((MappedLun(int(each["index"]), int(each["tpg_lun"]), bool(each.get("write_protect"))) for each in item.get("mapped_luns", ())),
                  key=lambda lun: lun.number)
    depth = item.get("tcq_depth")
    return Acl(item["node_wwn"], tuple(luns), _chap(item), _attributes(item), int(depth) if depth else None)


def _plain(attributes: Attributes) -> Dict[str, Any]:
    """Numbers as numbers, as targetcli saves them."""
    return {key: int(value) if value.lstrip("-").isdigit() else value for key, value in attributes.items()}


def _with_chap(item: dict, chap: Optional[Chap]) -> dict:
    found = {name: getattr(chap, name) for name in _CHAP} if chap else {}
    return {**{key: value for key, value in item.items() if key not in _CHAP.values()}, **{_CHAP[name]: value for name, value in found.items() if value}}


def _old(items: Iterable[dict], **values: Any) -> dict:
    return next((item for item in items if all(str(item.get(key)) == str(value) for key, value in values.items())), {})


def _backstore_entry(old: dict, wish: Backstore) -> dict:
    kinds = {
        BLOCK: {"dev": wish.path, "readonly": wish.read_only, "write_back": bool(old.get("write_back"))},
        FILEIO: {"dev": wish.path, "size": wish.size, "write_back": wish.write_back, "aio": bool(old.get("aio"))},
        RAMDISK: {"size": wish.size},
    }
    groups = [{**_old(old.get("alua_tpgs", ()), name=each.name), "name": each.name, "tg_pt_gp_id": each.id, "alua_access_state": int(each.state),
               "preferred": int(each.preferred)} for each in wish.alua_groups]
    default = [item for item in old.get("alua_tpgs", ()) if item.get("name") == DEFAULT_GROUP]
    return {
        **old,
        **kinds[wish.kind],
        "name": wish.name,
        "plugin": wish.kind,
        "wwn": wish.serial,
        "attributes": {**old.get("attributes", {}), **_plain(wish.attributes)},
        "alua_tpgs": default + groups,
    }


def _target_entry(old: dict, wish: Target) -> dict:
    return {**old, "fabric": "iscsi", "wwn": wish.name, "tpgs": [_group_entry(_old(old.get("tpgs", ()), tag=each.tag), each) for each in wish.groups]}


def _group_entry(old: dict, wish: PortalGroup) -> dict:
    portals, luns, acls = (old.get(key, ()) for key in ("portals", "luns", "node_acls"))
    return _with_chap(
        {
            **old,
            "tag": wish.tag,
            "enable": wish.enabled,
            "attributes": {**old.get("attributes", {}), **_plain(wish.attributes)},
            "parameters": {**old.get("parameters", {}), **wish.parameters},
            "portals": [
                {"offload": False, **_old(portals, ip_address=each.portal.host, port=each.portal.port), "ip_address": each.portal.host,
                 "port": each.portal.port, "iser": each.iser}
                for each in wish.portals
            ],
            "luns": [
                {"alias": f"lun_{each.number}", **_old(luns, index=each.number), "index": each.number, "storage_object": f"/backstores/{each.backstore}",
                 "alua_tg_pt_gp_name": each.alua_group}
                for each in wish.luns
            ],
            "node_acls": [_acl_entry(_old(acls, node_wwn=each.initiator), each) for each in wish.acls],
        },
        wish.chap,
    )


def _acl_entry(old: dict, wish: Acl) -> dict:
    luns = old.get("mapped_luns", ())
    return _with_chap(
        {
            **old,
            "node_wwn": wish.initiator,
            "attributes": {**old.get("attributes", {}), **_plain(wish.attributes)},
            "mapped_luns": [
                {"alias": f"lun_{each.number}", **_old(luns, index=each.number), "index": each.number, "tpg_lun": each.lun, "write_protect": each.read_only}
                for each in wish.luns
            ],
            **({"tcq_depth": wish.depth} if wish.depth is not None else {}),
        },
        wish.chap,
    )
