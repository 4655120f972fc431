# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Sessions that shall go, and what would lose its last path with them. Pure."""

from __future__ import annotations

from typing import Iterable, Mapping, Optional, Tuple

from ..._core.plan import Action, Consent
from .desired import SessionWish
from .meaning import ALREADY_OUT
from .model import Key, Lun, Observed, Session
from .steps import Iscsiadm


def lost(observed: Observed, session: Session, without: Iterable[Key]) -> Optional[Lun]:
    """A LUN of ``session`` that is in use and that no other session reaches once those of ``without`` are gone."""
    return next((lun for lun in session.luns if lun.used and not observed.paths(lun, (*without, session.key))), None)


def check_last_paths(observed: Observed, gone: Mapping[Key, SessionWish], consent: Consent) -> None:
    """Refuse to log out of what is in use, but for its other paths, without consent that names the LUN and its use."""
    for session in observed.sessions:
        for lun in session.luns if session.key in gone else ():
            if lun.used and not observed.paths(lun, gone):
                consent.require(lun.id or lun.kernel_name, lun.used, "the last path to it", code="last-path")


def remove(observed: Observed, key: Key, gone: Mapping[Key, SessionWish]) -> Action:
    """Log out of one of those that shall be ``gone``, and forget it, so that no boot brings it back."""
    session, record = observed.session(key), observed.record(key)
    steps: Tuple[Iscsiadm, ...] = ()
    if session:
        steps += (Iscsiadm("log out of", key, gone[key].parameter, ("--logout",), (ALREADY_OUT,)),)
    if record:
        steps += (Iscsiadm("forget", key, gone[key].parameter, ("--op", "delete"), (ALREADY_OUT,)),)
    in_use = [f"{lun.id or lun.kernel_name} ({lun.used})" for lun in session.luns if lun.used and not observed.paths(lun, gone)] if session else []
    before = {"logged_in": bool(session), **({"startup": record.values.get("node.startup", "")} if record else {})}
    return Action(
        "log out" if session else "forget", "iscsi session", str(key), steps, before, None, loses=f"access to {', '.join(in_use)}" if in_use else ""
    )
