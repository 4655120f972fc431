# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Values that several parts of a wish have: attributes, numbers. Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Optional

from ..._core.errors import InvalidRequest

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def parse_attributes(items: Optional[Mapping[str, Any]], here: str, own: Mapping[str, str], truth: tuple = ("0", "1")) -> Dict[str, str]:
    """Attributes as the kernel writes them. ``own`` maps those that an option sets to its name; ``truth`` is how no and yes are written."""
    found: Dict[str, str] = {}
    for name, value in (items or {}).items():
        if not _NAME.fullmatch(str(name)):
            raise InvalidRequest(
                "not the name of an attribute.", code="attribute-name", parameter=here, found=repr(name), fix="use letters, digits and underscores."
            )
        if name in own:
            raise InvalidRequest(
                "an option of its own sets this.", code="attribute-own", parameter=f"{here}.{name}", found=str(value), fix=f"use {own[name]}."
            )
        text = truth[value] if isinstance(value, bool) else str(value).strip()
        if isinstance(value, (dict, list)) or value is None or not text or len(text.splitlines()) != 1:
            raise InvalidRequest(
                "not a value.", code="attribute-value", parameter=f"{here}.{name}", found=repr(value), fix="give a number or one line of text."
            )
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
        raise InvalidRequest(
            f"the same {what} is listed twice.", code=code, parameter=parameter, found=str(name), fix="merge the two, or correct one."
        )
