# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Taking down what cannot stay, in the order that the kernel asks for: mapped LUNs, ACLs, LUNs, portals, groups, target, backstores. Pure."""

from __future__ import annotations

from typing import Any, Iterator, List, Optional, Tuple

from ..._core.plan import Action
from . import paths
from .model import RAMDISK, Acl, Backstore, PortalGroup, Target
from .steps import RemoveDir, Tidy, Unlink, Write


def removals(found: Target, stays: Target) -> List[Action]:
    """Actions that lead from ``found`` to ``stays``, which is a part of it."""
    actions = [action for group in found.groups for action in _group(found.name, group, stays.group(group.tag))]
    if found.present and not stays.present:
        actions.append(Action("remove", "target", found.name, (RemoveDir(paths.target(found.name)),), {"name": found.name}, None))
    for store in found.backstores:
        actions += _backstore(store, stays.backstore(store.key))
    return actions


def _group(name: str, found: PortalGroup, stays: Optional[PortalGroup]) -> Iterator[Action]:
    here = paths.group(name, found.tag)
    if not stays and found.enabled:
        yield Action(
            "disable", "TPG", f"{name} {found.tag}", (Write(f"{here}/enable", "0"),), found.show_alone(), {**found.show_alone(), "enabled": False}
        )
    acls = {each.initiator: each for each in stays.acls} if stays else {}
    for acl in found.acls:
        yield from _acl(name, found.tag, acl, acls.get(acl.initiator))
    luns = [each.number for each in stays.luns] if stays else []
    for lun in found.luns:
        if lun.number not in luns:
            place = paths.lun(name, found.tag, lun.number)
            yield Action("remove", "LUN", f"{name} {found.tag} {lun.number}", (*_unlink(place, lun.link), RemoveDir(place)), lun.show(), None)
    portals = [each.portal for each in stays.portals] if stays else []
    for setting in found.portals:
        if setting.portal not in portals:
            place = paths.portal(name, found.tag, setting.portal)
            # The kernel keeps a listener for iSER beside that for TCP.
            steps = (*((Write(f"{place}/iser", "0"),) if setting.iser else ()), RemoveDir(place))
            yield Action("remove", "portal", f"{name} {found.tag} {setting.portal}", steps, setting.show(), None)
    if not stays:
        yield Action("remove", "TPG", f"{name} {found.tag}", (RemoveDir(here),), found.show_alone(), None)


def _acl(name: str, tag: int, found: Acl, stays: Optional[Acl]) -> Iterator[Action]:
    left = [each.number for each in stays.luns] if stays else []
    for lun in found.luns:
        if lun.number not in left:
            place = paths.mapped(name, tag, found.initiator, lun.number)
            title = f"{name} {tag} {found.initiator} {lun.number}"
            yield Action("remove", "mapped LUN", title, (*_unlink(place, lun.link), RemoveDir(place)), lun.show(), None)
    if not stays:
        yield Action(
            "remove", "ACL", f"{name} {tag} {found.initiator}", (RemoveDir(paths.acl(name, tag, found.initiator)),), found.show_alone(), None
        )


def _backstore(found: Backstore, stays: Optional[Backstore]) -> Iterator[Action]:
    here = paths.backstore(found.folder, found.name)
    left = [each.name for each in stays.alua_groups] if stays else []
    for each in found.alua_groups:
        if each.name not in left:
            yield Action("remove", "ALUA group", f"{found.key} {each.name}", (RemoveDir(f"{here}/alua/{each.name}"),), {"id": each.id}, None)
    if not stays:
        loses = f"the content of RAM disk {found.name}" if found.kind == RAMDISK else ""
        steps = (RemoveDir(here), Tidy(f"core/{found.folder}"))
        yield Action("remove", "backstore", found.key, steps, found.show(), None, loses)


def _unlink(place: str, link: str) -> Tuple[Any, ...]:
    return (Unlink(f"{place}/{link}"),) if link else ()
