# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""All iSCSI targets of a machine, as they run and as they are saved, as a module returns them; without secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional

from . import kernel, saved, saved_file
from .model import BLOCK, Attributes, PortalGroup, Target
from .observe import device_numbers
from .plan import drift
from .seen import Observed
from .state import Document, Kernel
from .view import ordered


def read() -> List[Dict[str, Any]]:
    """One walk of configfs and the saved file, no command. By name."""
    _path, document = saved_file.read()
    shared = kernel.survey()
    return [_target(name, shared, document) for name in sorted({*kernel.names(), *saved.names(document)})]


def _target(name: str, shared: Kernel, document: Document) -> Dict[str, Any]:
    then = saved.target(document, name)
    now = ordered(known(kernel.target(name, shared, then, [each.key for each in then.backstores])))
    disks = [each for each in now.backstores if each.kind == BLOCK]
    there = device_numbers(each.path for each in disks)
    return {
        "name": name,
        "running": _shown(now),
        "saved": _shown(ordered(then)),
        "drift": list(drift(Observed(now, shared, document), now)),
        "degraded": [each.key for each in disks if each.path not in there],
        "initiators": [each for group in now.groups for each in _initiators(group)],
    }


def known(target: Target) -> Target:
    """The target without attributes that this kernel has not: one saved elsewhere may well name some."""
    groups = tuple(
        replace(
            group,
            attributes=_there(group.attributes),
            parameters=_there(group.parameters),
            acls=tuple(replace(acl, attributes=_there(acl.attributes)) for acl in group.acls),
        )
        for group in target.groups
    )
    return replace(target, groups=groups, backstores=tuple(replace(each, attributes=_there(each.attributes)) for each in target.backstores))


def _there(attributes: Attributes) -> Attributes:
    return {name: value for name, value in attributes.items() if value}


def _shown(target: Target) -> Optional[Dict[str, Any]]:
    return {key: value for key, value in target.show().items() if key in ("tpgs", "backstores")} if target.present else None


def _initiators(group: PortalGroup) -> List[Dict[str, Any]]:
    found = [(acl.initiator, acl.session) for acl in group.acls if acl.session] + [(name, None) for name in group.dynamic]
    return [{"initiator": name, "tpg": group.tag, "address": address} for name, address in found]
