"""Machines in odd states, known ones and many random ones: a check says what applying does, or applying changes nothing."""

from __future__ import annotations

import os
from typing import Iterator

import pytest
from host_play import changed, disk_ids, layout, play, plugged, script, without_uuids
from odd_machines import BIG_BLOCKS, LOOK, ODD, PIECE, PRECIOUS, give_up, group, lv, made, tell_the_truth
from odd_machines import clean as clean_random

NODE = os.environ.get("FAULTS_NODE", "node1")
DISKS = (12, 13, 14)
ONE, TWO, THREE = IDS = disk_ids(NODE, DISKS)
#: Of a run that found something: SEEDS="17 23".
SEEDS = [int(seed) for seed in os.environ.get("SEEDS", " ".join(map(str, range(100, 140)))).split()]


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    with plugged(NODE, DISKS, give_up(IDS)):
        yield


def clean(text: str) -> dict:
    """A task that makes the machine clean, then so."""
    return made(IDS, text)


def test_what_lvm_or_a_file_system_would_refuse_is_refused_by_the_check__ansible_47301_anas_8_pmem_csi_218() -> None:
    vg = f"vgcreate -qq {ODD} {ONE} {TWO}"
    own = f"/dev/{ODD}/db"
    ext4 = f"{vg}; lvcreate -qqy -L 64M -n db {ODD} {ONE}; mkfs.ext4 -q {own}"
    both, grown = (ONE, TWO), lv("db", "128MiB")
    piece = f"echo 0 2097152 linear $(readlink -f {THREE}) 0 | dmsetup create oddpiece"
    smaller = f"{piece}; vgcreate -qq {ODD} {PIECE}; lvcreate -qqy -an -Zn -l 90%VG -n db {ODD}; echo 0 1048576 linear $(readlink -f {THREE}) 0 | dmsetup reload oddpiece; dmsetup suspend oddpiece; dmsetup resume oddpiece"
    bad = {"type": "ext4", "options": ["-b", "65536"]}
    cases: list[tuple[str, str, dict, dict]] = [
        ("vg-block-size", f"modprobe scsi_debug sector_size=4096 dev_size_mb=64; udevadm settle; mkfs.ext4 -q -U {PRECIOUS} {ONE}",
         group(devices=(ONE, BIG_BLOCKS)), {ONE: PRECIOUS}),
        ("vg-block-size", f"{vg}; modprobe scsi_debug sector_size=4096 dev_size_mb=64; udevadm settle; mkfs.ext4 -qF -U {PRECIOUS} {BIG_BLOCKS}",
         group(devices=(ONE, TWO, BIG_BLOCKS)), {BIG_BLOCKS: PRECIOUS}),
        ("vg-not-resizeable", f"{vg}; vgchange -qq --resizeable n {ODD}; mkfs.ext4 -q -U {PRECIOUS} {THREE}", group(devices=(ONE, TWO, THREE)), {THREE: PRECIOUS}),
        ("vg-name-taken", f"mkfs.ext4 -q -U {PRECIOUS} {ONE}", {**group(devices=(ONE,)), "name": "shm"}, {ONE: PRECIOUS}),
        ("lv-policy", f"{ext4}; lvchange -qq --alloc contiguous {ODD}/db; lvcreate -qqy -L 8M -n next {ODD} {ONE}", group(grown, devices=both), {}),
        ("lv-read-only", f"{vg}; lvcreate -qqy -L 64M -n db {ODD}; lvchange -qq -pr {ODD}/db", group({**grown, "filesystem": {"type": "ext4"}}, devices=both), {}),
        ("fs-stuck", f"{ext4}; mkdir -p /mnt/{ODD}; mount -o ro {own} /mnt/{ODD}", group(grown, devices=both), {}),
        ("fs-stuck", f"{ext4}; debugfs -w -R 'ssv state 2' {own}", group({**grown, "filesystem": {"type": "ext4"}}, devices=both), {}),
        ("size-unit-missing", vg, group(lv("db", 512), devices=both), {}),
    ]  # fmt: skip
    tasks: list[dict] = []
    for _code, prepare, wish, wipe in cases:
        tasks += [clean(prepare), LOOK, layout(wish, wipe=wipe, check=True), layout(wish, wipe=wipe), LOOK]
    some = group(lv("all", "100%FREE"), devices=both)
    worded = group(lv("db", "64MiB", filesystem={"type": "ext4", "options": ["-m 0 -E nodiscard"]}), devices=both)
    last = [
        clean(f"{vg}; pvchange -qq --allocatable n {ONE}"), layout(some, check=True), layout(some), layout(some),
        clean(vg), layout(worded), layout(worded),
        # Options that mkfs refuses: what is there stays.
        clean(f"{ext4}; tune2fs -U {PRECIOUS} {own} > /dev/null"),
        layout(group(lv("db", "64MiB", filesystem={**bad, "uuid": "11111111-2222-4333-8444-555555555555"}), devices=both), wipe={own: PRECIOUS}),
        script(f"blkid -p -o value -s PRECIOUS {own}"),
        # The others go on.
        clean(smaller), layout({**group(lv("more", "100%FREE"), devices=(PIECE,)), "resize_devices": True}, {**group(devices=(ONE,)), "name": f"{ODD}2"}),
    ]  # fmt: skip
    results = play(NODE, *tasks, *last)
    for number, (code, _prepare, wish, _wipe) in enumerate(cases):
        ready, before, check, done, after = results[5 * number : 5 * number + 5]
        assert ready["rc"] == 0, ready
        assert (check.get("error", check)["code"], done["error"]["code"]) == (code, code), (code, check, done)
        assert before["stdout"] == after["stdout"] and not done.get("actions"), (code, wish)
    _r1, check, done, again, _r2, first, same, _r3, kept, uuid, _r4, shrunk = results[5 * len(cases) :]
    assert changed([check, done, again]) == [True, True, False] and without_uuids(check["after"]) == without_uuids(done["after"])
    assert changed([first, same]) == [True, False]
    assert kept["failed"] and uuid["stdout"] == PRECIOUS, (kept, uuid)
    assert changed([shrunk]) == [True] and "become smaller" in shrunk["degraded"][0]["reason"]
    assert [action["name"] for action in shrunk["actions"]] == [f"{ODD}2"]


def test_a_check_says_what_applying_does_or_nothing_is_changed() -> None:
    play(NODE, script(give_up(IDS)))
    counts: dict = {}
    for start in range(0, len(SEEDS), 10):
        for what, count in tell_the_truth(NODE, IDS, SEEDS[start : start + 10]).items():
            counts[what] = counts.get(what, 0) + count
    play(NODE, script(clean_random(IDS)))
    print(counts)
    assert counts["done"] and counts["refused"]
