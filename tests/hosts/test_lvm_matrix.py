"""The twelve steps (create, modify, delete) x (check, apply, check again, apply again) for every kind of object at once, in few plays.

What came of them is asked of LVM, lsblk and the kernel's mount table; data is compared by checksum.
"""

from __future__ import annotations

import json
from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, layout, own_node, play, plugged, shell, state, volumes

NODE = own_node()
NUMBERS = range(10, 16)
*DISKS, RAW = disk_ids(NODE, NUMBERS)
BASE = "/var/lib/cairn-storage/local-volumes"
GROUP = "matrix"
MIB = 1024**2

CLEAN = f"""{ERASE}
umount -q {BASE}/matrix-fs/* /mnt/matrix
for entry in {BASE}/matrix-fs/*; do [ ! -d $entry ] || chattr -i $entry; done
rm -rf {BASE}/matrix-* {BASE}/.kept/matrix-*
sed -i /x-cairn.class=matrix/d /etc/fstab
{FORGET}
vgremove -qff --yes {GROUP} >/dev/null 2>&1
rm -f /etc/lvm/backup/{GROUP}
for disk in {' '.join((*DISKS, RAW))}; do [ ! -e $disk ] || erase $disk; done
udevadm settle
"""


def wish(larger: bool = False) -> dict[str, Any]:
    """The volume group with one of each kind; ``larger`` is the same, modified."""
    size = "96MiB" if larger else "64MiB"
    return {
        "name": GROUP,
        "devices": DISKS,
        "tags": ["modified"] if larger else ["made"],
        "thin_pools": [{"name": "pool", "size": "12%VG" if larger else "10%VG"}],
        "logical_volumes": [
            {"name": "linear", "size": size, "filesystem": {"type": "ext4", "label": "larger" if larger else "made"}},
            {"name": "striped", "size": size, "type": "striped", "stripes": 2},
            {"name": "raid1", "size": size, "type": "raid1"},
            {"name": "cached", "size": "64MiB", "cache": {"size": "16MiB", "devices": DISKS[:1], "mode": "writeback" if larger else "writethrough"}},
            {"name": "origin", "size": "64MiB"},
            {"name": "thick", "snapshot_of": "origin", "size": "24MiB" if larger else "16MiB"},
            {"name": "thin", "size": "400MiB" if larger else "320MiB", "thin_pool": "pool", "filesystem": {"type": "xfs"}},
            {"name": "thinsnap", "snapshot_of": "thin", "tags": ["modified"] if larger else []},
        ],
    }


def classes(larger: bool = False) -> tuple[dict, dict]:
    """A class of file systems on volumes, and one of raw disks."""
    return (
        {
            "name": "matrix-fs",
            "fs_type": "ext4",
            "mount_options": ["noatime"] if larger else [],
            "logical_volumes": {"volume_group": GROUP, "count": 1, "size": "64MiB"},
        },
        {"name": "matrix-raw", "volume_mode": "Block", "devices": [RAW], "adopt_new": larger},
    )


GIVEN_UP = tuple({"name": item["name"], "state": "absent"} for item in classes())


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """Five disks for the volume group and one to be given out raw."""
    with plugged(NODE, NUMBERS, CLEAN):
        yield


def report() -> dict[str, dict]:
    """The group's volumes as LVM tells of them."""
    fields = "lv_name,lv_uuid,lv_size,segtype,origin,pool_lv,lv_tags,cache_mode,lv_active"
    rows = json.loads(shell(NODE, f"lvs --units b --nosuffix --reportformat json -o {fields} {GROUP}"))["report"][0]["lv"]
    return {row["lv_name"]: row for row in rows}


def sizes() -> dict[str, int]:
    """Sizes in MiB, without the pool, whose share depends on the disks."""
    return {name: int(row["lv_size"]) // MIB for name, row in report().items() if name != "pool"}


def file_systems() -> list[str]:
    """Type, label and size in MiB of the file systems, as a fresh probe tells of them."""
    told = "blkid -p -o value -s TYPE -s LABEL -s FSSIZE"
    return [line for volume in ("linear", "thin") for line in shell(NODE, f"{told} /dev/{GROUP}/{volume}").split()]


def checksums() -> str:
    """Of what is on every volume and on the raw disk."""
    paths = " ".join([f"/dev/{GROUP}/{name}" for name in ("striped", "raid1", "cached", "origin", "thick", "thinsnap")] + [RAW])
    return shell(
        NODE,
        f"for path in {paths}; do head -c 8M $path | sha256sum; done; "
        f"mkdir -p /mnt/matrix; for v in linear thin; do mount /dev/{GROUP}/$v /mnt/matrix; sha256sum /mnt/matrix/data; umount /mnt/matrix; done",
    )


def twelve(first: list[dict], again: list[dict]) -> None:
    """Apply, check again, apply again: only the first changes anything."""
    made = play(NODE, *first, *again, *first)
    assert changed(made) == [True] * len(first) + [False] * (len(again) + len(first))


def test_create() -> None:
    before = state(NODE)
    check = [layout(wish(), check=True), volumes(*classes(), check=True, pending="{{ result_0.after }}")]
    assert changed(play(NODE, *check)) == [True, True]
    assert state(NODE) == before, "check mode changes nothing"
    twelve([layout(wish()), volumes(*classes())], [layout(wish(), check=True), volumes(*classes(), check=True)])
    found = report()
    assert {name: row["segtype"] for name, row in found.items()} == {
        **{"linear": "linear", "striped": "striped", "raid1": "raid1", "cached": "cache", "origin": "linear", "thick": "linear"},
        **{"pool": "thin-pool", "thin": "thin", "thinsnap": "thin", "matrix-fs-1": "linear"},
    }
    assert (found["thick"]["origin"], found["thinsnap"]["origin"], found["cached"]["cache_mode"]) == ("origin", "thin", "writethrough")
    expected = {"linear": 64, "striped": 64, "raid1": 64, "cached": 64, "origin": 64, "thick": 16, "thin": 320, "thinsnap": 320, "matrix-fs-1": 64}
    assert sizes() == expected
    assert {"ext4", "made", "xfs"} <= set(file_systems())
    assert shell(NODE, f"vgs --noheadings -o tags {GROUP}").strip() == "made"
    assert shell(NODE, f"grep -c '{BASE}/matrix-fs/.* ext4 ' /proc/mounts").strip() == "1"
    assert shell(NODE, f"readlink {BASE}/matrix-raw/*").strip() == RAW
    listed = shell(NODE, "lsblk -nro NAME,TYPE")
    assert all(f"{GROUP}-{name} lvm" in listed for name in found if name != "matrix-fs-1")


def test_modify() -> None:
    shell(
        NODE,
        f"set -e; for name in striped raid1 cached origin; do dd if=/dev/urandom of=/dev/{GROUP}/$name bs=1M count=4 oflag=direct status=none; done; "
        f"dd if=/dev/urandom of={RAW} bs=1M count=4 oflag=direct status=none; mkdir -p /mnt/matrix; "
        f"for v in linear thin; do mount /dev/{GROUP}/$v /mnt/matrix; dd if=/dev/urandom of=/mnt/matrix/data bs=1M count=4 status=none; umount /mnt/matrix; done",
    )
    data, before = checksums(), state(NODE)
    check = [layout(wish(True), check=True), volumes(*classes(True), check=True)]
    assert changed(play(NODE, *check)) == [True, True]
    assert state(NODE) == before, "check mode changes nothing"
    twelve([layout(wish(True)), volumes(*classes(True))], check)
    assert sizes() == {
        **{"linear": 96, "striped": 96, "raid1": 96, "cached": 64, "origin": 64, "thick": 24, "thin": 400, "thinsnap": 320, "matrix-fs-1": 64}
    }
    found = report()
    assert (found["cached"]["cache_mode"], found["thinsnap"]["lv_tags"]) == ("writeback", "modified")
    assert shell(NODE, f"vgs --noheadings -o tags {GROUP}").strip() == "modified"
    assert shell(NODE, f"grep -c '{BASE}/matrix-fs/.* ext4 .*noatime' /proc/mounts").strip() == "1"
    assert "larger" in file_systems()
    assert checksums() == data, "no data was touched"


def test_delete() -> None:
    raw = shell(NODE, f"head -c 8M {RAW} | sha256sum")
    before = state(NODE)
    give_up, check = [volumes(*GIVEN_UP, published=[])], [volumes(*GIVEN_UP, published=[], check=True)]
    assert changed(play(NODE, *check)) == [True] and state(NODE) == before
    twelve(give_up, check)
    assert shell(NODE, f"head -c 8M {RAW} | sha256sum") == raw, "the data stays"
    assert not shell(NODE, f"grep {BASE}/matrix /proc/mounts || true")
    found = report()
    gone = {
        "name": GROUP,
        "devices": DISKS,
        "thin_pools": [{"name": "pool", "state": "absent"}],
        "logical_volumes": [{"name": name, "state": "absent"} for name in sorted(found, key=lambda name: bool(found[name]["origin"])) if name != "pool"],
    }
    consent = {f"{GROUP}/{name}": row["lv_uuid"] for name, row in found.items()}
    before = state(NODE)
    check = [layout(gone, check=True, allow_data_loss=consent)]
    assert changed(play(NODE, *check)) == [True] and state(NODE) == before
    twelve([layout(gone, allow_data_loss=consent)], check)
    assert report() == {}
    before, last = state(NODE), {"name": GROUP, "state": "absent"}
    assert changed(play(NODE, layout(last, check=True))) == [True] and state(NODE) == before
    twelve([layout(last)], [layout(last, check=True)])
    assert not shell(NODE, f"vgs --noheadings -o name -S vg_name={GROUP}").strip()
    assert not shell(NODE, f"wipefs --noheadings {' '.join(DISKS)}").strip(), "disks are left blank"
