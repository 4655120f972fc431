# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a wanted session lacks: its record, the login, the time it may hang; and whether a broken one can be replaced. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, Tuple

from ..._core.command import command
from ..._core.plan import Action
from . import records
from .desired import SessionWish
from .meaning import ALREADY_IN, ALREADY_OUT
from .model import DEFAULT_IFACE, Key, Observed, Session
from .removal import lost
from .steps import EditRecord, Iscsiadm, Reach, SetRecovery

_KIND = "iscsi session"
_AUTH = "node.session.auth."


def plan_session(observed: Observed, key: Key, wish: SessionWish) -> List[Action]:
    """Actions until the session is there as it is wanted. One whose path is broken is for ``plan_repair``."""
    record, session = observed.record(key), observed.session(key)
    wanted = records.settings(wish)
    found: Mapping[str, str] = record.values if record else {}
    differs = records.differing(found, wanted)
    login = Iscsiadm("log in to", key, wish.parameter, ("--login",), (ALREADY_IN,), whole=True, first=record is None)
    # Another interface may lead where no other connection does.
    reach = (Reach(key, wish.parameter),) if key.iface == DEFAULT_IFACE else ()
    if record is None:
        made = (Iscsiadm("make the record of", key, wish.parameter, ("--op", "new")), EditRecord(key, wanted))
        after = {"logged_in": True, **records.shown(wanted, wanted)}
        verb = "record" if session else "log in"
        return [Action(verb, _KIND, str(key), made if session else (*reach, *made, login), {"logged_in": True} if session else None, after)]
    actions = []
    if differs:
        before, after = records.shown(found, differs), records.shown(wanted, differs)
        actions.append(Action("update", _KIND, str(key), (EditRecord(key, differs),), before, after))
    if session is None:
        actions.append(Action("log in", _KIND, str(key), (*reach, login), {"logged_in": False}, {"logged_in": True}))
    # Below a map multipathd has the last word, with what its own configuration says (fast_io_fail_tmo).
    elif session.recovery != wish.times.replacement and not any(lun.map for lun in session.luns):
        step = SetRecovery(session.number, wish.times.replacement)
        actions.append(Action("set", "recovery time", str(key), (step,), {"seconds": session.recovery}, {"seconds": wish.times.replacement}))
    return actions


def plan_repair(observed: Observed, key: Key, wish: SessionWish, gone: Mapping[Key, SessionWish]) -> Tuple[List[Action], str]:
    """Actions that bring a broken session back, or why it is left as it is: only a path that nothing depends on is replaced."""
    session = observed.session(key)
    if session is None or session.up:
        return [], ""
    if key.portal not in observed.reachable:
        return [], f"{key} is broken: its portal does not answer. open-iscsi goes on trying."
    last = lost(observed, session, gone)
    if last:
        return [], (
            f"{key} is broken, though its portal answers. It is the last path to {last.id or last.kernel_name} ({last.used}), "
            "so it is not replaced; open-iscsi goes on trying. If it cannot come back, because the target's secret or ACLs changed, "
            "unmount what is on it and run again."
        )
    steps = (
        Iscsiadm("log out of", key, wish.parameter, ("--logout",), (ALREADY_OUT,)),
        Iscsiadm("log in to", key, wish.parameter, ("--login",), (ALREADY_IN,)),
    )
    return [Action("replace", _KIND, str(key), steps, {"state": session.state}, {"state": "LOGGED_IN"})], ""


def plan_rescan(observed: Observed, key: Key) -> List[Action]:
    """Have the kernel look again where the target has other LUNs or sizes than it knows."""
    session = observed.session(key)
    if session is None or not session.stale:
        return []
    step = command("iscsiadm", "--mode", "session", "--sid", session.number, "--rescan")
    return [Action("rescan", _KIND, str(key), (step,), {"differs": list(session.stale.values())}, {"differs": []})]


def plan_resize(sessions: Iterable[Session]) -> List[Action]:
    """Have the multipath maps above LUNs that grew follow, once all their paths did."""
    maps = {lun.map: lun for session in sessions for lun in session.luns if lun.map and (lun.lun in session.stale or lun.map_size != lun.size)}
    return [
        Action("resize", "multipath map", name, (command("multipathd", "resize", "map", name),), {"size_bytes": lun.map_size}, None)
        for name, lun in sorted(maps.items())
    ]


def counts_later(observed: Observed, key: Key, wish: SessionWish) -> List[str]:
    """What of the wish a session that is there takes up with its next login only."""
    record, session = observed.record(key), observed.session(key)
    if session is None or record is None:
        return []
    differs: Dict[str, str] = records.differing(record.values, records.settings(wish))
    said = []
    if any(name.startswith(_AUTH) for name in differs):
        said.append(f"{key} is there already; the new credentials count from its next login on.")
    if session.digests != wish.digests:
        said.append(f"{key} is there already; the wanted digests count from its next login on.")
    return said
