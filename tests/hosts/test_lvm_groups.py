"""Volume groups and their disks on a real machine: made, adopted, renamed, grown, emptied, repaired. LVM and checksums say what happened."""

from __future__ import annotations

import json
from typing import Any, Iterator

import pytest
from host_play import ERASE, STATE, changed, disk_ids, lab, layout, own_node, play, plugged, script, shell, without_uuids

NODE = own_node()
DISKS = (11, 12, 13, 14)
ONE, TWO, THREE, FOUR = IDS = disk_ids(NODE, DISKS)
#: A device that can grow: a piece of the fourth disk.
GROWN = "/dev/mapper/groupstest-grown"
PIECE = f"echo 0 %d linear $(readlink -f {FOUR}) 2048"
GROUP, OTHER = "groupstest", "groupstest-theirs"
MIB = 1024**2

CLEAN = f"""{ERASE}
umount /mnt/groupstest 2>/dev/null
for group in {GROUP} {GROUP}-old {OTHER}; do
  vgreduce -qq --removemissing --force $group 2>/dev/null
  vgremove -qq --force --yes $group 2>/dev/null
  rm -f /etc/lvm/backup/$group
done
[ ! -e {GROWN} ] || {{ erase {GROWN}; dmsetup remove --retry {GROWN}; }}
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """Four blank disks."""
    with plugged(NODE, DISKS, CLEAN):
        yield


def group(check: bool = False, **options: Any) -> dict:
    """A task on one volume group."""
    return {"cairn.storage.lvm_volume_group": {"name": GROUP, **options}, "check_mode": check, "diff": True}


def steps(prepare: str = "true", **options: Any) -> dict:
    """The result of applying; a check before it changes nothing and tells the same, and nothing is left to do after it."""
    look, check, do = script(STATE), group(check=True, **options), group(**options)
    ready, before, checked, after, made, again = play(NODE, script(prepare), look, check, look, do, do)
    assert changed([checked, made, again]) == [True, True, False] and ready["rc"] == 0
    assert before["stdout"] == after["stdout"], "check mode changes nothing"
    assert without_uuids(told(checked)) == without_uuids(told(made)), "the prediction is exact"
    assert [action["steps"] for action in checked["actions"]] == [action["steps"] for action in made["actions"]]
    return told(made)


def told(result: dict) -> dict:
    return next(each for each in result["after"]["volume_groups"] if each["name"] == GROUP)


def members() -> dict[str, tuple[int, int, int]]:
    """Stable name -> (extents, extents in use, where data begins) of the group's disks, as LVM tells."""
    rows = json.loads(
        shell(NODE, f"pvs --reportformat json --units b --nosuffix -S vg_name={GROUP} -o pv_name,pv_pe_count,pv_pe_alloc_count,pe_start")
    )
    links = dict(
        line.split()[::-1]
        for line in shell(NODE, f"for id in {' '.join(IDS)} {GROWN}; do [ ! -e $id ] || echo $id $(readlink -f $id); done").splitlines()
    )
    paths = {row["pv_name"]: row for row in rows["report"][0]["pv"]}
    real = dict(zip(paths, shell(NODE, f"readlink -f {' '.join(paths)}").split()))
    return {links[real[path]]: (int(row["pv_pe_count"]), int(row["pv_pe_alloc_count"]), int(row["pe_start"])) for path, row in paths.items()}


def checksum(name: str) -> str:
    return shell(NODE, f"md5sum < /dev/{GROUP}/{name}").split()[0]


def test_create_with_alignment_and_tags() -> None:
    after = steps(devices=[ONE, TWO], data_alignment="8MiB", tags=["site"])
    assert after["backup"] == f"/etc/lvm/backup/{GROUP}" and after["devices"] == [ONE, TWO]
    assert members() == {ONE: (510, 0, 8 * MIB), TWO: (510, 0, 8 * MIB)}
    assert "vgcfgbackup" in shell(NODE, f"grep description {after['backup']}")


def test_an_existing_group_is_adopted__open_local_104() -> None:
    """storage.md 5.23: made by hand, with other extents, alignment and tags; nothing is made again."""
    by_hand = script(f"vgcreate -qq -s 16m --dataalignment 4m --addtag theirs {OTHER} {THREE}; lvcreate -qqy -L 64M -n data {OTHER}")
    wanted = {"name": OTHER, "devices": [THREE], "logical_volumes": [{"name": "data", "size": "64MiB"}]}
    alone, look, clean = group(name=OTHER, devices=[THREE]), script(STATE), script(f"{ERASE} vgremove -qq --force --yes {OTHER}; erase {THREE}")
    _made, before, *adopted, after, _gone = play(NODE, by_hand, look, alone, layout(wanted), look, clean)
    assert changed(adopted) == [False, False] and before["stdout"] == after["stdout"]


def test_extend_and_rename_with_data_in_use() -> None:
    shell(
        NODE,
        f"lvcreate -qqy -L 80M -n keep {GROUP} {TWO}; lvcreate -qqy -L 40M -n mounted {GROUP} {TWO}; dd if=/dev/urandom of=/dev/{GROUP}/keep bs=1M status=none;"
        f"mkfs.ext4 -q /dev/{GROUP}/mounted; mkdir -p /mnt/groupstest; mount /dev/{GROUP}/mounted /mnt/groupstest; vgrename -qq {GROUP} {GROUP}-old;"
        f"{PIECE % (512 * 2048)} | dmsetup create {GROWN.rpartition('/')[2]}; udevadm settle",
    )
    sum_before = shell(NODE, f"md5sum < /dev/{GROUP}-old/keep").split()[0]
    uuid = shell(NODE, f"vgs --noheadings -o vg_uuid {GROUP}-old").strip()
    after = steps(devices=[ONE, TWO, GROWN], rename_from=f"{GROUP}-old", tags=["site", "renamed"])
    assert after["uuid"] == uuid and checksum("keep") == sum_before
    assert members()[GROWN] == (127, 0, MIB) and "groupstest" in shell(NODE, "findmnt -no SOURCE /mnt/groupstest")
    assert f"{GROUP}-old" not in shell(NODE, "ls /etc/lvm/backup").split()


def test_a_grown_disk_is_resized__community_general_8901() -> None:
    steps(f"{PIECE % (1024 * 2048)} | dmsetup reload {GROWN}; dmsetup resume {GROWN}; udevadm settle", devices=[ONE, TWO, GROWN], resize_devices=True)
    assert members()[GROWN] == (255, 0, MIB)


def test_disks_are_emptied_and_taken_out__community_general_2991_3320() -> None:
    before = checksum("keep")
    after = steps(devices=[ONE], remove_devices=[TWO, GROWN])
    assert after["devices"] == [ONE] and list(members()) == [ONE] and checksum("keep") == before
    assert shell(NODE, f"wipefs {TWO} {GROWN}").strip() == "" and shell(NODE, "touch /mnt/groupstest/x && echo writable").strip() == "writable"


def test_an_interrupted_move_is_finished_first() -> None:
    before = checksum("keep")
    # A poll once a minute: it is still to come when the program is ended.
    cut = f"vgextend -qq {GROUP} {TWO}; pvmove --interval 60 {ONE} {TWO} >/dev/null 2>&1 & sleep 5; kill -9 $!; sleep 0.5; lvs -a {GROUP} | grep -q pvmove0"
    after = steps(cut, devices=[ONE, TWO], tags=["moved"])
    assert after["tags"] == ["moved"] and "pvmove" not in shell(NODE, f"lvs -a --noheadings -o lv_name {GROUP}")
    assert checksum("keep") == before and members()[ONE][1] == 0


REFUSED = [
    ("reduce-last", group(devices={"rule": "ours"}, disk_rules=[{"name": "ours", "serial": "5ca1ab1e"}], remove_devices=[ONE, TWO])),
    ("device-leaves", group(devices=[ONE, TWO], remove_devices=[TWO])),
    ("rename-both", group(devices=[ONE], rename_from=OTHER)),
    ("rename-path", group(name=f"{GROUP}-old", devices=[ONE], rename_from=GROUP)),
    ("extent-differs", group(devices=[ONE], extent_size="8MiB")),
    ("data-alignment", group(devices=[ONE], data_alignment="3MiB")),
    ("vg-elsewhere", group(devices=[FOUR])),
    ("vg-not-allowed", group(devices=[ONE], white_list={"volume_groups": {"include": ["other"]}})),
    ("device-not-allowed", group(devices=[ONE], white_list={"devices": {"exclude": [".*"]}})),
    ("boot-mount", group(state="absent")),
]


def test_refusals_touch_nothing() -> None:
    shell(
        NODE,
        f"dmsetup remove --retry {GROWN}; vgcreate -qq {OTHER} {THREE}; umount /mnt/groupstest; cp /etc/fstab /run/groupstest.fstab; echo /dev/{GROUP}/mounted /mnt/groupstest ext4 nofail >> /etc/fstab",
    )
    look, clean = script(STATE), script(f"{ERASE} vgremove -qq {OTHER}; erase {THREE}; cp /run/groupstest.fstab /etc/fstab")
    before, *results, after, _clean, consent = play(NODE, look, *(task for _code, task in REFUSED), look, clean, group(state="absent"))
    assert before["stdout"] == after["stdout"]
    assert [(result.get("error") or result)["code"] for result in results] == [code for code, _task in REFUSED]
    assert all(result["error"]["parameter"] and result["error"]["fix"] for result in results)
    assert consent["error"]["code"] == "vg-consent", "where no line of fstab names it, it is consent that is missing"


def test_a_disk_that_is_gone_for_good() -> None:
    """RAID is rebuilt on the new disk, what was on the dead one alone goes with consent; until then it is reported and the other group goes on."""
    shell(
        NODE,
        f"lvcreate -qqy --type raid1 -m1 -L 40M -n mirror {GROUP} {ONE} {TWO}; dd if=/dev/urandom of=/dev/{GROUP}/mirror bs=1M count=40 oflag=direct status=none",
    )
    uuids = {row.split()[0]: row.split()[1] for row in shell(NODE, f"lvs --noheadings -o lv_name,lv_uuid {GROUP}").splitlines()}
    before = checksum("mirror")
    dead = shell(NODE, f"pvs --noheadings -o pv_uuid {TWO}").strip()
    lab("disk", "remove", NODE, DISKS[1])
    wanted = {"devices": [ONE, FOUR], "repair_missing": True, "tags": ["repaired"]}
    look = script(STATE)
    degraded, other, before_it, refused, after_it = play(
        NODE, group(devices=[ONE, TWO], tags=["x"]), group(name=OTHER, devices=[THREE]), look, group(**wanted), look
    )
    assert changed([degraded, other]) == [False, True]
    assert refused["error"]["code"] == "repair-consent" and before_it["stdout"] == after_it["stdout"]
    assert degraded["degraded"][0]["device"] == TWO and dead in degraded["degraded"][0]["reason"]
    consent = {f"{GROUP}/{name}": uuids[name] for name in ("keep", "mounted")}
    after = steps(**wanted, allow_data_loss=consent)
    assert after["devices"] == [ONE, FOUR] and [volume["name"] for volume in after["logical_volumes"]] == ["mirror"]
    assert checksum("mirror") == before and shell(NODE, f"lvs --noheadings -o lv_health_status {GROUP}/mirror").strip() == ""
    assert set(members()) == {ONE, FOUR}
    lab("disk", "add", NODE, DISKS[1])
    shell(NODE, "udevadm settle")
    back = play(NODE, group(**wanted))
    assert changed(back) == [False] and not back[0]["degraded"], "its old copy of the metadata counts for nothing"


def test_remove() -> None:
    uuid = shell(NODE, f"vgs --noheadings -o vg_uuid {GROUP}").strip()
    gone = [group(state="absent", allow_data_loss={GROUP: uuid}, check=check) for check in (True, False, True, False)]
    assert changed(play(NODE, *gone)) == [True, True, False, False]
    assert shell(NODE, f"wipefs {ONE} {FOUR}").strip() == ""
