"""LVM on machines that people really have: its own lvm.conf, volume groups that it does not show, flags, limits and damaged file systems.

What would be refused is refused by the check and before anything is wiped; the kernel and LVM say what is there after it.
"""

from __future__ import annotations

import json
from typing import Iterator

import pytest
from host_play import changed, disk_ids, lab, layout, own_node, play, plugged, script, without_uuids
from odd_machines import CONF, ODD, give_up, group, lv, made, tell_the_truth
from odd_machines import PRECIOUS as UUID
from odd_machines import clean as clean_random

NODE = own_node()
DISKS = (12, 13, 14)
ONE, TWO, THREE = IDS = disk_ids(NODE, DISKS)
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
    with plugged(NODE, DISKS, give_up(IDS)):
        yield


def clean(text: str, conf: str = "") -> dict:
    """A task that makes the machine clean, then so."""
    return made(IDS, text, conf)


DB = lv("db", "64MiB", filesystem={"type": "ext4"})


def test_lvm_conf_changes_nothing_of_ours_and_its_backup_folder_is_read__topolvm_562_blivet_1320_qubes_core_admin_476() -> None:
    wanted = group(DB, lv("mirror", "32MiB", type="raid1"), lv("all", "100%FREE"), devices=(ONE, TWO), thin_pools=[{"name": "pool", "size": "10%VG"}])
    by_rule = {"serial": "00(12|13|14)$", "only_unused": True, "at_most": 1}
    _ready, check, done, told, again, info, _off = play(
        NODE,
        clean("true", EVERYTHING),
        layout(wanted, check=True),
        layout(wanted),
        # Asked with a plain configuration.
        script(f"mv {CONF} /tmp/odd.conf; lvs --noheadings --units b --nosuffix -o lv_name,lv_size {ODD}; mv /tmp/odd.conf {CONF}; ls /var/lib/oddbackup"),
        layout(wanted),
        {"cairn.storage.lvm_info": {"volume_groups": [ODD]}},
        script(f"vgchange -qq --activate n {ODD}"),
    )
    for number in DISKS[:2]:
        lab("disk", "remove", NODE, number)
    (gone,) = play(NODE, layout(group(DB, devices=by_rule)))
    for number in DISKS[:2]:
        lab("disk", "add", NODE, number)
    assert changed([check, done, again]) == [True, True, False]
    assert without_uuids(check["after"]) == without_uuids(done["after"])
    after = next(each for each in done["after"]["volume_groups"] if each["name"] == ODD)
    assert {each["name"]: each["size_bytes"] for each in after["logical_volumes"]} == {
        name: int(size) for name, size in (line.split() for line in told["stdout"].splitlines() if len(line.split()) == 2)
    }
    assert after["backup"] == f"/var/lib/oddbackup/{ODD}" and ODD in told["stdout_lines"]
    (found,) = info["volume_groups"]
    assert (found["exported"], found["shared"], found["backed_up"], [pv["missing"] for pv in found["physical_volumes"]]) == (False, False, True, [False, False])
    assert not gone["changed"] and "is recorded on this machine" in gone["degraded"][0]["reason"], "an empty volume group where data was"


def test_what_lvm_does_not_show_is_named_and_not_wiped__rear_3042_resource_agents_225() -> None:
    data = f"vgcreate -qq {ODD} {ONE}; lvcreate -qqy -L 64M -n db {ODD}; mkfs.ext4 -q -U {UUID} /dev/{ODD}/db; vgchange -qq -an {ODD}; rm -f /etc/lvm/backup/{ODD}"
    foreign = f"vgchange -qq --config 'local/extra_system_ids=[\"other\"]' --yes --systemid other {ODD}; rm -f /etc/lvm/backup/{ODD}"
    listed = f"mkdir -p /etc/lvm/devices; lvm lvmdevices --config devices/use_devicesfile=1 --yes --adddev {TWO}"
    precious = f"mkfs.ext4 -q -U {UUID} {TWO}"
    hides = 'devices { global_filter = [ "r|.*|" ] }'
    reading = script(f"dd if={ONE} bs=1M count=80 status=none | md5sum")
    here = layout(group(lv("db", "64MiB"), devices=(ONE,)), check=True)
    results = play(
        NODE,
        clean(data, hides), reading, here,
        clean(f"{data}\n{foreign}"), here,
        clean(f"{data}\n{listed}", "devices { use_devicesfile = 1 }"), here, reading,
        # A new disk behind a filter: nothing is wiped before LVM was asked.
        clean(precious, hides), layout(group(devices=(TWO,)), wipe={TWO: UUID}), script(f"blkid -p -o value -s UUID {TWO}"),
        # A copy of a disk in use.
        clean(f"{data}\ndd if={ONE} of={TWO} bs=1M count=100 status=none"), layout(group(lv("more", "8MiB"), devices=(ONE,))), layout({**group(devices=(TWO,)), "name": f"{ODD}2"}, check=True),
    )  # fmt: skip
    _r1, before, filtered, _r2, owned, _r3, unlisted, after, _r4, refused, still, _r5, twice, copy = results
    for told, code, words in ((filtered, "pv-filtered", "global_filter"), (owned, "pv-foreign", "extra_system_ids"), (unlisted, "pv-unlisted", "lvmdevices --adddev")):
        assert told["error"]["code"] == code and words in told["error"]["fix"] and ODD in told["error"]["found"] and "wipe:" not in told["msg"], told
    assert len(before["stdout"]) > 30 and len(after["stdout"]) > 30
    assert refused["error"]["code"] == "device-filtered" and not refused.get("actions") and still["stdout"] == UUID, refused
    assert not twice["changed"] and "is there twice" in twice["degraded"][0]["reason"], twice
    assert copy["error"]["code"] == "pv-copy" and "wipe:" not in copy["msg"]


def test_a_check_says_what_applying_does_or_nothing_is_changed() -> None:
    play(NODE, script(give_up(IDS)))
    counts = tell_the_truth(NODE, IDS, (1, 2))
    play(NODE, script(clean_random(IDS)))
    print(json.dumps(counts))
