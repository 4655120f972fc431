"""What the machine mounts when it boots is not removed, and a group for which a machine has no disk is left out."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from lvm_wishes import DATA, GROUP, MACHINE, POOL, THIN, actions, fast, params, planned, refusal
from machines import GIB, disk, holding, host, rule

from ansible_collections.cairn.storage.plugins.module_utils._block.boot import parse_fstab
from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, State
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import parse
from ansible_collections.cairn.storage.plugins.module_utils._lvm.result import absentees

VOLUME = holding(Device("dm-0", "/dev/mapper/fast-data", "lvm", 10 * 4 * 1024**2), "ext4", "u-fs", "scratch")
CONSENT = {"fast/data": "u-data", "fast": "u-fast", "fast/thin": "u-thin", "fast/snap": "u-snap", "fast/pool": "u-pool"}
SNAP = LogicalVolume("snap", 5, "u-snap", origin="data")
GONE = fast(logical_volumes=[{"name": "data", "state": "absent"}])


def booted(*lines: str, volume: Any = VOLUME) -> Host:
    devices = {**MACHINE.devices, **({"dm-0": volume} if volume else {})}
    return Host(devices, tuple(parse_fstab("".join(f"{line} /srv ext4 defaults 0 2\n" for line in lines), lambda path: "")))


@pytest.mark.parametrize("line", ["LABEL=scratch", 'UUID="U-FS"', "/dev/fast/data", "/dev/mapper/fast-data", "/dev/disk/by-id/dm-name-fast-data"])
@pytest.mark.parametrize(
    ("wanted", "options"),
    [
        (GONE, {"allow_data_loss": CONSENT}),
        ({"name": "fast", "state": "absent"}, {"allow_data_loss": CONSENT}),
        (fast(logical_volumes=[{"name": "data", "size": "400MiB", "filesystem": {"type": "xfs"}}]), {"wipe": {"/dev/fast/data": "u-fs"}}),
    ],
)
def test_consent_does_not_reach_what_the_boot_needs(line: str, wanted: dict, options: dict) -> None:
    group = dataclasses.replace(GROUP, lvs=(dataclasses.replace(DATA, extents=100),))
    machine = booted("LABEL=else", line)
    with pytest.raises(CairnError) as refused:
        planned(group, wanted, machine=machine, **options)
    assert refused.value.code == "boot-mount" and "line 2 of /etc/fstab" in refused.value.found
    if "logical_volumes" not in wanted or wanted is GONE:
        assert planned(group, wanted, machine=booted("LABEL=else", "/dev/fast/other"), **options).changed


def test_an_inactive_volume_is_known_by_its_path() -> None:
    off = dataclasses.replace(GROUP, lvs=(dataclasses.replace(DATA, active=False),))
    assert refusal(off, GONE, machine=booted("/dev/fast/data", volume=None), allow_data_loss=CONSENT).code == "boot-mount"


def test_a_merge_takes_the_path_of_the_snapshot_away_and_leaves_its_uuid() -> None:
    group = dataclasses.replace(GROUP, lvs=(DATA, dataclasses.replace(SNAP, layout="linear")))
    merged = fast(logical_volumes=[{"name": "snap", "state": "merged"}])
    assert refusal(group, merged, machine=booted("/dev/fast/snap"), allow_data_loss=CONSENT).code == "boot-mount"
    assert planned(group, merged, machine=booted("UUID=u-fs"), allow_data_loss=CONSENT).changed


@pytest.mark.parametrize(
    ("path", "looked_at"),
    [("/dev/mapper/fast-data", True), ("/dev/mapper/fast--2-data", False), ("/dev/mapper/faster-data", False), ("/dev/mapper/other-data", False)],
)
def test_what_goes_is_looked_into(path: str, looked_at: bool) -> None:
    layout = parse(params({"name": "fast", "state": "absent"}))
    assert layout.examines(Device("dm-0", path, "lvm", GIB)) is looked_at
    one = parse(params(GONE))
    assert one.examines(Device("dm-0", path, "lvm", GIB)) is (path == "/dev/mapper/fast-data")


def test_a_group_that_a_machine_has_no_disk_for_is_left_out() -> None:
    wanted = {"name": "bulk", "devices": {"rule": "bulk"}, "logical_volumes": [{"name": "a", "size": "1GiB"}]}
    rules = [rule("fast", rotational=False), rule("bulk", rotational=True, at_least=0)]
    both = planned(None, wanted, fast(), machine=host(disk("a")), rules=rules)
    assert actions(both) == ["create volume group fast"] and both.after.left_out == ("bulk",) and not both.after.degraded
    there = planned(None, wanted, machine=host(disk("b")), rules=rules)
    assert actions(there) == ["create volume group bulk", "create logical volume bulk/a"] and there.after.left_out == ()
    lost = planned(None, wanted, machine=host(disk("a")), rules=rules, state=State(recorded={"bulk": "u-bulk"}))
    assert lost.after.left_out == () and lost.after.degraded[0]["volume_group"] == "bulk", "one that was there is missing, not left out"


def test_what_is_left_out_is_handed_on() -> None:
    assert absentees({"left_out": ["bulk"]}) == ("bulk",) and absentees({}) == () == absentees(None)
    with pytest.raises(CairnError) as refused:
        absentees({"left_out": "bulk"})
    assert refused.value.code == "pending-form"


def test_pools_and_their_volumes_are_asked_as_well() -> None:
    group = dataclasses.replace(GROUP, lvs=(POOL, THIN))
    wanted = fast(logical_volumes=[{"name": "thin", "state": "absent"}])
    assert refusal(group, wanted, machine=booted("/dev/fast/thin", volume=None), allow_data_loss=CONSENT).code == "boot-mount"
