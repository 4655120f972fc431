"""Names that volume groups, pools and volumes are given: tables of (found, wanted) -> actions."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from lvm_wishes import DATA, GROUP, MACHINE, MISSING, POOL, THIN, actions, commands, fast, planned, refusal
from machines import GIB, disk, holding, host

from ansible_collections.cairn.storage.plugins.module_utils._block.boot import parse_fstab
from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host, Signature
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import State, VolumeGroup

OLD = dataclasses.replace(GROUP, name="old")


def with_lvs(*volumes: Any) -> VolumeGroup:
    return dataclasses.replace(GROUP, lvs=(*volumes, *(volume for volume in GROUP.lvs if volume.name not in {each.name for each in volumes})))


def lv(group: str, name: str, **values: Any) -> Device:
    return Device("dm-0", f"/dev/mapper/{group}-{name}", "lvm", GIB, **values)


def machine(*devices: Device, fstab: tuple = ()) -> Host:
    boot = parse_fstab("".join(f"{path} /srv ext4 defaults 0 2\n" for path in fstab), lambda path: "")
    return Host({**MACHINE.devices, **{device.kernel_name: device for device in devices}}, tuple(boot))


@pytest.mark.parametrize(
    "found, wanted, expected",
    [
        (OLD, fast(rename_from="old"), ["vgrename old fast"]),
        (GROUP, fast(rename_from="old"), []),
        (OLD, fast(rename_from="old", tags=["new"]), ["vgrename old fast", "vgchange --addtag new --deltag old fast"]),
        (GROUP, fast(logical_volumes=[{"name": "new", "size": "40MiB", "rename_from": "data"}]), ["lvrename fast data new"]),
        (GROUP, fast(logical_volumes=[{"name": "data", "size": "40MiB", "rename_from": "older"}]), []),
        (
            GROUP,
            fast(logical_volumes=[{"name": "new", "size": "80MiB", "rename_from": "data"}]),
            ["lvrename fast data new", "lvextend --extents 20 fast/new"],
        ),
        (
            OLD,
            fast(rename_from="old", logical_volumes=[{"name": "new", "size": "40MiB", "rename_from": "data"}]),
            ["vgrename old fast", "lvrename fast data new"],
        ),
    ],
)
def test_renamed_once(found: VolumeGroup, wanted: dict, expected: list) -> None:
    made = planned(found, wanted)
    assert commands(made)[: len(expected)] == expected and len(commands(made)) == len(expected)
    assert [group.name for group in made.after.groups] == ["fast"]


def test_neither_name_is_there() -> None:
    made = planned(None, fast(rename_from="old", logical_volumes=[{"name": "new", "size": "40MiB", "rename_from": "data"}]), machine=host(disk("a")))
    assert [action.verb for action in made.actions] == ["create", "create"]


def test_a_pool_keeps_its_volumes() -> None:
    made = planned(
        GROUP,
        fast(
            thin_pools=[{"name": "thick", "size": "400MiB", "rename_from": "pool"}],
            logical_volumes=[{"name": "thin", "size": "200MiB", "thin_pool": "thick"}],
        ),
    )
    assert commands(made)[0] == "lvrename fast pool thick" and not any("lvcreate" in line for line in commands(made))
    assert made.after.groups[0].lv("thin").pool == "thick"


def test_each_rename_ends_with_a_backup_under_the_new_name() -> None:
    made = planned(OLD, fast(rename_from="old"))
    assert str(made.actions[0].steps[-1]) == "vgcfgbackup fast"
    assert "fast" in made.after.recorded and "old" not in made.after.recorded


def test_later_checks_find_the_volume_under_its_new_path() -> None:
    given = machine(lv("old", "data", entry="bulk/x"))
    refused = refusal(OLD, fast(rename_from="old", logical_volumes=[{"name": "data", "state": "absent"}]), machine=given)
    assert refused.code == "lv-given-out" and "fast/data" in refused.found


def test_a_group_in_trouble_keeps_its_name_and_is_reported() -> None:
    missing = dataclasses.replace(MISSING, name="old")
    made = planned(missing, fast(rename_from="old"), machine=host(holding(disk("a"), "LVM2_member", "pv-a")))
    assert actions(made) == [] and made.after.degraded[0]["volume_group"] == "old" and made.after.groups[0].name == "old"


def test_a_group_whose_disks_are_all_gone_is_not_made_anew_under_another_name() -> None:
    made = planned(None, fast(rename_from="old"), state=State(recorded={"old": "u"}), machine=host(disk("a")))
    assert actions(made) == [] and made.after.degraded[0]["volume_group"] == "old"


OPEN = dataclasses.replace(DATA, open=True)
RENAME_DATA = fast(logical_volumes=[{"name": "new", "size": "40MiB", "rename_from": "data"}])
RENAME_OLD = fast(rename_from="old")


@pytest.mark.parametrize(
    "code, found, wanted, seen",
    [
        ("rename-both", (OLD, GROUP), [RENAME_OLD], MACHINE),
        ("rename-both", (GROUP,), [fast(logical_volumes=[{"name": "thin", "size": "40MiB", "rename_from": "data"}])], MACHINE),
        (
            "rename-chain",
            (GROUP,),
            [fast(logical_volumes=[{"name": "new", "size": "4MiB", "rename_from": "data"}, {"name": "data", "size": "4MiB"}])],
            MACHINE,
        ),
        ("rename-chain", (OLD,), [RENAME_OLD, {"name": "old", "devices": {"rule": "bulk"}}], MACHINE),
        (
            "rename-chain",
            (GROUP,),
            [fast(logical_volumes=[{"name": name, "size": "40MiB", "rename_from": "data"} for name in ("x", "y")])],
            MACHINE,
        ),
        ("rename-same", (GROUP,), [fast(rename_from="fast")], MACHINE),
        ("rename-path", (OLD,), [RENAME_OLD], machine(lv("old", "data", mounts=("/var",)))),
        ("rename-path", (OLD,), [RENAME_OLD], machine(fstab=("/dev/mapper/old-data",))),
        ("rename-path", (OLD,), [RENAME_OLD], machine(fstab=("/dev/old/thin",))),
        ("rename-path", (OLD,), [RENAME_OLD], machine(fstab=("/dev/disk/by-id/dm-name-old-data",))),
        ("rename-path", (GROUP,), [RENAME_DATA], machine(fstab=("/dev/fast/data",))),
        ("rename-path", (with_lvs(OPEN),), [RENAME_DATA], machine(lv("fast", "data"))),
        ("rename-local", (with_lvs(dataclasses.replace(DATA, tags=("cairn.local=bulk",))),), [RENAME_DATA], MACHINE),
        ("vg-exported", (dataclasses.replace(OLD, exported=True),), [RENAME_OLD], MACHINE),
        ("vg-ambiguous", (OLD, dataclasses.replace(OLD, uuid="x")), [RENAME_OLD], MACHINE),
        ("lvm-name", (OLD,), [fast(rename_from="a b")], MACHINE),
    ],
)
def test_refused(code: str, found: tuple, wanted: list, seen: Host) -> None:
    assert refusal(None, *wanted, machine=seen, state=State(found)).code == code


def test_the_white_list_covers_both_names() -> None:
    refused = refusal(OLD, RENAME_OLD, white_list={"volume_groups": {"include": ["fast"]}})
    assert refused.code == "vg-not-allowed" and refused.found == "old"


def test_what_is_mounted_by_uuid_is_renamed_under_way() -> None:
    for place in ("/srv", "/opt", "/home"):
        seen = machine(lv("fast", "data", mounts=(place,), signatures=(Signature("ext4", "u-1"),)), fstab=("UUID=u-1", "/dev/fast/other"))
        assert commands(planned(with_lvs(OPEN, POOL, THIN), RENAME_DATA, machine=seen)) == ["lvrename fast data new"]
