# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a volume may read and write: from parameters to a line for the kernel's ``io.max``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Dict, Mapping

from .collection import InvalidRequest, parse_bytes

#: Parameters, and what of ``io.max`` they set (Documentation/admin-guide/cgroup-v2.rst). The short ones stand for both directions.
_MEANING = {
    "bps": ("rbps", "wbps"),
    "readBps": ("rbps",),
    "writeBps": ("wbps",),
    "iops": ("riops", "wiops"),
    "readIops": ("riops",),
    "writeIops": ("wiops",),
}
KEYS = tuple(_MEANING)


@dataclass(frozen=True)
class Limits:
    """Bytes and operations a second, 0 for as many as there can be."""

    rbps: int = 0
    wbps: int = 0
    riops: int = 0
    wiops: int = 0

    def __bool__(self) -> bool:
        return self != Limits()

    def __str__(self) -> str:
        """As it stands in a tag: ``rbps:1048576/wiops:100``."""
        return "/".join(f"{each.name}:{getattr(self, each.name)}" for each in fields(self) if getattr(self, each.name))

    def line(self, number: str) -> str:
        """The line that ``io.max`` takes for device ``number`` (major:minor)."""
        return " ".join((number, *(f"{each.name}={getattr(self, each.name) or 'max'}" for each in fields(self))))


def from_tag(text: str) -> Limits:
    """The reverse of ``str``."""
    return Limits(**{key: int(value) for key, _colon, value in (part.partition(":") for part in text.split("/") if part)})


def parse_limits(values: Mapping[str, str], here: str) -> Limits:
    """Limits from parameters. ``bps`` takes sizes (``10MiB``), ``iops`` whole numbers."""
    found: Dict[str, int] = {}
    for key in (key for key in KEYS if key in values):
        if key.lower().endswith("bps"):
            number = parse_bytes(values[key], f"{here}.{key}")
        elif re.fullmatch(r"[0-9]{1,10}", values[key]) and int(values[key]) > 0:
            number = int(values[key])
        else:
            raise InvalidRequest(
                "not a number of operations a second.", code="limit-iops", parameter=f"{here}.{key}", found=values[key], fix="use 1 or more."
            )
        for part in _MEANING[key]:
            if part in found:
                raise InvalidRequest(
                    "the limit is set twice.",
                    code="limit-twice",
                    parameter=f"{here}.{key}",
                    found=f"{part} is set by another parameter",
                    fix="use either the one for both directions or those for each.",
                )
            found[part] = number
    return Limits(**found)


def in_force(text: str, number: str) -> Limits:
    """What ``io.max`` says of a device; the kernel leaves out devices without a limit."""
    for line in text.splitlines():
        device, *pairs = line.split()
        if device == number:
            values = dict(pair.split("=", 1) for pair in pairs)
            return Limits(**{each.name: int(values[each.name]) for each in fields(Limits) if values.get(each.name, "max") != "max"})
    return Limits()
