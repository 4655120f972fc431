"""Selectors where devices are wanted, numbers of disks per host, disks that a person chose from a file, and the white list."""

from __future__ import annotations

import dataclasses
from typing import Any, Mapping, Sequence

import pytest
from machines import GIB, disk, holding, host, names, rule, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host
from ansible_collections.cairn.storage.plugins.module_utils._block.rules import parse
from ansible_collections.cairn.storage.plugins.module_utils._block.select import Choice, Consumer, marked, parse_wanted, select
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent


def consumer(name: str, wanted: Any, **values: Any) -> Consumer:
    for key in ("holds", "blank"):
        values[key] = frozenset(values.get(key, ()))
    return Consumer(name, parse_wanted(wanted, f"{name}.devices", False), **values)


def chosen(machine: Host, *consumers: Consumer, rules: Sequence[Any] = (), **options: Any) -> Mapping[str, Choice]:
    options.setdefault("marked", marked(machine))
    return select(machine, parse(rules), consumers, Consent("wipe", {}), taken={}, **options)


def got(choices: Mapping[str, Choice]) -> dict:
    return {name: names(choice.held) + names(choice.new) for name, choice in choices.items()}


def test_a_pods_disk_that_came_over_iscsi_is_no_rules_to_take() -> None:
    local, attached = disk("a"), disk("c", transport="iscsi")
    path = disk("e", transport="iscsi", children=("dm-0",))
    joined = Device("dm-0", "/dev/mapper/mpatha", "mpath", 2 * GIB, links=("/dev/disk/by-id/dm-uuid-mpath-1",), parents=("sde",))
    machine = host(local, attached, path, joined)
    assert got(chosen(machine, consumer("one", {"rotational": False}))) == {"one": ["sda"]}
    assert got(chosen(machine, consumer("one", {"transport": "iscsi"}))) == {"one": ["sdc"]}, "asked for"
    assert got(chosen(machine, consumer("one", {"id": "wwn-0x60013$|mpath"}))) == {"one": ["dm-0", "sdc"]}, "named"
    assert got(chosen(machine, consumer("one", {"rotational": False}, holds=["sdc"], recorded=True))) == {"one": ["sdc"]}, "its own already"


SOLID = host(*(disk(letter) for letter in "acegi"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"rotational": False}, "acegi"),
        ({"rotational": False, "at_most": 2}, "ac"),
        ({"serial": "0003$"}, "c"),
        ({"id": "wwn-0x6001[57]$", "size_min": GIB}, "eg"),
        ({"only_unused": True, "at_least": 5}, "acegi"),
        ({"size_max": "2GiB", "transport": None}, "acegi"),
    ],
)
def test_a_selector_where_devices_are_wanted(wanted: dict, expected: str) -> None:
    assert got(chosen(SOLID, consumer("one", wanted))) == {"one": [f"sd{letter}" for letter in expected]}


def test_selectors_come_after_named_rules_in_the_order_of_consumers() -> None:
    two, rest = consumer("two", {"rotational": False, "at_most": 2}), consumer("rest", {"rotational": False})
    named = consumer("named", {"rule": "first"})
    first = rule("first", serial="0001$")
    assert got(chosen(SOLID, two, rest, named, rules=[first])) == {"two": ["sdc", "sde"], "rest": ["sdg", "sdi"], "named": ["sda"]}


def test_a_choice_does_not_drift_when_disks_are_added() -> None:
    later = host(*(disk(letter) for letter in "aceg"))
    held = consumer("one", {"rotational": False, "at_most": 2}, holds=["sde", "sdg"])
    choice = chosen(later, held)["one"]
    assert (names(choice.held), names(choice.unadopted)) == (["sde", "sdg"], []), "nobody is told of disks for which there is no room"
    assert got(chosen(later, dataclasses.replace(held, adopt_new=True))) == {"one": ["sde", "sdg"]}


def test_more_than_at_most_is_kept_when_held_and_a_missing_disk_takes_room() -> None:
    wanted = {"rotational": False, "at_most": 2}
    assert got(chosen(SOLID, consumer("one", wanted, holds=["sda", "sdc", "sde"]))) == {"one": ["sda", "sdc", "sde"]}
    assert got(chosen(SOLID, consumer("one", wanted, holds=["sdc"], missing=1, adopt_new=True))) == {"one": ["sdc"]}


def test_a_held_disk_stays_with_its_consumer() -> None:
    """Also when a consumer that comes first would match it."""
    machine = host(disk("a"), disk("c"))
    rules = [rule("first", rotational=False, at_most=1), rule("second", rotational=False)]
    both = consumer("second", {"rule": "second"}, holds=["sda"]), consumer("first", {"rule": "first"})
    assert got(chosen(machine, *both, rules=rules)) == {"second": ["sda"], "first": ["sdc"]}


def test_two_modules_agree_on_a_rule_with_a_number() -> None:
    """The rule's consumer is in one module, the other one must leave the same disks alone."""
    rules = [rule("fast", rotational=False, at_most=2), rule("rest", rotational=False)]
    machine = host(disk("a"), *(holding(disk(letter), "LVM2_member", letter) for letter in "eg"), disk("c", entry="rest/c"))
    lvm = chosen(machine, consumer("group", {"rule": "fast"}, holds=["sde", "sdg"]), rules=rules)
    local = chosen(machine, consumer("class", {"rule": "rest"}, holds=["sdc"]), rules=rules)
    assert (got(lvm), got(local)) == ({"group": ["sde", "sdg"]}, {"class": ["sdc"]})
    assert names(local["class"].unadopted) == ["sda"]


def test_two_selectors_that_claim_one_disk() -> None:
    with pytest.raises(CairnError) as refused:
        chosen(SOLID, consumer("one", {"rotational": False}), consumer("two", {"serial": "0003$"}))
    error = refused.value
    assert (error.code, error.parameter, error.found) == ("device-shared", "two.devices", wwn("c"))


@pytest.mark.parametrize(
    ("code", "wanted", "values"),
    [
        ("rule-few-disks", {"rotational": False, "at_least": 6}, {}),
        ("rule-few-disks", {"rotational": False, "at_least": 6}, {"holds": ["sda"]}),
        ("rule-no-disk", {"rotational": True}, {}),
        ("system-disk", {"id": "."}, {}),
    ],
)
def test_selectors_that_find_too_little_or_too_much(code: str, wanted: dict, values: dict) -> None:
    with pytest.raises(CairnError) as refused:
        chosen(SOLID, consumer("one", wanted, **values))
    assert refused.value.code == code and refused.value.parameter.startswith("one.devices") and refused.value.fix


def test_too_few_disks_are_no_error_while_one_is_missing() -> None:
    machine = host(disk("a"))
    assert got(chosen(machine, consumer("one", {"at_least": 2}, holds=["sda"], recorded=True, missing=1))) == {"one": ["sda"]}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("selector-option", {"rotation": False}),
        ("selector-option", {"disks": []}),
        ("selector-type", {"rotational": "maybe"}),
        ("selector-type", {"at_most": "many"}),
        ("selector-type", {"transport": [1]}),
        ("rule-partitions", {"partitions": False, "partition_label": "data"}),
        ("selector-type", {"at_most": True}),
        ("selector-type", {"id": ["a"]}),
        ("rule-count", {"at_most": 0}),
        ("rule-count", {"at_least": -1}),
        ("rule-count-range", {"at_least": 3, "at_most": 2}),
        ("rule-range", {"size_min": "2GiB", "size_max": "1GiB"}),
        ("rule-regex", {"serial": "["}),
        ("size-ambiguous", {"size_min": "1T"}),
        ("devices-form", {}),
    ],
)
def test_no_selectors(code: str, wanted: dict) -> None:
    with pytest.raises(CairnError) as refused:
        parse_wanted(wanted, "volume_groups[0].devices", False)
    assert refused.value.code == code and refused.value.parameter.startswith("volume_groups[0].devices")


def picked(letter: str, size: int = 2 * GIB, found: str = "") -> dict:
    return {"id": wwn(letter), "size_bytes": size, "found": found}


def from_file(machine: Host, *disks: dict, **values: Any) -> Mapping[str, Choice]:
    return chosen(machine, consumer("one", {"rule": "fast"}, **values), rules=[rule("fast", disks=list(disks))])


def test_disks_chosen_from_a_file_are_used_without_a_further_word() -> None:
    """As DirectPV: discover writes a file, a person selects, what is found then is verified."""
    machine = host(disk("a"), disk("c"), disk("e"))
    assert got(from_file(machine, picked("a"), picked("e"))) == {"one": ["sda", "sde"]}
    later = from_file(machine, picked("a"), picked("e"), holds=["sda"])
    assert (names(later["one"].held), names(later["one"].new)) == (["sda"], ["sde"])
    ours = host(holding(disk("a", 3 * GIB), "LVM2_member", "pv"))
    assert got(from_file(ours, picked("a"), holds=["sda"])) == {"one": ["sda"]}, "what it was when it was chosen no longer matters"
    assert from_file(host(disk("a")), picked("a"), picked("q"), holds=["sda"], recorded=True, missing=1)["one"].absent == [wwn("q")]


@pytest.mark.parametrize(
    ("code", "parameter", "machine", "disks"),
    [
        ("device-absent", "disk_rules[0].disks[1]", host(disk("a")), [picked("a"), picked("q")]),
        ("chosen-size-differs", "disk_rules[0].disks[0].size_bytes", host(disk("a", 3 * GIB)), [picked("a")]),
        ("chosen-content-differs", "disk_rules[0].disks[0].found", host(holding(disk("a"), "xfs", "1-2")), [picked("a")]),
        ("chosen-content-differs", "disk_rules[0].disks[0].found", host(disk("a")), [picked("a", found="1-2")]),
        ("device-signature", "wipe", host(holding(disk("a"), "xfs", "1-2")), [picked("a", found="1-2")]),
        ("system-disk", "disk_rules[0].disks[0]", host(disk("a", mounts=("/",))), [picked("a")]),
        ("device-twice", "disk_rules[0].disks[1]", host(disk("a")), [picked("a"), picked("a")]),
        ("kernel-name", "disk_rules[0].disks[0].id", host(disk("a")), [{"id": "/dev/sda"}]),
        ("rule-no-disk", "one.devices", host(disk("a")), []),
    ],
)
def test_disks_that_are_not_what_they_were_when_they_were_chosen(code: str, parameter: str, machine: Host, disks: list) -> None:
    with pytest.raises(CairnError) as refused:
        from_file(machine, *disks)
    assert (refused.value.code, refused.value.parameter) == (code, parameter)


def test_the_white_list_passes_over_in_rules_and_refuses_in_lists() -> None:
    def allows(device: Device) -> bool:
        return device.kernel_name in ("sdc", "sde")

    assert got(chosen(SOLID, consumer("one", {"rotational": False}), allows=allows)) == {"one": ["sdc", "sde"]}
    assert got(chosen(SOLID, consumer("one", {"rule": "fast"}), rules=[rule("fast")], allows=allows)) == {"one": ["sdc", "sde"]}
    with pytest.raises(CairnError) as refused:
        chosen(SOLID, consumer("one", [wwn("c"), wwn("a")]), allows=allows)
    assert (refused.value.code, refused.value.parameter) == ("device-not-allowed", "one.devices[1]")


def test_the_white_list_does_not_hide_what_stands_on_a_disk() -> None:
    """Only the disk's own name is allowed; that the machine runs from a volume on it must still be seen."""
    base = dataclasses.replace(disk("a"), children=("dm-0",))
    root = Device("dm-0", "/dev/mapper/root", "crypt", GIB, parents=("sda",), mounts=("/",))
    machine = host(base, root, disk("c"))
    assert got(chosen(machine, consumer("one", {"rotational": False}), allows=lambda device: device.kernel_name != "dm-0")) == {"one": ["sdc"]}
