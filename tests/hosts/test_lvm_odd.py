"""LVM on machines that people really have: its own lvm.conf, volume groups that it does not show, flags, limits and damaged file systems.

What would be refused is refused by the check and before anything is wiped; the kernel and LVM say what is there after it.
"""

from __future__ import annotations

import json
from typing import Any, Iterator

import pytest
from host_play import ERASE, STATE, changed, disk_ids, lab, layout, own_node, play, plugged, without_uuids
from odd_machines import BIG_BLOCKS, tell_the_truth
from odd_machines import clean as clean_random

NODE = own_node()
DISKS = (12, 13, 14)
ONE, TWO, THREE = IDS = disk_ids(NODE, DISKS)
GROUP, CONF = "oddtest", "/etc/lvm/lvmlocal.conf"
UUID = "0dd0dd00-aaaa-4bbb-8ccc-ddddeeeeffff"
#: A disk that becomes smaller: a piece of the third one.
PIECE = "/dev/mapper/oddpiece"
CLEAN = f"""{ERASE}
rm -rf {CONF} /etc/lvm/devices /var/lib/oddbackup
umount /mnt/{GROUP} 2>/dev/null
for group in {GROUP} {GROUP}2; do
vgchange -qq --config 'global/system_id_source="uname" local/extra_system_ids=["other"]' --yes --systemid "" $group 2>/dev/null
vgreduce -qq --removemissing --force $group 2>/dev/null; vgremove -qq --force --yes $group 2>/dev/null
rm -f /etc/lvm/backup/$group
done
dmsetup remove --force /dev/{GROUP}*/* {PIECE} 2>/dev/null
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
modprobe -r scsi_debug 2>/dev/null; true
"""
#: Sections of lvm.conf that change what commands print and do, each away from its default.
EVERYTHING = """
report { compact_output = 1 compact_output_cols = "pv_missing" binary_values_as_numeric = 1 mark_hidden_devices = 0 two_word_unknown_device = 1
  list_item_separator = ";" prefixes = 1 headings = 0 buffered = 0 separator = "#" quoted = 0 }
log { prefix = "xx" command_names = 1 silent = 1 report_command_log = 1 verbose = 2 }
global { test = 1 units = "g" suffix = 0 wait_for_locks = 0 }
allocation { maximise_cling = 0 }
activation { raid_region_size = 512 monitoring = 0 }
metadata { pvmetadatasize = 16384 pvmetadatacopies = 2 }
backup { backup_dir = "/var/lib/oddbackup" }
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    with plugged(NODE, DISKS, CLEAN):
        yield


def script(text: str) -> dict:
    """A task that runs a shell script on a clean machine."""
    return {"ansible.builtin.shell": {"cmd": text}, "changed_when": False}


def clean(text: str, conf: str = "") -> dict:
    """A task that makes the machine clean, then so; ``conf`` is what lvm.conf says after that."""
    return script(f"{CLEAN}\nset -e\n{text}\nudevadm settle" + (f"\nmkdir -p /var/lib/oddbackup\ncat > {CONF} <<'END'\n{conf}\nEND" if conf else ""))


LOOK = script(STATE)


def lv(name: str, size: Any, **values: Any) -> dict:
    return {"name": name, "size": size, **values}


def group(*volumes: dict, devices: Any = (ONE,), **values: Any) -> dict:
    return {"name": GROUP, "devices": list(devices) if isinstance(devices, tuple) else devices, "logical_volumes": list(volumes), **values}


DB = lv("db", "64MiB", filesystem={"type": "ext4"})


def test_lvm_conf_changes_nothing_of_ours_and_its_backup_folder_is_read__topolvm_562_blivet_1320_qubes_core_admin_476() -> None:
    wanted = group(DB, lv("mirror", "32MiB", type="raid1"), lv("all", "100%FREE"), devices=(ONE, TWO), thin_pools=[{"name": "pool", "size": "10%VG"}])
    by_rule = {"serial": "00(12|13|14)$", "only_unused": True, "at_most": 1}
    _ready, check, made, told, again, info, _off = play(
        NODE,
        clean("true", EVERYTHING),
        layout(wanted, check=True),
        layout(wanted),
        # Asked with a plain configuration.
        script(f"mv {CONF} /tmp/odd.conf; lvs --noheadings --units b --nosuffix -o lv_name,lv_size {GROUP}; mv /tmp/odd.conf {CONF}; ls /var/lib/oddbackup"),
        layout(wanted),
        {"cairn.storage.lvm_info": {"volume_groups": [GROUP]}},
        script(f"vgchange -qq --activate n {GROUP}"),
    )
    for number in DISKS[:2]:
        lab("disk", "remove", NODE, number)
    (gone,) = play(NODE, layout(group(DB, devices=by_rule)))
    for number in DISKS[:2]:
        lab("disk", "add", NODE, number)
    assert changed([check, made, again]) == [True, True, False]
    assert without_uuids(check["after"]) == without_uuids(made["after"])
    after = next(each for each in made["after"]["volume_groups"] if each["name"] == GROUP)
    assert {each["name"]: each["size_bytes"] for each in after["logical_volumes"]} == {
        name: int(size) for name, size in (line.split() for line in told["stdout"].splitlines() if len(line.split()) == 2)
    }
    assert after["backup"] == f"/var/lib/oddbackup/{GROUP}" and GROUP in told["stdout_lines"]
    (found,) = info["volume_groups"]
    assert (found["exported"], found["shared"], found["backed_up"], [pv["missing"] for pv in found["physical_volumes"]]) == (False, False, True, [False, False])
    assert not gone["changed"] and "is recorded on this machine" in gone["degraded"][0]["reason"], "an empty volume group where data was"


def test_what_lvm_does_not_show_is_named_and_not_wiped__rear_3042_resource_agents_225() -> None:
    data = f"vgcreate -qq {GROUP} {ONE}; lvcreate -qqy -L 64M -n db {GROUP}; mkfs.ext4 -q -U {UUID} /dev/{GROUP}/db; vgchange -qq -an {GROUP}; rm -f /etc/lvm/backup/{GROUP}"
    foreign = f"vgchange -qq --config 'local/extra_system_ids=[\"other\"]' --yes --systemid other {GROUP}; rm -f /etc/lvm/backup/{GROUP}"
    listed = f"mkdir -p /etc/lvm/devices; lvm lvmdevices --config devices/use_devicesfile=1 --yes --adddev {TWO}"
    precious = f"mkfs.ext4 -q -U {UUID} {TWO}"
    hides = 'devices { global_filter = [ "r|.*|" ] }'
    reading = script(f"dd if={ONE} bs=1M count=80 status=none | md5sum")
    here, elsewhere = layout(group(lv("db", "64MiB")), check=True), layout(group(lv("db", "64MiB"), devices=(TWO,)), check=True)
    results = play(
        NODE,
        clean(data, hides), reading, here, elsewhere,
        clean(f"{data}\n{foreign}"), here, elsewhere,
        clean(f"{data}\n{listed}", "devices { use_devicesfile = 1 }"), here, elsewhere, reading,
        # A new disk behind a filter: nothing is wiped before LVM was asked.
        clean(precious, hides), layout({**group(), "devices": [TWO]}, wipe={TWO: UUID}), script(f"blkid -p -o value -s UUID {TWO}"),
        # A copy of a disk in use.
        clean(f"{data}\ndd if={ONE} of={TWO} bs=1M count=100 status=none"), layout(group(lv("more", "8MiB"))), layout({**group(), "name": f"{GROUP}2", "devices": [TWO]}, check=True),
    )  # fmt: skip
    _r1, before, filtered, filtered2, _r2, owned, owned2, _r3, unlisted, unlisted2, after, _r4, refused, still, _r5, twice, copy = results
    for told, code, words in ((filtered, "pv-filtered", "global_filter"), (owned, "pv-foreign", "extra_system_ids"), (unlisted, "pv-unlisted", "lvmdevices --adddev")):
        assert told["error"]["code"] == code and words in told["error"]["fix"] and GROUP in told["error"]["found"] and "wipe:" not in told["msg"], told
    assert [told["error"]["code"] for told in (filtered2, owned2, unlisted2)] == ["pv-filtered", "pv-foreign", "pv-unlisted"]
    assert len(before["stdout"]) > 30 and len(after["stdout"]) > 30
    assert refused["error"]["code"] == "device-filtered" and not refused.get("actions") and still["stdout"] == UUID, refused
    assert not twice["changed"] and "is there twice" in twice["degraded"][0]["reason"], twice
    assert copy["error"]["code"] == "pv-copy" and "wipe:" not in copy["msg"]


def test_what_lvm_or_a_file_system_would_refuse_is_refused_by_the_check__ansible_47301_anas_8_pmem_csi_218() -> None:
    vg = f"vgcreate -qq {GROUP} {ONE} {TWO}"
    own = f"/dev/{GROUP}/db"
    ext4 = f"{vg}; lvcreate -qqy -L 64M -n db {GROUP} {ONE}; mkfs.ext4 -q {own}"
    both, grown = (ONE, TWO), lv("db", "128MiB")
    piece = f"echo 0 2097152 linear $(readlink -f {THREE}) 0 | dmsetup create oddpiece"
    smaller = f"{piece}; vgcreate -qq {GROUP} {PIECE}; lvcreate -qqy -an -Zn -l 90%VG -n db {GROUP}; echo 0 1048576 linear $(readlink -f {THREE}) 0 | dmsetup reload oddpiece; dmsetup suspend oddpiece; dmsetup resume oddpiece"
    bad = {"type": "ext4", "options": ["-b", "65536"]}
    cases: list[tuple[str, str, dict, dict]] = [
        ("vg-block-size", f"modprobe scsi_debug sector_size=4096 dev_size_mb=64; udevadm settle; mkfs.ext4 -q -U {UUID} {ONE}",
         {**group(), "devices": [ONE, BIG_BLOCKS]}, {ONE: UUID}),
        ("vg-block-size", f"{vg}; modprobe scsi_debug sector_size=4096 dev_size_mb=64; udevadm settle; mkfs.ext4 -qF -U {UUID} {BIG_BLOCKS}",
         group(devices=(ONE, TWO, BIG_BLOCKS)), {BIG_BLOCKS: UUID}),
        ("vg-not-resizeable", f"{vg}; vgchange -qq --resizeable n {GROUP}; mkfs.ext4 -q -U {UUID} {THREE}", group(devices=(ONE, TWO, THREE)), {THREE: UUID}),
        ("vg-name-taken", f"mkfs.ext4 -q -U {UUID} {ONE}", {**group(), "name": "shm"}, {ONE: UUID}),
        ("lv-policy", f"{ext4}; lvchange -qq --alloc contiguous {GROUP}/db; lvcreate -qqy -L 8M -n next {GROUP} {ONE}", group(grown, devices=both), {}),
        ("lv-read-only", f"{vg}; lvcreate -qqy -L 64M -n db {GROUP}; lvchange -qq -pr {GROUP}/db", group({**grown, "filesystem": {"type": "ext4"}}, devices=both), {}),
        ("fs-stuck", f"{ext4}; mkdir -p /mnt/{GROUP}; mount -o ro {own} /mnt/{GROUP}", group(grown, devices=both), {}),
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
        clean(f"{ext4}; tune2fs -U {UUID} {own} > /dev/null"),
        layout(group(lv("db", "64MiB", filesystem={**bad, "uuid": "11111111-2222-4333-8444-555555555555"}), devices=both), wipe={own: UUID}),
        script(f"blkid -p -o value -s UUID {own}"),
        # The others go on.
        clean(smaller), layout({**group(lv("more", "100%FREE"), devices=(PIECE,)), "resize_devices": True}, {**group(), "name": f"{GROUP}2"}),
    ]  # fmt: skip
    results = play(NODE, *tasks, *last)
    for number, (code, _prepare, wish, _wipe) in enumerate(cases):
        ready, before, check, done, after = results[5 * number : 5 * number + 5]
        assert ready["rc"] == 0, ready
        assert (check.get("error", check)["code"], done["error"]["code"]) == (code, code), (code, check, done)
        assert before["stdout"] == after["stdout"] and not done.get("actions"), (code, wish)
    _r1, check, done, again, _r2, made, same, _r3, kept, uuid, _r4, shrunk = results[5 * len(cases) :]
    assert changed([check, done, again]) == [True, True, False] and without_uuids(check["after"]) == without_uuids(done["after"])
    assert changed([made, same]) == [True, False]
    assert kept["failed"] and uuid["stdout"] == UUID, (kept, uuid)
    assert changed([shrunk]) == [True] and "become smaller" in shrunk["degraded"][0]["reason"]
    assert [action["name"] for action in shrunk["actions"]] == [f"{GROUP}2"]


def test_a_check_says_what_applying_does_or_nothing_is_changed() -> None:
    play(NODE, script(CLEAN))
    counts = tell_the_truth(NODE, IDS, (1, 2))
    play(NODE, script(clean_random(IDS)))
    print(json.dumps(counts))
