# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Disk rules: an ordered list, a disk belongs to the first rule it matches. Pure."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Pattern, Sequence, Tuple

from .._core.errors import InvalidRequest, Refused
from .._core.quantity import human, parse_bytes
from .model import Device, Host

#: Argument specification of O(disk_rules), shared by every module that chooses disks.
OPTIONS: Dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "rotational": {"type": "bool"},
    "size_min": {"type": "str"},
    "size_max": {"type": "str"},
    "model": {"type": "str"},
    "serial": {"type": "str"},
    "id": {"type": "str"},
    "transport": {"type": "str"},
    "only_unused": {"type": "bool", "default": False},
}


@dataclass(frozen=True)
class DiskRule:
    """What a disk must be like; sizes in bytes, both ends included. Regular expressions match anywhere in the value."""

    name: str
    rotational: Optional[bool] = None
    size_min: int = 0
    size_max: Optional[int] = None
    model: Optional[Pattern[str]] = None
    serial: Optional[Pattern[str]] = None
    id: Optional[Pattern[str]] = None
    transport: Optional[str] = None
    only_unused: bool = False

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
        )


def _identities(device: Device) -> List[str]:
    names = device.links or (device.path,)
    return [*names, *map(posixpath.basename, names)]


def parse(rules: Sequence[Mapping[str, Any]], parameter: str = "disk_rules") -> Tuple[DiskRule, ...]:
    """Rules from the module's parameter; every mistake names its item."""
    parsed: List[DiskRule] = []
    for index, rule in enumerate(rules):
        here = f"{parameter}[{index}]"
        if not rule["name"].strip():
            raise InvalidRequest("a disk rule needs a name.", code="rule-name", parameter=here, fix="give it a name.")
        if rule["name"] in (other.name for other in parsed):
            raise InvalidRequest(
                "two disk rules have the same name.", code="rule-twice", parameter=here, found=rule["name"], fix="rename one of them."
            )
        size_min, size_max = rule.get("size_min"), rule.get("size_max")
        item = DiskRule(
            name=rule["name"],
            rotational=rule.get("rotational"),
            transport=rule.get("transport"),
            only_unused=bool(rule.get("only_unused")),
            size_min=0 if size_min is None else parse_bytes(size_min, f"{here}.size_min"),
            size_max=None if size_max is None else parse_bytes(size_max, f"{here}.size_max"),
            **{key: _pattern(rule.get(key), f"{here}.{key}") for key in ("model", "serial", "id")},
        )
        if item.size_max is not None and item.size_max < item.size_min:
            raise InvalidRequest(
                "no disk can be this small and this large.",
                code="rule-range",
                parameter=here,
                found=f"size_min {human(item.size_min)}, size_max {human(item.size_max)}",
                fix="swap them.",
            )
        parsed.append(item)
    return tuple(parsed)


def _pattern(text: Optional[str], parameter: str) -> Optional[Pattern[str]]:
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise InvalidRequest(
            f"not a regular expression: {error}.", code="rule-regex", parameter=parameter, found=text, fix="use Python's syntax (re module)."
        ) from None


def check_system_disk(host: Host, rules: Sequence[DiskRule], parameter: str = "disk_rules") -> None:
    """Refuse a rule whose ``id`` takes in the disk that the machine runs from; other criteria pass that disk over in silence."""
    for device in host:
        if device.whole and host.system(device):
            for rule in rules:
                if rule.id is not None and rule.describes(device):
                    mount = next(mount for mount in host.mounts(device))
                    raise Refused(
                        f"rule {rule.name} matches the disk that the machine runs from.",
                        code="system-disk",
                        parameter=f"{parameter} {rule.name}.id",
                        found=f"{device.id}, mounted at {mount}",
                        fix="narrow the regular expression.",
                    )


def assign(
    host: Host, rules: Sequence[DiskRule], holds: Callable[[DiskRule, Device], bool], allow_kernel_names: bool = False
) -> Dict[str, Tuple[Device, ...]]:
    """Disks by rule name. ``holds`` says whether a disk already holds what that rule's consumer put there, which counts as unused."""
    assigned: Dict[str, List[Device]] = {rule.name: [] for rule in rules}
    for device in host:
        if not eligible(host, device) or not (device.links or allow_kernel_names):
            continue
        for rule in rules:
            if rule.describes(device) and (not rule.only_unused or holds(rule, device) or not host.use(device)):
                assigned[rule.name].append(device)
                break
    return {name: tuple(sorted(devices, key=lambda device: device.id)) for name, devices in assigned.items()}


def eligible(host: Host, device: Device) -> bool:
    """Whether rules may choose ``device`` at all: a whole writable disk that is neither the machine's own nor one leg of a larger device."""
    legs = any(host.devices[child].whole for child in device.children if child in host.devices)
    return device.whole and device.size > 0 and not device.read_only and not legs and not host.system(device)
