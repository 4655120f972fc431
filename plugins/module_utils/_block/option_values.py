# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.


"""Values of options of mkfs and mount: each is checked to be of its type before a command is told it. Pure."""

from __future__ import annotations

import re
from typing import Callable, Mapping

#: What is wrong with a value, in words; nothing when it is of the type. An option without a value is given as "".
Check = Callable[[str], str]
#: As a command line has them; digits of other scripts, which Python's \d takes, are none.
_NUMBER = re.compile(r"([0-9]{1,15})([A-Za-z]?)")
_SCALE = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def bare(value: str) -> str:
    """No value at all."""
    return "takes no value" if value else ""


def number(least: int, most: int, units: str = "") -> Check:
    """A whole number; ``units`` are letters of 1024, its square and its cube that may follow."""

    def check(value: str) -> str:
        match = _NUMBER.fullmatch(value)
        unit = match[2].lower() if match else ""
        if match and (not unit or unit in units) and least <= int(match[1]) * _SCALE[unit] <= most:
            return ""
        return f"is a whole number from {least} to {most}" + (f", units {', '.join(units)} allowed" if units else "")

    return check


def power_of_two(least: int, most: int) -> Check:
    """A number such as 1024 or 2048."""

    def check(value: str) -> str:
        match = re.fullmatch(r"[0-9]{1,15}", value)
        return "" if match and least <= int(value) <= most and not int(value) & (int(value) - 1) else f"is a power of two from {least} to {most}"

    return check


def percent(most: int) -> Check:
    """A share up to ``most``, with up to four decimals."""

    def check(value: str) -> str:
        return "" if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?", value) and float(value) <= most else f"is a number from 0 to {most}"

    return check


def one_of(*words: str) -> Check:
    """One of some words."""
    return lambda value: "" if value in words else f"is one of {', '.join(words)}"


def pattern(expression: str, says: str) -> Check:
    """Text of a form that is told by ``says``."""
    return lambda value: "" if re.fullmatch(expression, value) else f"is {says}"


def optional(check: Check) -> Check:
    """A value or none."""
    return lambda value: check(value) if value else ""


def names(*known: str, kept: str = "") -> Check:
    """A list of names, each with ``^`` before it where it is turned off; ``kept`` is never turned off."""

    def check(value: str) -> str:
        if kept and f"^{kept}" in value.split(","):
            return f"has '^{kept}', without which a file could show an earlier tenant's blocks after a crash"
        wrong = next((name for name in value.split(",") if name[name.startswith("^") :] not in known), None)
        return "" if wrong is None else f"has {wrong!r}, which is not one of {', '.join(known)}"

    return check


def pairs(known: Mapping[str, Check]) -> Check:
    """A list of ``key`` and ``key=value``."""

    def check(value: str) -> str:
        for item in value.split(","):
            key, equals, text = item.partition("=")
            if key not in known:
                return f"has {item!r}, and takes {', '.join(known)}"
            trouble = "lacks a value after =" if equals and not text else known[key](text)
            if trouble:
                return f"has {item!r}: {key} {trouble}"
        return ""

    return check
