# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Comparing targets: one order for everything, and only what the wish speaks of. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Optional

from .model import Acl, Attributes, Backstore, PortalGroup, Target


def ordered(target: Target) -> Target:
    """The same target with all its parts in the order of their names."""
    groups = (
        replace(
            group,
            portals=tuple(sorted(group.portals, key=lambda each: each.portal)),
            luns=tuple(sorted(group.luns, key=lambda each: each.number)),
            acls=tuple(
                sorted(
                    (replace(acl, luns=tuple(sorted(acl.luns, key=lambda each: each.number))) for acl in group.acls),
                    key=lambda each: each.initiator,
                )
            ),
        )
        for group in target.groups
    )
    return replace(
        target,
        groups=tuple(sorted(groups, key=lambda each: each.tag)),
        backstores=tuple(
            sorted(
                (replace(each, alua_groups=tuple(sorted(each.alua_groups, key=lambda it: it.name))) for each in target.backstores),
                key=lambda each: each.key,
            )
        ),
    )


def restrict(found: Target, wish: Target) -> Target:
    """``found`` without the attributes that ``wish`` leaves to the kernel."""
    return ordered(
        replace(
            found,
            groups=tuple(_group(each, wish.group(each.tag)) for each in found.groups),
            backstores=tuple(_backstore(each, wish.backstore(each.key)) for each in found.backstores),
        )
    )


def _only(found: Attributes, names: Iterable[str]) -> Attributes:
    return {name: found[name] for name in names if name in found}


def _backstore(found: Backstore, wish: Optional[Backstore]) -> Backstore:
    return replace(found, attributes=_only(found.attributes, wish.attributes if wish else ()))


def _group(found: PortalGroup, wish: Optional[PortalGroup]) -> PortalGroup:
    acls = {each.initiator: each for each in wish.acls} if wish else {}
    return replace(
        found,
        attributes=_only(found.attributes, wish.attributes if wish else ()),
        parameters=_only(found.parameters, wish.parameters if wish else ()),
        acls=tuple(_acl(each, acls.get(each.initiator)) for each in found.acls),
    )


def _acl(found: Acl, wish: Optional[Acl]) -> Acl:
    depth = found.depth if wish and wish.depth is not None else None
    return replace(found, attributes=_only(found.attributes, wish.attributes if wish else ()), depth=depth)
