"""A report of every kind of volume, read into plain values, and what lvm_info tells of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from lvm_wishes import GROUP, commands, fast, params, planned
from machines import disk, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._lvm.describe import describe
from ansible_collections.cairn.storage.plugins.module_utils._lvm.info import dump, kind
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.names import check_tags
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import parse as parse_layout
from ansible_collections.cairn.storage.plugins.module_utils._lvm.report import parse
from ansible_collections.cairn.storage.plugins.module_utils._lvm.result import dump as layout_result

RECORDINGS = Path(__file__).parents[1] / "recordings"
MACHINE = host(*map(disk, "abcdefgh"))
RECORDED = {"lost": "u-lost"}


def report(name: str) -> State:
    names = {name: device.kernel_name for device in MACHINE for name in device.names}
    return parse((RECORDINGS / name).read_text(encoding="utf-8"), names, RECORDED)


KINDS = report("fullreport-kinds.json").group("kinds")


@pytest.mark.parametrize(
    "name, wanted, stripes, copies",
    [
        ("linear", "linear", 1, 1),
        ("striped", "striped", 2, 1),
        ("raid1", "raid1", 1, 2),
        ("triple", "raid1", 1, 3),
        ("raid5", "raid5", 2, 1),
        ("raid6", "raid6", 3, 1),
        ("raid10", "raid10", 2, 2),
        ("cached", "cache", 1, 1),
        ("thick", "snapshot", 1, 1),
        ("pool", "thin-pool", 1, 1),
        ("thin", "thin", 1, 1),
        ("thinsnap", "thin", 1, 1),
    ],
)
def test_every_kind(name: str, wanted: str, stripes: int, copies: int) -> None:
    volume = KINDS.lv(name)
    assert (kind(volume), volume.stripes, volume.mirrors) == (wanted, stripes, copies)


def test_what_belongs_to_a_kind() -> None:
    assert KINDS.lv("cached").cache_mode == "writethrough" and not KINDS.lv("cached").thin
    assert (KINDS.lv("thick").origin, KINDS.lv("thick").data_percent) == ("linear", 0.0)
    assert (KINDS.lv("thinsnap").origin, KINDS.lv("thinsnap").pool) == ("thin", "pool")
    pool = KINDS.lv("pool")
    assert (pool.monitored, pool.check_needed, pool.chunk_bytes, pool.metadata) == (True, False, 131072, 1)
    assert pool.metadata_percent > 0 and not KINDS.lv("linear").monitored
    assert KINDS.lv("striped").stripe_bytes == KINDS.lv("raid5").stripe_bytes == 65536
    assert not KINDS.lv("off").active and KINDS.lv("linear").active
    assert {volume.name for volume in KINDS.visible} == {
        *("linear", "striped", "raid1", "triple", "raid5", "raid6", "raid10", "cached", "thick", "pool", "thin", "thinsnap", "off")
    }


def test_what_is_told() -> None:
    told = dump(report("fullreport-kinds.json"), MACHINE)
    assert told["lost"] == [{"name": "lost", "uuid": "u-lost"}]
    (group,) = told["volume_groups"]
    assert [pv["device"] for pv in group["physical_volumes"]] == [wwn(letter) for letter in "abcdefgh"]
    assert all(pv["readable"] and not pv["missing"] and pv["device_size_bytes"] == 2 * 1024**3 for pv in group["physical_volumes"])
    assert group["free_bytes"] == sum(pv["free_bytes"] for pv in group["physical_volumes"])
    volumes = {volume["name"]: volume for volume in group["logical_volumes"]}
    assert volumes["triple"]["mirrors"] == 2 and volumes["linear"]["mirrors"] == 0
    assert (volumes["thinsnap"]["thin_pool"], volumes["thinsnap"]["origin"]) == ("pool", "thin")
    assert (volumes["cached"]["thin_pool"], volumes["cached"]["origin"], volumes["cached"]["cache_mode"]) == (None, None, "writethrough")
    assert volumes["thick"]["origin"] == "linear" and volumes["pool"]["path"] == "/dev/kinds/pool"
    assert volumes["pool"]["metadata_size_bytes"] == 4 * 1024**2 and "metadata_percent" not in volumes["linear"]


def test_narrowed_to_groups() -> None:
    state = report("fullreport-kinds.json")
    assert dump(state, MACHINE, ["other"])["volume_groups"] == []
    told = dump(state, MACHINE, ["kinds"])
    assert [group["name"] for group in told["volume_groups"]] == ["kinds"] and told["lost"] == []


def test_a_missing_disk_is_told() -> None:
    (group,) = dump(report("fullreport-missing.json"), MACHINE)["volume_groups"]
    gone = next(pv for pv in group["physical_volumes"] if pv["missing"])
    assert (gone["device"], gone["readable"]) == ("[unknown]", False) and gone["uuid"]
    assert {volume["health"] for volume in group["logical_volumes"]} == {"partial", ""} or all(volume["health"] == "partial" for volume in group["logical_volumes"])


VOLUME = {"name": "data", "size": "1GiB"}


@pytest.mark.parametrize(
    "volume, device, looked_at",
    [
        (VOLUME, {}, False),
        (VOLUME, {"mounts": ("/data",)}, True),
        ({**VOLUME, "filesystem": {"type": "xfs"}}, {}, True),
        ({**VOLUME, "size": "512MiB"}, {}, True),
        ({**VOLUME, "size": "50%VG"}, {}, True),
        ({**VOLUME, "state": "absent"}, {"mounts": ("/data",)}, False),
        ({**VOLUME, "name": "other"}, {"mounts": ("/data",)}, False),
        ({**VOLUME, "name": "new", "rename_from": "data", "size": "1MiB"}, {}, True),
    ],
)
def test_volumes_are_looked_into_only_where_it_matters(volume: dict, device: dict, looked_at: bool) -> None:
    """A probe of each of 300 volumes took longer than all else; the benchmark holds the run to twice that of 30."""
    layout = parse_layout(params({"name": "fast", "devices": {"rule": "fast"}, "logical_volumes": [volume]}))
    assert layout.examines(Device("dm-0", "/dev/mapper/fast-data", "lvm", 1024**3, **device)) is looked_at


def test_a_pool_leaves_together_with_its_active_volumes() -> None:
    """Active thin volumes hold their pool open: as LVM reports it on a real machine."""
    group = dataclasses.replace(GROUP, lvs=tuple(dataclasses.replace(each, open=each.name == "pool") for each in GROUP.lvs))
    wanted = fast(thin_pools=[{"name": "pool", "state": "absent"}], logical_volumes=[{"name": "thin", "state": "absent"}])
    made = planned(group, wanted, allow_data_loss={"fast/thin": "u-thin", "fast/pool": "u-pool"})
    assert commands(made) == ["lvremove --yes fast/thin", "lvremove --yes fast/pool"]


def test_notes_on_file_systems_are_told_and_never_taken_for_a_persons_tags() -> None:
    volume = LogicalVolume("web", 10, "u", tags=("backup", "cairn.fs=1-2", "cairn.local=fast", "cairn.unformatted"))
    group = VolumeGroup("vg", 4 * 1024**2, 100, 90, "v", lvs=(volume,))
    (told,) = layout_result((group,), host())["volume_groups"][0]["logical_volumes"]
    assert told["tags"] == ["backup", "cairn.local=fast"] == describe(group, volume)["tags"], "they are no difference between two runs"
    assert dump(State((group,)), host())["volume_groups"][0]["logical_volumes"][0]["tags"] == list(volume.tags)
    for tag in ("cairn.fs=1-2", "cairn.unformatted"):
        with pytest.raises(CairnError) as refused:
            check_tags(["backup", tag], "tags")
        assert refused.value.code == "lvm-tag-reserved" and refused.value.fix
