# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which devices a consumer (a volume group, a volume class) gets, or the one reason why it cannot. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from .._core.errors import Conflict, InvalidRequest, NotFound
from .._core.plan import Consent
from .._core.quantity import human
from .admit import admit
from .assign import FREE, HELD, OURS, TAKEN, assign, check_claims, check_system_disk, eligible
from .identity import check_reference
from .listed import listed
from .model import Device, Host
from .rules import Chosen, DiskRule, parse_selector

#: File systems that the collection makes have labels that begin so.
LABEL_MARK = "cl-"


@dataclass(frozen=True)
class Wanted:
    """The devices that a consumer names: what a rule gives, by its name, what its own ``selector`` gives, or a list of references."""

    parameter: str
    rule: str = ""
    references: Tuple[str, ...] = ()
    selector: Optional[DiskRule] = None


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
    #: Whether it goes by the names of its devices from then on, as what is given out does, and LVM does not.
    lasting: bool = False


@dataclass
class Choice:
    """What a consumer gets: ``held`` already carry it, ``new`` are blank or may be wiped; the rest is for the report."""

    held: List[Device] = field(default_factory=list)
    new: List[Device] = field(default_factory=list)
    unadopted: List[Device] = field(default_factory=list)
    absent: List[str] = field(default_factory=list)


def parse_wanted(value: Any, parameter: str, allow_kernel_names: bool) -> Wanted:
    """``{rule: NAME}``, a selector such as ``{rotational: false, at_most: 2}``, or a list of device references."""
    if isinstance(value, Mapping) and set(value) == {"rule"} and isinstance(value["rule"], str) and value["rule"]:
        return Wanted(parameter, rule=value["rule"])
    if isinstance(value, Mapping) and value and "rule" not in value:
        selector = parse_selector(value, parameter)
        return Wanted(parameter, rule=selector.name, selector=selector)
    if not isinstance(value, (list, tuple)):
        raise InvalidRequest(
            "devices are chosen by a rule or a selector, or listed.",
            code="devices-form",
            parameter=parameter,
            found=repr(value),
            fix=f"put it into a list: [{value.strip()}]."
            if isinstance(value, str) and value.strip()
            else "write {rule: NAME} with a name from disk_rules, a selector such as {rotational: false}, or a list of stable device names.",
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
    selectors = tuple(consumer.wanted.selector for consumer in consumers if consumer.wanted.selector)
    rules = (*rules, *selectors)
    by_rule = _by_rule(rules, consumers)
    held = frozenset().union(*(consumer.holds for consumer in consumers))

    check_system_disk(host, rules, lambda rule, device: rule.name in by_rule and device.kernel_name not in by_rule[rule.name].holds)

    def standing(rule: DiskRule, device: Device) -> int:
        consumer, name = by_rule.get(rule.name), device.kernel_name
        if consumer and name in consumer.holds:
            return HELD
        if name in (consumer.blank if consumer else marked - held):
            return OURS
        return TAKEN if name in marked or name in held else FREE

    def open_to_rules(device: Device) -> bool:
        return device.kernel_name in held or (eligible(host, device) and bool(device.links or allow_kernel_names))

    candidates = [device for device in host if open_to_rules(device) and allows(device)]
    assigned = assign(host, candidates, rules, standing, {name: consumer.missing for name, consumer in by_rule.items()})
    check_claims(host, selectors, assigned, standing)
    owners: Dict[str, str] = {}
    choices: Dict[str, Choice] = {}
    for consumer in consumers:
        choice = choices[consumer.name] = Choice()
        rule = next((each for each in rules if each.name == consumer.wanted.rule), None)
        named = _named(consumer.wanted, rule)
        devices: Sequence[Device] = assigned.get(consumer.wanted.rule, ())
        if named is not None:
            devices, choice.absent = listed(
                host,
                named,
                consumer.holds | consumer.blank,
                consumer.missing,
                allows,
                consent,
                held=consumer.holds,
                lasting=consumer.lasting and not allow_kernel_names,
            )
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
            elif named is None and (consumer.recorded or consumer.holds) and not (consumer.adopt_new and device.readable):
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
                    # A disk and a partition of it are two devices, and one room.
                    taken={**taken, **{name: owner for name, owner in owners.items() if name != device.kernel_name}},
                )
                choice.new.append(device)
        _check_enough(host, consumer, choice, rule, allow_kernel_names)
    return choices


def _by_rule(rules: Sequence[DiskRule], consumers: Sequence[Consumer]) -> Dict[str, Consumer]:
    found: Dict[str, Consumer] = {}
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
        if rule and found.setdefault(rule, consumer) is not consumer:
            raise InvalidRequest(
                f"{found[rule].name} and {consumer.name} both use disk rule {rule}.",
                code="rule-shared",
                parameter=consumer.wanted.parameter,
                found=rule,
                fix="give each a rule of its own.",
            )
    return found


def _named(wanted: Wanted, rule: Optional[DiskRule]) -> Optional[List[Tuple[str, Chosen]]]:
    """The disks that a person named one by one, each with its parameter; ``None`` where they are chosen by what they are like."""
    if wanted.references:
        return [(f"{wanted.parameter}[{index}]", Chosen(reference)) for index, reference in enumerate(wanted.references)]
    if rule and rule.disks is not None:
        return [(f"{rule.parameter}.disks[{index}]", disk) for index, disk in enumerate(rule.disks)]
    return None


def _check_enough(host: Host, consumer: Consumer, choice: Choice, rule: Optional[DiskRule], kernel_names: bool) -> None:
    known = len(choice.held) + len(choice.new) + len(choice.unadopted)
    optional = rule is not None and rule.at_least == 0
    if not (choice.held or choice.new or consumer.recorded or consumer.holds or optional):
        raise NotFound(
            f"no disk is there for {consumer.name}.",
            code="rule-no-disk",
            parameter=consumer.wanted.parameter,
            found=_overview(host, kernel_names),
            fix=f"change {rule.parameter}, or add the disk; at_least: 0 there says that a machine may have none."
            if rule
            else "change the list, or add the disk.",
        )
    if rule:
        check_count(host, consumer.name, rule, known + consumer.missing, kernel_names)


def check_count(host: Host, name: str, rule: DiskRule, count: int, kernel_names: bool) -> None:
    """Refuse fewer disks than the rule asks for; ``name`` says for whom they are."""
    if count < (rule.at_least or 0):
        raise NotFound(
            f"too few disks are there for {name}.",
            code="rule-few-disks",
            parameter=f"{rule.parameter}.at_least",
            found=f"{count} of at least {rule.at_least}; {_overview(host, kernel_names)}",
            fix="add disks, or ask for fewer.",
        )


def marked(host: Host) -> FrozenSet[str]:
    """Kernel names of the disks that LVM or a local volume class of any rule holds, or left its data on.

    Such a disk takes room in its rule before others. So this goes by what only root writes: links, the record, a volume group in use. The mark of
    LVM counts as well where no guest can have written it: not on what came over iSCSI, which can be a pod's.
    """
    return frozenset(
        device.kernel_name
        for device in host
        if device.entry or device.kept or _of_lvm(host, device)
    )


def _of_lvm(host: Host, device: Device) -> bool:
    attached = any(disk.transport == "iscsi" for disk in host.disks(device))
    return is_member(device) and (not attached or any(each.type == "lvm" for each in host.above(device)))


def is_member(device: Device) -> bool:
    """Whether it bears the mark of a physical volume of LVM."""
    return any(each.type == "LVM2_member" for each in device.signatures)


def bears_mark(device: Device) -> bool:
    """Whether it holds a physical volume of LVM or a local volume's file system, or somebody made it look so.

    That is a reason to refuse it, and none to take it.
    """
    return is_member(device) or any(each.label.startswith(LABEL_MARK) for each in device.signatures)


def _overview(host: Host, kernel_names: bool) -> str:
    def use(device: Device) -> str:
        words = "system disk" if host.system(device) else host.use(device) or "free"
        # What matches in everything else is passed over for this.
        return words if device.links or kernel_names or words != "free" else "free, passed over for want of a stable name; see allow_kernel_names"

    disks = [
        f"{device.id} ({human(device.size)}, {'rotational' if device.rotational else 'solid-state'}, {use(device)})"
        for device in host
        if device.whole and device.size
    ]
    return "; ".join(disks) or "no disk at all"
