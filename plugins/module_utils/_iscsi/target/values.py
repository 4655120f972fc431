# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Values that several parts of a wish have: CHAP, attributes, numbers. Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Optional

from ..._core.errors import InvalidRequest
from .model import Chap

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: The kernel keeps 256 bytes with the end mark; RFC 7143, 9.2.1 asks for 96 bits where the network is not encrypted.
_USER, _SHORTEST, _LONGEST = 255, 12, 255


def parse_chap(item: Optional[Mapping[str, Any]], here: str) -> Optional[Chap]:
    """Users and passwords. No error tells a password."""
    if item is None:
        return None
    chap = Chap(item["user"], item["password"], item.get("mutual_user") or "", item.get("mutual_password") or "")
    if bool(chap.mutual_user) != bool(chap.mutual_password):
        missing = "mutual_password" if chap.mutual_user else "mutual_user"
        raise InvalidRequest(
            "mutual CHAP needs a user and a password.", code="chap-mutual", parameter=f"{here}.{missing}", found="nothing", fix="give both, or neither."
        )
    for option in ("user", "mutual_user"):
        _check_user(getattr(chap, option), f"{here}.{option}", option == "user")
    for option in ("password", "mutual_password"):
        _check_password(getattr(chap, option), f"{here}.{option}", option == "password")
    if chap.password == chap.mutual_password:
        raise InvalidRequest(
            "both directions have the same password, which lets an initiator answer with the target's own words (RFC 7143, 9.2.1).",
            code="chap-same",
            parameter=f"{here}.mutual_password",
            fix="give another one.",
        )
    return chap


def _check_user(user: str, parameter: str, needed: bool) -> None:
    if not needed and not user:
        return
    if not 1 <= len(user.encode()) <= _USER or user.split() != [user] or user.startswith("NULL"):
        raise InvalidRequest(
            "not a CHAP user.", code="chap-user", parameter=parameter, found=repr(user), fix=f"use 1 to {_USER} characters without blanks, and not NULL, which means none to the kernel."
        )


def _check_password(password: str, parameter: str, needed: bool) -> None:
    if not needed and not password:
        return
    size = len(password.encode())
    if not _SHORTEST <= size <= _LONGEST:
        raise InvalidRequest(
            "a CHAP password has 12 to 255 characters.", code="chap-length", parameter=parameter, found=f"{size} characters", fix="choose another."
        )
    if password.split() != [password] or password.startswith("NULL"):
        raise InvalidRequest(
            "the kernel does not take blanks in a CHAP password, nor NULL at its beginning.",
            code="chap-password",
            parameter=parameter,
            found="one of these",
            fix="choose another.",
        )


def parse_attributes(items: Optional[Mapping[str, Any]], here: str, own: Mapping[str, str], truth: tuple = ("0", "1")) -> Dict[str, str]:
    """Attributes as the kernel writes them. ``own`` maps those that an option sets to its name; ``truth`` is how no and yes are written."""
    found: Dict[str, str] = {}
    for name, value in (items or {}).items():
        if not _NAME.fullmatch(str(name)):
            raise InvalidRequest(
                "not the name of an attribute.", code="attribute-name", parameter=here, found=repr(name), fix="use letters, digits and underscores."
            )
        if name in own:
            raise InvalidRequest("an option of its own sets this.", code="attribute-own", parameter=f"{here}.{name}", found=str(value), fix=f"use {own[name]}.")
        text = truth[value] if isinstance(value, bool) else str(value).strip()
        if isinstance(value, (dict, list)) or value is None or not text or len(text.splitlines()) != 1:
            raise InvalidRequest("not a value.", code="attribute-value", parameter=f"{here}.{name}", found=repr(value), fix="give a number or one line of text.")
        found[name] = text
    return dict(sorted(found.items()))


def check_range(value: int, low: int, high: int, code: str, what: str, parameter: str) -> int:
    """A whole number between two others."""
    if not low <= value <= high:
        raise InvalidRequest(f"not {what}.", code=code, parameter=parameter, found=str(value), fix=f"use {low} to {high}.")
    return value


def check_once(name: Any, others: Any, code: str, what: str, parameter: str) -> None:
    """Refuse to have one thing twice."""
    if name in others:
        raise InvalidRequest(f"the same {what} is listed twice.", code=code, parameter=parameter, found=str(name), fix="merge the two, or correct one.")
