"""Which disks a consumer gets, and every reason why it gets none."""

from __future__ import annotations

import dataclasses
from typing import Any, Sequence

import pytest
from machines import GIB, disk, holding, host, names, rule, system_disk, upon, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host, Signature
from ansible_collections.cairn.storage.plugins.module_utils._block.assign import FREE, HELD, OURS, assign, eligible
from ansible_collections.cairn.storage.plugins.module_utils._block.rules import parse
from ansible_collections.cairn.storage.plugins.module_utils._block.select import Consumer, marked, parse_wanted, select
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent


def assigned(machine: Host, *rules: Any, held: Sequence[str] = (), ours: Sequence[str] = (), kernel_names: bool = False) -> dict:
    def standing(rule: Any, device: Device) -> int:
        return HELD if device.kernel_name in held else OURS if device.kernel_name in ours else FREE

    candidates = [device for device in machine if eligible(machine, device) and (device.links or kernel_names)]
    return {name: names(devices) for name, devices in assign(machine, candidates, parse(rules), standing, {}).items()}


def chosen(
    machine: Host,
    wanted: Any,
    rules: Sequence[Any] = (rule("fast", rotational=False), rule("bulk", rotational=True)),
    wipe: Any = None,
    taken: Any = None,
    kernel_names: bool = False,
    **consumer: Any,
) -> Any:
    consumers = [
        Consumer(f"group {number}", parse_wanted(each, f"devices[{number}]", kernel_names), **consumer) for number, each in enumerate(wanted)
    ]
    return select(
        machine, parse(rules), consumers, Consent("wipe", wipe or {}), taken=taken or {}, marked=marked(machine), allow_kernel_names=kernel_names
    )["group 0"]


PARTITION = Device("sda1", "/dev/sda1", "part", GIB)


@pytest.mark.parametrize(
    "rules, expected",
    [
        ([rule("fast", rotational=False), rule("bulk", rotational=True)], {"fast": ["sda", "sdc"], "bulk": ["sdb"]}),
        ([rule("all"), rule("bulk", rotational=True)], {"all": ["sda", "sdb", "sdc"], "bulk": []}),
        ([rule("large", size_min="3GiB"), rule("small", size_max="2GiB")], {"large": ["sdc"], "small": ["sda", "sdb"]}),
        ([rule("exact", size_min="2GiB", size_max="2GiB")], {"exact": ["sda", "sdb"]}),
        ([rule("one", id="wwn-0x60012$")], {"one": ["sdb"]}),
        ([rule("path", id="^/dev/disk/by-id/scsi-36001[13]$")], {"path": ["sda", "sdc"]}),
        ([rule("serial", serial="0001$"), rule("rest")], {"serial": ["sda"], "rest": ["sdb", "sdc"]}),
        ([rule("model", model="SSD"), rule("sas", transport="sas")], {"model": ["sda"], "sas": ["sdb"]}),
        ([rule("nothing", rotational=True, model="SSD")], {"nothing": []}),
    ],
)
def test_a_disk_belongs_to_the_first_rule_it_matches(rules: list, expected: dict) -> None:
    machine = host(disk("a", model="Big SSD"), disk("b", transport="sas"), disk("c", 3 * GIB))
    assert assigned(machine, *rules) == expected


def test_what_no_rule_may_choose() -> None:
    """storage.md 5, item 23 (csi-driver-lvm#37): of a multipath device only the whole, never a leg."""
    leg, joined = upon(disk("e"), dataclasses.replace(disk("m"), kernel_name="dm-0", path="/dev/mapper/mpatha", type="mpath"))
    machine = host(
        disk("a", read_only=True), disk("b", 0), Device("vda", "/dev/vda", "disk", GIB), PARTITION, leg, joined, disk("z", mounts=("[SWAP]",))
    )
    assert assigned(machine, rule("all")) == {"all": ["dm-0"]}
    assert assigned(machine, rule("all"), kernel_names=True) == {"all": ["dm-0", "vda"]}


def test_only_unused_takes_what_is_empty_or_the_consumers_own() -> None:
    machine = host(
        disk("a"), holding(disk("c"), "LVM2_member", "pv"), holding(disk("e"), "xfs", "u"), disk("g", entry="bulk/x"), disk("i", readable=False)
    )
    only = rule("fast", rotational=False, only_unused=True)
    assert assigned(machine, only) == {"fast": ["sda"]}
    assert assigned(machine, only, ours=["sdc"]) == {"fast": ["sda", "sdc"]}
    assert assigned(machine, only, rule("rest")) == {"fast": ["sda"], "rest": ["sdc", "sde", "sdg", "sdi"]}


def test_a_rule_of_another_module_keeps_the_disks_that_the_collection_uses() -> None:
    machine = host(holding(disk("a"), "LVM2_member", "pv"), disk("b"))
    rules = (rule("fast", rotational=False, only_unused=True), rule("rest"))
    assert names(chosen(machine, [{"rule": "rest"}], rules).new) == ["sdb"]


def test_new_held_and_newly_plugged_disks() -> None:
    machine = host(disk("a"), disk("c"), disk("e"))
    assert names(chosen(machine, [{"rule": "fast"}]).new) == ["sda", "sdc", "sde"]
    grown = chosen(machine, [{"rule": "fast"}], holds=frozenset(["sda"]))
    assert (names(grown.held), names(grown.new), names(grown.unadopted)) == (["sda"], [], ["sdc", "sde"])
    adopted = chosen(machine, [{"rule": "fast"}], holds=frozenset(["sda"]), adopt_new=True)
    assert (names(adopted.held), names(adopted.new)) == (["sda"], ["sdc", "sde"])
    listed = chosen(machine, [[wwn("a"), wwn("c")]], holds=frozenset(["sda"]))
    assert names(listed.new) == ["sdc"], "a listed disk needs no further word"


@pytest.mark.parametrize("adopt", [False, True])
def test_a_dead_disk_is_neither_offered_nor_adopted_by_a_rule(adopt: bool) -> None:
    choice = chosen(host(disk("a", readable=False), disk("c")), [{"rule": "fast"}], holds=frozenset(["sdc"]), adopt_new=adopt)
    assert (names(choice.held), names(choice.new), names(choice.unadopted)) == (["sdc"], [], [])


@pytest.mark.parametrize("reference", [wwn("a"), "/dev/disk/by-id/scsi-360011", "wwn-0x60011", "5ca1ab1e0001", "0x6001"])
def test_ways_to_name_a_disk(reference: str) -> None:
    """ansible#37103: a disk is known by any of its names."""
    assert names(chosen(host(disk("a", wwn="0x6001"), disk("b")), [[reference]]).new) == ["sda"]


def test_a_logical_volume_by_its_path() -> None:
    base, volume = upon(disk("a"), Device("dm-0", "/dev/mapper/vg-my--lv", "lvm", GIB))
    assert names(chosen(host(base, volume), [["/dev/vg/my-lv"]]).new) == ["dm-0"]


def test_an_absent_disk_that_is_recorded_is_no_error() -> None:
    """storage.md 5, item 5 (ceph-ansible#1777): a hot-swapped disk does not stop the next run."""
    choice = chosen(host(disk("a")), [[wwn("a"), wwn("q")]], holds=frozenset(["sda"]), missing=1, recorded=True)
    assert (names(choice.held), choice.absent) == (["sda"], [wwn("q")])
    assert not names(chosen(host(), [{"rule": "fast"}], recorded=True).new)


def test_consent_names_what_is_found() -> None:
    machine = host(
        holding(disk("a"), "ext4", "1-2"), dataclasses.replace(disk("c"), signatures=(Signature("xfs", "3-4"), Signature("dos partition table")))
    )
    choice = chosen(machine, [{"rule": "fast"}], wipe={"/dev/disk/by-id/scsi-360011": "1-2", wwn("c"): "3-4, dos partition table"})
    assert names(choice.new) == ["sda", "sdc"]
    assert names(chosen(machine, [{"rule": "fast"}], blank=frozenset(["sda", "sdc"])).new) == ["sda", "sdc"]


USED, CHILD = upon(disk("a"), Device("dm-0", "/dev/mapper/x-y", "crypt", GIB))
FAST = [{"rule": "fast"}]


@pytest.mark.parametrize(
    "code, machine, wanted, options",
    [
        ("device-absent", host(disk("a")), [[wwn("q")]], {}),
        ("device-absent", host(disk("a")), [[wwn("q"), wwn("r")]], {"missing": 1}),
        ("system-disk", host(disk("a")), [["/dev/ubda"]], {"kernel_names": True}),
        ("system-disk", host(disk("a", mounts=("/boot",))), [[wwn("a")]], {}),
        ("system-disk", host(disk("a", mounts=("[SWAP]",))), [[wwn("a")]], {}),
        ("system-disk", host(disk("a")), [{"rule": "any"}], {"rules": [rule("any", id=".*")]}),
        ("device-twice", host(disk("a")), [[wwn("a"), "5ca1ab1e0001"]], {}),
        ("device-shared", host(disk("a")), [[wwn("a")], [wwn("a")]], {}),
        ("device-shared", host(disk("a")), [FAST[0], [wwn("a")]], {}),
        ("rule-shared", host(disk("a")), [FAST[0], FAST[0]], {}),
        ("rule-unknown", host(disk("a")), [{"rule": "slow"}], {}),
        ("rule-no-disk", host(disk("b")), FAST, {}),
        ("rule-no-disk", host(), FAST, {}),
        ("device-unreadable", host(disk("a", readable=False)), [[wwn("a")]], {}),
        ("device-read-only", host(disk("a", read_only=True)), [[wwn("a")]], {}),
        ("device-mounted", host(disk("a", mounts=("/data",))), [[wwn("a")]], {}),
        ("device-mounted", host(disk("a", mounts=("/data",))), FAST, {}),
        ("device-taken", host(disk("a", entry="bulk/x")), [[wwn("a")]], {}),
        ("device-taken", host(disk("a")), [[wwn("a")]], {"taken": {"sda": "volume group x"}}),
        ("device-in-use", host(USED, CHILD), [[wwn("a")]], {}),
        ("device-small", host(disk("a")), [[wwn("a")]], {"minimum": 3 * GIB}),
        ("device-signature", host(holding(disk("a"), "ext4", "1-2")), [[wwn("a")]], {}),
        ("device-partitioned", host(holding(disk("a"), "gpt partition table", "1-2")), FAST, {}),
        ("consent-differs", host(holding(disk("a"), "ext4", "1-2")), FAST, {"wipe": {wwn("a"): "ext4"}}),
    ],
)
def test_refusals(code: str, machine: Host, wanted: list, options: dict) -> None:
    """storage.md 5, item 24 (open-local#47, rook#9542), ansible-modules-extras#1504: what is found is told, with the fix, and nothing asks back."""
    with pytest.raises(CairnError) as refused:
        chosen(machine, wanted, **options)
    assert refused.value.code == code
    assert refused.value.parameter and refused.value.fix


@pytest.mark.parametrize(
    "code, value",
    [
        ("devices-form", "sda"),
        ("devices-form", {"rule": ""}),
        ("devices-form", {"rule": "x", "size": 1}),
        ("devices-form", {}),
        ("devices-empty", []),
        ("device-type", [5]),
        ("device-type", [" "]),
        ("kernel-name", ["/dev/sdb"]),
        ("kernel-name", ["/dev/nvme0n1"]),
        ("device-path", ["/tmp/x"]),
        ("device-path", ["a b"]),
        ("device-path", ["/dev/disk/by-id/"]),
    ],
)
def test_ways_not_to_name_disks(code: str, value: Any) -> None:
    """storage.md 5, item 25 (openshift-ansible#10903, hwameistor#982): kernel names move."""
    with pytest.raises(CairnError) as refused:
        parse_wanted(value, "volume_groups[0].devices", False)
    assert refused.value.code == code and refused.value.parameter.startswith("volume_groups[0].devices")


@pytest.mark.parametrize(
    "code, rules",
    [
        ("rule-name", [rule(" ")]),
        ("rule-twice", [rule("a"), rule("a")]),
        ("rule-range", [rule("a", size_min="2GiB", size_max="1GiB")]),
        ("rule-regex", [rule("a", id="(")]),
        ("size-ambiguous", [rule("a", size_min="1T")]),
        ("size-syntax", [rule("a", size_max="much")]),
    ],
)
def test_no_rules(code: str, rules: list) -> None:
    with pytest.raises(CairnError) as refused:
        parse(rules)
    assert refused.value.code == code and refused.value.parameter.startswith("disk_rules[")


def test_the_system_disk_is_passed_over_in_silence_by_other_criteria() -> None:
    machine = host(disk("b"))
    assert not system_disk().rotational
    assert assigned(machine, rule("all", rotational=False), kernel_names=True) == {"all": []}
    assert names(chosen(machine, [{"rule": "rest"}], [rule("no", rotational=True, id="ubda"), rule("rest")]).new) == ["sdb"]


def test_a_disk_and_its_partition_are_one_room() -> None:
    """The raw partition of a pod bears no mark, and consent to wipe the table says nothing of it."""
    part = dataclasses.replace(PARTITION, kernel_name="sdb1", path="/dev/sdb1", links=(f"{wwn('b')}-part1",))
    whole, part = upon(holding(disk("b"), "gpt partition table", "table"), part)
    for given, wanted in ((part, wwn("b")), (whole, part.id)):
        machine = host(*(dataclasses.replace(each, entry="raw/x") if each is given else each for each in (whole, part)))
        with pytest.raises(CairnError) as refused:
            chosen(machine, [[wanted]], wipe={wwn("b"): "table"})
        assert refused.value.code == "device-taken" and "raw/x" in refused.value.found
    with pytest.raises(CairnError) as twice:
        chosen(host(whole, part), [[part.id], [wwn("b")]], wipe={wwn("b"): "table"})
    assert twice.value.code == "device-taken" and "group 0" in twice.value.found
    with pytest.raises(CairnError) as asleep:
        chosen(host(whole, part), [[wwn("b")]], wipe={wwn("b"): "table"}, taken={"sdb1": "volume group old"})
    assert asleep.value.code == "device-taken", "also while none of its logical volumes is active"


def test_a_number_that_several_disks_have_is_no_name() -> None:
    """Namespaces of one NVMe disk share its serial number."""
    first, second = (dataclasses.replace(disk(letter), serial="S3EVNX0K", wwn=f"eui.{letter}") for letter in "ab")
    with pytest.raises(CairnError) as refused:
        chosen(host(first, second), [["S3EVNX0K"]])
    assert (refused.value.code, refused.value.parameter) == ("device-ambiguous", "devices[0][0]")
    assert wwn("a") in refused.value.found and wwn("b") in refused.value.found
    assert names(chosen(host(first, second), [["eui.b"]]).new) == ["sdb"]
    joined = Device("dm-0", "/dev/mapper/mpatha", "mpath", 2 * GIB, links=("/dev/disk/by-id/dm-uuid-mpath-1",), serial="S3EVNX0K")
    paths = [dataclasses.replace(path, children=("dm-0",)) for path in (first, second)]
    assert host(*paths, joined).resolve("S3EVNX0K") == joined, "what the paths lead to is meant"
