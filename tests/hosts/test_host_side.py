"""Disks, LVM and local volumes on a real machine: three disks of their own, plugged in for these tests and pulled out after them."""

from __future__ import annotations

import json
import time
from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, lab, layout, nodes, own_node, play, plugged, shell, state, volumes, without_uuids

NODE = own_node()
INDEX = nodes().index(NODE) + 1
#: Numbers that no scenario uses.
DISKS = (13, 14, 15)
SERIALS = [f"5ca1ab1e{INDEX:04d}{number:04d}" for number in DISKS]
IDS = [f"/dev/disk/by-id/wwn-0x6001405{serial}000000000" for serial in SERIALS]
BASE = "/var/lib/cairn-storage/local-volumes"
GROUP = "hosttest"

OURS = {"name": "two", "serial": f"({SERIALS[0]}|{SERIALS[1]})$", "only_unused": True}
THIRD = {"name": "third", "serial": f"{SERIALS[2]}$"}
RULES = [OURS, THIRD]
WANTED = {
    "name": GROUP,
    "devices": {"rule": "two"},
    "thin_pools": [{"name": "pool", "size": "40%VG"}],
    "logical_volumes": [{"name": "data", "size": "100MiB"}, {"name": "thin", "size": "200MiB", "thin_pool": "pool"}],
}
LARGER = {
    **WANTED,
    "tags": ["site"],
    "logical_volumes": [{"name": "data", "size": "150MiB"}, {"name": "thin", "size": "300MiB", "thin_pool": "pool"}],
}
RAW = {"name": "hosttest-raw", "volume_mode": "Block", "devices": {"rule": "third"}}
XFS = {"name": "hosttest-xfs", "logical_volumes": {"volume_group": GROUP, "count": 1, "size": "400MiB"}}
EXT4 = {
    "name": "hosttest-ext4",
    "fs_type": "ext4",
    "mount_options": ["noatime"],
    "logical_volumes": {"volume_group": GROUP, "count": 1, "size": "64MiB"},
}
CLASSES = (RAW, XFS, EXT4)
ABSENT = tuple({"name": item["name"], "state": "absent"} for item in CLASSES)

CLEAN = f"""{ERASE}
withdraw {' '.join(item['name'] for item in CLASSES)}
{FORGET}
sed -i /x-cairn.class=hosttest/d /etc/fstab
vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP}
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """The three disks, blank."""
    with plugged(NODE, DISKS, CLEAN):
        yield


def report(*options: str) -> list[dict]:
    """Logical volumes as LVM tells of them."""
    text = shell(NODE, f"lvs --reportformat json --units b --nosuffix {' '.join(options)} {GROUP}")
    return json.loads(text)["report"][0]["lv"]


def both(check: bool = False, pending: Any = None) -> list[dict]:
    return [layout(WANTED, disk_rules=RULES, check=check), volumes(*CLASSES, disk_rules=RULES, check=check, pending=pending or {})]


def test_create_as_predicted() -> None:
    before = state(NODE)
    first = layout(WANTED, disk_rules=RULES, check=True)
    planned = play(NODE, first, volumes(*CLASSES, disk_rules=RULES, check=True, pending="{{ result_0.after }}"))
    assert changed(planned) == [True, True]
    assert state(NODE) == before, "check mode changes nothing"
    made = play(NODE, *both(), *both(check=True), *both())
    assert changed(made) == [True, True, False, False, False, False]
    ours = [[group for group in result["after"]["volume_groups"] if group["name"] == GROUP] for result in (planned[0], made[0])]
    assert without_uuids(ours[0]) == without_uuids(ours[1]), "the prediction is exact"
    assert [action["steps"] for action in planned[0]["actions"]] == [action["steps"] for action in made[0]["actions"]]
    assert [action["steps"] for action in planned[1]["actions"]] == [action["steps"] for action in made[1]["actions"]]
    assert [(entry["class"], entry["volume_mode"], entry["device"]) for entry in planned[1]["entries"]] == [
        (entry["class"], entry["volume_mode"], entry["device"]) for entry in made[1]["entries"]
    ]
    assert all(planned_entry["size_bytes"] >= entry["size_bytes"] > 0 for planned_entry, entry in zip(planned[1]["entries"], made[1]["entries"]))
    sizes = {volume["lv_name"]: int(volume["lv_size"]) // 4194304 for volume in report()}
    assert sizes == {"data": 25, "thin": 50, "pool": 406, "hosttest-xfs-1": 100, "hosttest-ext4-1": 16}
    for entry in made[1]["entries"]:
        if entry["volume_mode"] == "Block":
            assert shell(NODE, f"readlink {entry['path']}").strip() == IDS[2]
        else:
            assert shell(NODE, f"findmnt -no FSTYPE,UUID {entry['path']}").split() == [
                {"hosttest-xfs": "xfs"}.get(entry["class"], "ext4"),
                entry["name"],
            ]
            assert f"{entry['device']} {entry['path']} " in shell(NODE, "cat /etc/fstab")
            assert int(shell(NODE, f"stat -f -c '%b' {entry['path']}")) * int(shell(NODE, f"stat -f -c '%S' {entry['path']}")) == entry["size_bytes"]
    assert "noatime" in shell(NODE, f"grep {BASE}/hosttest-ext4/ /proc/mounts")


def test_nothing_to_do_takes_three_reading_commands() -> None:
    since = time.time()
    assert changed(play(NODE, *both())) == [False, False]
    ran = [entry["argv"][0] for entry in map(json.loads, lab("exec-log", "--json", "--since", since, NODE).splitlines())]
    names = [name.rpartition("/")[2] for name in ran]
    storage = [
        name
        for name in names
        if name in ("lsblk", "blkid", "lvm", "wipefs", "mount", "umount", "chattr", "systemctl", "vgs", "lvs", "pvs") or name.startswith("mkfs")
    ]
    assert sorted(storage) == ["blkid", "blkid", "lsblk", "lsblk", "lvm", "lvm"], "lsblk, blkid and a report for each of the two modules"


def test_a_bare_mount_point_takes_no_writes() -> None:
    path = shell(NODE, f"echo {BASE}/hosttest-xfs/*").strip()
    shell(NODE, f"umount {path}; ! touch {path}/x 2>/dev/null")
    again = play(NODE, volumes(*CLASSES, disk_rules=RULES), volumes(*CLASSES, disk_rules=RULES))
    assert changed(again) == [True, False]
    assert [action["verb"] for action in again[0]["actions"]] == ["mount"]


def test_modify() -> None:
    remounted = tuple({**item, "mount_options": ["noatime", "nodiratime"]} if item is EXT4 else item for item in CLASSES)
    before = state(NODE)
    planned = play(NODE, layout(LARGER, disk_rules=RULES, check=True), volumes(*remounted, disk_rules=RULES, check=True))
    assert changed(planned) == [True, True] and state(NODE) == before
    made = play(
        NODE,
        layout(LARGER, disk_rules=RULES),
        volumes(*remounted, disk_rules=RULES),
        layout(LARGER, disk_rules=RULES, check=True),
        volumes(*remounted, disk_rules=RULES, check=True),
        layout(LARGER, disk_rules=RULES),
        volumes(*remounted, disk_rules=RULES),
    )
    assert changed(made) == [True, True, False, False, False, False]
    assert {volume["lv_name"]: int(volume["lv_size"]) // 4194304 for volume in report() if volume["lv_name"] in ("data", "thin")} == {
        "data": 38,
        "thin": 75,
    }
    assert shell(NODE, f"vgs --noheadings -o tags {GROUP}").strip() == "site"
    assert "nodiratime" in shell(NODE, f"grep {BASE}/hosttest-ext4/ /proc/mounts")


def wrong(**group: Any) -> dict:
    return layout({**WANTED, **group}, disk_rules=RULES)


def volume(**values: Any) -> dict:
    return wrong(logical_volumes=[{"name": "new", "size": "1GiB", **values}])


REFUSED = [
    ("size-ambiguous", volume(size="10G")),
    ("size-relative", volume(size="+512M")),
    ("vg-full", volume(size="100GiB")),
    ("shrink-kind", wrong(logical_volumes=[{"name": "data", "size": "8MiB"}])),
    ("lv-consent", wrong(logical_volumes=[{"name": "data", "state": "absent"}])),
    ("lv-needed", wrong(thin_pools=[{"name": "pool", "state": "absent"}])),
    ("pool-overcommit", wrong(logical_volumes=[{"name": "huge", "size": "1TiB", "thin_pool": "pool"}])),
    ("lv-open", layout({"name": GROUP, "state": "absent"}, disk_rules=RULES)),
    ("extent-differs", wrong(extent_size="8MiB")),
    ("kernel-name", wrong(devices=["/dev/sda"])),
    ("device-absent", layout({"name": "more", "devices": ["/dev/disk/by-id/wwn-0xdead"]})),
    ("device-taken", layout({"name": "more", "devices": [IDS[2]]})),
    ("device-mounted", layout({"name": "more", "devices": [IDS[0]]})),
    ("system-disk", layout({"name": "more", "devices": {"rule": "any"}}, disk_rules=[{"name": "any", "id": "."}])),
    ("system-disk", layout({"name": "more", "devices": ["/dev/ubda"]}, allow_kernel_names=True)),
    ("rule-no-disk", layout({"name": "more", "devices": {"rule": "huge"}}, disk_rules=[{"name": "huge", "size_min": "1PiB"}])),
    ("class-source", volumes({"name": "more"})),
    ("vg-unknown", volumes({"name": "more", "logical_volumes": {"volume_group": "none", "count": 1, "size": "1GiB"}})),
    ("volume-size-differs", volumes({**XFS, "logical_volumes": {"volume_group": GROUP, "count": 1, "size": "500MiB"}})),
    ("mode-differs", volumes({**RAW, "volume_mode": "Filesystem"}, disk_rules=RULES)),
    ("fs-type-differs", volumes({**XFS, "fs_type": "ext4"})),
    ("published-unknown", volumes(ABSENT[0])),
    ("class-published", volumes(ABSENT[0], published=[{"class": RAW["name"], "entry": "x", "volume": "local-pv-1"}])),
    ("base-dir", volumes(base_dir="/var")),
]


def test_refusals_touch_nothing() -> None:
    before = state(NODE)
    results = play(NODE, *(task for _code, task in REFUSED))
    assert [(result.get("error") or result)["code"] for result in results] == [code for code, _task in REFUSED]
    assert all(result["error"]["parameter"] and result["error"]["fix"] for result in results)
    assert state(NODE) == before


def test_a_pulled_disk_is_reported_and_comes_back() -> None:
    lab("disk", "remove", NODE, DISKS[2])
    wanted = layout(LARGER, disk_rules=RULES), volumes(RAW, XFS, disk_rules=RULES)
    gone = play(NODE, *wanted)
    lab("disk", "add", NODE, DISKS[2])
    shell(NODE, "udevadm settle")
    assert changed(gone) == [False, False]
    assert [each["entry"] for each in gone[1]["degraded"]] == [IDS[2].rpartition("/")[2]]
    back = play(NODE, *wanted)
    assert changed(back) == [False, False] and not back[1]["degraded"]


def test_remove() -> None:
    lvs = {volume["lv_name"]: volume["lv_uuid"] for volume in report("-o", "lv_name,lv_uuid")}
    group = shell(NODE, f"vgs --noheadings -o vg_uuid {GROUP}").strip()
    content = shell(NODE, f"cd {BASE}/hosttest-xfs/*; pwd; echo kept > file; sync file").strip()
    give_up, bring_back = (lambda check=False: volumes(*ABSENT, published=[], check=check)), volumes(*CLASSES, disk_rules=RULES)
    before = state(NODE)
    assert changed(play(NODE, give_up(check=True))) == [True] and state(NODE) == before
    assert changed(play(NODE, give_up(), give_up(check=True), give_up(), bring_back)) == [True, False, False, True]
    assert shell(NODE, f"cat {content}/file").strip() == "kept", "a class that is given up keeps its data, and comes back with it"
    rest = [
        layout(
            {**WANTED, "logical_volumes": [{"name": "data", "state": "absent"}]},
            disk_rules=RULES,
            check=check,
            allow_data_loss={f"{GROUP}/data": lvs["data"]},
        )
        for check in (True, False, False)
    ]
    whole = [layout({"name": GROUP, "state": "absent"}, check=check, allow_data_loss={GROUP: group}) for check in (True, False, False)]
    assert changed(play(NODE, give_up(), *rest, *whole)) == [True, True, True, False, True, True, False]
    assert (
        shell(NODE, f"vgs --noheadings -o vg_name; wipefs {IDS[0]} {IDS[1]}; grep hosttest /proc/mounts /etc/fstab; true").split()
        == shell(NODE, "vgs --noheadings -o vg_name").split()
    )
