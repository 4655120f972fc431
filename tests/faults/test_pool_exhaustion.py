"""Thin pools run full: told of, nothing more promised on them, recovered by growth while they run, nobody's data lost."""

from __future__ import annotations

import json
from typing import Any, Iterator

import pytest
from conftest import eventually
from host_play import ERASE, changed, disk_ids, layout, own_node, play, plugged, shell

NODE = own_node()
DISKS = (11, 12)
IDS = disk_ids(NODE, DISKS)
GROUP = "fulltest"
SOURCE = "/var/tmp/fulltest"
CLEAN = f"""{ERASE}
vgremove -qq --force --yes {GROUP} 2>/dev/null; rm -f /etc/lvm/backup/{GROUP} {SOURCE}*
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
true
"""
#: Somebody else's volume beside the pools.
KEEP = {"name": "keep", "size": "64MiB"}
DATA = {"name": "short", "size": "128MiB", "metadata_size": "4MiB", "overprovision_ratio": 4}
VOLUME = {"name": "v", "size": "256MiB", "thin_pool": "short"}
METADATA = {"name": "tight", "size": "1000MiB", "metadata_size": "2MiB", "chunk_size": "64KiB", "overprovision_ratio": 100}
ORIGIN = {"name": "o", "size": "1GiB", "thin_pool": "tight"}
#: Chunks of the origin that hold something; each snapshot that is written to all over needs its own copy of what tells where they are.
CHUNKS = 8000
SNAPSHOTS = [{"name": f"s{number}", "snapshot_of": "o"} for number in range(22)]
#: Write a block to every hundred-and-twentieth chunk; say what the kernel thinks of it.
SCATTER = f"""
import mmap, os, sys
block = mmap.mmap(-1, 4096)
try:
    for name in sys.argv[1:]:
        file = os.open("/dev/{GROUP}/" + name, os.O_WRONLY | os.O_DIRECT)
        for chunk in range(0, {CHUNKS}, 120):
            os.pwrite(file, block, chunk * 65536)
        os.fsync(file)
    print("written")
except OSError as error:
    print(error.strerror)
"""


@pytest.fixture(autouse=True)
def disks() -> Iterator[None]:
    with plugged(NODE, DISKS, CLEAN):
        yield


def wish(pool: dict, *volumes: dict, **options: Any) -> dict:
    return layout({"name": GROUP, "devices": IDS, "extent_size": "1MiB", "thin_pools": [pool], "logical_volumes": list(volumes)}, **options)


def reported(name: str) -> dict:
    fields = "lv_uuid,lv_health_status,lv_check_needed,data_percent,metadata_percent"
    return json.loads(shell(NODE, f"lvs --reportformat json -o {fields} {GROUP}/{name}"))["report"][0]["lv"][0]


def checksum(path: str) -> str:
    return shell(NODE, f"dd if={path} bs=1M iflag=direct status=none | sha256sum").split()[0]


def scatter(*names: str) -> str:
    return shell(NODE, f"timeout 120 python3 - {' '.join(names)} <<'END'\n{SCATTER}\nEND").strip()


def refused_and_told(pool: dict, volumes: list, word: str) -> None:
    """The pool is reported, and neither a new volume nor a larger one nor a snapshot is planned on it."""
    more = {"name": "more", "size": "16MiB", "thin_pool": pool["name"]}
    larger = {**volumes[0], "size": "1100MiB"}
    generous = {**pool, "overprovision_ratio": 1000}
    snapshot = {"name": "more", "snapshot_of": volumes[0]["name"]}
    results = play(NODE, wish(pool, KEEP, *volumes), *(wish(generous, KEEP, *volumes, each) for each in (more, snapshot)), wish(generous, larger))
    assert changed(results[:1]) == [False] and any(word in each["reason"] for each in results[0]["degraded"]), results[0]["degraded"]
    assert [result["error"]["code"] for result in results[1:]] == ["pool-full"] * 3


def test_full_of_data__topolvm_1101() -> None:
    assert changed(play(NODE, wish(DATA, KEEP, VOLUME))) == [True]
    shell(NODE, f"dd if=/dev/urandom of=/dev/{GROUP}/keep bs=1M count=64 oflag=direct status=none; head -c 200M /dev/urandom > {SOURCE}; sync")
    kept = checksum(f"/dev/{GROUP}/keep")
    # What does not fit waits for a minute before it fails: long enough to make room.
    shell(NODE, f"nohup sh -c 'dd if={SOURCE} of=/dev/{GROUP}/v bs=1M oflag=direct status=none; echo $? > {SOURCE}.done' > /dev/null 2>&1 &")
    eventually("the pool is full", lambda: reported("short")["lv_health_status"] == "out_of_data", 60)
    roomy = {**DATA, "size": "256MiB"}
    assert changed(play(NODE, wish(roomy, KEEP, VOLUME), wish(roomy, KEEP, VOLUME))) == [True, False]
    eventually("the writer goes on", lambda: shell(NODE, f"cat {SOURCE}.done 2>/dev/null || true").strip() == "0", 60)
    assert shell(NODE, f"cmp {SOURCE} /dev/{GROUP}/v -n 209715200 && echo same").strip() == "same"
    shell(NODE, f"rm {SOURCE}.done; (dd if=/dev/zero of=/dev/{GROUP}/v bs=1M oflag=direct status=none || true) 2>/dev/null")
    # The volume is as large as its pool now: what fills it up is a snapshot.
    snapshot = {"name": "s", "snapshot_of": "v"}
    limit = {**roomy, "overprovision_ratio": 4}
    refused_and_told(limit, [VOLUME], "no data left")
    wider = {**limit, "size": "400MiB"}
    assert changed(play(NODE, wish(wider, KEEP, VOLUME, snapshot), wish(wider, KEEP, VOLUME, snapshot))) == [True, False]
    assert checksum(f"/dev/{GROUP}/keep") == kept and checksum(f"/dev/{GROUP}/s") == checksum(f"/dev/{GROUP}/v")


def test_full_of_metadata__ankhmorpork_1350() -> None:
    everything = [ORIGIN, *SNAPSHOTS]
    assert changed(play(NODE, wish(METADATA, KEEP, ORIGIN))) == [True]
    shell(
        NODE,
        f"""
        dd if=/dev/urandom of=/dev/{GROUP}/keep bs=1M count=64 oflag=direct status=none
        dd if=/dev/urandom bs=1M count=8 2>/dev/null > {SOURCE}
        dd if=/dev/zero of=/dev/{GROUP}/o bs=64k count={CHUNKS} oflag=direct status=none
        dd if={SOURCE} of=/dev/{GROUP}/o bs=64k oflag=direct conv=notrunc status=none
        """,
    )
    assert changed(play(NODE, wish(METADATA, KEEP, *everything))) == [True]
    held = {name: checksum(f"/dev/{GROUP}/{name}") for name in ("keep", "o")}
    assert scatter(*(each["name"] for each in SNAPSHOTS)) != "written", "there is room for less than that"
    found = reported("tight")
    assert found["lv_health_status"] == "metadata_read_only"
    refused_and_told(METADATA, everything, "no metadata left" if not found["lv_check_needed"] else "checked")
    roomy = {**METADATA, "metadata_size": "16MiB"}
    # The kernel wants the metadata checked only when it ran out in the middle of a change.
    consent = {f"{GROUP}/tight": found["lv_uuid"]} if found["lv_check_needed"] else {}
    assert changed(play(NODE, wish(roomy, KEEP, *everything, allow_data_loss=consent), wish(roomy, KEEP, *everything))) == [True, False]
    assert " rw " in shell(NODE, f"dmsetup status {GROUP}-tight-tpool")
    assert scatter(*(each["name"] for each in SNAPSHOTS)) == "written"
    assert {name: checksum(f"/dev/{GROUP}/{name}") for name in held} == held
