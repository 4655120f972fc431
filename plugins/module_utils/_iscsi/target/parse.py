# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A target as wished, parsed and checked before anything is looked at. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ..._core.errors import InvalidRequest
from ..chap import parse_chap
from ..names import Portal, check_address, check_name, check_port
from .model import DEFAULT_GROUP, Acl, Backstore, Lun, MappedLun, PortalGroup, PortalSetting, Target, absent
from .parse_stores import parse_stores
from .values import check_once, check_range, parse_attributes
from .view import ordered

#: Attributes of a group that options set, and the options.
_OWN = {
    "authentication": "chap",
    "generate_node_acls": "demo_mode",
    "demo_mode_write_protect": "demo_mode",
    "cache_dynamic_acls": "demo_mode",
}


@dataclass(frozen=True)
class Wish:
    """One target and the consents given: initiators that may lose their session, by where they are connected from.

    ``pending`` are paths of logical volumes that an earlier task makes.
    """

    target: Target
    allow_disconnect: Mapping[str, str]
    pending: FrozenSet[str] = frozenset()


def parse(params: Mapping[str, Any]) -> Wish:
    """The wish from the module's parameters."""
    name = check_name(params["name"], "name")
    consents = {check_name(initiator, "allow_disconnect"): str(found) for initiator, found in params["allow_disconnect"].items()}
    given = [option for option in ("tpgs", "backstores") if params[option]]
    if params["state"] == "absent":
        if given:
            raise InvalidRequest(
                "a target that goes takes its parts with it.",
                code="absent-parts",
                parameter=given[0],
                found="state: absent",
                fix="take the option out, or use state: present.",
            )
        return Wish(absent(name), consents)
    if not params["tpgs"]:
        raise InvalidRequest(
            "a target has at least one portal group.",
            code="tpgs-missing",
            parameter="tpgs",
            found="none",
            fix="give one with portals, luns and acls, or use state: absent.",
        )
    stores = parse_stores(params["backstores"], "backstores")
    groups: List[PortalGroup] = []
    for index, item in enumerate(params["tpgs"]):
        here = f"tpgs[{index}]"
        check_range(item["tag"], 1, 65535, "tpg-tag", "the tag of a portal group", f"{here}.tag")
        check_once(item["tag"], [each.tag for each in groups], "tpg-twice", "tag", f"{here}.tag")
        groups.append(_group(item, here, {each.name: each for each in stores}, [each.portal for group in groups for each in group.portals]))
    used = {lun.backstore for group in groups for lun in group.luns}
    for index, store in enumerate(stores):
        if store.key not in used:
            raise InvalidRequest(
                "no LUN stands on this backstore.",
                code="backstore-unused",
                parameter=f"backstores[{index}]",
                found=store.name,
                fix="give it a LUN, or take it out.",
            )
    return Wish(ordered(Target(name, groups=tuple(groups), backstores=stores)), consents, _pending(params["pending"]))


def _pending(after: Mapping[str, Any]) -> FrozenSet[str]:
    try:
        return frozenset(volume["path"] for item in after.get("volume_groups", ()) for volume in item["logical_volumes"])
    except (KeyError, TypeError):
        raise InvalidRequest(
            "not what lvm_layout returns.",
            code="pending-form",
            parameter="pending",
            found=repr(after)[:80],
            fix="pass its result's after unchanged.",
        ) from None


def _group(item: Mapping[str, Any], here: str, stores: Mapping[str, Backstore], taken: Sequence[Portal]) -> PortalGroup:
    luns = _luns(item["luns"], f"{here}.luns", stores)
    acls = _acls(item["acls"], f"{here}.acls", luns)
    chap = parse_chap(item.get("chap"), f"{here}.chap")
    demo = item["demo_mode"]
    if chap and demo == "none":
        raise InvalidRequest(
            "CHAP of a portal group is for initiators without an ACL.",
            code="chap-group",
            parameter=f"{here}.chap",
            found="demo_mode: none",
            fix="give chap in each of acls.",
        )
    portals = _portals(item["portals"], f"{here}.portals", taken)
    if item["enabled"] and not portals:
        raise InvalidRequest(
            "nobody can reach a portal group without portals.",
            code="portals-missing",
            parameter=f"{here}.portals",
            found="none",
            fix="name the addresses to listen at, or set enabled: false.",
        )
    attributes = {
        **parse_attributes(item.get("attributes"), f"{here}.attributes", _OWN),
        "authentication": str(int(_authenticates(acls, chap, demo, f"{here}.acls"))),
        "generate_node_acls": str(int(demo != "none")),
        "cache_dynamic_acls": str(int(demo != "none")),
        "demo_mode_write_protect": str(int(demo != "read_write")),
    }
    parameters = parse_attributes(item.get("parameters"), f"{here}.parameters", {"AuthMethod": "chap"}, ("No", "Yes"))
    return PortalGroup(item["tag"], item["enabled"], dict(sorted(attributes.items())), parameters, portals, luns, acls, chap)


def _authenticates(acls: Sequence[Acl], chap: Optional[Any], demo: str, here: str) -> bool:
    """Whether initiators are asked who they are. The kernel knows one answer for all of a group."""
    asked = [acl.chap is not None for acl in acls] + ([chap is not None] if demo != "none" else [])
    if any(asked) and not all(asked):
        index = next(number for number, acl in enumerate([*acls, None]) if acl is None or acl.chap is None)
        raise InvalidRequest(
            "in one portal group either all initiators use CHAP or none.",
            code="chap-mixed",
            parameter=f"{here}[{index}].chap" if index < len(acls) else f"{here.rpartition('.')[0]}.chap",
            found="no chap, but others have it",
            fix="give it to all, or put the others into another portal group.",
        )
    return any(asked)


def _portals(items: Sequence[Mapping[str, Any]], here: str, taken: Sequence[Portal]) -> Tuple[PortalSetting, ...]:
    found: Dict[Portal, bool] = {}
    for index, item in enumerate(items):
        portal = Portal(check_address(item["address"], f"{here}[{index}].address"), check_port(item["port"], f"{here}[{index}].port"))
        check_once(portal, (*taken, *found), "portal-twice", "portal", f"{here}[{index}]")
        same_port = [each for each in (*taken, *found) if each.port == portal.port and (":" in each.address) == (":" in portal.address)]
        if same_port and (portal.any_address or any(each.any_address for each in same_port)):
            raise InvalidRequest(
                "one portal listens at every address already, the other's included.",
                code="portal-overlap",
                parameter=f"{here}[{index}]",
                found=f"{portal} and {same_port[0]}",
                fix="name the addresses, or keep the one for all.",
            )
        found[portal] = item["iser"]
    return tuple(PortalSetting(portal, iser) for portal, iser in found.items())


def _luns(items: Sequence[Mapping[str, Any]], here: str, stores: Mapping[str, Backstore]) -> Tuple[Lun, ...]:
    found: List[Lun] = []
    for index, item in enumerate(items):
        check_range(item["lun"], 0, 65535, "lun-number", "the number of a LUN", f"{here}[{index}].lun")
        check_once(item["lun"], [each.number for each in found], "lun-twice", "LUN", f"{here}[{index}].lun")
        store = stores.get(item["backstore"])
        if not store:
            raise InvalidRequest(
                "there is no such backstore.",
                code="lun-backstore",
                parameter=f"{here}[{index}].backstore",
                found=item["backstore"],
                fix=f"backstores has {', '.join(stores) or 'none'}.",
            )
        check_once(store.key, [each.backstore for each in found], "lun-backstore-twice", "backstore", f"{here}[{index}].backstore")
        group = item.get("alua_group") or DEFAULT_GROUP
        if group not in (DEFAULT_GROUP, *(each.name for each in store.alua_groups)):
            raise InvalidRequest(
                "the backstore has no such ALUA group.",
                code="lun-alua",
                parameter=f"{here}[{index}].alua_group",
                found=group,
                fix=f"add it to alua_groups of backstore {store.name}.",
            )
        found.append(Lun(item["lun"], store.key, group))
    return tuple(found)


def _acls(items: Sequence[Mapping[str, Any]], here: str, luns: Sequence[Lun]) -> Tuple[Acl, ...]:
    found: List[Acl] = []
    for index, item in enumerate(items):
        parameter = f"{here}[{index}]"
        initiator = check_name(item["initiator"], f"{parameter}.initiator")
        check_once(initiator, [each.initiator for each in found], "acl-twice", "initiator", f"{parameter}.initiator")
        depth = item.get("depth")
        if depth is not None:
            check_range(depth, 1, 4096, "acl-depth", "a number of commands", f"{parameter}.depth")
        found.append(
            Acl(
                initiator,
                _mapped(item.get("luns"), f"{parameter}.luns", luns),
                parse_chap(item.get("chap"), f"{parameter}.chap"),
                parse_attributes(item.get("attributes"), f"{parameter}.attributes", {"authentication": "chap"}),
                depth,
            )
        )
    return tuple(found)


def _mapped(items: Optional[Sequence[Mapping[str, Any]]], here: str, luns: Sequence[Lun]) -> Tuple[MappedLun, ...]:
    if items is None:
        return tuple(MappedLun(lun.number, lun.number) for lun in luns)
    found: List[MappedLun] = []
    for index, item in enumerate(items):
        if item["lun"] not in [lun.number for lun in luns]:
            raise InvalidRequest(
                "the portal group has no such LUN.",
                code="acl-lun",
                parameter=f"{here}[{index}].lun",
                found=str(item["lun"]),
                fix=f"its luns are {', '.join(str(lun.number) for lun in luns) or 'none'}.",
            )
        check_once(item["lun"], [each.lun for each in found], "acl-lun-twice", "LUN", f"{here}[{index}].lun")
        number = item["lun"] if item.get("mapped_lun") is None else item["mapped_lun"]
        check_range(number, 0, 65535, "acl-mapped", "the number of a LUN", f"{here}[{index}].mapped_lun")
        check_once(number, [each.number for each in found], "acl-mapped-twice", "number", f"{here}[{index}].mapped_lun")
        found.append(MappedLun(number, item["lun"], item["read_only"]))
    return tuple(found)
