"""What is planned for a machine's LVM: tables of (found, wanted) -> actions."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from lvm_wishes import DATA, GROUP, MACHINE, MISSING, actions, commands, fast, params, planned
from machines import GIB, cleared, disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import parse


def test_the_last_step_of_a_change_is_the_backup() -> None:
    made = planned(GROUP, fast(logical_volumes=[{"name": "a", "size": "40MiB"}, {"name": "b", "size": "40MiB"}]))
    assert [str(step) for action in made.actions for step in action.steps if str(step).startswith("vgcfgbackup")] == ["vgcfgbackup fast"]
    assert str(made.actions[-1].steps[-1]) == "vgcfgbackup fast"


def test_from_empty_disks() -> None:
    made = planned(
        None,
        fast(
            thin_pools=[{"name": "pool", "size": "20%VG"}],
            logical_volumes=[{"name": "data", "size": "100MiB", "tags": ["x"]}, {"name": "rest", "size": "100%FREE"}],
        ),
        machine=host(disk("a"), disk("b"), disk("c")),
    )
    assert commands(made) == [
        f"vgcreate --physicalextentsize 4194304b --metadatasize 1044480b --dataalignment 1048576b fast {wwn('a')} {wwn('c')}",
        "lvcreate --yes --type thin-pool --extents 202 --poolmetadatasize 4194304b --poolmetadataspare y --chunksize 65536b --zero y --monitor y --name pool fast",
        "lvcreate --yes --wipesignatures y --zero y --type linear --extents 25 --addtag x --name data fast",
        "lvcreate --yes --wipesignatures y --zero y --type linear --extents 793 --name rest fast",
    ]
    assert made.after.groups[0].free == 0


@pytest.mark.parametrize(
    "wanted, expected",
    [
        (fast(), []),
        (
            fast(
                thin_pools=[{"name": "pool", "size": "400MiB"}],
                logical_volumes=[{"name": "data", "size": "40MiB"}, {"name": "thin", "size": "200MiB", "thin_pool": "pool"}],
            ),
            [],
        ),
        (fast(thin_pools=[{"name": "pool", "size": "100 extents"}], logical_volumes=[{"name": "data", "size": "10 extents"}]), []),
        (fast(logical_volumes=[{"name": "data", "size": "100%FREE"}], thin_pools=[{"name": "pool", "size": "100%FREE"}]), []),
        (fast(logical_volumes=[{"name": "data", "size": "41MiB"}]), ["lvextend --extents 11 fast/data"]),
        (fast(logical_volumes=[{"name": "data", "size": "50%VG"}]), ["lvextend --extents 511 fast/data"]),
        (fast(logical_volumes=[{"name": "thin", "size": "300MiB", "thin_pool": "pool"}]), ["lvextend --size 314572800b fast/thin"]),
        (fast(logical_volumes=[{"name": "data", "size": "40MiB", "tags": ["b", "a"]}]), ["lvchange --addtag a --addtag b fast/data"]),
        (fast(thin_pools=[{"name": "pool", "size": "800MiB"}]), ["lvextend --extents 200 fast/pool"]),
        (fast(thin_pools=[{"name": "pool", "size": "400MiB", "metadata_size": "16MiB"}]), ["lvextend --poolmetadatasize 16777216b fast/pool"]),
        (fast(tags=["new", "old"]), ["vgchange --addtag new fast"]),
        (fast(tags=[]), ["vgchange --deltag old fast"]),
        (
            fast(
                logical_volumes=[{"name": "new", "size": "1GiB", "thin_pool": "pool"}],
                thin_pools=[{"name": "pool", "size": "400MiB", "overprovision_ratio": 4}],
            ),
            ["lvchange --addtag cairn.ratio=4 fast/pool", "lvcreate --type thin --virtualsize 1073741824b --thinpool pool --name new fast"],
        ),
    ],
)
def test_on_a_group_that_is_there(wanted: dict, expected: list) -> None:
    assert commands(planned(GROUP, wanted)) == expected


def test_a_plan_leads_to_a_state_that_needs_none() -> None:
    made = planned(
        None,
        fast(thin_pools=[{"name": "pool", "size": "80%VG"}], logical_volumes=[{"name": "a", "size": "10%VG"}, {"name": "b", "size": "100%FREE"}]),
        machine=host(disk("a"), disk("c")),
    )
    group = dataclasses.replace(made.after.groups[0], uuid="u")
    again = planned(
        group,
        fast(thin_pools=[{"name": "pool", "size": "80%VG"}], logical_volumes=[{"name": "a", "size": "10%VG"}, {"name": "b", "size": "100%FREE"}]),
    )
    assert actions(again) == []


def test_a_new_disk_is_reported_and_adopted_only_on_request() -> None:
    machine = host(*(device for device in MACHINE if device.kernel_name != "ubda"), disk("e"))
    made = planned(GROUP, fast(), machine=machine)
    assert actions(made) == [] and made.after.unadopted[0]["device"] == wwn("e") and "adopt_new" in made.warnings[0]
    assert commands(planned(GROUP, fast(adopt_new=True), machine=machine)) == [f"vgextend --metadatasize 1044480b --dataalignment 1048576b fast {wwn('e')}"]


def test_wiping_is_an_action_of_its_own_and_says_what_it_loses() -> None:
    made = planned(None, fast(), machine=host(holding(disk("a"), "ext4", "1-2", "mine")), wipe={wwn("a"): "1-2", wwn("z"): "x"})
    assert actions(made) == [f"wipe device {wwn('a')}", "create volume group fast"]
    assert made.actions[0].loses == "ext4 labelled mine 1-2"
    assert len(made.warnings) == 1 and wwn("z") in made.warnings[0], "an unused consent is a warning"


def test_an_orphaned_physical_volume_is_used_as_it_is() -> None:
    """vgcreate was interrupted between labelling the disk and writing the group."""
    state = State(orphans=(PhysicalVolume("/dev/sda", "pv-a", "sda", 0, orphan=True),))
    made = planned(None, fast(), machine=host(holding(disk("a"), "LVM2_member", "pv-a")), state=state)
    assert actions(made) == ["create volume group fast"]
    assert str(made.actions[0].steps[0]).endswith("holds pv-a")


def test_a_missing_disk_is_reported_and_its_group_left_alone() -> None:
    machine = host(holding(disk("a"), "LVM2_member", "pv-a"), disk("b"))
    made = planned(MISSING, fast(logical_volumes=[{"name": "more", "size": "1GiB"}]), {"name": "bulk", "devices": {"rule": "bulk"}}, machine=machine)
    assert actions(made) == ["create volume group bulk"], "the rest goes on"
    assert "missing" in made.after.degraded[0]["reason"] and made.after.degraded[0]["volume_group"] == "fast"
    assert actions(planned(MISSING, {"name": "fast", "devices": [wwn("a"), wwn("c")]}, machine=machine)) == []


def test_a_group_whose_disks_are_all_gone_is_not_made_anew() -> None:
    state = State(recorded={"fast": "u-fast"})
    made = planned(None, fast(), machine=host(disk("e")), state=state)
    assert actions(made) == [] and made.after.degraded and made.after.unadopted
    assert actions(planned(None, {"name": "fast", "devices": [wwn("q")]}, machine=host(), state=state)) == []
    assert actions(planned(None, fast(adopt_new=True), machine=host(disk("e")), state=state)) == ["create volume group fast"]


def test_a_disk_that_cannot_be_read_holds_its_group_back() -> None:
    machine = host(dataclasses.replace(disk("a"), readable=False), holding(disk("c"), "LVM2_member", "pv-c"))
    made = planned(GROUP, fast(logical_volumes=[{"name": "more", "size": "1GiB"}]), machine=machine)
    assert actions(made) == [] and wwn("a") in made.after.degraded[0]["reason"]


def test_removal_with_consent() -> None:
    made = planned(
        GROUP,
        fast(
            logical_volumes=[{"name": "thin", "state": "absent"}, {"name": "none", "state": "absent"}],
            thin_pools=[{"name": "pool", "state": "absent"}],
        ),
        allow_data_loss={"fast/thin": "u-thin", "fast/pool": "u-pool"},
    )
    assert commands(made) == ["lvremove --yes fast/thin", "lvremove --yes fast/pool"]
    assert "u-thin" in made.actions[0].loses
    gone = planned(GROUP, {"name": "fast", "state": "absent"}, allow_data_loss={"fast": "u-fast"})
    assert commands(gone) == ["vgremove --yes fast", f"pvremove {wwn('a')} {wwn('c')}", cleared("a"), cleared("c")] and gone.after.groups == ()
    assert actions(planned(None, {"name": "fast", "state": "absent"})) == []
    empty = dataclasses.replace(GROUP, lvs=())
    assert commands(planned(empty, {"name": "fast", "state": "absent"}))[0] == "vgremove fast", "an empty group holds no data"


def opened(volume: LogicalVolume) -> VolumeGroup:
    return dataclasses.replace(GROUP, lvs=tuple(dataclasses.replace(each, open=True) if each.name == volume.name else each for each in GROUP.lvs))


SAME = {"type": "xfs", "uuid": "11111111-2222-3333-4444-555555555555"}


def volume(**values: Any) -> dict:
    return fast(logical_volumes=[{"name": "new", "size": "1GiB", **values}])


def pool(**values: Any) -> dict:
    return fast(thin_pools=[{"name": "pool2", "size": "1GiB", **values}])


@pytest.mark.parametrize(
    "code, group, wanted",
    [
        ("vg-twice", GROUP, [fast(), {"name": "fast", "devices": {"rule": "bulk"}}]),
        ("vg-devices", GROUP, [{"name": "other"}]),
        ("vg-full", GROUP, [volume(size="4GiB")]),
        ("vg-full", GROUP, [pool(size="4GiB")]),
        ("vg-full", GROUP, [fast(logical_volumes=[{"name": "data", "size": "4GiB"}])]),
        ("vg-full", GROUP, [pool(size="0.1%VG")]),
        ("vg-elsewhere", GROUP, [{"name": "fast", "devices": [wwn("b")]}]),
        ("vg-exported", dataclasses.replace(GROUP, exported=True), [fast()]),
        ("vg-shared", dataclasses.replace(GROUP, shared=True), [fast()]),
        ("vg-consent", GROUP, [{"name": "fast", "state": "absent"}]),
        ("rule-shared", GROUP, [fast(), {"name": "other", "devices": {"rule": "fast"}}]),
        ("device-shared", GROUP, [fast(), {"name": "other", "devices": [wwn("a")]}]),
        ("device-signature", None, [fast()]),
        ("rule-unknown", GROUP, [fast(devices={"rule": "faster"})]),
        ("lv-twice", GROUP, [fast(thin_pools=[{"name": "x", "size": "1GiB"}], logical_volumes=[{"name": "x", "size": "1GiB"}])]),
        ("lvm-name", GROUP, [volume(name="-x")]),
        ("lvm-name", GROUP, [volume(name="a b")]),
        ("lvm-name", GROUP, [volume(name="..")]),
        ("lvm-name", GROUP, [fast(name="a/b")]),
        ("lvm-name", GROUP, [volume(name="x" * 128)]),
        ("lvm-name-long", GROUP, [volume(name="x" * 123)]),
        ("lvm-name-long", GROUP, [volume(name="x-" * 50)]),
        ("fs-uuid-twice", GROUP, [fast(logical_volumes=[{"name": name, "size": "400MiB", "filesystem": SAME} for name in "xy"])]),
        ("mkfs-option", GROUP, [volume(filesystem={"type": "btrfs", "options": ["-f", "/dev/sdz"]})]),
        ("mkfs-option", GROUP, [volume(filesystem={"type": "xfs", "options": ["-l", "logdev=/dev/sdz"]})]),
        ("lvm-name-reserved", GROUP, [volume(name="snapshot1")]),
        ("lvm-name-reserved", GROUP, [volume(name="a_tmeta")]),
        ("lvm-tag", GROUP, [fast(tags=["a b"])]),
        ("lvm-tag", GROUP, [volume(tags=["-a"])]),
        ("extent-size", GROUP, [fast(extent_size="5MiB")]),
        ("extent-size", GROUP, [fast(extent_size="64KiB")]),
        ("extent-differs", GROUP, [fast(extent_size="8MiB")]),
        ("size-missing", GROUP, [volume(size=None)]),
        ("size-relative", GROUP, [volume(size="+512M")]),
        ("size-zero", GROUP, [volume(size="0")]),
        ("size-negative", GROUP, [volume(size="-1GiB")]),
        ("size-percent-of", GROUP, [volume(size="10%")]),
        ("size-percent-of", GROUP, [volume(size="10%VG", thin_pool="pool")]),
        ("size-percent-range", GROUP, [volume(size="110%FREE")]),
        ("size-overflow", GROUP, [volume(size="9EiB")]),
        ("size-ambiguous", GROUP, [volume(size="10G")]),
        ("pool-metadata", GROUP, [pool(metadata_size="1MiB")]),
        ("pool-metadata", GROUP, [pool(metadata_size="17GiB")]),
        ("pool-chunk", GROUP, [pool(chunk_size="100KiB")]),
        ("pool-chunk", GROUP, [pool(chunk_size="2GiB")]),
        ("pool-ratio", GROUP, [pool(overprovision_ratio=0)]),
        ("pool-chunk-differs", GROUP, [fast(thin_pools=[{"name": "pool", "size": "400MiB", "chunk_size": "128KiB"}])]),
        ("pool-metadata-shrink", GROUP, [fast(thin_pools=[{"name": "pool", "size": "400MiB", "metadata_size": "4MiB"}])]),
        ("pool-unknown", GROUP, [volume(thin_pool="none")]),
        ("pool-unknown", GROUP, [volume(thin_pool="data")]),
        ("pool-kind", GROUP, [fast(thin_pools=[{"name": "data", "size": "1GiB"}])]),
        (
            "pool-overcommit",
            GROUP,
            [fast(thin_pools=[{"name": "pool", "size": "400MiB"}], logical_volumes=[{"name": "new", "size": "1GiB", "thin_pool": "pool"}])],
        ),
        ("lv-kind", GROUP, [fast(logical_volumes=[{"name": "thin", "size": "1GiB"}])]),
        ("lv-kind", GROUP, [fast(logical_volumes=[{"name": "pool", "size": "1GiB"}])]),
        ("lv-needed", GROUP, [fast(thin_pools=[{"name": "pool", "state": "absent"}])]),
        ("lv-consent", GROUP, [fast(logical_volumes=[{"name": "data", "state": "absent"}])]),
        ("lv-open", opened(DATA), [fast(logical_volumes=[{"name": "data", "state": "absent"}])]),
        ("lv-open", opened(DATA), [{"name": "fast", "state": "absent"}]),
        (
            "lv-grow-kind",
            dataclasses.replace(GROUP, lvs=(dataclasses.replace(DATA, layout="mirror", segment="mirror"),)),
            [fast(logical_volumes=[{"name": "data", "size": "1GiB"}])],
        ),
        ("shrink-kind", GROUP, [fast(logical_volumes=[{"name": "data", "size": "4MiB"}])]),
        ("shrink-unsupported", GROUP, [fast(thin_pools=[{"name": "pool", "size": "4MiB"}])]),
    ],
)
def test_refusals(code: str, group: Any, wanted: list) -> None:
    with pytest.raises(CairnError) as refused:
        planned(group, *wanted)
    assert refused.value.code == code
    assert refused.value.parameter and refused.value.fix


def test_a_volume_that_is_given_out_raw() -> None:
    given = Device("dm-0", "/dev/mapper/fast-data", "lvm", GIB, entry="bulk/x")
    with pytest.raises(CairnError) as refused:
        planned(GROUP, fast(logical_volumes=[{"name": "data", "state": "absent"}]), machine=Host({**MACHINE.devices, "dm-0": given}))
    assert refused.value.code == "lv-given-out"


def test_two_groups_of_one_name() -> None:
    with pytest.raises(CairnError) as refused:
        planned(None, fast(), state=State((GROUP, dataclasses.replace(GROUP, uuid="other"))))
    assert refused.value.code == "vg-ambiguous" and "vgrename" in refused.value.fix


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"entry": "bulk/x"}, " (given out as local volume bulk/x)"),
        ({"kept": "bulk/x"}, " (left of local volume bulk/x)"),
    ],
)
@pytest.mark.parametrize("partition", [False, True])
def test_two_groups_of_one_name_are_told_with_their_devices(changes: dict, words: str, partition: bool) -> None:
    """Else whoever follows the fix has to guess which of the two a pod wrote."""
    given = dataclasses.replace(disk("b"), **changes)
    part = Device("sdb1", "/dev/sdb1", "part", GIB, links=(f"{wwn('b')}-part1",), parents=("sdb",))
    machine = Host({**MACHINE.devices, "sdb": dataclasses.replace(given, children=("sdb1",)), "sdb1": part})
    theirs = PhysicalVolume("/dev/sdb1", "pv-x", "sdb1", 10) if partition else PhysicalVolume("/dev/sdb", "pv-x", "sdb", 10)
    twin = dataclasses.replace(GROUP, uuid="other", pvs=(theirs, PhysicalVolume("[unknown]", "pv-y", "", 10, missing=True)))
    with pytest.raises(CairnError) as refused:
        planned(None, fast(), state=State((GROUP, twin)), machine=machine)
    name = f"{wwn('b')}-part1" if partition else wwn("b")
    assert refused.value.found == f"u-fast on {wwn('a')}, {wwn('c')}; other on {name}{words}, [unknown]"
    assert "given out" in refused.value.fix


def test_a_disk_that_is_too_small_for_one_extent() -> None:
    with pytest.raises(CairnError) as refused:
        planned(None, fast(extent_size="4GiB"), machine=host(disk("a", 2 * GIB)))
    assert refused.value.code == "device-small"


def test_the_disks_of_a_group_that_goes_are_free_for_another() -> None:
    """In any order of the wish, and without consent to wipe what the removal leaves blank."""
    leaf = Device("dm-0", "/dev/mapper/fast-data", "lvm", GIB, parents=("sda",))
    below = dataclasses.replace(holding(disk("a"), "LVM2_member", "pv-a"), children=("dm-0",))
    gone = {"name": "fast", "state": "absent"}
    new = {"name": "new", "devices": [wwn("a")]}
    for wanted in ([gone, new], [new, gone]):
        machine = host(below, holding(disk("c"), "LVM2_member", "pv-c"), leaf)
        made = planned(GROUP, *wanted, machine=machine, allow_data_loss={"fast": "u-fast"})
        assert actions(made) == ["remove volume group fast", "create volume group new"]
        assert f"check that {wwn('a')} holds nothing" in [str(step) for step in made.actions[1].steps]
        assert [group.name for group in made.after.groups] == ["new"]


def test_a_logical_volume_that_is_wanted_as_a_disk_is_looked_at() -> None:
    """Else check mode takes it for blank, and the run stops at what it holds."""
    wanted = parse(params({"name": "inner", "devices": ["/dev/fast/data"]}))
    assert wanted.examines(Device("dm-0", "/dev/mapper/fast-data", "lvm", GIB)) and not wanted.examines(Device("dm-1", "/dev/mapper/fast-x", "lvm", GIB))
