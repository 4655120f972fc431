# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Replacing one target in the saved configuration, and nothing else of it. Pure."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional

from ..chap import Chap
from .model import BLOCK, DEFAULT_GROUP, FILEIO, RAMDISK, Acl, Attributes, Backstore, PortalGroup, Target
from .saved import PREFIX, chap_keys, entry, key as key_of
from .state import Document


def replaced(document: Document, wish: Target, gone: Iterable[str] = ()) -> Document:
    """The document with ``wish`` in place of that target, without backstores of keys ``gone``; all else as it was.

    What an entry says beyond the wish stays, such as attributes that targetcli saved.
    """
    wanted = {each.key: each for each in wish.backstores}
    objects = [item for item in document["storage_objects"] if key_of(item) not in gone or key_of(item) in wanted]
    targets = list(document["targets"])
    old = entry(document, wish.name)
    _put(targets, old, _target_entry(old or {}, wish) if wish.present else None)
    for key, backstore in wanted.items():
        before = next((item for item in objects if key_of(item) == key), None)
        _put(objects, before, _backstore_entry(before or {}, backstore))
    return {**document, "storage_objects": objects, "targets": targets}


def _put(items: List[dict], before: Optional[dict], after: Optional[dict]) -> None:
    place = next((number for number, item in enumerate(items) if item is before), len(items))
    items[place:] = ([after] if after is not None else []) + items[place + 1 :]


def _plain(attributes: Attributes) -> Dict[str, Any]:
    """Numbers as numbers, as targetcli saves them."""
    return {key: int(value) if value.lstrip("-").isdigit() else value for key, value in attributes.items()}


def with_chap(item: dict, chap: Optional[Chap], prefix: str = PREFIX) -> dict:
    """An entry with these credentials and no others."""
    keys = chap_keys(prefix)
    given = {key: getattr(chap, name) for name, key in keys.items()} if chap else {}
    return {**{key: value for key, value in item.items() if key not in keys.values()}, **{key: value for key, value in given.items() if value}}


def _old(items: Iterable[dict], **values: Any) -> dict:
    return next((item for item in items if all(str(item.get(key)) == str(value) for key, value in values.items())), {})


def _backstore_entry(old: dict, wish: Backstore) -> dict:
    kinds = {
        BLOCK: {"dev": wish.path, "readonly": wish.read_only, "write_back": bool(old.get("write_back"))},
        FILEIO: {"dev": wish.path, "size": wish.size, "write_back": wish.write_back, "aio": bool(old.get("aio"))},
        RAMDISK: {"size": wish.size},
    }
    groups = [
        {
            **_old(old.get("alua_tpgs", ()), name=each.name),
            "name": each.name,
            "tg_pt_gp_id": each.id,
            "alua_access_state": int(each.state),
            "preferred": int(each.preferred),
        }
        for each in wish.alua_groups
    ]
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
    return with_chap(
        {
            **old,
            "tag": wish.tag,
            "enable": wish.enabled,
            "attributes": {**old.get("attributes", {}), **_plain(wish.attributes)},
            "parameters": {**old.get("parameters", {}), **wish.parameters},
            "portals": [
                {
                    "offload": False,
                    **_old(portals, ip_address=each.portal.host, port=each.portal.port),
                    "ip_address": each.portal.host,
                    "port": each.portal.port,
                    "iser": each.iser,
                }
                for each in wish.portals
            ],
            "luns": [
                {
                    "alias": f"lun_{each.number}",
                    **_old(luns, index=each.number),
                    "index": each.number,
                    "storage_object": f"/backstores/{each.backstore}",
                    "alua_tg_pt_gp_name": each.alua_group,
                }
                for each in wish.luns
            ],
            "node_acls": [_acl_entry(_old(acls, node_wwn=each.initiator), each) for each in wish.acls],
        },
        wish.chap,
    )


def _acl_entry(old: dict, wish: Acl) -> dict:
    luns = old.get("mapped_luns", ())
    return with_chap(
        {
            **old,
            "node_wwn": wish.initiator,
            "attributes": {**old.get("attributes", {}), **_plain(wish.attributes)},
            "mapped_luns": [
                {
                    "alias": f"lun_{each.number}",
                    **_old(luns, index=each.number),
                    "index": each.number,
                    "tpg_lun": each.lun,
                    "write_protect": each.read_only,
                }
                for each in wish.luns
            ],
            **({"tcq_depth": wish.depth} if wish.depth is not None else {}),
        },
        wish.chap,
    )
