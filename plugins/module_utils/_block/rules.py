# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Disk rules and selectors: what a disk must be like, from the parameters of modules. Pure."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Pattern, Sequence, Tuple

from .._core.errors import InvalidRequest
from .._core.quantity import human, parse_bytes
from .identity import check_reference
from .model import Device

#: Argument specification of a selector, which is what a rule says without its name.
SELECTOR: Dict[str, Any] = {
    "rotational": {"type": "bool"},
    "size_min": {"type": "str"},
    "size_max": {"type": "str"},
    "model": {"type": "str"},
    "serial": {"type": "str"},
    "id": {"type": "str"},
    "transport": {"type": "str"},
    "only_unused": {"type": "bool", "default": False},
    "at_least": {"type": "int"},
    "at_most": {"type": "int"},
}
_CHOSEN: Dict[str, Any] = {"id": {"type": "str", "required": True}, "size_bytes": {"type": "int"}, "found": {"type": "str"}}
#: Argument specification of O(disk_rules), shared by every module that chooses disks.
OPTIONS: Dict[str, Any] = {
    "name": {"type": "str", "required": True},
    **SELECTOR,
    "disks": {"type": "list", "elements": "dict", "options": _CHOSEN},
}
_TYPES = {"bool": (bool,), "int": (int,), "str": (str, int)}


@dataclass(frozen=True)
class Chosen:
    """A disk that somebody named: its size in bytes and what it held (``Device.found``) when it was chosen, ``None`` where that is not told."""

    reference: str
    size: Optional[int] = None
    found: Optional[str] = None


@dataclass(frozen=True)
class DiskRule:
    """What a disk must be like; sizes in bytes, both ends included. Regular expressions match anywhere in the value.

    ``parameter`` is where it was written. ``at_most`` is ``None`` for all that match, ``disks`` is ``None`` for any.
    """

    name: str
    parameter: str = "disk_rules"
    rotational: Optional[bool] = None
    size_min: int = 0
    size_max: Optional[int] = None
    model: Optional[Pattern[str]] = None
    serial: Optional[Pattern[str]] = None
    id: Optional[Pattern[str]] = None
    transport: Optional[str] = None
    only_unused: bool = False
    at_least: int = 0
    at_most: Optional[int] = None
    disks: Optional[Tuple[Chosen, ...]] = None

    def describes(self, device: Device) -> bool:
        """Whether ``device`` is like this, its use aside."""
        return (
            (self.rotational is None or device.rotational == self.rotational)
            and device.size >= self.size_min
            and (self.size_max is None or device.size <= self.size_max)
            and (self.model is None or bool(self.model.search(device.model)))
            and (self.serial is None or bool(self.serial.search(device.serial)))
            and (self.transport is None or device.transport == self.transport)
            and (self.id is None or any(self.id.search(name) for name in _identities(device)))
            and (self.disks is None or any(disk.reference in (*_identities(device), device.wwn, device.serial) for disk in self.disks))
        )


def _identities(device: Device) -> List[str]:
    names = device.links or (device.path,)
    return [*names, *map(posixpath.basename, names)]


def parse(rules: Sequence[Mapping[str, Any]], parameter: str = "disk_rules") -> Tuple[DiskRule, ...]:
    """Rules from the module's parameter; every mistake names its item."""
    parsed: List[DiskRule] = []
    for index, item in enumerate(rules):
        here, name = f"{parameter}[{index}]", item["name"]
        if not name.strip():
            raise InvalidRequest("a disk rule needs a name.", code="rule-name", parameter=here, fix="give it a name.")
        if name in (other.name for other in parsed):
            raise InvalidRequest("two disk rules have the same name.", code="rule-twice", parameter=here, found=name, fix="rename one of them.")
        parsed.append(_rule(name, item, here))
    return tuple(parsed)


def parse_selector(value: Mapping[str, Any], parameter: str) -> DiskRule:
    """A rule without a name, written where the disks are wanted; it goes by its parameter. Its values have no types yet."""
    for key, item in value.items():
        if key not in SELECTOR:
            raise InvalidRequest(
                "a selector has no such option.", code="selector-option", parameter=parameter, found=str(key), fix=f"use {', '.join(SELECTOR)}."
            )
        kind = SELECTOR[key]["type"]
        if item is not None and (not isinstance(item, _TYPES[kind]) or (kind != "bool" and isinstance(item, bool))):
            raise InvalidRequest(
                f"this is a {kind}.", code="selector-type", parameter=f"{parameter}.{key}", found=repr(item), fix="correct the value."
            )
    return _rule(parameter, value, parameter)


def _rule(name: str, item: Mapping[str, Any], here: str) -> DiskRule:
    size_min, size_max, disks = item.get("size_min"), item.get("size_max"), item.get("disks")
    rule = DiskRule(
        name,
        here,
        rotational=item.get("rotational"),
        transport=item.get("transport"),
        only_unused=bool(item.get("only_unused")),
        size_min=0 if size_min is None else parse_bytes(size_min, f"{here}.size_min"),
        size_max=None if size_max is None else parse_bytes(size_max, f"{here}.size_max"),
        at_least=_count(item.get("at_least"), f"{here}.at_least") or 0,
        at_most=_count(item.get("at_most"), f"{here}.at_most"),
        disks=None if disks is None else tuple(_chosen(disk, f"{here}.disks[{index}]") for index, disk in enumerate(disks)),
        **{key: _pattern(item.get(key), f"{here}.{key}") for key in ("model", "serial", "id")},
    )
    if rule.size_max is not None and rule.size_max < rule.size_min:
        raise InvalidRequest(
            "no disk can be this small and this large.",
            code="rule-range",
            parameter=here,
            found=f"size_min {human(rule.size_min)}, size_max {human(rule.size_max)}",
            fix="swap them.",
        )
    if rule.at_most is not None and rule.at_most < rule.at_least:
        raise InvalidRequest(
            "no number of disks can be this small and this large.",
            code="rule-count-range",
            parameter=here,
            found=f"at_least {rule.at_least}, at_most {rule.at_most}",
            fix="swap them.",
        )
    return rule


def _chosen(item: Mapping[str, Any], here: str) -> Chosen:
    return Chosen(check_reference(item["id"], f"{here}.id", False), item.get("size_bytes"), item.get("found"))


def _count(value: Optional[int], parameter: str) -> Optional[int]:
    if value is not None and value < 1:
        raise InvalidRequest(
            "a number of disks is 1 or more.", code="rule-count", parameter=parameter, found=str(value), fix="leave it out for any number."
        )
    return value


def _pattern(text: object, parameter: str) -> Optional[Pattern[str]]:
    if text is None:
        return None
    try:
        return re.compile(str(text))
    except re.error as error:
        raise InvalidRequest(
            f"not a regular expression: {error}.", code="rule-regex", parameter=parameter, found=str(text), fix="use Python's syntax (re module)."
        ) from None
