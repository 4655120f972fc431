# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""All that is known of a machine's iSCSI sessions and the disks behind them, as a module returns it; without secrets."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Tuple

from ..._core import files
from . import database, multipath, sysfs
from .model import Lun, Record, Session
from .observe import initiator_name
from .plan import NAME_FILE
from .records import TIMES
from .result import dump


def read() -> Dict[str, Any]:
    """``{initiator, sessions[], logged_out[], devices[], multipathd, maps[]}``: files, and one command where multipathd runs."""
    sessions = sysfs.sessions()
    return {"initiator": initiator_name(files.text(NAME_FILE)) or None, **tell(sessions, database.read(database.database())), **multipath.read()}


def tell(sessions: Tuple[Session, ...], records: Tuple[Record, ...]) -> Dict[str, Any]:
    """Sessions with what their records say of them, records without a session, and the disks. Pure."""
    recorded = {record.key: record for record in records}
    live = {session.key for session in sessions}
    return {
        "sessions": [{**each, **_recorded(recorded.get(session.key))} for session in sessions for each in dump([session], [session.key])],
        "logged_out": [
            {"target": key.target, "portal": str(key.portal), "iface": key.iface, **_recorded(record)}
            for key, record in sorted(recorded.items())
            if key not in live
        ],
        "devices": _devices(sessions),
    }


def _recorded(record: Optional[Record]) -> Dict[str, Any]:
    if record is None:
        return {"startup": None, "chap": None, "timeouts": None}
    values = record.values
    return {
        "startup": values.get("node.startup", "manual"),
        "chap": values.get("node.session.auth.authmethod") == "CHAP",
        "timeouts": {name: int(values[setting]) if setting in values else None for name, setting in TIMES.items()},
    }


def _devices(sessions: Iterable[Session]) -> List[Dict[str, Any]]:
    paths: Dict[str, List[Tuple[Session, Lun]]] = {}
    for session in sessions:
        for lun in session.luns:
            # Before udev has named a disk, nothing tells whose path it is.
            paths.setdefault(lun.id or f"/dev/{lun.kernel_name}", []).append((session, lun))
    return [_device(name, found) for name, found in sorted(paths.items())]


def _device(name: str, paths: List[Tuple[Session, Lun]]) -> Dict[str, Any]:
    up = [session.up and lun.state == "running" for session, lun in paths]
    return {
        "id": name,
        # Paths differ while not all have been told that the LUN grew.
        "size_bytes": min(lun.size for _session, lun in paths),
        "state": "up" if all(up) else "degraded" if any(up) else "down",
        "multipath": next((lun.map for _session, lun in paths if lun.map), None),
        "used": next((lun.used for _session, lun in paths if lun.used), ""),
        "paths": [
            {
                "target": session.key.target,
                "portal": str(session.key.portal),
                "iface": session.key.iface,
                "lun": lun.lun,
                "kernel_name": lun.kernel_name,
                "state": "up" if carries else "down",
            }
            for (session, lun), carries in zip(paths, up)
        ],
    }
