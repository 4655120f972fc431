"""When local volumes grow: with their logical volumes and their devices, if the class says so."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from local_wishes import actions, planned, steps
from machines import BASE, GIB, disk, holding, host, upon, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.geometry import Geometry
from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._local import fstab
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Entry
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup

MIB = 1024**2
UUID = "11111111-2222-3333-4444-555555555555"
PATH = f"{BASE}/lv/{UUID}"
MOUNT = Entry("lv", UUID, PATH, False, "dm-0", 480 * MIB)
LINE = fstab.line(UUID, PATH, "xfs", (), "lv", "/dev/fast/lv-1")


def filled(size: int) -> Geometry:
    return Geometry(4096, size // 4096)


def volume(kind: str = "xfs", mounted: bool = True, holds: int = 500 * MIB) -> Device:
    device = Device("dm-0", "/dev/mapper/fast-lv--1", "lvm", 500 * MIB, mounts=(PATH,) if mounted else (), geometry=filled(holds))
    return holding(device, kind, UUID, "cl-lv")


def lv(size: Any, device: Device, grow: bool, volume_mode: str = "Filesystem") -> Plan:
    below, above = upon(holding(disk("a"), "LVM2_member", "pv-a"), device)
    made = LogicalVolume("lv-1", 125, "u-1", tags=("cairn.local=lv",))
    group = VolumeGroup("fast", 4 * MIB, 511, 386, "u", pvs=(PhysicalVolume("/dev/sda", "pv-a", "sda", 511, used=125),), lvs=(made,))
    wanted = {"name": "lv", "grow": grow, "volume_mode": volume_mode, "logical_volumes": {"volume_group": "fast", "count": 1, "size": size}}
    if volume_mode == "Block":
        above = dataclasses.replace(above, signatures=(), mounts=())
        entries: tuple = (Entry("lv", "dm-uuid-1", f"{BASE}/lv/dm-uuid-1", True, "dm-0"),)
    else:
        entries = (dataclasses.replace(MOUNT, device="dm-0" if device.mounts else ""),)
    return planned(host(below, above), wanted, entries=entries, state=State((group,)), text=LINE)


def test_a_static_local_volume_grows_online__local_static_provisioner_117_and_228_and_kubernetes_83392() -> None:
    grown = lv("600MiB", volume(), True)
    assert actions(grown) == ["grow logical volume fast/lv-1", "grow file system /dev/fast/lv-1"]
    assert steps(grown)[-1] == "grow xfs on /dev/fast/lv-1" and "lvextend" in steps(grown)[0]
    assert grown.after.volumes[0].size == 600 * MIB, "an upper bound until the file system tells"
    assert actions(lv("600MiB", volume(mounted=False), True)) == [
        "grow logical volume fast/lv-1",
        "mount local volume lv on /dev/fast/lv-1",
        "grow file system /dev/fast/lv-1",
    ]
    raw = lv("600MiB", volume(), True, "Block")
    assert actions(raw) == ["grow logical volume fast/lv-1"] and raw.after.volumes[0].size == 600 * MIB


@pytest.mark.parametrize(
    "size, holds, grow, expected",
    [
        ("500MiB", 500, True, []),
        ("500MiB", 400, True, ["grow file system /dev/fast/lv-1"]),
        ("500MiB", 400, False, []),
        ("50%VG", 500, True, ["grow logical volume fast/lv-1", "grow file system /dev/fast/lv-1"]),
        ("50%VG", 500, False, []),
        ("10%VG", 500, True, []),
    ],
    ids=["equal", "interrupted", "not asked for", "a larger share", "a larger share, not asked for", "a smaller share"],
)
def test_nothing_else_grows(size: str, holds: int, grow: bool, expected: list) -> None:
    assert actions(lv(size, volume(holds=holds * MIB), grow)) == expected


@pytest.mark.parametrize("size, grow, fix", [("600MiB", False, "grow: true"), ("400MiB", False, "at least"), ("400MiB", True, "at least")])
def test_other_sizes_are_refused(size: str, grow: bool, fix: str) -> None:
    with pytest.raises(CairnError) as refused:
        lv(size, volume(), grow)
    assert refused.value.code == "volume-size-differs" and fix in refused.value.fix


@pytest.mark.parametrize("kind", ["xfs", "ext4", "btrfs"])
@pytest.mark.parametrize("grow", [True, False])
def test_a_file_system_fills_the_disk_that_grew(kind: str, grow: bool) -> None:
    path = f"{BASE}/whole/{UUID}"
    device = holding(disk("a", mounts=(path,), geometry=filled(GIB)), kind, UUID, "cl-whole")
    wanted = {"name": "whole", "fs_type": kind, "devices": [wwn("a")], "grow": grow}
    entry = Entry("whole", UUID, path, False, "sda", GIB)
    made = planned(host(device), wanted, entries=(entry,), text=fstab.line(UUID, path, kind, (), "whole", wwn("a")))
    assert steps(made) == ([f"grow {kind} on {wwn('a')}"] if grow else [])
    assert made.after.volumes[0].size == (2 * GIB if grow else GIB)


@pytest.mark.parametrize(
    "code, name, groups",
    [
        ("vg-ambiguous", "lv", ("u", "of-another-machine")),
        ("vg-exported", "lv", ("exported",)),
        ("lvm-name-reserved", "snapshot", ("u",)),
        ("lvm-name-long", "a-" * 40 + "a", ("u",)),
    ],
)
def test_logical_volumes_that_could_be_somebody_elses_or_cannot_be_made(code: str, name: str, groups: tuple) -> None:
    """Of two groups of one name the path of a volume leads into either."""
    pvs = (PhysicalVolume("/dev/sda", "pv-a", "sda", 511),)
    found = tuple(VolumeGroup("f" * 30, 4 * MIB, 511, 511, uuid, pvs=pvs, exported=uuid == "exported") for uuid in groups)
    wanted = {"name": name, "logical_volumes": {"volume_group": "f" * 30, "count": 1, "size": "500MiB"}}
    with pytest.raises(CairnError) as refused:
        planned(host(holding(disk("a"), "LVM2_member", "pv-a")), wanted, state=State(found))
    assert refused.value.code == code and refused.value.parameter and refused.value.fix
