"""What is planned for logical volumes: tables of (found, wanted) -> commands."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from lvm_wishes import EXTENT, commands, planned, refusal
from machines import BASE, disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Signature
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.options import SHARED, VOLUME
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import parse_alone
from ansible_collections.cairn.storage.plugins.module_utils._lvm.plan import Observed, plan

LETTERS = "abcdef"
DISKS = [wwn(letter) for letter in LETTERS]
PVS = tuple(PhysicalVolume(f"/dev/sd{letter}", f"pv-{letter}", f"sd{letter}", 511) for letter in LETTERS)
MEMBERS = [holding(disk(letter), "LVM2_member", f"pv-{letter}") for letter in LETTERS]
LINEAR = LogicalVolume("data", 10, "u-data", on={"/dev/sda": 10})
STRIPED = LogicalVolume("data", 10, "u-data", "striped", segment="striped", stripes=2, stripe_bytes=65536, on={"/dev/sda": 5, "/dev/sdb": 5})


def raid(kind: str = "raid1", extents: int = 10, letters: str = "ab", **values: Any) -> tuple:
    """A RAID volume with its parts, one on each disk."""
    part = extents // values.get("stripes", 1)
    parts = [
        LogicalVolume(f"data_{name}_{number}", size, f"u-{name}{number}", hidden=True, on={f"/dev/sd{letter}": size})
        for number, letter in enumerate(letters)
        for name, size in (("rimage", part), ("rmeta", 1))
    ]
    return (LogicalVolume("data", extents, "u-data", f"raid,{kind}", segment=kind, parts=tuple(each.name for each in parts), **values), *parts)


def group(*volumes: LogicalVolume, members: int = 6) -> VolumeGroup:
    """A volume group on the first ``members`` disks with these volumes."""
    pvs = tuple(dataclasses.replace(pv, used=sum(volume.on.get(pv.path, 0) for volume in volumes)) for pv in PVS[:members])
    return VolumeGroup("fast", EXTENT, 511 * members, sum(pv.free for pv in pvs), "u-fast", (), pvs, volumes)


def wish(*volumes: dict, members: int = 6) -> dict:
    return {"name": "fast", "devices": DISKS[:members], "logical_volumes": list(volumes)}


def made(found: VolumeGroup, *volumes: dict, **options: Any) -> Any:
    members = len(found.pvs)
    machine = host(*MEMBERS[:members], *options.pop("devices", ()))
    return planned(found, wish(*volumes, members=members), machine=machine, **options)


def refused(found: VolumeGroup, *volumes: dict, **options: Any) -> Any:
    members = len(found.pvs)
    machine = host(*MEMBERS[:members], *options.pop("devices", ()))
    return refusal(found, wish(*volumes, members=members), machine=machine, **options)


def lvcreate(rest: str) -> list:
    return [f"lvcreate --yes --wipesignatures y --zero y {rest}"]


@pytest.mark.parametrize(
    "volume, expected, free",
    [
        ({"size": "10 extents", "type": "striped", "stripes": 3}, "--type striped --stripes 3 --stripesize 65536b --extents 12 --name data fast", 12),
        ({"size": "40MiB", "type": "raid1"}, "--type raid1 --mirrors 1 --extents 10 --name data fast", 22),
        ({"size": "40MiB", "type": "raid6"}, "--type raid6 --stripes 3 --stripesize 65536b --extents 12 --name data fast", 25),
        ({"size": "40MiB", "devices": [DISKS[2]]}, f"--type linear --extents 10 --name data fast {DISKS[2]}", 10),
        ({"size": "50%PVS", "devices": DISKS[:2]}, f"--type linear --extents 511 --name data fast {DISKS[0]} {DISKS[1]}", 511),
        (
            {"size": "100%PVS", "type": "raid1", "devices": DISKS[:2]},
            f"--type raid1 --mirrors 1 --extents 510 --name data fast {DISKS[0]} {DISKS[1]}",
            1022,
        ),
        ({"size": "100%FREE", "devices": [DISKS[0]]}, f"--type linear --extents 511 --name data fast {DISKS[0]}", 511),
        ({"size": "100%FREE", "type": "raid5"}, "--type raid5 --stripes 2 --stripesize 65536b --extents 2042 --name data fast", 3066),
        ({"size": "10%VG", "type": "raid10"}, "--type raid10 --stripes 2 --stripesize 65536b --mirrors 1 --extents 150 --name data fast", 304),
    ],
)
def test_create__share_of_named_disks_is_theirs(volume: dict, expected: str, free: int) -> None:
    """100%PVS is not computed against the whole volume group, as lvol does (ansible.md 2.1)."""
    plan = made(group(), {"name": "data", **volume})
    assert commands(plan) == lvcreate(expected)
    assert plan.after.groups[0].free == 6 * 511 - free


@pytest.mark.parametrize(
    "found, volume, expected",
    [
        (group(LINEAR), {"size": "41MiB"}, ["lvextend --extents 11 fast/data"]),
        (group(LINEAR), {"size": "41MiB", "devices": [DISKS[3]]}, [f"lvextend --extents 11 fast/data {DISKS[3]}"]),
        (group(LINEAR), {"size": "10%PVS", "devices": [DISKS[0]]}, [f"lvextend --extents 51 fast/data {DISKS[0]}"]),
        (group(STRIPED), {"size": "41MiB"}, ["lvextend --extents 12 fast/data"]),
        (group(STRIPED), {"size": "40MiB", "type": "striped", "stripes": 2, "stripe_size": "64KiB"}, []),
        (group(*raid(mirrors=2)), {"size": "60MiB", "type": "raid1"}, ["lvextend --extents 15 fast/data"]),
        (group(*raid("raid5", 12, "abc", stripes=2)), {"size": "60MiB"}, ["lvextend --extents 16 fast/data"]),
        (group(LINEAR), {"size": "100%FREE"}, []),
        (group(LINEAR), {"size": "100%FREE", "grow": True}, ["lvextend --extents 3066 fast/data"]),
        (group(LINEAR), {"size": "50%FREE", "grow": True}, ["lvextend --extents 1533 fast/data"]),
    ],
)
def test_grow(found: VolumeGroup, volume: dict, expected: list) -> None:
    assert commands(made(found, {"name": "data", **volume})) == expected


def again(plan: Any) -> VolumeGroup:
    """The group as it will be, once LVM has given UUIDs."""
    after = plan.after.groups[0]
    return dataclasses.replace(after, lvs=tuple(dataclasses.replace(volume, uuid=volume.uuid or f"u-{volume.name}") for volume in after.lvs))


@pytest.mark.parametrize("size", ["100%FREE", "33%FREE", "7%VG", "100000001", "13 extents", "9.7%PVS"])
@pytest.mark.parametrize("kind", ["linear", "striped", "raid1", "raid5", "raid6", "raid10"])
@pytest.mark.parametrize("grow", [False, True])
def test_no_endless_one_extent_resizes__community_general_6545_229__sds_node_configurator_326(size: str, kind: str, grow: bool) -> None:
    """Also #3269, #7053, #11925 and ansible#29201: what was made once is left alone, and grows only by what was added."""
    volume = {"name": "data", "type": kind, "size": size, "grow": grow, **({"devices": DISKS} if "PVS" in size else {})}
    first = made(group(), volume)
    assert commands(first) and commands(made(again(first), volume)) == []
    if size == "100%FREE":
        return
    two = (volume, {"name": "rest", "size": "100%FREE", "grow": grow})
    both = made(group(), *two)
    assert commands(made(again(both), *two)) == [], "in the order of the list, each from what the ones before left"


def test_extra_disks_given_to_a_shrink_are_no_trouble__community_general_3320() -> None:
    small = {"name": "data", "size": "20MiB", "devices": [DISKS[0]]}
    assert commands(made(group(LINEAR), small, devices=[EXT4], allow_data_loss={"fast/data": "u-data"}))[-1] == "lvreduce --yes --extents 5 fast/data"


EXT4 = Device("dm-0", "/dev/mapper/fast-data", "lvm", 10 * EXTENT, signatures=(Signature("ext4", "fs"),))
XFS = dataclasses.replace(EXT4, signatures=(Signature("xfs", "fs"),))
SMALLER = {"name": "data", "size": "20MiB"}


def test_shrinking_checks_the_file_system_first_and_forces_nothing__ansible_29194() -> None:
    plan = made(group(LINEAR), SMALLER, devices=[EXT4], allow_data_loss={"fast/data": "u-data"})
    assert commands(plan) == ["e2fsck -f -p /dev/fast/data", "resize2fs /dev/fast/data 20480K", "lvreduce --yes --extents 5 fast/data"]
    assert str(plan.actions[0].steps[0]).startswith("check that ") and "u-data" in plan.actions[0].loses
    assert plan.after.groups[0].free == 6 * 511 - 5


def test_without_consent_nothing_shrinks__ansible_29194() -> None:
    error = refused(group(LINEAR), SMALLER, devices=[EXT4])
    assert error.code == "shrink-consent" and "u-data" in str(error)
    assert refused(group(LINEAR), SMALLER, devices=[EXT4], allow_data_loss={"fast/data": "other"}).code == "consent-differs"


MOUNTED = dataclasses.replace(EXT4, mounts=("/srv",))
OPEN = dataclasses.replace(LINEAR, open=True)
FULL = dataclasses.replace(LINEAR, extents=500, on={"/dev/sda": 500})
OFF = dataclasses.replace(LINEAR, active=False)
SNAPPED = (LINEAR, LogicalVolume("snap", 5, "u-snap", origin="data", on={"/dev/sda": 5}))


@pytest.mark.parametrize(
    "code, found, volume, devices",
    [
        ("shrink-kind", group(LINEAR), SMALLER, [XFS]),
        ("shrink-kind", group(LINEAR), SMALLER, []),
        ("shrink-unsupported", group(OFF), {**SMALLER, "active": False}, []),
        ("shrink-mounted", group(OPEN), SMALLER, [MOUNTED]),
        ("lv-open", group(OPEN), SMALLER, [EXT4]),
        ("lv-open", group(OPEN), {"name": "data", "size": "40MiB", "active": False}, []),
        ("lv-given-out", group(LINEAR), {"name": "data", "size": "40MiB", "active": False}, [dataclasses.replace(EXT4, entry="raw/x")]),
        ("lv-has-snapshots", group(*SNAPPED), {"name": "data", "size": "80MiB"}, []),
        ("lv-kind", group(*SNAPPED), {"name": "snap", "size": "20MiB"}, []),
        ("lv-layout-differs", group(LINEAR), {"name": "data", "size": "40MiB", "type": "raid1"}, []),
        ("lv-layout-differs", group(*raid(mirrors=2)), {"name": "data", "size": "40MiB", "type": "raid1", "mirrors": 2}, []),
        ("lv-grow-kind", group(dataclasses.replace(LINEAR, layout="raid,raid0", segment="raid0")), {"name": "data", "size": "80MiB"}, []),
        ("devices-few", group(members=2), {"name": "data", "size": "40MiB", "type": "raid5"}, []),
        ("devices-few", group(), {"name": "data", "size": "40MiB", "type": "raid1", "devices": DISKS[:1]}, []),
        ("devices-full", group(FULL, members=2), {"name": "more", "size": "400MiB", "type": "raid1"}, []),
        ("vg-full", group(), {"name": "data", "size": "3GiB", "devices": [DISKS[0]]}, []),
        ("vg-full", group(LINEAR), {"name": "data", "size": "100GiB"}, []),
        ("device-not-member", group(members=2), {"name": "data", "size": "40MiB", "devices": [DISKS[5]]}, [disk("f")]),
        ("device-absent", group(members=2), {"name": "data", "size": "40MiB", "devices": [DISKS[5]]}, []),
        ("device-twice", group(members=2), {"name": "data", "size": "60%PVS", "devices": [DISKS[0], disk("a").links[1]]}, []),
        ("stripe-extent", group(), {"name": "data", "size": "40MiB", "type": "striped", "stripe_size": "8MiB"}, []),
        ("lv-options", group(), {"name": "data", "size": "40MiB", "stripes": 2}, []),
        ("lv-options", group(), {"name": "data", "size": "40MiB", "type": "striped", "mirrors": 1}, []),
        ("lv-count", group(), {"name": "data", "size": "40MiB", "type": "raid6", "stripes": 2}, []),
        ("lv-count", group(), {"name": "data", "size": "40MiB", "type": "raid10", "mirrors": 2}, []),
        ("stripe-size", group(), {"name": "data", "size": "40MiB", "type": "striped", "stripe_size": "48KiB"}, []),
        ("size-pvs", group(), {"name": "data", "size": "40%PVS"}, []),
        ("size-percent-of", group(), {"name": "data", "size": "40%ORIGIN"}, []),
    ],
)
def test_refusals(code: str, found: VolumeGroup, volume: dict, devices: list) -> None:
    assert refused(found, volume, devices=devices).code == code


def test_a_refused_shrink_names_the_present_size__ansible_29194() -> None:
    assert "40MiB" in refused(group(LINEAR), SMALLER, devices=[XFS]).found


@pytest.mark.parametrize(
    "found, active, expected",
    [
        (LINEAR, True, []),
        (OFF, False, []),
        (LINEAR, False, ["lvchange --activate n fast/data"]),
        (OFF, True, ["lvchange --activate y --ignoreactivationskip fast/data"]),
    ],
)
def test_activation_runs_nothing_when_it_is_so__ansible_md_2_1_a(found: LogicalVolume, active: bool, expected: list) -> None:
    """Also csi-driver-lvm PR #153, minikube#3908 and hwameistor#1082: what boot left inactive, a run activates."""
    assert commands(made(group(found), {"name": "data", "size": "40MiB", "active": active})) == expected


def test_an_inactive_volume_is_wiped_while_it_is_made() -> None:
    assert commands(made(group(), {"name": "data", "size": "40MiB", "active": False}))[1:] == ["lvchange --activate n fast/data"]


def test_the_result_says_the_size_after__ansible_md_2_1_b() -> None:
    assert made(group(LINEAR), {"name": "data", "size": "80MiB"}).after.groups[0].lv("data").extents == 20


def test_removal_gives_back_what_the_report_says() -> None:
    found = group(*raid("raid5", 12, "abc", stripes=2))
    assert found.free == 6 * 511 - 21
    plan = made(found, {"name": "data", "state": "absent"}, allow_data_loss={"fast/data": "u-data"})
    assert commands(plan) == ["lvremove --yes fast/data"]
    assert plan.after.groups[0].free == 6 * 511 and plan.after.groups[0].lvs == ()
    assert [pv.free for pv in plan.after.groups[0].pvs] == [511] * 6


def test_removal_of_what_others_stand_on_lists_them() -> None:
    thin = (
        LogicalVolume("pool", 100, "u-pool", "thin,pool", monitored=True),
        LogicalVolume("data", 10, "u-data", "thin,sparse", pool="pool"),
        LogicalVolume("snap", 10, "u-snap", "thin,sparse", pool="pool", origin="data"),
    )
    error = refused(group(*thin), {"name": "data", "state": "absent"}, allow_data_loss={"fast/data": "u-data"})
    assert error.code == "lv-needed" and "snap" in error.found


def test_the_spare_metadata_goes_with_the_last_pool() -> None:
    pool = (
        LogicalVolume("data", 20, "u-data", "thin,pool", metadata=1, parts=("data_tdata", "data_tmeta")),
        LogicalVolume("data_tdata", 20, "u-d", hidden=True, on={"/dev/sda": 20}),
        LogicalVolume("data_tmeta", 1, "u-m", hidden=True, on={"/dev/sda": 1}),
        LogicalVolume("lvol0_pmspare", 1, "u-s", hidden=True, on={"/dev/sda": 1}),
    )
    plan = made(group(*pool), {"name": "data", "state": "absent"}, allow_data_loss={"fast/data": "u-data"})
    assert plan.after.groups[0].free == 6 * 511 and plan.after.groups[0].lvs == ()


@pytest.mark.parametrize("state", ["absent", "merged"])
def test_what_is_gone_with_its_group_is_gone(state: str) -> None:
    """A teardown that is run again finds nothing left to do."""
    spec = {**SHARED, "volume_group": {"type": "str", "required": True}, **VOLUME}
    given = {"volume_group": "fast", "name": "data", "base_dir": BASE}

    def alone(**values: Any) -> Plan:
        checked = ArgumentSpecValidator(spec).validate({**given, **values})
        return plan(Observed(host(), State()), parse_alone(checked.validated_parameters))

    assert not alone(state=state).changed
    with pytest.raises(CairnError) as unknown:
        alone(size="1GiB")
    assert unknown.value.code == "vg-unknown"
