"""What a consumer holds is its own, whatever the machine has on it; only what is to be taken has to be nobody's."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from machines import GIB, disk, holding, host, names, rule, upon, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host
from ansible_collections.cairn.storage.plugins.module_utils._block.rules import parse, parse_selector
from ansible_collections.cairn.storage.plugins.module_utils._block.select import Choice, Consumer, marked, parse_wanted, select
from ansible_collections.cairn.storage.plugins.module_utils._block.survey import survey
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent


def with_volume(*mounts: str) -> Host:
    """A disk of LVM, one of whose volumes is mounted there, and a blank one."""
    base, volume = upon(holding(disk("a"), "LVM2_member", "pv"), Device("dm-0", "/dev/mapper/vg-opt", "lvm", GIB, mounts=mounts))
    return host(base, volume, disk("c"))


def choice(machine: Host, wanted: Any, rules: Any = (), **values: Any) -> Choice:
    one = Consumer("group", parse_wanted(wanted, "devices", False), **{"holds": frozenset(["sda"]), "recorded": True, **values})
    return select(machine, parse(rules), [one], Consent("wipe", {}), taken={}, marked=marked(machine))["group"]


WISHES = [
    ([wwn("a")], ()),
    ({"serial": "0001$", "only_unused": True}, ()),
    ({"id": "wwn-0x60011$"}, ()),
    ({"rule": "fast"}, (rule("fast", rotational=False, only_unused=True, at_most=1),)),
    ({"rule": "fast"}, (rule("fast", id="wwn-0x60011$"),)),
    ({"rule": "fast"}, (rule("fast", disks=[{"id": wwn("a")}]),)),
]


@pytest.mark.parametrize("place", ["/", "/opt", "/var/lib", "[SWAP]"])
@pytest.mark.parametrize(("wanted", "rules"), WISHES)
def test_a_disk_that_is_held_stays_whatever_is_mounted_from_it__homelab_40_rook_9267(place: str, wanted: Any, rules: Any) -> None:
    found = choice(with_volume(place), wanted, rules)
    assert (names(found.held), names(found.new), names(found.unadopted)) == (["sda"], [], [])


@pytest.mark.parametrize(("wanted", "rules"), WISHES)
def test_it_is_no_other_consumers_to_take(wanted: Any, rules: Any) -> None:
    with pytest.raises(CairnError) as refused:
        found = choice(with_volume("/opt"), wanted, rules, holds=frozenset(), recorded=False)
        assert names(found.new) == ["sdc"]
        raise CairnError("another disk was taken", code="system-disk")
    assert refused.value.code in ("system-disk", "rule-no-disk")


def test_a_second_disk_comes_beside_it() -> None:
    found = choice(with_volume("/"), [wwn("a"), wwn("c")])
    assert (names(found.held), names(found.new)) == (["sda"], ["sdc"])
    found = choice(with_volume("/"), {"rotational": False}, adopt_new=True)
    assert (names(found.held), names(found.new)) == (["sda"], ["sdc"])


def test_a_rule_that_nobody_here_uses_is_not_refused_for_it() -> None:
    """Every module is given every rule; the group of this one is another module's."""
    machine, rules = with_volume("/opt"), (rule("fast", id="wwn-0x60011$"), rule("rest"))
    other = choice(machine, {"rule": "rest"}, rules, holds=frozenset(), recorded=False)
    assert names(other.new) == ["sdc"]
    assert names(survey(machine, parse(rules), None, False)["rest"]) == ["sdc"]


PARTS = {"root": ("/",), "data": (), "data2": (), "efi": ()}


def parted() -> Host:
    base = holding(disk("a", model="Boot", transport="nvme"), "gpt partition table", "t")
    devices = [base]
    for number, (label, mounts) in enumerate(PARTS.items(), 1):
        devices[0], part = upon(
            devices[0],
            dataclasses.replace(
                devices[0],
                kernel_name=f"sda{number}",
                path=f"/dev/sda{number}",
                type="part",
                size=number * GIB,
                links=(f"{wwn('a')}-part{number}",),
                children=(),
                signatures=(),
                mounts=mounts,
                part_label=label,
                part_uuid=f"uuid-{number}",
                part_type="c12a7328-f81f-11d2-ba4b-00a0c93ec93b" if label == "efi" else "0fc63daf-8483-4772-8e79-3d69d8477de4",
            ),
        )
        devices.append(part)
    return host(*devices, disk("c"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"partitions": True}, ["sda2", "sda3"]),
        ({"partitions": "yes", "size_min": "3GiB"}, ["sda3"]),
        ({"partition_label": "^data$"}, ["sda2"]),
        ({"partition_type": "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "at_most": "1"}, ["sda2"]),
        ({"partition_type": 0x83, "at_least": 0}, []),
        ({"partition_type": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"}, ["sda4"]),
        ({"partitions": True, "transport": "nvme", "model": "Boot", "only_unused": True}, ["sda2", "sda3"]),
        ({"partitions": True, "transport_not": "nvme", "at_least": 0}, []),
        ({"rotational": "no"}, ["sdc"]),
    ],
)
def test_partitions_are_chosen_by_rule(wanted: dict, expected: list) -> None:
    """The system's disk is passed over, the partition that was left beside its own is not."""
    assert names(survey(parted(), (), parse_selector(wanted, "selector"), False)["selector"]) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"removable": False}, ["sda", "sdc"]),
        ({"transport_not": ["usb", "sata"]}, ["sda"]),
        ({"transport": ["usb", "sas"]}, ["sda", "sde"]),
        ({"transport": "usb, sata", "removable": "false"}, ["sdc"]),
    ],
)
def test_a_stick_is_passed_over_by_what_it_is(wanted: dict, expected: list) -> None:
    machine = host(disk("a", transport="sas"), disk("c", transport="sata"), disk("e", transport="usb", removable=True))
    assert names(survey(machine, (), parse_selector(wanted, "selector"), False)["selector"]) == expected


def test_memory_and_network_block_devices_are_no_disks__linux_system_roles_92() -> None:
    machine = host(Device("zram0", "/dev/zram0", "disk", GIB, virtual=True))
    assert names(survey(machine, (), parse_selector({"at_least": 0}, "selector"), True)["selector"]) == []
    with pytest.raises(CairnError) as refused:
        select(
            machine,
            (),
            [Consumer("class", parse_wanted(["zram0"], "devices", True))],
            Consent("wipe", {}),
            taken={},
            marked=frozenset(),
            allow_kernel_names=True,
        )
    assert refused.value.code == "device-virtual"


def test_a_machine_may_have_no_disk_of_a_kind() -> None:
    none = choice(host(disk("a")), {"rotational": True, "at_least": 0}, holds=frozenset(), recorded=False)
    assert none == Choice()
    none = choice(host(disk("a")), {"rule": "bulk"}, (rule("bulk", rotational=True, at_least=0),), holds=frozenset(), recorded=False)
    assert none == Choice()
    with pytest.raises(CairnError) as refused:
        choice(host(disk("a")), {"rotational": True}, holds=frozenset(), recorded=False)
    assert refused.value.code == "rule-no-disk" and "at_least: 0" in refused.value.fix


def test_a_rule_without_a_name_keeps_its_disks() -> None:
    rules = ({"serial": "0001$"}, rule("rest", rotational=False))
    assert names(choice(host(disk("a"), disk("c")), {"rule": "rest"}, rules, holds=frozenset(), recorded=False).new) == ["sdc"]


def test_a_candidate_without_a_stable_name_is_told() -> None:
    machine = host(Device("xvdb", "/dev/xvdb", "disk", GIB, serial="S9"))
    with pytest.raises(CairnError) as refused:
        choice(machine, {"size_max": "2GiB"}, holds=frozenset(), recorded=False)
    assert "/dev/xvdb (1GiB, solid-state, free, passed over for want of a stable name; see allow_kernel_names)" in refused.value.found
    assert names(choice(machine, ["S9"], holds=frozenset(), recorded=False).new) == ["xvdb"], "LVM finds it again by itself"
    with pytest.raises(CairnError) as refused:
        choice(machine, ["S9"], holds=frozenset(), recorded=False, lasting=True)
    assert refused.value.code == "device-nameless"
