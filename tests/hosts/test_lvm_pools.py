"""Thin pools and snapshots on a real machine: watched, grown on their own, told of when they fill, merged back, checked with consent."""

from __future__ import annotations

import json
import time
from typing import Any, Iterator

import pytest
from host_play import ERASE, changed, disk_ids, layout, own_node, play, plugged, shell, state, without_uuids

NODE = own_node()
DISKS = (13, 14)
IDS = disk_ids(NODE, DISKS)
GROUP = "pooltest"
CLEAN = f"""{ERASE}
for each in $(lvs --noheadings -o lv_path {GROUP} 2>/dev/null); do fuser -sk $each; done
vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP} /etc/lvm/profile/cairn-extend-70-20.profile
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
true
"""
EXTENT = 4 * 1024**2
MIB = 1024**2

POOL = {"name": "pool", "size": "300MiB", "metadata_size": "8MiB", "chunk_size": "128KiB", "overprovision_ratio": 4}
WATCHED = {**POOL, "autoextend": {"threshold": 70, "percent": 20}}
#: A chunk of 192KiB on extents of 4MiB makes data a multiple of 12MiB.
ODD = {"name": "odd", "size": "10MiB", "chunk_size": "192KiB"}
VOLUMES = [
    {"name": "data", "size": "100MiB"},
    {"name": "before", "snapshot_of": "data", "size": "20%ORIGIN"},
    {"name": "thin", "size": "280MiB", "thin_pool": "pool"},
    {"name": "thinsnap", "snapshot_of": "thin", "tags": ["kept"]},
    {"name": "small", "snapshot_of": "data", "size": "2 extents"},
    {"name": "whole", "snapshot_of": "data", "size": "100%ORIGIN"},
]


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    with plugged(NODE, DISKS, CLEAN):
        yield


def wish(pools: list, volumes: list, check: bool = False, **options: Any) -> dict:
    return layout({"name": GROUP, "devices": IDS, "thin_pools": pools, "logical_volumes": volumes}, check=check, **options)


def but(name: str, **values: Any) -> list:
    """The volumes, one of them wanted otherwise."""
    return [{**each, **values} if each["name"] == name else each for each in VOLUMES]


def reported(fields: str) -> dict[str, dict]:
    text = shell(NODE, f"lvs --all --reportformat json --units b --nosuffix -o lv_name,{fields} {GROUP}")
    return {row["lv_name"].strip("[]"): row for row in json.loads(text)["report"][0]["lv"]}


def checksum(name: str) -> str:
    return shell(NODE, f"dd if=/dev/{GROUP}/{name} bs=1M iflag=direct status=none | sha256sum").split()[0]


def verbs(result: dict) -> list[str]:
    return [f"{action['verb']} {action['name'].rpartition('/')[2]}" for action in result["actions"]]


def test_thin_pool_metadata_and_chunk_size__community_general_10050() -> None:
    """Also ansible#44305, harvester#11333; rounded once and for all, sds-node-configurator#326; monitored, piraeus-operator#644."""
    shell(NODE, "udevadm settle")
    clean = state(NODE)
    task, check = wish([POOL, ODD], VOLUMES), wish([POOL, ODD], VOLUMES, check=True)
    planned = play(NODE, check)
    assert changed(planned) == [True] and state(NODE) == clean, "check mode changes nothing"
    made = play(NODE, task, check, task)
    assert changed(made) == [True, False, False]
    ours = [[group for group in result["after"]["volume_groups"] if group["name"] == GROUP] for result in (planned[0], made[0])]
    assert without_uuids(ours[0]) == without_uuids(ours[1]), "the prediction is exact"
    found = reported("lv_size,chunk_size,lv_metadata_size,seg_monitor,origin,lv_active,lv_skip_activation,lv_tags")
    assert [(int(found[name]["lv_size"]) // EXTENT) for name in ("pool", "odd", "data", "before", "small", "whole")] == [75, 3, 25, 6, 2, 26]
    assert (int(found["pool"]["chunk_size"]), int(found["pool"]["lv_metadata_size"])) == (128 * 1024, 8 * MIB)
    assert found["pool"]["seg_monitor"] == found["odd"]["seg_monitor"] == "monitored"
    assert (found["thinsnap"]["lv_active"], found["thinsnap"]["lv_skip_activation"], found["thinsnap"]["lv_tags"]) == ("active", "", "kept")


def test_monitoring_is_asserted__piraeus_operator_644() -> None:
    """linstor-server#396: with monitoring off a pool never grows on its own."""
    shell(NODE, f"lvchange -qq --monitor n {GROUP}/pool")
    before = state(NODE)
    check = play(NODE, wish([WATCHED], [], check=True))
    assert changed(check) == [True] and verbs(check[0]) == ["autoextend pool", "monitor pool"] and state(NODE) == before
    assert changed(play(NODE, wish([WATCHED], []), wish([WATCHED], []))) == [True, False]
    found = reported("lv_profile,seg_monitor")["pool"]
    assert (found["lv_profile"], found["seg_monitor"]) == ("cairn-extend-70-20", "monitored")
    shell(NODE, f"dd if=/dev/urandom of=/dev/{GROUP}/thin bs=1M count=230 oflag=direct status=none")
    deadline = time.monotonic() + 60
    while (grown := int(reported("lv_size")["pool"]["lv_size"])) == 300 * MIB:
        assert time.monotonic() < deadline, "dmeventd has not grown it"
        time.sleep(1)
    again = play(NODE, wish([WATCHED], VOLUMES))
    assert changed(again) == [False], "larger than asked for is as wanted"
    assert int(reported("lv_size")["pool"]["lv_size"]) == grown


def test_snapshots_grow_and_one_that_overflowed_is_reported__community_general_12477() -> None:
    held = checksum("data")
    shell(NODE, f"dd if=/dev/urandom of=/dev/{GROUP}/data bs=1M count=10 oflag=direct status=none")
    results = play(
        NODE,
        wish([], but("before", size="60%ORIGIN"), check=True),
        wish([], but("before", size="60%ORIGIN")),
        wish([], but("before", size="60%ORIGIN")),
        wish([], but("data", size="200MiB")),
        wish([], [{"name": "before", "snapshot_of": "data", "size": "8MiB"}]),
        wish([], [{"name": "before", "snapshot_of": "data"}]),
        wish([], [{"name": "thinsnap", "snapshot_of": "thin", "size": "8MiB"}]),
        wish([], [{"name": "before", "snapshot_of": "thin"}]),
        wish([], [{"name": "before", "state": "merged"}]),
        wish([], [{"name": "small", "state": "merged"}]),
        wish([], [{"name": "data", "state": "merged"}]),
    )
    assert [result["changed"] for result in results[:3]] == [True, True, False]
    assert "invalid" in " ".join(each["reason"] for each in results[2]["degraded"] if each["device"] == f"/dev/{GROUP}/small")
    assert [result["error"]["code"] for result in results[3:]] == [
        "lv-has-snapshots",
        "shrink-unsupported",
        "snapshot-size-missing",
        "snapshot-size",
        "snapshot-kind",
        "merge-consent",
        "merge-kind",
        "merge-kind",
    ]
    assert int(reported("lv_size")["before"]["lv_size"]) // EXTENT == 16
    assert checksum("before") == held, "the snapshot has what was there before"


def test_merged_with_consent_that_names_the_origin() -> None:
    uuids = {name: row["lv_uuid"] for name, row in reported("lv_uuid").items()}
    held = {"data": checksum("before"), "thin": checksum("thinsnap")}
    consent = {f"{GROUP}/{name}": uuids[name] for name in held}
    merged = [{"name": name, "state": "merged"} for name in ("before", "thinsnap")]
    assert checksum("data") != held["data"] and checksum("thin") != held["thin"]
    shell(NODE, f"nohup sleep 900 < /dev/{GROUP}/thin > /dev/null 2>&1 & echo $! > /run/pooltest.pid")
    before = state(NODE)
    refused = play(
        NODE,
        wish([], merged, allow_data_loss=consent),
        wish([], merged, allow_data_loss={**consent, f"{GROUP}/data": uuids["thin"]}),
    )
    shell(NODE, "kill $(cat /run/pooltest.pid); rm /run/pooltest.pid")
    assert [result["error"]["code"] for result in refused] == ["lv-open", "consent-differs"]
    planned = play(NODE, wish([], merged, allow_data_loss=consent, check=True))
    assert changed(planned) == [True] and state(NODE) == before
    assert changed(play(NODE, wish([], merged, allow_data_loss=consent), wish([], merged))) == [True, False]
    assert {name: checksum(name) for name in held} == held
    left = reported("lv_uuid")
    assert not {"before", "thinsnap"} & set(left) and {name: left[name]["lv_uuid"] for name in held} == {name: uuids[name] for name in held}


def test_a_pool_is_checked_only_with_consent__thin_provisioning_tools_226() -> None:
    """Its metadata cannot be written for a moment: the kernel makes it read-only, and keeps it so until thin_check has seen it."""
    shell(NODE, f"dd if=/dev/urandom of=/dev/{GROUP}/thin bs=1M count=8 oflag=direct conv=fsync status=none")
    held = checksum("thin")
    shell(
        NODE,
        f"""
        modprobe dm-flakey
        good=$(dmsetup table {GROUP}-pool_tmeta)
        swap() {{ dmsetup load {GROUP}-pool_tmeta; dmsetup suspend --noflush {GROUP}-pool_tmeta; dmsetup resume {GROUP}-pool_tmeta; }}
        echo "$good" | awk '{{print $1, $2, "flakey", $4, $5, "0 60 1 error_writes"}}' | swap
        lvcreate -qq -V 4m --thinpool pool -n lost {GROUP} 2>/dev/null
        dd if=/dev/zero of=/dev/{GROUP}/thin bs=1M seek=260 count=1 oflag=direct conv=fsync status=none 2>/dev/null
        echo "$good" | swap
        """,
    )
    # The test before has filled the snapshot, and dmeventd lets go of it ten seconds after each time that somebody has it watched.
    shell(NODE, f"for try in $(seq 60); do lvs --noheadings -o seg_monitor {GROUP}/small | grep -q 'not monitored' && exit; sleep 1; done; exit 1")
    uuid = reported("lv_uuid,lv_check_needed")["pool"]
    assert uuid["lv_check_needed"] == "check needed"
    consent = {f"{GROUP}/pool": uuid["lv_uuid"]}
    shell(NODE, f"nohup sleep 900 < /dev/{GROUP}/thin > /dev/null 2>&1 & echo $! > /run/pooltest.pid")
    before = state(NODE)
    results = play(
        NODE,
        wish([WATCHED], []),
        wish([WATCHED], [{"name": "more", "size": "8MiB", "thin_pool": "pool"}]),
        wish([WATCHED], [], allow_data_loss={f"{GROUP}/pool": "other"}),
        wish([WATCHED], [], allow_data_loss=consent),
    )
    assert not results[0]["changed"] and consent[f"{GROUP}/pool"] in results[0]["degraded"][0]["reason"]
    assert [result["error"]["code"] for result in results[1:]] == ["pool-full", "pool-open", "pool-open"]
    shell(NODE, "kill $(cat /run/pooltest.pid); rm /run/pooltest.pid")
    planned = play(NODE, wish([WATCHED], [], allow_data_loss={f"{GROUP}/pool": "other"}), wish([WATCHED], [], allow_data_loss=consent, check=True))
    assert planned[0]["error"]["code"] == "consent-differs" and verbs(planned[1]) == ["check pool"] and state(NODE) == before
    assert changed(play(NODE, wish([WATCHED], [], allow_data_loss=consent), wish([WATCHED], []))) == [True, False]
    assert " rw " in shell(NODE, f"dmsetup status {GROUP}-pool-tpool")
    assert checksum("thin") == held


def test_an_inactive_pool_is_started() -> None:
    shell(NODE, f"lvchange -qq -an {GROUP}/thin {GROUP}/pool")
    wanted = [{"name": "thin", "size": "280MiB", "thin_pool": "pool"}]
    results = play(NODE, wish([WATCHED], wanted), wish([WATCHED], wanted))
    assert changed(results) == [True, False] and verbs(results[0]) == ["activate pool", "activate thin"]
    assert reported("seg_monitor")["pool"]["seg_monitor"] == "monitored"


def test_a_share_of_what_is_free_gives_the_same_answer_again__community_general_229() -> None:
    rest = {"name": "rest", "size": "50%FREE", "grow": True}
    assert changed(play(NODE, wish([rest], []), wish([rest], []))) == [True, False]
    first = int(reported("lv_size")["rest"]["lv_size"])
    shell(NODE, f"lvremove -qq --yes {GROUP}/odd {GROUP}/whole {GROUP}/small")
    again = play(NODE, wish([{**rest, "grow": False}], []), wish([rest], []), wish([rest], []))
    assert changed(again) == [False, True, False]
    assert int(reported("lv_size")["rest"]["lv_size"]) > first
