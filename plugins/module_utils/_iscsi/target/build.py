# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Building what is wished upon what stays: backstores, target, groups with their settings, LUNs, portals, ACLs; a group is enabled last. Pure."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from ..._core.plan import Action
from ..chap import Chap
from . import paths
from .build_store import build_store
from .model import DEFAULT_GROUP, Acl, Attributes, Lun, MappedLun, PortalGroup, PortalSetting, Target, show_chap
from .steps import Link, MakeDir, Tune, Write, WriteSecret

_FIELDS = (("user", "userid"), ("password", "password"), ("mutual_user", "userid_mutual"), ("mutual_password", "password_mutual"))
#: How the kernel is told to forget a user or password.
_NOTHING = "NULL"


def creations(stays: Target, wish: Target, folders: Dict[str, str]) -> List[Action]:
    """Actions that lead from ``stays`` to ``wish``; ``folders`` are those in core by backstores' keys."""
    if not wish.present:
        return []
    actions = [action for store in wish.backstores for action in build_store(stays.backstore(store.key), store, folders[store.key])]
    if not stays.present:
        actions.append(Action("create", "target", wish.name, (MakeDir(paths.target(wish.name)),), None, {"name": wish.name}))
    for group in wish.groups:
        actions += _group(wish.name, stays.group(group.tag), group, folders)
    return actions


def _group(name: str, stays: Optional[PortalGroup], wish: PortalGroup, folders: Dict[str, str]) -> Iterator[Action]:
    here = paths.group(name, wish.tag)
    title = f"{name} {wish.tag}"
    before = stays or PortalGroup(wish.tag, enabled=False)
    steps = (
        *(() if stays else (MakeDir(here),)),
        *tunes(f"{here}/attrib", before.attributes, wish.attributes),
        *tunes(f"{here}/param", before.parameters, wish.parameters),
        *chap_steps(f"{here}/auth", before.chap, wish.chap),
        *((Write(f"{here}/enable", "0"),) if before.enabled and not wish.enabled else ()),
    )
    new = {**wish.show_alone(), "enabled": before.enabled and wish.enabled}
    if steps:
        yield Action("change" if stays else "create", "TPG", title, steps, *_compared(stays, before.chap, new, wish.chap))
    luns = {each.number: each for each in before.luns}
    for lun in wish.luns:
        yield from _lun(name, wish.tag, luns.get(lun.number), lun, folders)
    portals = {each.portal: each for each in before.portals}
    for setting in wish.portals:
        yield from _portal(name, wish.tag, portals.get(setting.portal), setting)
    acls = {each.initiator: each for each in before.acls}
    for acl in wish.acls:
        yield from _acl(name, wish.tag, acls.get(acl.initiator), acl)
    if wish.enabled and not before.enabled:
        yield Action("enable", "TPG", title, (Write(f"{here}/enable", "1"),), stays.show_alone() if stays else None, wish.show_alone())


def _lun(name: str, tag: int, stays: Optional[Lun], wish: Lun, folders: Dict[str, str]) -> Iterator[Action]:
    here = paths.lun(name, tag, wish.number)
    title = f"{name} {tag} {wish.number}"
    group = (Write(f"{here}/alua_tg_pt_gp", wish.alua_group),)
    if not stays:
        store = wish.backstore.partition("/")[2]
        steps: Tuple[Any, ...] = (MakeDir(here), Link(paths.backstore(folders[wish.backstore], store), f"{here}/lun_{wish.number}"))
        yield Action("create", "LUN", title, steps + (group if wish.alua_group != DEFAULT_GROUP else ()), None, wish.show())
    elif stays.alua_group != wish.alua_group:
        yield Action("change", "LUN", title, group, stays.show(), wish.show())


def _portal(name: str, tag: int, stays: Optional[PortalSetting], wish: PortalSetting) -> Iterator[Action]:
    here = paths.portal(name, tag, wish.portal)
    title = f"{name} {tag} {wish.portal}"
    iser = (Write(f"{here}/iser", str(int(wish.iser))),)
    if not stays:
        yield Action("create", "portal", title, (MakeDir(here), *(iser if wish.iser else ())), None, wish.show())
    elif stays.iser != wish.iser:
        yield Action("change", "portal", title, iser, stays.show(), wish.show())


def _acl(name: str, tag: int, stays: Optional[Acl], wish: Acl) -> Iterator[Action]:
    here = paths.acl(name, tag, wish.initiator)
    before = stays or Acl(wish.initiator)
    steps = (
        *(() if stays else (MakeDir(here),)),
        *tunes(f"{here}/attrib", before.attributes, wish.attributes),
        *((Write(f"{here}/cmdsn_depth", str(wish.depth)),) if wish.depth not in (None, before.depth) else ()),
        *chap_steps(f"{here}/auth", before.chap, wish.chap),
    )
    if steps:
        title = f"{name} {tag} {wish.initiator}"
        yield Action("change" if stays else "create", "ACL", title, steps, *_compared(stays, before.chap, wish.show_alone(), wish.chap))
    luns = {each.number: each for each in before.luns}
    for lun in wish.luns:
        yield from _mapped(name, tag, wish.initiator, luns.get(lun.number), lun)


def _mapped(name: str, tag: int, initiator: str, stays: Optional[MappedLun], wish: MappedLun) -> Iterator[Action]:
    here = paths.mapped(name, tag, initiator, wish.number)
    title = f"{name} {tag} {initiator} {wish.number}"
    # The kernel's own idea of it depends on the group's demo mode, so it is always told.
    protect = (Write(f"{here}/write_protect", str(int(wish.read_only))),)
    if not stays:
        bind = (MakeDir(here), Link(paths.lun(name, tag, wish.lun), f"{here}/lun_{wish.number}"))
        yield Action("create", "mapped LUN", title, (*bind, *protect), None, wish.show())
    elif stays.read_only != wish.read_only:
        yield Action("change", "mapped LUN", title, protect, stays.show(), wish.show())


def tunes(folder: str, before: Attributes, after: Attributes) -> Tuple[Tune, ...]:
    """Steps for attributes that differ."""
    return tuple(Tune(f"{folder}/{name}", value) for name, value in after.items() if before.get(name) != value)


def chap_steps(folder: str, before: Optional[Chap], after: Optional[Chap]) -> Tuple[Any, ...]:
    nobody = Chap("", "")
    old, new = before or nobody, after or nobody
    return tuple(
        (
            WriteSecret(f"{folder}/{file}", getattr(new, field) or _NOTHING)
            if "password" in field
            else Write(f"{folder}/{file}", getattr(new, field) or _NOTHING)
        )
        for field, file in _FIELDS
        if getattr(old, field) != getattr(new, field)
    )


def _compared(stays: Any, old: Optional[Chap], new: Dict[str, Any], wish: Optional[Chap]) -> Tuple[Optional[dict], dict]:
    """Both states for the diff, which tells that a secret differs but not what it is."""
    if stays is None:
        return None, new
    before = stays.show_alone()
    if old and wish and old != wish and show_chap(old) == show_chap(wish):
        before, new = {**before, "secret": "another"}, {**new, "secret": "as given"}
    return before, new
