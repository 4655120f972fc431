# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which disks belong to which rule. Pure."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Mapping, Sequence, Tuple

from .._core.errors import Conflict, Refused
from .model import Device, Host
from .rules import DiskRule

#: How a disk stands to a rule: its consumer holds it; nothing is lost if it gets it; it is anybody's; somebody else has it.
HELD, OURS, FREE, TAKEN = range(4)
Standing = Callable[[DiskRule, Device], int]


def eligible(host: Host, device: Device) -> bool:
    """Whether rules may choose ``device`` at all: a writable disk, or a partition of one, that is neither the machine's own nor one leg of a larger
    device. That is asked of what is to be taken; what a consumer holds is its own, whatever stands on it."""
    disk = host.devices.get(device.parents[0]) if device.type == "part" and device.parents else device
    kind = bool(disk and disk.whole and not host.leg(disk))
    return kind and device.size > 0 and not device.read_only and not host.leg(device) and not host.system(device)


def assign(
    host: Host, candidates: Iterable[Device], rules: Sequence[DiskRule], standing: Standing, missing: Mapping[str, int]
) -> Dict[str, Tuple[Device, ...]]:
    """Disks by rule name: each one to the first rule that it matches and that has room.

    What a consumer holds stays with it, and comes before other disks, so that its choice does not drift when disks come. ``missing`` are
    the numbers by rule name of disks that are held but gone, which take room as well.
    """
    left: List[Device] = sorted(candidates, key=lambda device: device.id)
    assigned: Dict[str, List[Device]] = {}
    for rule in rules:
        held = [device for device in left if standing(rule, device) == HELD and wants(host, rule, device, standing)]
        assigned[rule.name] = held
        left = [device for device in left if device not in held]
    for rule in rules:
        matching = sorted((device for device in left if wants(host, rule, device, standing)), key=lambda device: standing(rule, device))
        if rule.at_most is not None:
            matching = matching[: max(0, rule.at_most - len(assigned[rule.name]) - missing.get(rule.name, 0))]
        assigned[rule.name] += matching
        left = [device for device in left if device not in matching]
    return {name: tuple(sorted(devices, key=lambda device: device.id)) for name, devices in assigned.items()}


def wants(host: Host, rule: DiskRule, device: Device, standing: Standing) -> bool:
    """Whether ``rule`` matches ``device``, its number of disks aside.

    What came over iSCSI can be a pod's, on which nothing is written yet: it has to be asked for by transport or by name.
    """
    ours = standing(rule, device) <= OURS
    named = not (rule.transport is None and rule.id is None and rule.serial is None and rule.disks is None)
    attached = any(disk.transport == "iscsi" for disk in host.disks(device))
    return rule.describes(device) and (ours or named or not attached) and (ours or not rule.only_unused or not host.use(device))


def check_system_disk(host: Host, rules: Sequence[DiskRule], taken_by: Callable[[DiskRule, Device], bool]) -> None:
    """Refuse a rule whose ``id`` takes in the disk that the machine runs from; other criteria pass that disk over in silence.

    ``taken_by`` says whether a rule would take a disk that it matches, and does not hold it already.
    """
    for device in host:
        for rule in rules if host.system(device) else ():
            if rule.id is not None and rule.describes(device) and taken_by(rule, device):
                raise Refused(
                    "this matches the disk that the machine runs from.",
                    code="system-disk",
                    parameter=f"{rule.parameter}.id",
                    found=f"{device.id}, mounted at {host.mounts(device)[0]}",
                    fix="narrow the regular expression.",
                )


def check_claims(host: Host, selectors: Sequence[DiskRule], assigned: Mapping[str, Sequence[Device]], standing: Standing) -> None:
    """Refuse two selectors that both ask for every disk of a kind, where one disk is of both kinds. Named rules are told in order for that."""
    everything = [selector for selector in selectors if selector.at_most is None]
    for owner in everything:
        for other in everything:
            both = [device for device in assigned[owner.name] if other is not owner and wants(host, other, device, standing)]
            if both:
                raise Conflict(
                    f"{owner.parameter} and {other.parameter} both claim one disk.",
                    code="device-shared",
                    parameter=max(owner, other, key=selectors.index).parameter,
                    found=both[0].id,
                    fix="narrow one of them, limit the first with at_most, or put the order into disk_rules.",
                )
