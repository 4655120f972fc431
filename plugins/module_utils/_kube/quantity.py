# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Kubernetes quantities: ``1Gi``, ``500m``, ``1e3``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Iterator, Mapping, Optional, Tuple

from .._core.errors import InvalidRequest
from .._core.quantity import parse_bytes, spellings

_SUFFIXES = {"": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
for _power, _letter in enumerate("kMGTPE", start=1):
    _SUFFIXES[_letter] = Fraction(1000**_power)
    _SUFFIXES[f"{_letter.upper()}i"] = Fraction(1024**_power)

# Python refuses to read numbers of thousands of digits.
_QUANTITY = re.compile(r"(?P<number>[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400}))"
                       r"(?:[eE](?P<exponent>[+-]?\d{1,3})|(?P<suffix>[numkMGTPE]|[KMGTPE]i)?)")


def parse(value: object) -> Optional[Fraction]:
    """The number that ``value`` stands for, ``None`` when it is no quantity."""
    if isinstance(value, bool):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if not match:
        return None
    number = Fraction(match["number"].rstrip(".") if match["number"].endswith(".") else match["number"])
    if match["exponent"]:
        return number * Fraction(10) ** int(match["exponent"])
    return number * _SUFFIXES[match["suffix"] or ""]


def in_bytes(value: object) -> Optional[int]:
    """Whole bytes, rounded up as Kubernetes does; ``None`` when ``value`` is absent or no quantity."""
    number = parse(value)
    return None if number is None else -(-number.numerator // number.denominator)


def written(value: object, parameter: str) -> str:
    """A size as the API writes it. Taken are Kubernetes' own quantities (``10Gi``, ``10G``), ours (``10GiB``, ``10GB``) and whole bytes.

    Ours may have a blank before the unit, so Kubernetes' may here as well.
    """
    number = parse(re.sub(r"(?<=[0-9.]) +(?=[A-Za-z])", "", value.strip()) if isinstance(value, str) else value)
    if number is None:
        number = Fraction(parse_bytes(value, parameter))
    if number.denominator != 1 or number <= 0:
        thousandths = "; the unit m is a thousandth, a million is M" if str(value).endswith("m") else ""
        raise InvalidRequest("a size is a whole number of bytes, at least one.", code="size-fraction" if number > 0 else "size-zero",
                             parameter=parameter, found=repr(value), fix=f"write it like 10Gi or 10GiB{thousandths}.")
    size, suffix = number.numerator, ""
    for letter in "KMGTPE":
        if size % 1024:
            break
        size, suffix = size // 1024, f"{letter}i"
    return f"{size}{suffix}"


#: Fields under which the built-in kinds have a map of quantities, and those that are one.
MAPS = frozenset(("capacity", "default", "defaultRequest", "hard", "limits", "max", "min", "requests"))
SINGLE = frozenset(("sizeLimit", "divisor"))


def wrong(value: Any, path: str) -> Iterator[Tuple[str, Any]]:
    """(path, value) of all quantities below ``path`` of a manifest of a built-in kind that are none."""
    if isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from wrong(inner, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            here = f"{path}.{name}"
            if name in MAPS and isinstance(inner, Mapping):
                yield from ((f"{here}.{key}", each) for key, each in inner.items() if isinstance(each, (str, int, float)) and parse(each) is None)
            elif name in SINGLE and isinstance(inner, str):
                yield from ((here, inner),) if parse(inner) is None else ()
            else:
                yield from wrong(inner, here)


def advice(value: object) -> str:
    """How a value that is no quantity is written, as far as that can be told."""
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*", str(value))
    meant = spellings(match[2]) if match else []
    if not match or not meant:
        return "write it like 10Gi (1024-based), 10G (1000-based), or for CPUs like 500m."
    return f"write {' or '.join(match[1] + unit[:-1] for unit in meant)}: the units of Kubernetes are k, M, G, T, P and Ki, Mi, Gi, Ti, Pi."
