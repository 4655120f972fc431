"""The disks below a volume group: adopted, added, grown, emptied, taken out. Tables of (found, wanted) -> actions."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from lvm_wishes import EXTENT, actions, commands, fast, planned, refusal
from machines import GIB, cleared, disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup

MIB = 1024**2
A, B, C, D = (PhysicalVolume(f"/dev/sd{letter}", f"pv-{letter}", f"sd{letter}", 511, start_bytes=MIB, device_bytes=2 * GIB) for letter in "abcd")
HOST = host(*(holding(disk(letter), "LVM2_member", f"pv-{letter}") for letter in "abc"), disk("d"))
NAMES = [wwn("a"), wwn("c")]


def linear(name: str, **on: int) -> LogicalVolume:
    return LogicalVolume(name, sum(on.values()), f"u-{name}", on={f"/dev/{path}": count for path, count in on.items()})


def raid(name: str, *paths: str) -> tuple:
    parts = tuple(
        LogicalVolume(f"{name}_{part}_{number}", size, hidden=True, on={f"/dev/{path}": size})
        for number, path in enumerate(paths)
        for part, size in (("rmeta", 1), ("rimage", 20))
    )
    return (LogicalVolume(name, 20, f"u-{name}", "raid,raid1", segment="raid1", mirrors=len(paths), parts=tuple(part.name for part in parts)), *parts)


def group(*volumes: LogicalVolume, pvs: tuple = (A, B, C), **values: Any) -> VolumeGroup:
    """A volume group whose disks are used as its volumes say."""
    pvs = tuple(dataclasses.replace(pv, used=sum(volume.on.get(pv.path, 0) for volume in volumes)) for pv in pvs)
    total = sum(pv.extents for pv in pvs)
    return VolumeGroup("fast", EXTENT, total, total - sum(pv.used for pv in pvs), "u-fast", (), pvs, volumes, **values)


def wish(*leave: str, **values: Any) -> dict:
    return fast(**{"devices": NAMES, "remove_devices": list(leave), **values})


def made(found: VolumeGroup, wanted: dict, **options: Any) -> Any:
    return planned(found, wanted, machine=options.pop("machine", HOST), **options)


def test_an_existing_group_is_adopted__open_local_104() -> None:
    """storage.md 5.23: a volume group made by hand, with other tags, alignment and extents, is used as it is."""
    found = dataclasses.replace(group(linear("theirs", sda=10)), extent_bytes=32 * MIB, tags=("theirs",))
    plan = made(found, fast(devices=[wwn("b")], logical_volumes=[{"name": "theirs", "size": "320MiB"}]))
    assert actions(plan) == []


def test_disks_that_are_not_named_stay__community_general_2991_9698_10336() -> None:
    assert actions(made(group(linear("x", sdb=5)), fast(devices=[wwn("a")]))) == []


def test_a_disk_is_emptied_before_it_is_taken_out__community_general_3320() -> None:
    plan = made(group(linear("x", sda=5, sdb=5), linear("y", sdc=2)), wish(wwn("b")))
    assert commands(plan) == ["pvmove --interval 1 /dev/sdb /dev/sda /dev/sdc", f"vgreduce fast {wwn('b')}", f"pvremove {wwn('b')}", cleared("b")]
    assert str(plan.actions[0].steps[0]).endswith("holds pv-b"), "probed again right before"
    after = plan.after.groups[0]
    assert [(pv.path, pv.used) for pv in after.pvs] == [("/dev/sda", 10), ("/dev/sdc", 2)]
    assert (after.extents, after.free) == (1022, 1022 - 12) and after.lv("x").on == {"/dev/sda": 10}


@pytest.mark.parametrize(
    "found, leave, expected",
    [
        (group(linear("x", sda=5)), [wwn("b")], [f"vgreduce fast {wwn('b')}", f"pvremove {wwn('b')}", cleared("b")]),
        (group(linear("x", sda=5)), ["pv-b"], [f"vgreduce fast {wwn('b')}", f"pvremove {wwn('b')}", cleared("b")]),
        (group(linear("x", sda=5), pvs=(A, C)), [wwn("b")], []),
        (group(linear("x", sda=5)), [wwn("z")], []),
        (group(linear("x", sda=5)), [wwn("d")], []),
    ],
)
def test_an_empty_disk_and_one_that_is_no_member(found: VolumeGroup, leave: list, expected: list) -> None:
    assert commands(made(found, wish(*leave))) == expected


def test_two_disks_leave_at_once() -> None:
    plan = made(group(linear("x", sdb=3, sdc=4)), wish(wwn("b"), wwn("c"), devices=[wwn("a")]))
    assert commands(plan) == [
        "pvmove --interval 1 /dev/sdb /dev/sda",
        "pvmove --interval 1 /dev/sdc /dev/sda",
        f"vgreduce fast {wwn('b')} {wwn('c')}",
        f"pvremove {wwn('b')} {wwn('c')}", cleared("b"), cleared("c"),
    ]


def test_a_disk_is_replaced_in_one_call() -> None:
    plan = made(group(linear("x", sda=511), pvs=(A,)), wish(wwn("a"), devices=[wwn("d")]), wipe={})
    assert commands(plan) == [
        f"vgextend --metadatasize 1044480b --dataalignment 1048576b fast {wwn('d')}",
        f"pvmove --interval 1 /dev/sda {wwn('d')}",
        f"vgreduce fast {wwn('a')}",
        f"pvremove {wwn('a')}", cleared("a"),
    ]


def test_room_that_a_removal_gives_is_used() -> None:
    found = group(linear("x", sda=500), linear("y", sdb=300), pvs=(A, B))
    wanted = wish(wwn("b"), devices=[wwn("a")], logical_volumes=[{"name": "y", "state": "absent"}])
    assert commands(made(found, wanted, allow_data_loss={"fast/y": "u-y"})) == [
        "lvremove --yes fast/y",
        f"vgreduce fast {wwn('b')}",
        f"pvremove {wwn('b')}", cleared("b"),
    ]


def test_a_rule_passes_over_a_disk_that_left() -> None:
    """It is blank and matches again; taking it back in would go round for ever."""
    plan = made(group(linear("x", sda=5), pvs=(A,)), fast(adopt_new=True, remove_devices=[wwn("c")]), machine=host(HOST.devices["sda"], disk("c")))
    assert actions(plan) == [] and not plan.after.unadopted


@pytest.mark.parametrize(
    "code, found, wanted",
    [
        ("reduce-room", group(linear("x", sda=400), linear("y", sdb=200), pvs=(A, B)), wish(wwn("b"), devices=[wwn("a")])),
        ("reduce-last", group(linear("x", sda=4), pvs=(A,)), fast(remove_devices=[wwn("a")])),
        ("reduce-raid", group(*raid("r", "sda", "sdb"), pvs=(A, B)), wish(wwn("b"), devices=[wwn("a")])),
        ("device-leaves", group(), wish(wwn("a"))),
        ("device-leaves", None, wish(wwn("d"), devices=[wwn("d")])),
        ("device-twice", group(), wish(wwn("b"), wwn("b"))),
        ("kernel-name", group(), wish("/dev/sdb")),
        ("reduce-missing", group(pvs=(A, dataclasses.replace(B, missing=True, device="", path="[unknown]"))), wish("pv-b", devices=[wwn("a")])),
        ("data-alignment", None, wish(data_alignment="3MiB")),
        ("data-alignment", None, wish(data_alignment="128MiB")),
        ("device-small", None, fast(devices=[wwn("d")], data_alignment="64MiB", extent_size="2GiB")),
    ],
)
def test_refused(code: str, found: Any, wanted: dict) -> None:
    refused = refusal(found, wanted, machine=HOST, state=State((found,) if found else ()))
    assert refused.code == code
    if code == "reduce-room":
        assert "356MiB too little" in refused.found


@pytest.mark.parametrize(
    "bytes_now, tail, extents",
    [
        (2 * GIB, 0, None),
        (2 * GIB + 3 * MIB, 0, 512),
        (2 * GIB + MIB, 0, 512),
        (2 * GIB + MIB - 1, 0, None),
        (3 * GIB, 0, 767),
        (2 * GIB + 8 * MIB, MIB, None),
        (3 * GIB, MIB, 765),
    ],
)
def test_a_grown_disk_is_resized__community_general_8901(bytes_now: int, tail: int, extents: Any) -> None:
    """Only by whole extents, so that a rest never asks for a resize in each run."""
    found = group(linear("x", sda=5), pvs=(dataclasses.replace(A, device_bytes=bytes_now, tail_bytes=tail),))
    plan = made(found, fast(devices=[wwn("a")], resize_devices=True))
    assert commands(plan) == ([f"pvresize {wwn('a')}"] if extents else [])
    assert plan.after.groups[0].extents == (extents or 511) and plan.after.groups[0].free == (extents or 511) - 5
    assert actions(made(found, fast(devices=[wwn("a")]))) == [], "only when asked"


def test_what_a_disk_grew_by_is_there_for_volumes() -> None:
    found = group(linear("x", sda=511), pvs=(dataclasses.replace(A, device_bytes=4 * GIB),))
    plan = made(found, fast(devices=[wwn("a")], resize_devices=True, logical_volumes=[{"name": "y", "size": "1GiB"}]))
    assert [action.verb for action in plan.actions] == ["grow", "create"]


@pytest.mark.parametrize("wanted, start", [({}, MIB), ({"data_alignment": "8MiB"}, 8 * MIB), ({"data_alignment": "4KiB"}, MIB)])
def test_data_alignment(wanted: dict, start: int) -> None:
    plan = made(group(), fast(devices=[wwn("d")], **wanted), state=State(()), machine=host(disk("d")))
    assert f"--dataalignment {start}b" in commands(plan)[0] and plan.after.groups[0].extents == (2 * GIB - start) // EXTENT


MOVE = LogicalVolume("pvmove0", 305, hidden=True, layout="mirror", segment="mirror", moves="/dev/sda", on={"/dev/sda": 305, "/dev/sdb": 305})


def test_an_interrupted_move_is_finished_first() -> None:
    moved = LogicalVolume("x", 305, "u-x", parts=("pvmove0",))
    plan = made(group(moved, MOVE), fast(devices=[wwn("c")], remove_devices=[wwn("a")], tags=["t"]))
    taken_out = [f"vgreduce fast {wwn('a')}", f"pvremove {wwn('a')}", cleared("a")]
    assert commands(plan) == ["pvmove --interval 1 /dev/sda", "vgchange --addtag t fast", *taken_out]
    assert plan.after.groups[0].free == 1022 - 305


def test_a_backup_after_each_change_and_its_path_is_told() -> None:
    """storage.md 5.30."""
    plan = made(group(), fast(devices=[wwn("a")], tags=["t"]), state=State((group(),)))
    assert str(plan.actions[-1].steps[-1]) == "vgcfgbackup fast" and plan.after.recorded == {"fast"}
