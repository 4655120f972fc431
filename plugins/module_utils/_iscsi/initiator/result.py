# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Sessions as modules return them."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

from .model import Key, Lun, Session


def dump(sessions: Iterable[Session], wanted: Iterable[Key]) -> List[Dict[str, Any]]:
    """The ``wanted`` sessions as plain values, each with its LUNs."""
    found = {session.key: session for session in sessions}
    return [_session(found[key]) for key in wanted if key in found]


def _session(session: Session) -> Dict[str, Any]:
    return {
        "target": session.key.target,
        "portal": str(session.key.portal),
        "iface": session.key.iface,
        "state": session.state,
        "recovery_seconds": session.recovery,
        "luns": [_lun(lun) for lun in session.luns],
    }


def _lun(lun: Lun) -> Dict[str, Any]:
    return {
        "lun": lun.lun,
        "id": lun.id,
        "kernel_name": lun.kernel_name,
        "size_bytes": lun.size,
        "state": lun.state,
        "multipath": lun.map or None,
        "used": lun.used,
    }
