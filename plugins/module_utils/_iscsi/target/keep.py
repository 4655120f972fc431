# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What of a running target can stay on the way to the wish; all else is taken down first and built anew. Pure.

A backstore that has to be made anew takes its LUNs with it and nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, FrozenSet, Mapping, Optional

from .model import DEFAULT_GROUP, Acl, Backstore, PortalGroup, Target, absent


def kept(found: Target, wish: Target, numbers: Mapping[str, str]) -> Target:
    """``found`` without what has to go; ``numbers`` are the devices that paths lead to now, see ``same``."""
    if not wish.present:
        return absent(found.name)
    stores = tuple(
        _kept_groups(each, other)
        for each in found.backstores
        for other in [wish.backstore(each.key)]
        if other and same(each, other, numbers.get(other.path, ""))
    )
    alua = {each.key: frozenset(group.name for group in each.alua_groups) for each in stores}
    groups = tuple(_group(each, other, alua) for each in found.groups for other in [wish.group(each.tag)] if other)
    return replace(found, groups=groups, backstores=stores)


def same(found: Backstore, wish: Backstore, number: str = "") -> bool:
    """Whether a backstore is the one that is wished, in all that cannot be changed once it runs.

    ``number`` is the ``major:minor`` that the wished path leads to; empty if it leads nowhere, when the kernel may still have the disk.
    """
    return (
        found.active
        and (found.path, found.size, found.write_back, found.read_only) == (wish.path, wish.size, wish.write_back, wish.read_only)
        and wish.serial in ("", found.serial)
        and number in ("", found.number)
    )


def _kept_groups(found: Backstore, wish: Backstore) -> Backstore:
    ids = {each.name: each.id for each in wish.alua_groups}
    return replace(found, alua_groups=tuple(each for each in found.alua_groups if ids.get(each.name) == each.id))


def _group(found: PortalGroup, wish: PortalGroup, alua: Mapping[str, FrozenSet[str]]) -> PortalGroup:
    wished = {each.number: each.backstore for each in wish.luns}
    # A LUN whose ALUA group goes falls back to the kernel's own.
    luns = tuple(
        each if each.alua_group in alua.get(each.backstore, ()) else replace(each, alua_group=DEFAULT_GROUP)
        for each in found.luns
        if each.backstore in alua and wished.get(each.number) == each.backstore
    )
    numbers = frozenset(each.number for each in luns)
    portals = {each.portal for each in wish.portals}
    acls = {each.initiator: each for each in wish.acls}
    return replace(
        found,
        luns=luns,
        portals=tuple(each for each in found.portals if each.portal in portals),
        acls=tuple(_acl(each, acls[each.initiator], numbers) for each in found.acls if each.initiator in acls),
    )


def _acl(found: Acl, wish: Acl, numbers: FrozenSet[int]) -> Acl:
    wished = {each.number: each.lun for each in wish.luns}
    return replace(found, luns=tuple(each for each in found.luns if each.lun in numbers and wished.get(each.number) == each.lun))


def cut_off(found: Target, stays: Target, wish: Target) -> Dict[str, str]:
    """Initiators with a live session that loses something or ends, with what they lose, in words."""
    lost: Dict[str, str] = {}
    for group in found.groups:
        left = stays.group(group.tag)
        for acl in group.acls:
            loss = _loss(group, acl, left, wish.group(group.tag)) if acl.session else ""
            if loss:
                lost[acl.initiator] = loss
        if group.dynamic and (left is None or len(left.luns) < len(group.luns) or len(left.portals) < len(group.portals)):
            lost.update(dict.fromkeys(group.dynamic, f"its session with TPG {group.tag}"))
    return lost


def _loss(group: PortalGroup, acl: Acl, left: Optional[PortalGroup], wish: Optional[PortalGroup]) -> str:
    stays = next((each for each in left.acls if each.initiator == acl.initiator), None) if left else None
    wished = next((each for each in wish.acls if each.initiator == acl.initiator), None) if wish else None
    if not left or not stays or not wish or not wished or (group.enabled and not wish.enabled):
        return "its session"
    gone = sorted({each.number for each in acl.luns} - {each.number for each in stays.luns})
    if gone:
        return f"LUN {', '.join(map(str, gone))}"
    if len(left.portals) < len(group.portals):
        return "a portal, maybe the one that it uses"
    # The kernel ends a session to change how many commands it may have under way.
    return "its session, to change its depth" if wished.depth not in (None, acl.depth) else ""
