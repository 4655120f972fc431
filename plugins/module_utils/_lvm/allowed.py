# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which volume groups and devices may be touched at all: lists of regular expressions. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Mapping, Optional, Pattern, Tuple

from .._core.errors import InvalidRequest

_SIDE: Dict[str, Any] = {
    "type": "dict",
    "options": {"include": {"type": "list", "elements": "str", "default": []}, "exclude": {"type": "list", "elements": "str", "default": []}},
}
#: Argument specification of O(white_list).
OPTIONS: Dict[str, Any] = {"volume_groups": _SIDE, "devices": _SIDE}


@dataclass(frozen=True)
class Allowed:
    """What is allowed of one kind: all, or what matches an ``include``, and no ``exclude``. An expression has to match a whole name."""

    include: Tuple[Pattern[str], ...] = ()
    exclude: Tuple[Pattern[str], ...] = ()

    def allows(self, names: Iterable[str]) -> bool:
        """Whether the thing known by ``names`` may be touched."""
        known = list(names)
        return not _any(self.exclude, known) and (not self.include or _any(self.include, known))


@dataclass(frozen=True)
class WhiteList:
    """What may be touched on a machine."""

    groups: Allowed = Allowed()
    devices: Allowed = Allowed()


def _any(patterns: Iterable[Pattern[str]], names: Iterable[str]) -> bool:
    return any(pattern.fullmatch(name) for pattern in patterns for name in names)


def parse(value: Optional[Mapping[str, Any]], parameter: str = "white_list") -> WhiteList:
    """The white list from the module's parameter."""
    return WhiteList(*(_side((value or {}).get(side) or {}, f"{parameter}.{side}") for side in ("volume_groups", "devices")))


def _side(value: Mapping[str, Any], here: str) -> Allowed:
    return Allowed(
        *(tuple(_pattern(text, f"{here}.{key}[{index}]") for index, text in enumerate(value.get(key) or ())) for key in ("include", "exclude"))
    )


def _pattern(text: str, parameter: str) -> Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise InvalidRequest(
            f"not a regular expression: {error}.", code="white-list-regex", parameter=parameter, found=text, fix="use Python's syntax (re module)."
        ) from None
