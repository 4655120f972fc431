# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which sessions the wishes are for: one that names no portal stands for all portals of its target. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Tuple

from ..._core.errors import NotFound
from ..names import Portal
from .desired import SessionWish, Wish
from .model import Key, Observed


def resolve(observed: Observed, wish: Wish) -> Dict[Key, SessionWish]:
    """Wishes by session. One that names its portal counts more than one for all portals."""
    found: Dict[Key, SessionWish] = {}
    for each in sorted(wish.sessions, key=lambda each: each.portal is not None):
        for portal in (each.portal,) if each.portal else _portals(observed, wish, each):
            found[Key(each.target, portal, each.iface)] = replace(each, portal=portal)
    return found


def _portals(observed: Observed, wish: Wish, each: SessionWish) -> Tuple[Portal, ...]:
    if not each.present:
        keys = [*(record.key for record in observed.records), *(session.key for session in observed.sessions)]
        return tuple(sorted({key.portal for key in keys if (key.target, key.iface) == (each.target, each.iface)}))
    offered = tuple(sorted({offer.portal for offer in observed.offers if offer.target == each.target}))
    if not offered:
        there = ", ".join(sorted({offer.target for offer in observed.offers})) or "no target at all"
        raise NotFound(
            "no portal that was asked has this target.",
            code="target-not-offered",
            parameter=f"{each.parameter}.target",
            found=f"{there} at {', '.join(str(asked.portal) for asked in wish.discovery)}",
            fix="correct the name, or have the target list this initiator among its ACLs: many targets show what they allow alone.",
        )
    return offered
