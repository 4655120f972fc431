# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The text of open-iscsi's node records (iscsiadm(8)): lines of ``name = value`` between two marks. Pure."""

from __future__ import annotations

from typing import Dict, Mapping

from .desired import SessionWish

_END = "# END RECORD"
#: Settings by the names of ``Times``, which are those of iscsi_initiator's options.
TIMES = {
    "replacement": "node.session.timeo.replacement_timeout",
    "login": "node.conn[0].timeo.login_timeout",
    "login_retries": "node.session.initial_login_retry_max",
    "ping_interval": "node.conn[0].timeo.noop_out_interval",
    "ping_timeout": "node.conn[0].timeo.noop_out_timeout",
}
_DIGESTS = {False: "None", True: "CRC32C"}


def parse(text: str) -> Dict[str, str]:
    """Settings by name; those without a value are left out, as iscsiadm does when it writes a record."""
    rows = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, _sign, value in rows if value.strip()}


def edited(text: str, values: Mapping[str, str]) -> str:
    """The record with ``values`` in it, everything else as it was; an empty value takes the setting out."""
    left = {name: value for name, value in values.items() if value}
    lines = []
    for line in text.splitlines():
        name = line.partition("=")[0].strip()
        if line == _END:
            lines += [f"{each} = {value}" for each, value in left.items()]
            left.clear()
        if name not in values:
            lines.append(line)
        elif name in left:
            lines.append(f"{name} = {left.pop(name)}")
    return "\n".join([*lines, *(f"{name} = {value}" for name, value in left.items())]) + "\n"


def settings(wish: SessionWish) -> Dict[str, str]:
    """What a wished session's record has to say; empty values must not stand in it."""
    chap = wish.chap
    return {
        "node.startup": wish.startup,
        "node.session.auth.authmethod": "CHAP" if chap else "None",
        "node.session.auth.username": chap.user if chap else "",
        "node.session.auth.password": chap.password if chap else "",
        "node.session.auth.username_in": chap.mutual_user if chap else "",
        "node.session.auth.password_in": chap.mutual_password if chap else "",
        **{setting: str(getattr(wish.times, name)) for name, setting in TIMES.items()},
        "node.conn[0].iscsi.HeaderDigest": _DIGESTS[wish.digests[0]],
        "node.conn[0].iscsi.DataDigest": _DIGESTS[wish.digests[1]],
    }


def differing(found: Mapping[str, str], wanted: Mapping[str, str]) -> Dict[str, str]:
    """Those of ``wanted`` that a record does not say."""
    return {name: value for name, value in wanted.items() if found.get(name, "") != value}


def shown(values: Mapping[str, str], names: Mapping[str, str]) -> Dict[str, str]:
    """The settings ``names`` as they may be shown: of a secret only whether there is one, or that it is another."""
    return {
        name: (
            ("(none)" if not values.get(name) else "(wanted)" if values[name] == names[name] else "(another)")
            if ".password" in name
            else values.get(name, "")
        )
        for name in names
    }
