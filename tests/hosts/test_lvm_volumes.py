"""Volumes of every kind on a real machine: made, grown, cached, shrunk, switched off and on, removed, as LVM itself tells of them."""

from __future__ import annotations

import json
from typing import Any, Iterator

import pytest
from host_play import ERASE, changed, disk_ids, layout, own_node, play, plugged, shell, state

NODE = own_node()
#: Numbers that nothing else uses at the same time.
DISKS = range(7, 13)
IDS = disk_ids(NODE, DISKS)
GROUP = "volumetest"
CLEAN = f"""{ERASE}
vgremove -qq --force --yes {GROUP} 2>/dev/null; rm -f /etc/lvm/backup/{GROUP}; [ ! -e {IDS[0]} ] || erase {' '.join(IDS)}; true"""

CACHE = {"size": "32MiB", "devices": [IDS[5]]}
FIRST = [
    {"name": "linear", "size": "25 extents", "devices": [IDS[1]]},
    {"name": "striped", "type": "striped", "stripes": 3, "stripe_size": "16KiB", "size": "40MiB"},
    {"name": "raid1", "type": "raid1", "size": "40MiB"},
    {"name": "raid5", "type": "raid5", "size": "40MiB"},
    {"name": "raid6", "type": "raid6", "size": "40MiB"},
    {"name": "raid10", "type": "raid10", "size": "1%PVS", "devices": IDS[:4]},
    {"name": "cached", "size": "64MiB", "devices": [IDS[0]], "cache": CACHE},
    {"name": "small", "size": "64MiB", "filesystem": {"type": "ext4"}},
    {"name": "off", "size": "16MiB", "active": False},
]
#: Everything grows, changes its mode or is switched.
SECOND = [
    {"name": "linear", "size": "30 extents", "devices": [IDS[2]]},
    {"name": "striped", "size": "60MiB"},
    {"name": "raid1", "type": "raid1", "size": "60MiB"},
    {"name": "raid5", "size": "60MiB"},
    {"name": "raid6", "size": "60MiB"},
    {"name": "raid10", "size": "2%PVS", "devices": IDS[:4]},
    {"name": "cached", "size": "80MiB", "cache": {**CACHE, "mode": "writeback"}},
    {"name": "small", "size": "32MiB", "filesystem": {"type": "ext4"}},
    {"name": "off", "size": "16MiB"},
]
SIZES = [
    {"linear": 25, "striped": 12, "raid1": 10, "raid5": 10, "raid6": 12, "raid10": 8, "cached": 16, "small": 16, "off": 4},
    {"linear": 30, "striped": 15, "raid1": 15, "raid5": 16, "raid6": 15, "raid10": 18, "cached": 20, "small": 8, "off": 4},
]
#: Data segments as LVM names them: type, data stripes or copies, devices, KiB in a stripe.
SEGMENTS = {
    "linear": ("linear", 1, 1, 0),
    "striped": ("striped", 3, 3, 16),
    "raid1": ("raid1", 2, 2, 0),
    "raid5": ("raid5", 2, 3, 64),
    "raid6": ("raid6", 3, 5, 64),
    "raid10": ("raid10", 2, 4, 64),
    "cached": ("cache", 1, 1, 0),
}


def wish(volumes: list, check: bool = False, **options: Any) -> dict:
    return layout({"name": GROUP, "devices": IDS, "logical_volumes": volumes}, check=check, **options)


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    with plugged(NODE, DISKS, CLEAN):
        yield


def rows() -> dict[str, dict]:
    """The first segment of each volume as LVM tells of it."""
    fields = "lv_name,lv_uuid,lv_size,lv_active,segtype,data_stripes,stripes,stripe_size,cache_mode,seg_pe_ranges"
    text = shell(NODE, f"lvs --all --reportformat json --units b --nosuffix -o {fields} {GROUP}")
    found: dict[str, dict] = {}
    for row in json.loads(text)["report"][0]["lv"]:
        found.setdefault(row["lv_name"], row)
    return found


def sizes(found: dict[str, dict]) -> dict[str, int]:
    return {name: int(row["lv_size"]) // 4194304 for name, row in found.items() if not name.startswith("[")}


def free() -> int:
    return int(shell(NODE, f"vgs --noheadings -o vg_free_count {GROUP}"))


def told(result: dict) -> int:
    """Free extents as a result tells."""
    return next(group["free_bytes"] for group in result["after"]["volume_groups"] if group["name"] == GROUP) // 4194304


def test_types_instead_of_opaque_opts__storage_role_181_273__blivet_1027() -> None:
    before = state(NODE)
    planned = play(NODE, wish(FIRST, check=True))
    assert changed(planned) == [True] and state(NODE) == before, "check mode changes nothing"
    made = play(NODE, wish(FIRST), wish(FIRST, check=True), wish(FIRST))
    assert changed(made) == [True, False, False]
    assert [action["steps"] for action in planned[0]["actions"]] == [action["steps"] for action in made[0]["actions"]]
    found = rows()
    assert sizes(found) == SIZES[0] and told(planned[0]) == told(made[0]) == free()
    for name, (kind, stripes, devices, stripe) in SEGMENTS.items():
        row = found[name]
        assert (row["segtype"], int(row["data_stripes"]), int(row["stripes"]), int(row["stripe_size"]) // 1024) == (kind, stripes, devices, stripe)
    assert found["cached"]["cache_mode"] == "writethrough" and found["off"]["lv_active"] == ""
    place = [shell(NODE, f"readlink -f {name}").strip() for name in IDS]
    assert found["linear"]["seg_pe_ranges"].startswith(f"{place[1]}:"), "on the disk that was named"
    assert found["[cached_cache_cvol]"]["seg_pe_ranges"].startswith(f"{place[5]}:")
    assert found["[cached_corig]"]["seg_pe_ranges"].startswith(f"{place[0]}:")


def test_grow_shrink_and_switch__ansible_29194() -> None:
    """Only ext4 shrinks, with consent, and lvreduce is given no force."""
    before, found = state(NODE), rows()
    checksums = "for v in linear raid5 cached; do head -c 40M /dev/volumetest/$v | sha256sum; done"
    shell(NODE, "for v in linear raid5 cached; do dd if=/dev/urandom of=/dev/volumetest/$v bs=1M count=40 oflag=direct status=none; done")
    shell(NODE, "mkdir -p /mnt/small && mount /dev/volumetest/small /mnt/small && echo kept > /mnt/small/file")
    data = shell(NODE, checksums)
    consent = {"allow_data_loss": {f"{GROUP}/small": found["small"]["lv_uuid"]}}
    refused = play(NODE, wish(SECOND), wish(SECOND, **consent), wish([{**SECOND[0], "size": "20 extents"}]))
    assert [result["error"]["code"] for result in refused] == ["shrink-mounted", "shrink-mounted", "shrink-kind"]
    shell(NODE, "umount /mnt/small; rmdir /mnt/small")
    planned = play(NODE, wish(SECOND), wish(SECOND, check=True, **consent))
    assert planned[0]["error"]["code"] == "shrink-consent" and planned[1]["changed"]
    assert state(NODE) == before
    made = play(NODE, wish(SECOND, **consent), wish(SECOND, check=True), wish(SECOND))
    assert changed(made) == [True, False, False]
    found = rows()
    assert sizes(found) == SIZES[1] and told(planned[1]) == told(made[0]) == free()
    assert found["cached"]["cache_mode"] == "writeback" and found["off"]["lv_active"] == "active"
    shell(NODE, "udevadm settle; e2fsck -fn /dev/volumetest/small && mkdir -p /mnt/small && mount /dev/volumetest/small /mnt/small")
    assert shell(NODE, "cat /mnt/small/file; umount /mnt/small; rmdir /mnt/small").strip() == "kept"
    assert shell(NODE, checksums) == data
    steps = [step for action in made[0]["actions"] for step in action["steps"]]
    assert not any("--force" in step or " -f " in step for step in steps if step.startswith("lv"))


def test_what_boot_left_inactive_is_activated__csi_driver_lvm_153() -> None:
    """Also minikube#3908, hwameistor#1082 and lvm-localpv#464."""
    shell(NODE, f"vgchange -qq --activate n {GROUP}")
    again = play(NODE, wish(SECOND), wish(SECOND))
    assert changed(again) == [True, False]
    assert {action["verb"] for action in again[0]["actions"]} == {"activate"}
    assert {row["lv_active"] for name, row in rows().items() if not name.startswith("[")} == {"active"}


def test_no_change_runs_no_changing_command__ansible_md_2_1_a() -> None:
    off = [{**volume, "active": False} if volume["name"] == "off" else volume for volume in SECOND]
    before = state(NODE)
    assert changed(play(NODE, wish(off, check=True))) == [True] and state(NODE) == before
    results = play(NODE, wish(off), wish(off), wish(off, check=True))
    assert changed(results) == [True, False, False] and rows()["off"]["lv_active"] == ""


def test_remove_gives_back_what_the_report_says() -> None:
    total = int(shell(NODE, f"vgs --noheadings -o vg_extent_count {GROUP}"))
    uncached = [{"name": "cached", "size": "80MiB", "cache": {"state": "absent"}}]
    found = rows()
    gone = [{"name": name, "state": "absent"} for name in SIZES[0] if name != "cached"]
    consent = {"allow_data_loss": {f"{GROUP}/{name}": found[name]["lv_uuid"] for name in SIZES[0]}}
    before = state(NODE)
    refused = play(NODE, wish(gone), wish(gone, check=True, **consent))
    assert refused[0]["error"]["code"] == "lv-consent" and state(NODE) == before
    made = play(NODE, wish(uncached, check=True), wish(uncached), wish(uncached), wish(gone, **consent), wish(gone, check=True), wish(gone))
    assert changed(made) == [True, True, False, True, False, False]
    assert told(made[0]) == told(made[1]) and told(refused[1]) == told(made[3]) - 8, "the check run still counted the cache"
    assert sizes(rows()) == {"cached": 20} and free() == told(made[3]) == total - 20
    back = [{"name": "cached", "size": "80MiB", "cache": CACHE}]
    last = [{"name": "cached", "state": "absent"}]
    assert changed(play(NODE, wish(back), wish(last, **consent))) == [True, True]
    assert free() == total, "the cache went with its volume"
