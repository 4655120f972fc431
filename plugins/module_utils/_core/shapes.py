# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Where among a module's options a text stands in the place of a dictionary, or a dictionary in the place of a list. Pure.

Ansible says that a dictionary was requested, and not where.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from .errors import InvalidRequest

#: So many of a dictionary's keys are shown as an example.
_KEYS = 3


def misplaced(spec: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any], where: str = "") -> Optional[InvalidRequest]:
    """The first value of ``given`` that has another shape than ``spec``, an argument specification, says of it; ``None`` if there is none."""
    for name, option in spec.items():
        for key in (name, *option.get("aliases", ())):
            if given.get(key) is not None:
                found = _wrong(option, given[key], f"{where}{key}")
                if found:
                    return found
    return None


def _wrong(option: Mapping[str, Any], value: Any, where: str) -> Optional[InvalidRequest]:
    kind, inner = option.get("type", "str"), option.get("options")
    if kind == "dict":
        return _dict(inner, value, where)
    if kind != "list":
        return None
    if isinstance(value, Mapping):
        keys = [key for key in value if key not in (inner or ())]
        first = f"[{{name: {keys[0]}, ...}}]" if inner and "name" in inner and keys else "[{...}]" if inner else "[...]"
        shown = ", ".join(map(str, keys or value)) or "nothing"
        return InvalidRequest("this has to be a list.", code="shape-list", parameter=where, found=f"a dictionary with {shown}",
                              fix=f"write it as a list, with a dash or in brackets: {where.rpartition('.')[2]}: {first}")
    if option.get("elements") != "dict":
        return None
    items = value if isinstance(value, (list, tuple)) else [value]
    wrong = (_dict(inner, item, f"{where}[{index}]") for index, item in enumerate(items))
    return next((found for found in wrong if found), None)


def _dict(inner: Optional[Mapping[str, Any]], value: Any, where: str) -> Optional[InvalidRequest]:
    if isinstance(value, Mapping):
        return misplaced(inner or {}, value, f"{where}.")
    # Ansible takes JSON and key=value for a dictionary.
    if not isinstance(value, (str, int, float, list, tuple)) or isinstance(value, str) and (value.lstrip().startswith("{") or "=" in value):
        return None
    return InvalidRequest("this has to be a dictionary.", code="shape-dict", parameter=where, found=repr(value),
                          fix=f"write it as {_example(inner, value)}, or leave it out.")


def _example(inner: Optional[Mapping[str, Any]], value: Any) -> str:
    if not inner:
        return "{NAME: VALUE}"
    short = next((key for key, option in inner.items() if value in (option.get("choices") or ())), None)
    if short:
        return f"{{{short}: {value}}}"
    keys = sorted(inner, key=lambda name: not inner[name].get("required", False))
    shown = [f"{key}: {value}" if key == "name" and isinstance(value, str) else f"{key}: ..." for key in keys[:_KEYS]]
    return f"{{{', '.join(shown)}}}" if len(inner) <= _KEYS else f"{{{', '.join(shown)}, ...}}, with any of {', '.join(inner)}"
