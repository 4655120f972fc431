# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The initiator of this machine: files, the kernel's own files, and one connection for each portal to be asked."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Tuple

from ..._core import files
from ..._core.errors import NotFound
from ..names import Portal
from . import database, sysfs
from .capacity import out_of_date
from .desired import Wish
from .model import Observed, Offer, Session
from .plan import NAME_FILE
from .reach import no_answer
from .sendtargets import discover


def observe(wish: Wish) -> Observed:
    """No command at all. Portals are asked only for ``discovery`` and for sessions that are broken."""
    text = files.text(NAME_FILE)
    name = initiator_name(text)
    sessions = sysfs.sessions()
    if not all(each.up for each in sessions) or not all(each.present for each in wish.sessions):
        sessions = sysfs.sessions(thorough=True)
    if wish.rescan:
        wanted = {each.target for each in wish.sessions if each.present}
        sessions = tuple(replace(each, stale=out_of_date(each)) if each.key.target in wanted else each for each in sessions)
    return Observed(
        name,
        text,
        database.read(database.database()),
        sessions,
        _offers(wish, wish.name or name),
        _reachable(sessions),
    )


def initiator_name(text: str) -> str:
    """The initiator's name in its file; the last line counts, as for open-iscsi."""
    found = re.findall(r"^\s*InitiatorName=(\S+)", text, re.MULTILINE)
    return found[-1] if found else ""


def _offers(wish: Wish, name: str) -> Tuple[Offer, ...]:
    if wish.discovery and not name:
        raise NotFound(
            "this initiator has no name yet to ask by.",
            code="name-missing",
            parameter="name",
            found=f"no InitiatorName in {NAME_FILE}",
            fix="give name, or install open-iscsi, whose iscsid makes one up.",
        )
    return tuple(offer for asked in wish.discovery for offer in discover(asked, name))


def _reachable(sessions: Tuple[Session, ...]) -> Tuple[Portal, ...]:
    return tuple(portal for portal in sorted({session.key.portal for session in sessions if not session.up}) if not no_answer(portal))
