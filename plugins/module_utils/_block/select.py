# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which devices a consumer (a volume group, a volume class) gets, or the one reason why it cannot. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Sequence, Tuple

from .._core.errors import Conflict, InvalidRequest, NotFound, Refused
from .._core.plan import Consent
from .._core.quantity import human
from .admit import admit
from .identity import check_reference
from .model import Device, Host
from .rules import DiskRule, assign, check_system_disk

#: File systems that the collection makes have labels that begin so.
LABEL_MARK = "cl-"


@dataclass(frozen=True)
class Wanted:
    """The devices that a consumer names: all that a rule gives, or a list of references."""

    parameter: str
    rule: str = ""
    references: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Consumer:
    """Who wants devices. ``holds`` are the kernel names of those that already carry what it put there.

    ``blank`` are those whose signature is known to guard nothing. ``recorded`` tells that the consumer exists on this machine,
    ``missing`` how many of its devices are gone; ``minimum`` is in bytes.
    """

    name: str
    wanted: Wanted
    adopt_new: bool = False
    holds: FrozenSet[str] = frozenset()
    blank: FrozenSet[str] = frozenset()
    recorded: bool = False
    missing: int = 0
    minimum: int = 0


@dataclass
class Choice:
    """What a consumer gets: ``held`` already carry it, ``new`` are blank or may be wiped; the rest is for the report."""

    held: List[Device] = field(default_factory=list)
    new: List[Device] = field(default_factory=list)
    unadopted: List[Device] = field(default_factory=list)
    absent: List[str] = field(default_factory=list)


def parse_wanted(value: Any, parameter: str, allow_kernel_names: bool) -> Wanted:
    """``{rule: NAME}`` or a list of device references."""
    if isinstance(value, Mapping):
        if set(value) != {"rule"} or not isinstance(value["rule"], str) or not value["rule"]:
            raise InvalidRequest(
                "devices are chosen by a rule or listed.",
                code="devices-form",
                parameter=parameter,
                found=repr(dict(value)),
                fix="write {rule: NAME} with a name from disk_rules, or a list of stable device names.",
            )
        return Wanted(parameter, rule=value["rule"])
    if not isinstance(value, (list, tuple)):
        raise InvalidRequest(
            "devices are chosen by a rule or listed.",
            code="devices-form",
            parameter=parameter,
            found=repr(value),
            fix="write {rule: NAME} with a name from disk_rules, or a list of stable device names.",
        )
    if not value:
        raise InvalidRequest("the list of devices is empty.", code="devices-empty", parameter=parameter, fix="name at least one device.")
    return Wanted(parameter, references=tuple(check_reference(item, f"{parameter}[{index}]", allow_kernel_names) for index, item in enumerate(value)))


def select(
    host: Host,
    rules: Sequence[DiskRule],
    consumers: Sequence[Consumer],
    consent: Consent,
    *,
    taken: Mapping[str, str],
    marked: FrozenSet[str],
    allow_kernel_names: bool = False,
    allows: Callable[[Device], bool] = lambda device: True,
) -> Dict[str, Choice]:
    """Choices by consumer name.

    ``taken`` maps kernel names to the uses that only the caller knows of (what an earlier task is about to do).
    ``marked`` are the kernel names of disks that some consumer of the collection holds: a rule of another module keeps those.
    ``allows`` says which disks may be touched at all.
    """
    check_system_disk(host, rules)
    by_rule: Dict[str, Consumer] = {}
    for consumer in consumers:
        rule = consumer.wanted.rule
        if rule and rule not in {known.name for known in rules}:
            raise InvalidRequest(
                "there is no such disk rule.",
                code="rule-unknown",
                parameter=consumer.wanted.parameter,
                found=rule,
                fix="use one of: " + (", ".join(known.name for known in rules) or "none is defined in disk_rules") + ".",
            )
        if rule and by_rule.setdefault(rule, consumer) is not consumer:
            raise InvalidRequest(
                f"{by_rule[rule].name} and {consumer.name} both use disk rule {rule}.",
                code="rule-shared",
                parameter=consumer.wanted.parameter,
                found=rule,
                fix="give each a rule of its own.",
            )

    def holds(rule: DiskRule, device: Device) -> bool:
        consumer = by_rule.get(rule.name)
        return device.kernel_name in (consumer.holds | consumer.blank if consumer else marked)

    allowed = Host({name: device for name, device in host.devices.items() if allows(device)})
    assigned = assign(allowed, rules, holds, allow_kernel_names)
    owners: Dict[str, str] = {}
    choices: Dict[str, Choice] = {}
    for consumer in consumers:
        choice = choices[consumer.name] = Choice()
        devices = _explicit(host, consumer, choice, allows) if consumer.wanted.references else assigned.get(consumer.wanted.rule, ())
        for device in devices:
            if owners.setdefault(device.kernel_name, consumer.name) != consumer.name:
                raise Conflict(
                    f"{owners[device.kernel_name]} and {consumer.name} both want one device.",
                    code="device-shared",
                    parameter=consumer.wanted.parameter,
                    found=device.id,
                    fix="give each disk to one of them.",
                )
            if device.kernel_name in consumer.holds:
                choice.held.append(device)
            elif consumer.wanted.rule and (consumer.recorded or consumer.holds) and not (consumer.adopt_new and device.readable):
                # A dead disk may be one of the consumer's own, which it reports as missing: nothing to adopt, and no reason to stop.
                choice.unadopted += [device] if device.readable else []
            else:
                admit(
                    host,
                    device,
                    parameter=consumer.wanted.parameter,
                    minimum=consumer.minimum,
                    blank=device.kernel_name in consumer.blank,
                    consent=consent,
                    taken=taken,
                )
                choice.new.append(device)
        if not (choice.held or choice.new or consumer.recorded or consumer.holds):
            raise NotFound(
                f"no disk is there for {consumer.name}.",
                code="rule-no-disk",
                parameter=consumer.wanted.parameter,
                found=_overview(host),
                fix=f"change disk rule {consumer.wanted.rule}, or add the disk.",
            )
    return choices


def marked(host: Host) -> FrozenSet[str]:
    """Kernel names of the disks that LVM or a local volume class of any rule holds."""
    return frozenset(
        device.kernel_name
        for device in host
        if device.entry or any(signature.type == "LVM2_member" or signature.label.startswith(LABEL_MARK) for signature in device.signatures)
    )


def _explicit(host: Host, consumer: Consumer, choice: Choice, allows: Callable[[Device], bool]) -> List[Device]:
    devices: List[Device] = []
    for index, reference in enumerate(consumer.wanted.references):
        parameter = f"{consumer.wanted.parameter}[{index}]"
        device = host.resolve(reference)
        if device is None:
            choice.absent.append(reference)
            if len(choice.absent) > consumer.missing:
                raise NotFound(
                    "there is no such device.",
                    code="device-absent",
                    parameter=parameter,
                    found=f"{reference} leads nowhere",
                    fix="check the cable and the name; cairn.storage.block_device_info lists what is there.",
                )
            continue
        if host.system(device):
            raise Refused(
                "this is the disk that the machine runs from.",
                code="system-disk",
                parameter=parameter,
                found=f"{device.id}, mounted at {host.mounts(device)[0]}",
                fix="name another disk.",
            )
        if not allows(device):
            raise Refused(
                "the white list does not allow this device.",
                code="device-not-allowed",
                parameter=parameter,
                found=device.id,
                fix="add it to white_list.devices.include, or take it out of exclude.",
            )
        if device in devices:
            raise InvalidRequest(
                "the same device is listed twice.", code="device-twice", parameter=parameter, found=device.id, fix="remove one of the two."
            )
        devices.append(device)
    return devices


def _overview(host: Host) -> str:
    disks = [
        f"{device.id} ({human(device.size)}, {'rotational' if device.rotational else 'solid-state'}, "
        f"{'system disk' if host.system(device) else host.use(device) or 'free'})"
        for device in host
        if device.whole and device.size
    ]
    return "; ".join(disks) or "no disk at all"
