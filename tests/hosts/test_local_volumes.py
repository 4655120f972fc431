"""Local volumes on partitions, logical volumes, whole disks and directories of a real machine: they grow online, and come back by themselves."""

from __future__ import annotations

import time
from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, lab, layout, own_node, play, plugged, shell, state, volumes

NODE = own_node()
DISKS = (13, 14, 15)
IDS = disk_ids(NODE, DISKS)
BASE = "/var/lib/cairn-storage/local-volumes"
GROUP = "localtest"
MIB = 1024**2

LAYOUT = {"name": GROUP, "devices": [IDS[2]], "logical_volumes": [{"name": "own", "size": "280MiB"}]}


def sized(name: str, size: str, **values: Any) -> dict:
    return {"name": name, "logical_volumes": {"volume_group": GROUP, "count": 1, "size": size}, **values}


PART = {"name": "lt-part", "fs_type": "ext4", "devices": [f"{IDS[0]}-part1"], "grow": True}
DISK = {"name": "lt-disk", "fs_type": "btrfs", "devices": [IDS[1]]}
OWN = {"name": "lt-own", "fs_type": "btrfs", "devices": [f"/dev/{GROUP}/own"]}
SHARED = {"name": "lt-shared", "directories": ["/srv/lt/a", "/srv/lt/b"], "shared_capacity": True}
SMALL = [sized("lt-xfs", "320MiB"), sized("lt-ext4", "64MiB", fs_type="ext4"), sized("lt-raw", "16MiB", volume_mode="Block")]
LARGE = [
    sized("lt-xfs", "500MiB", grow=True),
    sized("lt-ext4", "100MiB", fs_type="ext4", grow=True),
    sized("lt-raw", "20MiB", volume_mode="Block", grow=True),
]
CLASSES = [PART, DISK, OWN, SHARED, *SMALL]
GROWN = [PART, DISK, OWN, SHARED, *LARGE]
ABSENT = [{"name": item["name"], "state": "absent"} for item in CLASSES]

CLEAN = f"""{ERASE}
withdraw {' '.join(item['name'] for item in CLASSES)}
{FORGET}
umount /srv/lt 2>/dev/null
sed -i '/x-cairn.class=lt-/d; /srv.lt/d' /etc/fstab
vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP}
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"-part* "$id" 2>/dev/null || erase "$id"; done
rm -rf /srv/lt
systemctl daemon-reload
true
"""
#: Two partitions with room behind the first, and a file system on the second with two directories to give out.
PREPARE = f"""{ERASE}
printf 'start=1MiB, size=300MiB\\nstart=1GiB, size=500MiB\\n' | partition {IDS[0]}
mkfs.ext4 -q {IDS[0]}-part2
mkdir -p /srv/lt
echo "UUID=$(blkid -p -s UUID -o value {IDS[0]}-part2) /srv/lt ext4 nofail 0 2" >> /etc/fstab
systemctl daemon-reload
mount /srv/lt
mkdir /srv/lt/a /srv/lt/b
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """The disks, blank but for the partitions."""
    with plugged(NODE, DISKS, CLEAN):
        shell(NODE, PREPARE)
        yield


def by_class(result: dict) -> dict[str, dict]:
    return {entry["class"]: entry for entry in result["entries"]}


def sums() -> str:
    return shell(NODE, f"sha256sum {BASE}/lt-*/*/data; sha256sum /dev/{GROUP}/lt-raw-1 | cut -c1-8")


def statfs(path: str) -> int:
    blocks, size = shell(NODE, f"stat -f -c '%b %S' {path}").split()
    return int(blocks) * int(size)


def test_created_as_predicted() -> None:
    assert changed(play(NODE, layout(LAYOUT))) == [True]
    before = state(NODE)
    planned = play(NODE, volumes(*CLASSES, check=True))
    assert changed(planned) == [True] and state(NODE) == before, "check mode changes nothing"
    made = play(NODE, volumes(*CLASSES), volumes(*CLASSES, check=True), volumes(*CLASSES))
    assert changed(made) == [True, False, False]
    assert [action["verb"] for action in planned[0]["actions"]] == [action["verb"] for action in made[0]["actions"]]
    entries = by_class(made[0])
    mounted = shell(NODE, f"findmnt -rno TARGET,FSTYPE,SOURCE | grep {BASE}/lt-")
    for name, kind in (("lt-part", "ext4"), ("lt-disk", "btrfs"), ("lt-own", "btrfs"), ("lt-xfs", "xfs"), ("lt-ext4", "ext4"), ("lt-shared", "ext4")):
        assert f"{entries[name]['path']} {kind} " in mounted
    assert shell(NODE, f"readlink {entries['lt-raw']['path']}").startswith("/dev/disk/by-id/dm-uuid-LVM-")
    for entry in made[0]["entries"]:
        assert entry["shared_capacity"] == (entry["class"] == "lt-shared")
        if entry["volume_mode"] == "Filesystem":
            assert statfs(entry["path"]) == entry["size_bytes"]
    shared = [entry["path"] for entry in made[0]["entries"] if entry["class"] == "lt-shared"]
    shell(NODE, f"echo bound > {shared[0]}/x; test $(cat /srv/lt/a/x) = bound; ! test -e {shared[1]}/x")
    unit = shell(NODE, f"systemctl show -p Before -p WantedBy $(systemd-escape --path --suffix=mount {entries['lt-disk']['path']})")
    assert "kubelet.service" in unit and "local-fs.target" in unit


def test_a_write_that_udev_missed_keeps_nothing_from_being_mounted() -> None:
    entry = shell(NODE, f"echo {BASE}/lt-xfs/*").strip()
    device = f"/dev/{GROUP}/lt-xfs-1"
    # udev watches no device while it reads it, so that it can miss a write; here it watches none at all.
    rule = """echo 'KERNEL=="dm-*", OPTIONS+="nowatch"' > /run/udev/rules.d/99-deaf.rules; udevadm control --reload"""
    hidden = f"umount {entry}; dd if={device} of=/run/head bs=4k count=1; dd if=/dev/zero of={device} bs=4k count=1 oflag=direct"
    retold = f"udevadm trigger --action=change --settle {device}; dd if=/run/head of={device} bs=4k count=1 oflag=direct; udevadm settle"
    try:
        shell(NODE, f"mkdir -p /run/udev/rules.d; {rule}; {hidden}; {retold}; ! test -e /dev/disk/by-uuid/$(basename {entry})")
        again = play(NODE, volumes(*CLASSES), volumes(*CLASSES))
    finally:
        shell(NODE, "rm -f /run/udev/rules.d/99-deaf.rules /run/head; udevadm control --reload")
    assert changed(again) == [True, False]


def test_a_static_local_volume_grows_online__kubernetes_101340_and_local_static_provisioner_117_and_228() -> None:
    shell(NODE, f"for entry in {BASE}/lt-*/*; do if [ -d $entry ]; then head -c 2M /dev/urandom > $entry/data; fi; done; sync")
    content = sums()
    refused = play(
        NODE, volumes(*(sized(item["name"], "1GiB", **{k: v for k, v in item.items() if k in ("fs_type", "volume_mode")}) for item in SMALL))
    )
    assert refused[0]["error"]["code"] == "volume-size-differs" and "grow" in refused[0]["error"]["fix"]
    shell(NODE, f"echo ', 600MiB' | sfdisk -q -N 1 --no-reread --force {IDS[0]}; partx -u {IDS[0]}; udevadm settle")
    before = state(NODE)
    planned = play(NODE, volumes(*GROWN, check=True))
    assert changed(planned) == [True] and state(NODE) == before
    made = play(NODE, volumes(*GROWN), volumes(*GROWN, check=True), volumes(*GROWN), volumes(*GROWN[:4], *SMALL))
    assert changed(made[:3]) == [True, False, False] and made[3]["error"]["code"] == "volume-size-differs", "they never become smaller"
    assert sorted((action["kind"], action["name"]) for action in made[0]["actions"]) == sorted(
        [("file system", f"{IDS[0]}-part1"), ("file system", f"/dev/{GROUP}/lt-xfs-1"), ("file system", f"/dev/{GROUP}/lt-ext4-1")]
        + [("logical volume", f"{GROUP}/{item['name']}-1") for item in LARGE]
    )
    entries = by_class(made[0])
    for name, size in (("lt-part", 600), ("lt-xfs", 500), ("lt-ext4", 100)):
        assert statfs(entries[name]["path"]) == entries[name]["size_bytes"] > (size * 0.85 - 5) * MIB
    assert entries["lt-raw"]["size_bytes"] == 20 * MIB
    assert content.splitlines()[:-1] == sums().splitlines()[:-1]


def active(path: str, wanted: str) -> bool:
    for _attempt in range(40):
        if shell(NODE, f"if mountpoint -q {path}; then echo yes; else echo no; fi").strip() == wanted:
            return True
        time.sleep(0.5)
    return False


def test_a_disk_that_comes_late_is_mounted_when_it_comes() -> None:
    path = shell(NODE, f"echo {BASE}/lt-disk/*").strip()
    lab("disk", "remove", NODE, DISKS[1])
    assert active(path, "no")
    gone = play(NODE, volumes(*GROWN))
    assert changed(gone) == [False] and [each["class"] for each in gone[0]["degraded"]] == ["lt-disk"]
    lab("disk", "add", NODE, DISKS[1])
    assert active(path, "yes"), "nobody ran anything"
    assert changed(play(NODE, volumes(*GROWN))) == [False]


def test_all_is_mounted_after_a_power_cut_and_a_disk_that_missed_the_boot_when_it_comes() -> None:
    content = sums()
    late = shell(NODE, f"sync; echo {BASE}/lt-disk/*").strip()
    lab("disk", "remove", NODE, DISKS[1])
    lab("power-cut", NODE)
    lab("start", NODE)
    assert shell(NODE, "systemctl is-active local-fs.target").strip() == "active", "boot does not wait for it"
    for path in shell(NODE, f"ls -d {BASE}/lt-*/* | grep -v -e lt-raw -e lt-disk").split():
        assert active(path, "yes"), path
    lab("disk", "add", NODE, DISKS[1])
    assert active(late, "yes")
    shell(NODE, f"umount {BASE}/lt-xfs/*; lvchange --activate n {GROUP}/lt-xfs-1")
    assert changed(play(NODE, volumes(*GROWN), volumes(*GROWN))) == [True, False], "an inactive volume takes one run"
    assert sums() == content


def test_no_published_volume_ever_stands_on_a_path_that_vanished() -> None:
    entry = shell(NODE, f"ls {BASE}/lt-xfs").strip()
    published = [{"class": "lt-xfs", "entry": entry, "volume": "local-pv-1"}]
    before = state(NODE)
    refused = play(NODE, volumes(*ABSENT), volumes(*ABSENT, published=published), volumes(*ABSENT, published=published, check=True))
    assert [result["error"]["code"] for result in refused] == ["published-unknown", "class-published", "class-published"]
    assert state(NODE) == before, "not one of the other classes was touched"
    gone = play(NODE, volumes(*ABSENT, published=[], check=True), volumes(*ABSENT, published=[]), volumes(*ABSENT, published=[]))
    assert changed(gone) == [True, True, False]
    assert shell(NODE, f"grep -c lt- /proc/mounts /etc/fstab; ls {BASE}/lt-*/* 2>/dev/null; ls /srv/lt/a /srv/lt/b; true").split() == [
        "/proc/mounts:0",
        "/etc/fstab:0",
        "/srv/lt/a:",
        "data",
        "x",
        "/srv/lt/b:",
        "data",
    ], "directories keep what is in them"
    back = play(NODE, volumes(*GROWN), volumes(*GROWN))
    assert changed(back) == [True, False] and shell(NODE, f"ls {BASE}/lt-xfs").strip() == entry, "each comes back as it was"
