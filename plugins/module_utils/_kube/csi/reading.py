# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Values out of maps that people wrote: each of a known key and type, and an error that names the one that is not."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Sequence

from ..._core.errors import InvalidRequest


def unique(names: Sequence[str], where: str, code: str) -> None:
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        raise wrong(code, "a name is given twice.", where, twice, "rename one of them.")


class Reader:
    """A map whose keys are known, value by value."""

    def __init__(self, given: Any, where: str, known: Any) -> None:
        if not isinstance(given, Mapping):
            raise wrong("csi-map", "a map is needed.", where, type(given).__name__, "write it as key: value.")
        unknown = next((key for key in given if key not in known), None)
        if unknown is not None:
            raise wrong("csi-key-unknown", "there is no such key.", f"{where}.{unknown}", str(unknown), f"use one of: {', '.join(sorted(known))}.")
        self._given: Dict[str, Any] = dict(given)
        self.where = where

    def take(self, key: str, kind: type, *default: Any) -> Any:
        """A value of a type; without a default it has to be there."""
        value = self._given.get(key)
        if value is None:
            if default:
                return default[0]
            raise wrong("csi-key-missing", "it has to be given.", f"{self.where}.{key}", "nothing", f"add {key}.")
        # In Python a truth value is a number.
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            raise wrong("csi-type", f"not of the type {kind.__name__}.", f"{self.where}.{key}", repr(value), "correct it.")
        return value

    def items(self, key: str) -> List[Any]:
        """A list of maps, empty without one."""
        found = self.take(key, list, [])
        for index, each in enumerate(found):
            if not isinstance(each, Mapping):
                raise wrong("csi-map", "a map is needed.", f"{self.where}.{key}[{index}]", repr(each), "write it as key: value.")
        return found

    def text(self, key: str, rule: "re.Pattern[str]", fix: str) -> str:
        """A text that follows a rule."""
        value = self.take(key, str)
        if not rule.fullmatch(value):
            raise wrong("csi-name", "it cannot be called so.", f"{self.where}.{key}", value, fix)
        return value

    def choice(self, key: str, choices: Sequence[str], optional: bool = False) -> str:
        """One of a few texts."""
        value = self.take(key, str, *([""] if optional else []))
        if value not in choices and not (optional and not value):
            raise wrong("csi-choice", "not one of the choices.", f"{self.where}.{key}", value, f"use one of: {', '.join(choices)}.")
        return value


def wrong(code: str, message: str, parameter: str, found: str, fix: str) -> InvalidRequest:
    return InvalidRequest(message, code=code, parameter=parameter, found=found, fix=fix)
