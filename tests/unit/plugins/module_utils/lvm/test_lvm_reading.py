"""LVM's recorded reports and notes, read into plain values and written out for the next task."""

from __future__ import annotations

from pathlib import Path

import pytest
from machines import disk, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import State
from ansible_collections.cairn.storage.plugins.module_utils._lvm.observe import backups
from ansible_collections.cairn.storage.plugins.module_utils._lvm.report import parse
from ansible_collections.cairn.storage.plugins.module_utils._lvm.result import dump, load

RECORDINGS = Path(__file__).parents[1] / "recordings"
MACHINE = host(disk("a"), disk("e"))


def report(name: str = "fullreport.json") -> State:
    names = {name: device.kernel_name for device in MACHINE for name in device.names}
    return parse((RECORDINGS / name).read_text(encoding="utf-8"), names, {})


def test_a_report() -> None:
    group = report().group("fast")
    assert (group.extent_bytes, group.extents, group.free) == (4 * 1024**2, 1022, 568)
    assert [(pv.device, pv.extents, pv.missing) for pv in group.pvs] == [("sda", 511, False), ("sde", 511, False)]
    pool = group.lv("pool")
    assert (pool.thin_pool, pool.extents, pool.metadata, pool.chunk_bytes) == (True, 202, 1, 65536)
    assert [volume.name for volume in group.visible] == ["local-fs-1", "local-fs-2", "pool"]
    assert group.lv("lvol0_pmspare").hidden
    assert group.lv("local-fs-1").tags == ("cairn.local=local-fs",) and group.lv("local-fs-1").open


def test_a_missing_disk() -> None:
    group = report("fullreport-missing.json").group("fast")
    assert [(pv.path, pv.device) for pv in group.missing] == [("[unknown]", "")]


def test_a_disk_that_is_back_is_known_though_it_counts_as_missing() -> None:
    text = (RECORDINGS / "fullreport-missing.json").read_text(encoding="utf-8").replace("[unknown]", "/dev/sda")
    group = parse(text, {"/dev/sda": "sda", "/dev/sde": "sde"}, {}).group("fast")
    assert [(pv.path, pv.device) for pv in group.missing] == [("/dev/sda", "sda")]


def test_what_one_task_returns_the_next_can_read() -> None:
    groups = report().groups
    told = dump(groups, MACHINE)
    assert told["volume_groups"][0]["devices"] == [wwn("a"), wwn("e")]
    assert [each["path"] for each in told["volume_groups"][0]["logical_volumes"]] == [
        "/dev/fast/local-fs-1",
        "/dev/fast/local-fs-2",
        "/dev/fast/pool",
    ]
    assert dump(load(told, MACHINE), MACHINE) == told
    assert load(None, MACHINE) == load({}, MACHINE) == ()


@pytest.mark.parametrize("pending", [{"volume_groups": [{"name": "x"}]}, {"volume_groups": 1}, {"volume_groups": ["x"]}])
def test_what_it_cannot_read(pending: dict) -> None:
    with pytest.raises(InvalidRequest) as refused:
        load(pending, MACHINE)
    assert refused.value.code == "pending-form"


def test_backups_tell_of_groups_whose_disks_are_gone(tmp_path: Path) -> None:
    text = 'contents = "Text Format Volume Group"\n\ndescription = "Created *after* executing \'%s\'"\n\nfast {\n\tid = "abc-def"\n'
    (tmp_path / "fast").write_text(text % "lvcreate -n x fast", encoding="utf-8")
    (tmp_path / "old").write_text(text % "vgremove -y old", encoding="utf-8")
    (tmp_path / "junk").write_text("", encoding="utf-8")
    assert backups(str(tmp_path))[0] == {"fast": "abc-def"}
    assert backups(str(tmp_path / "none")) == ({}, {})
