"""A disk is never taken for blank because no tool knows what is on it, and never taken from who uses it: asked of the kernel of a real machine."""

from __future__ import annotations

import time
from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, layout, own_node, play, plugged, shell, state, volumes

NODE = own_node()
DISKS = (10, 11)
RAW, OTHER = disk_ids(NODE, DISKS)
GROUP, CLASS = "blanktest", "blank-fs"
UNIT, PLACE = "blanktest-user", "/run/blanktest"
UNKNOWN = "unknown data"
#: A second way to the lab's disk 10, by a host adapter of its own.
PATHS = "/sys/kernel/config/target/loopback/naa.5001405b1a4cf00d"

STOP = f"systemctl stop {UNIT} 2>/dev/null; systemctl reset-failed {UNIT} 2>/dev/null; true"
ONE_PATH = f"if [ -d {PATHS} ]; then rm -f {PATHS}/tpgt_1/lun/lun_0/disk; rmdir {PATHS}/tpgt_1/lun/lun_0 {PATHS}/tpgt_1 {PATHS}; udevadm settle; fi"
CLEAN = f"""{ERASE}
{STOP}; {ONE_PATH}
umount --quiet --all-targets /dev/{GROUP}/* {RAW} 2>/dev/null
withdraw {CLASS}; rm -rf {PLACE}
{FORGET}
sed -i '/x-cairn.class={CLASS}/d' /etc/fstab
vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP}
for id in {RAW} {OTHER}; do [ ! -e "$id" ] || erase "$id"; done
systemctl daemon-reload; udevadm settle
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """Two disks, blank."""
    with plugged(NODE, DISKS, CLEAN):
        yield


@pytest.fixture(autouse=True)
def clean(disks: None) -> Iterator[None]:
    """After each test the disks are blank again."""
    yield
    shell(NODE, CLEAN)


def group(devices: Any, *held: dict, check: bool = False, **options: Any) -> dict:
    return layout({"name": GROUP, "devices": devices, "logical_volumes": list(held)}, check=check, **options)


def disk_class(devices: Any, check: bool = False, **options: Any) -> dict:
    return volumes({"name": CLASS, "fs_type": "ext4", "devices": devices}, check=check, **options)


def number() -> str:
    """What tells disk 10 from all others in a rule."""
    return shell(NODE, f"lsblk -dno SERIAL {RAW}").strip()


def codes(*tasks: dict) -> list[str]:
    """With what each task is refused; the disk's bytes and the machine stay as they were."""
    look = f"head -c 64M {RAW} | sha256sum; tail -c 64M {RAW} | sha256sum"
    before = state(NODE), shell(NODE, look)
    results = play(NODE, *tasks)
    assert (state(NODE), shell(NODE, look)) == before
    assert all(result.get("error", {}).get("fix") for result in results), results
    return [result["error"]["code"] for result in results]


def both(devices: Any, **options: Any) -> tuple[dict, dict]:
    """A volume group and a class that want ``devices``: one in check mode, which has to say the same."""
    return group(devices, check=True, **options), disk_class(devices, **options)


def use(script: str) -> str:
    """The PID of a process that runs ``script`` until it is stopped."""
    return shell(NODE, f"systemd-run --quiet --unit={UNIT} sh -c '{script}' && sleep 2 && systemctl show --property MainPID --value {UNIT}").strip()


def test_a_raw_database_is_not_formatted_whether_it_is_open_or_not() -> None:
    """B1 (a): a rule for unused disks took it, without a question, while its process went on writing."""
    shell(NODE, f"yes 'ROW 4711 of a raw database' | head -c 20M | dd of={RAW} bs=1M oflag=direct iflag=fullblock status=none; udevadm settle")
    pid, rule, consent = use(f"exec 3<>{RAW}; exec sleep 1200"), {"serial": number()}, {"wipe": {RAW: UNKNOWN}}
    assert codes(*both({**rule, "only_unused": True}, **consent), *both([RAW]), *both(rule, **consent)) == ["rule-no-disk"] * 2 + ["device-open"] * 4
    said, info = play(NODE, group([RAW], **consent), {"cairn.storage.block_device_info": {}})
    assert f"(PID {pid})" in said["error"]["found"], said
    (told,) = [each for each in info["devices"] if each["id"] == RAW]
    assert (told["vacant"], told["found"]) == (False, UNKNOWN) and pid in told["use"]
    shell(NODE, STOP)
    refused = codes(*both({**rule, "only_unused": True}), *both([RAW]), *both(rule, wipe={RAW: "some-uuid"}))
    assert refused == ["rule-no-disk"] * 2 + ["device-unknown"] * 2 + ["consent-differs"] * 2
    refused, *made = play(NODE, group([RAW]), group([RAW], check=True, **consent), group([RAW], **consent), group([RAW]))
    assert "not zero at byte 0" in refused["msg"] and f'"{RAW}": "{UNKNOWN}"' in refused["msg"]
    assert changed(made) == [True, True, False] and made[0]["actions"] == made[1]["actions"], "with consent it is wiped, and taken"
    assert shell(NODE, f"pvs --noheadings -o vg_name {RAW}").strip() == GROUP


def test_a_mount_where_nobody_looks_counts() -> None:
    """In a namespace of its own: neither lsblk nor this machine's table of mounts knows of it."""
    uuid = "11111111-2222-3333-4444-555555555555"
    shell(NODE, f"mkfs.ext4 -q -U {uuid} {RAW}; udevadm settle; mkdir -p {PLACE}")
    use(f"exec unshare --mount --propagation private sh -c \"mount {RAW} {PLACE}; exec sleep 600\"")
    assert shell(NODE, f"grep -c {PLACE} /proc/mounts || true").strip() == "0"
    assert codes(*both([RAW], wipe={RAW: uuid})) == ["device-open"] * 2


@pytest.mark.parametrize(
    "lost, words",
    [
        (f"dd if=/dev/zero of={RAW} bs=64k count=1 oflag=direct status=none", "superblock of ext4 at byte 134217728"),
        (f"wipefs -qa {RAW}", "superblock of ext4 at byte 134217728"),
        (f"for place in 'count=100' 'seek=2047'; do dd if=/dev/zero of={RAW} bs=1M $place oflag=direct status=none; done", "superblock of ext4"),
    ],
    ids=["zeroes at the head", "wipefs", "nothing left at head and tail"],
)
def test_a_file_system_that_lost_its_superblock_is_not_formatted(lost: str, words: str) -> None:
    """B1 (b): the disk is in the list that the class was made with, and e2fsck -b brings all of it back."""
    shell(NODE, f"mkfs.ext4 -q -L cl-{CLASS} {RAW}; udevadm settle; {{ {lost}; }} 2>/dev/null; udevadm settle")
    assert shell(NODE, f"blkid --probe {RAW} || true").strip() == "", "no tool that looks for signatures finds one"
    assert codes(*both([RAW])) == ["device-unknown"] * 2
    assert words in play(NODE, disk_class([RAW]))[0]["msg"]


def test_after_consent_the_disk_is_blank() -> None:
    shell(NODE, f"mkfs.xfs -q {RAW}; wipefs -qa {RAW}; udevadm settle")
    assert codes(disk_class([RAW])) == ["device-unknown"]
    made = play(NODE, disk_class([RAW], wipe={RAW: UNKNOWN}), disk_class([RAW]))
    assert changed(made) == [True, False]
    assert shell(NODE, f"findmnt -rno FSTYPE --source {RAW}").strip() == "ext4"


SYSTEM = {"name": "web", "size": "200MiB", "filesystem": {"type": "ext4"}}


def test_a_file_system_of_ours_that_does_not_show_is_damaged() -> None:
    """B1 (c): lvm_layout made it, its head is lost, and lvm_layout made another in its place."""
    volume = f"/dev/{GROUP}/web"
    assert changed(play(NODE, group([RAW], SYSTEM), group([RAW], SYSTEM))) == [True, False]
    uuid = shell(NODE, f"blkid -p -s UUID -o value {volume}").strip()
    assert shell(NODE, f"lvs --noheadings -o lv_tags {volume}").strip() == f"cairn.fs={uuid}"
    shell(NODE, f"mkdir -p {PLACE}; mount {volume} {PLACE}; echo precious > {PLACE}/file; umount {PLACE}")
    shell(NODE, f"dd if=/dev/zero of={volume} bs=4k count=1 oflag=direct status=none; udevadm settle")
    consent = {"wipe": {volume: UNKNOWN}}
    assert codes(group([RAW], SYSTEM, check=True), group([RAW], SYSTEM), group([RAW], SYSTEM, **consent)) == ["fs-damaged"] * 3
    shell(NODE, f"e2fsck -fy -b 8193 -B 1024 {volume} >/dev/null 2>&1 || e2fsck -fy -b 32768 {volume} >/dev/null 2>&1; udevadm settle")
    assert changed(play(NODE, group([RAW], SYSTEM))) == [False]
    assert shell(NODE, f"mount {volume} {PLACE}; cat {PLACE}/file; umount {PLACE}").strip() == "precious"


def test_extents_that_were_somebody_elses_need_no_consent_and_a_volume_without_a_note_does() -> None:
    volume, fill = f"/dev/{GROUP}/web", "dd if=/dev/urandom bs=1M count=200 oflag=direct conv=fsync status=none of="
    plain = {key: value for key, value in SYSTEM.items() if key != "filesystem"}
    assert changed(play(NODE, group([RAW], plain))) == [True]
    shell(NODE, f"{fill}{volume} 2>/dev/null; lvremove -qq --yes {volume}")
    assert changed(play(NODE, group([RAW], SYSTEM), group([RAW], SYSTEM))) == [True, False], "only now made, on what a removed volume left"
    shell(NODE, f"{fill}{volume} 2>/dev/null; lvremove -qq --yes {volume}")
    # As a run leaves it that is cut off between lvcreate and mkfs.
    shell(NODE, f"lvcreate -qq --yes --extents 50 --addtag cairn.unformatted --name web {GROUP}")
    assert changed(play(NODE, group([RAW], SYSTEM), group([RAW], SYSTEM))) == [True, False]
    shell(NODE, f"{fill}{volume} 2>/dev/null; lvremove -qq --yes {volume}; lvcreate -qq --yes --extents 50 --name web {GROUP}")
    assert codes(group([RAW], SYSTEM, check=True), group([RAW], SYSTEM)) == ["fs-unknown"] * 2, "somebody may have written to it"
    assert changed(play(NODE, group([RAW], SYSTEM, wipe={volume: UNKNOWN}), group([RAW], SYSTEM))) == [True, False]


def test_disks_that_leave_lvm_are_left_blank() -> None:
    assert changed(play(NODE, group([RAW, OTHER], SYSTEM))) == [True]
    uuid = shell(NODE, f"vgs --noheadings -o vg_uuid {GROUP}").strip()
    smaller = layout({"name": GROUP, "devices": [RAW], "remove_devices": [OTHER], "logical_volumes": [SYSTEM]})
    gone = layout({"name": GROUP, "state": "absent"}, allow_data_loss={GROUP: uuid})
    results = play(NODE, smaller, gone, {"cairn.storage.block_device_info": {}})
    assert changed(results) == [True, True, False]
    assert {each["id"]: each["found"] for each in results[2]["devices"] if each["id"] in (RAW, OTHER)} == {RAW: "", OTHER: ""}


def test_one_disk_on_two_paths_is_not_two_disks() -> None:
    """B3: LVM took both for one volume group, which had twice the room that there is."""
    store = "/sys/kernel/config/target/core/iblock_*/lab-*-10"
    shell(
        NODE,
        f"mkdir -p {PATHS}/tpgt_1 && echo naa.5001405b1a4cf00e > {PATHS}/tpgt_1/nexus && mkdir {PATHS}/tpgt_1/lun/lun_0"
        f" && ln -s {store} {PATHS}/tpgt_1/lun/lun_0/disk; udevadm settle",
    )
    time.sleep(2)
    serial = number()
    assert shell(NODE, f"lsblk -dno SERIAL | grep -c '^{serial}$'").strip() == "2", "two devices of one WWN"
    rule = {"serial": serial, "only_unused": True}
    assert codes(*both(rule), *both([RAW])) == ["path-twice"] * 4
    shell(NODE, ONE_PATH)
    assert changed(play(NODE, group(rule, check=True))) == [True], "with one path it is a disk as any other"
