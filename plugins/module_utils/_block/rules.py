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
    "transport": {"type": "list", "elements": "str"},
    "transport_not": {"type": "list", "elements": "str"},
    "removable": {"type": "bool"},
    "partitions": {"type": "bool"},
    "partition_label": {"type": "str"},
    "partition_type": {"type": "str"},
    "only_unused": {"type": "bool", "default": False},
    "at_least": {"type": "int"},
    "at_most": {"type": "int"},
}
_CHOSEN: Dict[str, Any] = {"id": {"type": "str", "required": True}, "size_bytes": {"type": "int"}, "found": {"type": "str"}}
#: Argument specification of O(disk_rules), shared by every module that chooses disks.
OPTIONS: Dict[str, Any] = {
    "name": {"type": "str"},
    **SELECTOR,
    "disks": {"type": "list", "elements": "dict", "options": _CHOSEN},
}
_BOOLS = {**dict.fromkeys(("true", "yes", "on", "1"), True), **dict.fromkeys(("false", "no", "off", "0"), False)}
_WORDS = {"bool": "true or false", "int": "a whole number", "str": "a text", "list": "a text or a list of texts"}
#: Entries of a partition table that firmware and boot loaders use, or that hold further ones; blank as many of them are, they are nobody's to take.
#: EFI system, BIOS boot, PReP, Microsoft reserved (UEFI specification, systemd's list of GPT types); of DOS tables EFI, PReP and extended ones.
FIRMWARE_TYPES = frozenset(
    (
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
        "21686148-6449-6e6f-744e-656564454649",
        "9e1a2d38-c612-4316-aa26-8b49521e5a8b",
        "e3c9e316-0b5c-4db8-817d-f92df00215ae",
        *("0xef", "0x41", "0x5", "0xf", "0x85"),
    )
)


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
    Of ``at_least`` 0 says that a machine may have none, ``None`` that it has to have one to begin with.
    """

    name: str
    parameter: str = "disk_rules"
    rotational: Optional[bool] = None
    size_min: int = 0
    size_max: Optional[int] = None
    model: Optional[Pattern[str]] = None
    serial: Optional[Pattern[str]] = None
    id: Optional[Pattern[str]] = None
    transport: Optional[Tuple[str, ...]] = None
    transport_not: Tuple[str, ...] = ()
    removable: Optional[bool] = None
    #: Whether partitions are chosen, and not whole disks.
    partitions: bool = False
    partition_label: Optional[Pattern[str]] = None
    partition_type: Optional[str] = None
    only_unused: bool = False
    at_least: Optional[int] = None
    at_most: Optional[int] = None
    disks: Optional[Tuple[Chosen, ...]] = None

    def describes(self, device: Device) -> bool:
        """Whether ``device`` is like this, its use aside."""
        return (
            self._kind(device)
            and (self.rotational is None or device.rotational == self.rotational)
            and device.size >= self.size_min
            and (self.size_max is None or device.size <= self.size_max)
            and (self.model is None or bool(self.model.search(device.model)))
            and (self.serial is None or bool(self.serial.search(device.serial)))
            and (self.transport is None or device.transport in self.transport)
            and device.transport not in self.transport_not
            and (self.removable is None or device.removable == self.removable)
            and (self.id is None or any(self.id.search(name) for name in _identities(device)))
            and (self.disks is None or any(disk.reference in _called(device) for disk in self.disks))
        )

    def _kind(self, device: Device) -> bool:
        if not self.partitions:
            # A person who chose one in a file may have chosen a partition.
            return device.whole or self.disks is not None
        if device.type != "part" or (self.partition_label and not self.partition_label.search(device.part_label)):
            return False
        return device.part_type == self.partition_type if self.partition_type else device.part_type not in FIRMWARE_TYPES


def _identities(device: Device) -> List[str]:
    names = device.links or (device.path,)
    return [*names, *map(posixpath.basename, names)]


def _called(device: Device) -> List[str]:
    # A partition has the number of its disk, and is not meant by it.
    return [*_identities(device), *((device.wwn, device.serial) if device.whole else ())]


def parse(rules: Sequence[Mapping[str, Any]], parameter: str = "disk_rules") -> Tuple[DiskRule, ...]:
    """Rules from the module's parameter; every mistake names its item."""
    parsed: List[DiskRule] = []
    for index, item in enumerate(rules):
        here = f"{parameter}[{index}]"
        # Nobody can ask for what a rule without a name gives: it keeps its disks from those that follow.
        name = here if item.get("name") is None else item["name"]
        if not name.strip():
            raise InvalidRequest("a disk rule needs a name.", code="rule-name", parameter=here, fix="give it a name.")
        if name in (other.name for other in parsed):
            raise InvalidRequest("two disk rules have the same name.", code="rule-twice", parameter=here, found=name, fix="rename one of them.")
        parsed.append(_rule(name, item, here))
    return tuple(parsed)


def parse_selector(value: Mapping[str, Any], parameter: str) -> DiskRule:
    """A rule without a name, written where the disks are wanted; it goes by its parameter. Its values have no types yet."""
    typed: Dict[str, Any] = {}
    for key, item in value.items():
        if key not in SELECTOR:
            raise InvalidRequest(
                "a selector has no such option.", code="selector-option", parameter=parameter, found=str(key), fix=f"use {', '.join(SELECTOR)}."
            )
        typed[key] = None if item is None else _typed(SELECTOR[key]["type"], item, f"{parameter}.{key}")
    return _rule(parameter, typed, parameter)


def _typed(kind: str, value: Any, parameter: str) -> Any:
    """A value that templates and the command line may give as text, as Ansible itself would take it for an option of that kind."""
    text = value.strip().lower() if isinstance(value, str) else value
    if kind == "bool" and (isinstance(value, bool) or str(text) in _BOOLS):
        return value if isinstance(value, bool) else _BOOLS[str(text)]
    if kind == "int" and not isinstance(value, bool) and re.fullmatch(r"[-+]?\d{1,18}", str(text)):
        return int(value)
    if kind == "str" and isinstance(value, (str, int)) and not isinstance(value, bool):
        return value
    items = value.split(",") if isinstance(value, str) else value
    if kind == "list" and isinstance(items, (list, tuple)) and all(isinstance(item, str) for item in items):
        return [item.strip() for item in items]
    raise InvalidRequest(f"{_WORDS[kind]} is needed.", code="selector-type", parameter=parameter, found=repr(value), fix="correct the value.")


def _rule(name: str, item: Mapping[str, Any], here: str) -> DiskRule:
    size_min, size_max, disks, transport = (item.get(key) for key in ("size_min", "size_max", "disks", "transport"))
    of_table = [key for key in ("partition_label", "partition_type") if item.get(key) is not None]
    if of_table and item.get("partitions") is False:
        raise InvalidRequest(
            "only partitions have this.",
            code="rule-partitions",
            parameter=f"{here}.{of_table[0]}",
            found="partitions: false",
            fix="take one of the two out.",
        )
    rule = DiskRule(
        name,
        here,
        rotational=item.get("rotational"),
        transport=None if transport is None else _texts(transport),
        transport_not=_texts(item.get("transport_not") or ()),
        removable=item.get("removable"),
        partitions=bool(item.get("partitions") or of_table),
        partition_type=None if item.get("partition_type") is None else _part_type(str(item["partition_type"])),
        only_unused=bool(item.get("only_unused")),
        size_min=0 if size_min is None else parse_bytes(size_min, f"{here}.size_min"),
        size_max=None if size_max is None else parse_bytes(size_max, f"{here}.size_max"),
        at_least=_count(item.get("at_least"), f"{here}.at_least", 0),
        at_most=_count(item.get("at_most"), f"{here}.at_most", 1),
        disks=None if disks is None else tuple(_chosen(disk, f"{here}.disks[{index}]") for index, disk in enumerate(disks)),
        **{key: _pattern(item.get(key), f"{here}.{key}") for key in ("model", "serial", "id", "partition_label")},
    )
    if rule.size_max is not None and rule.size_max < rule.size_min:
        raise InvalidRequest(
            "no disk can be this small and this large.",
            code="rule-range",
            parameter=here,
            found=f"size_min {human(rule.size_min)}, size_max {human(rule.size_max)}",
            fix="swap them.",
        )
    if rule.at_most is not None and rule.at_most < (rule.at_least or 0):
        raise InvalidRequest(
            "no number of disks can be this small and this large.",
            code="rule-count-range",
            parameter=here,
            found=f"at_least {rule.at_least}, at_most {rule.at_most}",
            fix="swap them.",
        )
    return rule


def _part_type(text: str) -> str:
    # YAML reads 0x83 as a number.
    return hex(int(text)) if re.fullmatch(r"\d{1,3}", text.strip()) else text.strip().lower()


def _texts(value: Any) -> Tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _chosen(item: Mapping[str, Any], here: str) -> Chosen:
    return Chosen(check_reference(item["id"], f"{here}.id", False), item.get("size_bytes"), item.get("found"))


def _count(value: Optional[int], parameter: str, least: int) -> Optional[int]:
    if value is not None and value < least:
        raise InvalidRequest(
            f"a number of disks is {least} or more.",
            code="rule-count",
            parameter=parameter,
            found=str(value),
            fix="leave it out for any number." if least else "leave it out for at least one, or say 0 where a machine may have none.",
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
