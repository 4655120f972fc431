# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""CHAP credentials, one-way and mutual, as both sides are told them. Pure; targets and initiators share it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

from .._core.errors import InvalidRequest

#: For a module's argument specification.
OPTIONS: Dict[str, Any] = {
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "mutual_user": {"type": "str"},
    "mutual_password": {"type": "str", "no_log": True},
}

#: 96 bits: below that RFC 7143, 9.2.1 wants IPsec on the wire.
_SHORTEST = 12
#: open-iscsi keeps 255 bytes of each, and a line of its records ends at a line's end.
_LONGEST = 255
#: Both sides keep these in lines of text, which lose blanks at their ends and what follows a comment sign.
#: A target of the Linux kernel takes what begins with NULL for nothing (iscsi_target_configfs.c).
_PLAIN = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Chap:
    """What the initiator proves itself with, and what it asks of the target in turn (``mutual_``), empty where it asks nothing."""

    user: str
    password: str = field(repr=False)
    mutual_user: str = ""
    mutual_password: str = field(default="", repr=False)


def parse_chap(value: Optional[Mapping[str, Any]], parameter: str) -> Optional[Chap]:
    """Credentials from a module's option, ``None`` where there are none. No error shows a secret."""
    if value is None:
        return None
    given = {key: value.get(key) or "" for key in OPTIONS}
    for user, password in (("user", "password"), ("mutual_user", "mutual_password")):
        if bool(given[user]) != bool(given[password]):
            missing = password if given[user] else user
            raise InvalidRequest(
                "a user and a password belong together.",
                code="chap-half",
                parameter=f"{parameter}.{missing}",
                found="nothing",
                fix="give both, or neither.",
            )
        for key in filter(given.get, (user, password)):
            _check_text(given[key], key, f"{parameter}.{key}")
    if not given["user"]:
        raise InvalidRequest(
            "CHAP needs a user.", code="chap-user", parameter=f"{parameter}.user", found="nothing", fix="give user and password, or leave chap out."
        )
    if given["password"] == given["mutual_password"]:
        raise InvalidRequest(
            "one secret for both directions proves nothing: the other side could send back what it was sent (RFC 7143, 9.2.1).",
            code="chap-same",
            parameter=f"{parameter}.mutual_password",
            found="the same as password",
            fix="use another secret for the target's side.",
        )
    return Chap(**given)


def _check_text(text: str, key: str, parameter: str) -> None:
    secret = key.endswith("password")
    if not _PLAIN.fullmatch(text) or text.startswith(("#", "=", "NULL")):
        raise InvalidRequest(
            "this cannot be kept by every side.",
            code="chap-text",
            parameter=parameter,
            found="a blank, a control character, a letter beyond ASCII, or #, = or NULL in front" if secret else repr(text),
            fix="use letters, digits and punctuation.",
        )
    if len(text) > _LONGEST:
        raise InvalidRequest(
            f"it has more than {_LONGEST} characters.", code="chap-long", parameter=parameter, found=f"{len(text)} characters", fix="shorten it."
        )
    if secret and len(text) < _SHORTEST:
        raise InvalidRequest(
            f"a CHAP secret has at least {_SHORTEST} characters: shorter ones are guessed from one recorded login (RFC 7143, 9.2.1).",
            code="chap-short",
            parameter=parameter,
            found=f"{len(text)} characters",
            fix="use a longer secret on both sides.",
        )
