# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Of which type everything is that is looked at in what nodes told. A node can answer what it likes; nothing of it is used otherwise. Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Tuple

from .._core import foreign
from .._core.errors import InvalidRequest
from .._core.quantity import MAX_BYTES

TEXT, WORD, NUMBER, TRUTH, ANY = "text", "a name without blanks and quotes", "a number", "true or false", "anything"
#: Names that a person is shown in commands: no sign of a shell, and no beginning that makes an option of it.
_WORD = re.compile(r"[A-Za-z0-9_.+/\[][A-Za-z0-9_.+/:@=\[\],-]{0,254}")
#: Each key that is looked at and its type: one of the above, a list of them or of maps, or a map. A key with ! has to be there.
_STORES: Dict[str, Any] = {"backstores": [{"name!": TEXT, "path": TEXT}], "tpgs": [{"luns": [{"lun!": NUMBER, "backstore!": TEXT}]}]}
SCHEMA: Dict[str, Dict[str, Any]] = {
    "devices": {
        "id!": TEXT, "ids!": [TEXT], "signatures": [{"uuid": TEXT}], "mounts": [TEXT], "holders": [TEXT], "use": TEXT, "serial": TEXT, "model": TEXT,
        "readable": TRUTH, "read_only": TRUTH, "health": {"state": TEXT, "io_errors": NUMBER, "io_timeouts": NUMBER},
    },
    "entries": {
        "class!": TEXT, "name": TEXT, "device!": TEXT, "disks": [TEXT], "path": TEXT, "size_bytes": NUMBER, "degraded": TRUTH,
        "shared_capacity": TRUTH,
    },
    "degraded": {"class!": TEXT, "entry!": TEXT, "device": TEXT, "reason": TEXT},
    "changes": {"verb!": TEXT, "kind!": TEXT, "name!": TEXT},
    "groups": {
        "name!": WORD, "uuid": TEXT, "free_bytes": NUMBER,
        "physical_volumes!": [{"device!": TEXT, "missing": TRUTH, "readable": TRUTH}],
        "logical_volumes": [{
            "name!": WORD, "uuid": TEXT, "path": TEXT, "type": TEXT, "thin_pool": TEXT, "health": TEXT, "size_bytes": NUMBER, "data_percent": NUMBER,
            "metadata_percent": NUMBER, "active": TRUTH, "monitored": TRUTH, "check_needed": TRUTH, "open": TRUTH,
        }],
    },
    "lost": {"name!": WORD, "uuid": TEXT},
    "targets": {"name!": WORD, "running": _STORES, "saved": _STORES, "degraded": [TEXT], "drift": [ANY]},
    "sessions": {"target!": WORD, "portal!": WORD, "state": TEXT, "iface": TEXT},
    "logged_out": {"target!": WORD, "portal!": WORD, "startup": TEXT},
    "luns": {"id!": TEXT, "state": TEXT, "used": TEXT, "paths!": [{"target!": WORD, "portal!": WORD, "state!": TEXT, "lun!": NUMBER}]},
}  # fmt: skip


def read(kind: str, given: Any, where: str) -> Tuple[Mapping[str, Any], ...]:
    """The items of a list that is one of ``SCHEMA``; texts are made printable. ``InvalidRequest`` names the value that is of another type."""
    return tuple(_map(each, SCHEMA[kind], f"{where}[{index}]") for index, each in enumerate(foreign.items(given, where)))


def _map(given: Any, schema: Mapping[str, Any], where: str) -> Dict[str, Any]:
    if not isinstance(given, Mapping):
        raise wrong(where, given, "a map")
    found = {}
    for marked, kind in schema.items():
        key = marked.rstrip("!")
        value = given.get(key)
        if value is None and marked != key:
            raise wrong(f"{where}.{key}", value, "a value")
        if key in given:
            found[key] = None if value is None else _value(value, kind, f"{where}.{key}")
    return found


def _value(value: Any, kind: Any, where: str) -> Any:
    if isinstance(kind, dict):
        return _map(value, kind, where)
    if isinstance(kind, list):
        if not isinstance(value, (list, tuple)):
            raise wrong(where, value, "a list")
        return [_value(each, kind[0], f"{where}[{index}]") for index, each in enumerate(value)]
    if kind == ANY:
        return foreign.tidy(value)
    fits = {
        TEXT: isinstance(value, str),
        WORD: isinstance(value, str) and bool(_WORD.fullmatch(value)),
        TRUTH: isinstance(value, bool),
        NUMBER: isinstance(value, (int, float)) and not isinstance(value, bool) and -MAX_BYTES <= value <= MAX_BYTES,
    }
    if not fits[kind]:
        raise wrong(where, value, kind)
    return foreign.shown(value) if kind == TEXT else value


def wrong(where: str, value: Any, needed: str) -> InvalidRequest:
    """The error for facts that are none; ``where`` begins with the node."""
    fix = "give what the modules of this collection returned on that node; if it did, look at the node."
    return InvalidRequest(
        f"these are no facts of a node: {needed} is needed.",
        code="hosts-form", parameter=f"hosts.{foreign.shown(where)}", found=foreign.shown(repr(value), 200), fix=fix,
    )  # fmt: skip
