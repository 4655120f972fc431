# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Sizes as people write them, bytes and extents as everything inside uses them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Union

from .errors import InvalidRequest

_UNITS = {"B": 1}
for _power, _letter in enumerate("kMGTPE", start=1):
    _UNITS[f"{_letter}B"] = 1000**_power
    _UNITS[f"{_letter.upper()}iB"] = 1024**_power

#: The largest size that LVM and the kernel can address (a signed 64-bit number of bytes).
MAX_BYTES = 2**63 - 1

#: A bare number below this was meant in MiB or GiB, as other tools take it.
_LEAST_BARE = 1024**2

# Python refuses to read numbers of thousands of digits.
_QUANTITY = re.compile(r"(?P<number>\d{1,400}(?:\.\d{1,400})?)\s*(?P<unit>[A-Za-z]*)")
_PERCENT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*%(?P<of>[A-Za-z]*)")


@dataclass(frozen=True)
class Percent:
    """A share of something: ``80%VG`` is ``Percent(80.0, "VG")``."""

    value: float
    of: str

    def __str__(self) -> str:
        return f"{self.value:g}%{self.of}"


@dataclass(frozen=True)
class Extents:
    """A whole number of a volume group's extents: ``"25 extents"``."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} extents"


#: A wanted size: bytes, a share, or extents.
Size = Union[int, Percent, Extents]


_WRITTEN = "units are kB, MB, GB, TB, PB (1000-based) and KiB, MiB, GiB, TiB, PiB (1024-based), with these capitals."


def spellings(unit: str) -> List[str]:
    """The units that somebody may have meant by one that is not written so: one, two where they differ, or none."""
    match = re.fullmatch(r"([kmgtpe])(i?)(b?)", unit.lower())
    if not match:
        return []
    letter = match[1].upper()
    binary, decimal = f"{letter}iB", f"{'k' if letter == 'K' else letter}B"
    return [binary] if match[2] else [decimal] if match[3] else [binary, decimal]


def parse_bytes(value: object, parameter: str) -> int:
    """Bytes of ``"10GiB"``, ``"10GB"`` or a whole number of bytes; always at least 1.

    ``10G`` is refused: LVM reads it as 1024-based, Kubernetes as 1000-based.
    """

    def refuse(code: str, message: str, fix: str = "write it like 10GiB (1024-based), 10GB (1000-based) or in bytes.") -> InvalidRequest:
        return InvalidRequest(message, code=code, parameter=parameter, found=repr(value), fix=fix)

    if isinstance(value, bool) or value is None:
        raise refuse("size-type", "a size is needed.")
    text = str(value).strip()
    if text.startswith("-"):
        raise refuse("size-negative", "a size cannot be negative.")
    if text.startswith("+"):
        raise refuse("size-relative", "a size is the wanted total, not an increment.")
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise refuse("size-syntax", "not a size.")
    number, unit = match["number"], match["unit"] or "B"
    if unit not in _UNITS:
        meant = spellings(unit)
        if len(meant) > 1:
            raise refuse("size-ambiguous", f"the unit {unit} means different things to LVM and Kubernetes.",
                         f"write {number}{meant[0]} (1024-based) or {number}{meant[1]} (1000-based).")
        raise refuse("size-unit", f"there is no unit {unit}.", *(f"write {number}{each}: {_WRITTEN}" for each in meant))
    whole, _dot, fraction = number.partition(".")
    scale = 10 ** len(fraction)
    total, rest = divmod(int(whole + fraction) * _UNITS[unit], scale)
    if rest:
        raise refuse("size-fraction", "not a whole number of bytes.")
    if total == 0:
        raise refuse("size-zero", "a size must be more than zero.")
    if total > MAX_BYTES:
        raise refuse("size-overflow", f"more than the largest possible size, {MAX_BYTES} bytes.")
    return total


def parse_size(value: object, parameter: str, *, shares: tuple = ()) -> Size:
    """A size in bytes, ``"N extents"``, or a share such as ``80%VG`` where ``shares`` allows its name."""
    text = str(value).strip()
    match = _PERCENT.fullmatch(text)
    if match:
        allowed = ", ".join(f"%{share}" for share in shares) or "no percentages"
        of = match["of"].upper()
        if of not in shares:
            said = f"%{of} cannot be used here." if of else "a percentage must say of what."
            raise InvalidRequest(said, code="size-percent-of", parameter=parameter, found=repr(value), fix=f"allowed here: {allowed}.")
        share = float(match["number"])
        if not 0 < share <= (100 if of in ("VG", "FREE", "PVS") else 10000):
            raise InvalidRequest("a percentage out of range.", code="size-percent-range", parameter=parameter, found=repr(value),
                                 fix="use more than 0% and at most 100%.")
        return Percent(share, of)
    count, _space, word = text.partition(" ")
    if word.strip() in ("extents", "extent"):
        if not re.fullmatch(r"\d{1,19}", count) or int(count) == 0:
            raise InvalidRequest("not a number of extents.", code="size-extents", parameter=parameter, found=repr(value), fix="write it like 25 extents.")
        return Extents(int(count))
    size = parse_bytes(value, parameter)
    if size < _LEAST_BARE and re.fullmatch(r"\d+", text):
        raise InvalidRequest("a size without a unit is in bytes, and this is less than a volume can have.", code="size-unit-missing",
                             parameter=parameter, found=repr(value), fix=f"write it with its unit, like {text}MiB or {text}GiB.")
    return size


def round_up(value: int, step: int) -> int:
    """The smallest multiple of ``step`` that holds ``value``."""
    return -(-value // step) * step


def human(size: int) -> str:
    """A size for people, 1024-based, exact where it can be: ``2GiB``, ``1.5TiB``, ``1000B``."""
    value, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if value < 1024 or unit == "EiB":
            break
        value /= 1024
    return f"{value:.2f}".rstrip("0").rstrip(".") + unit
