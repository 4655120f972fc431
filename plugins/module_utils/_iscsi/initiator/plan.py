# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From the sessions there are to those that are wanted: the name, new sessions, repairs, and last what shall go. No I/O here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import List, Tuple

from ..._core.blocks import WriteFile
from ..._core.command import command
from ..._core.errors import Refused
from ..._core.plan import Action, Plan
from .desired import Wish
from .model import LOGGED_IN, Key, Observed, Session
from .removal import check_last_paths, remove
from .resolve import resolve
from .sessions import counts_later, plan_repair, plan_rescan, plan_resize, plan_session

NAME_FILE = "/etc/iscsi/initiatorname.iscsi"


@dataclass(frozen=True)
class Outcome:
    """What the plan leads to. ``wanted`` are the sessions wished for; ``degraded`` those of them that stay broken, with the reason."""

    name: str
    sessions: Tuple[Session, ...]
    wanted: Tuple[Key, ...]
    degraded: Tuple[Tuple[Key, str], ...] = ()


def plan(observed: Observed, wish: Wish) -> Plan:
    """The whole plan for one initiator."""
    wanted = resolve(observed, wish)
    actions = _name(observed, wish)
    gone = {key: each for key, each in wanted.items() if not each.present and (observed.record(key) or observed.session(key))}
    check_last_paths(observed, gone, wish.disconnect)
    sessions = {session.key: session for session in observed.sessions if session.key not in gone}
    degraded: List[Tuple[Key, str]] = []
    warnings: List[str] = []
    for key, each in wanted.items():
        if not each.present:
            continue
        repairs, reason = plan_repair(observed, key, each, gone)
        actions += plan_session(observed, key, each) + repairs + plan_rescan(observed, key)
        warnings += [] if repairs else counts_later(observed, key, each)
        if reason:
            degraded.append((key, reason))
        found = sessions.get(key, Session(key, 0))
        sessions[key] = replace(found, state=found.state if reason else LOGGED_IN, recovery=each.times.replacement, stale={})
    if wish.rescan:
        actions += plan_resize([session for session in observed.sessions if session.key in wanted and wanted[session.key].present])
    actions += [remove(observed, key, gone) for key in gone]
    present = tuple(key for key, each in wanted.items() if each.present)
    outcome = Outcome(wish.name or observed.name, tuple(sessions.values()), present, tuple(degraded))
    return Plan(tuple(actions), outcome, (*warnings, *(reason for _key, reason in degraded), *wish.disconnect.warnings()))


def _name(observed: Observed, wish: Wish) -> List[Action]:
    if wish.name in ("", observed.name):
        return []
    if observed.sessions:
        raise Refused(
            "the initiator's name cannot change while it has sessions: targets know it by that name.",
            code="name-in-use",
            parameter="name",
            found=f"{observed.name} with {len(observed.sessions)} sessions, the first {observed.sessions[0].key}",
            fix="log out of them first (state: absent), and have the targets' ACLs name the new one.",
        )
    steps = (WriteFile(NAME_FILE, renamed(observed.name_file, wish.name)), command("systemctl", "try-restart", "iscsid.service"))
    return [Action("name", "iscsi initiator", wish.name, steps, {"name": observed.name}, {"name": wish.name})]


def renamed(text: str, name: str) -> str:
    """The file with this name, comments as they were. Debian's order to make up a name at the first start goes."""
    kept = [line for line in text.splitlines() if not re.match(r"\s*(InitiatorName|GenerateName)=", line)]
    return "\n".join([*kept, f"InitiatorName={name}"]) + "\n"
