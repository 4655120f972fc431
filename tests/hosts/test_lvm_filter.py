"""What LVM on a real machine still sees once a filter or a devices file is set: all that the machine uses, nothing of its guests."""

from __future__ import annotations

import json
import time
from typing import Iterator

import pytest
from host_play import ERASE, changed, lab, nodes, own_node, play, shell, state

NODE = own_node()
INDEX = nodes().index(NODE) + 1
OURS, THEIRS = 13, 14
IDS = {number: f"/dev/disk/by-id/wwn-0x6001405{f'5ca1ab1e{INDEX:04d}{number:04d}'}000000000" for number in (OURS, THEIRS)}
LOCAL = "/etc/lvm/lvmlocal.conf"
#: As the role makes it of a disk's name.
GUEST = f"^{IDS[THEIRS].replace('-', chr(92) + '-')}$"
REJECT = ["^/dev/rbd", "^/dev/nbd", GUEST]

CLEAN = f"""{ERASE}
cp /root/lvmlocal.before {LOCAL} 2>/dev/null; rm -rf /etc/lvm/devices /run/guests
vgremove -qq --force --yes filtertest guesttest 2>/dev/null
rm -f /etc/lvm/backup/filtertest /etc/lvm/backup/guesttest
for id in {' '.join(IDS.values())}; do [ ! -e "$id" ] || erase "$id"; done
true
"""


@pytest.fixture(scope="module", autouse=True)
def groups() -> Iterator[None]:
    """A volume group of the machine's, and one that a guest made, of which the machine's LVM has only heard."""
    for number in IDS:
        lab("disk", "add", NODE, number)
    shell(NODE, f"udevadm settle; cp {LOCAL} /root/lvmlocal.before; sed -i '/BEGIN cairn/,/END cairn/d' {LOCAL}; {CLEAN}")
    shell(
        NODE,
        f"""set -e
        vgcreate -qq filtertest {IDS[OURS]}; lvcreate -qq -n data -L 100M filtertest
        vgcreate -qq guesttest {IDS[THEIRS]}; lvcreate -qq -n theirs -L 100M guesttest
        rm /etc/lvm/backup/guesttest; lvm fullreport > /dev/null""",
    )
    yield
    shell(NODE, CLEAN)
    for number in IDS:
        lab("disk", "remove", NODE, number)


def task(*reject: str, check: bool = False) -> dict:
    return {"cairn.storage.lvm_device_filter": {"reject": list(reject)}, "check_mode": check, "diff": True}


def known() -> set:
    """Volume groups that LVM tells of."""
    return set(shell(NODE, "vgs --noheadings -o vg_name").split())


def everything() -> str:
    return state(NODE) + shell(NODE, f"cat {LOCAL}; cat /etc/lvm/devices/system.devices 2>/dev/null || true")


def test_a_disk_in_use_is_never_hidden__lvm2_104() -> None:
    before = everything()
    names = [IDS[OURS].rpartition("/")[2], "sd[a-z]", "^/dev/disk/by-id/.*$"]
    results = play(NODE, *(task(name) for name in names), task("("), task(r"sd\d"))
    assert [result["error"]["code"] for result in results] == ["filter-hides-pv"] * 3 + ["filter-regex", "filter-syntax"]
    assert all("filtertest" in result["error"]["found"] for result in results[:3])
    assert everything() == before


def test_guests_go_out_of_sight__fedora_coreos_tracker_1517() -> None:
    before = everything()
    assert changed(play(NODE, task(*REJECT, check=True))) == [True] and everything() == before
    since = time.time()
    assert changed(play(NODE, task(*REJECT), task(*REJECT, check=True), task(*REJECT))) == [True, False, False]
    assert {"filtertest"} <= known() and "guesttest" not in known()
    ran = [json.loads(line)["argv"] for line in lab("exec-log", "--json", "--since", since, NODE).splitlines()]
    ran = [argv[1] for argv in ran if argv[0].endswith("lvm") and argv[1] in ("fullreport", "lvmconfig")]
    assert sorted(ran) == ["fullreport"] * 4 + ["lvmconfig"] * 3, "two that read for each run, and one that checks after the change"
    assert "LVM" not in shell(NODE, "pvs 2>&1 >/dev/null"), "LVM has nothing to complain of"


def test_volumes_come_up_at_boot_and_guests_do_not__csi_driver_lvm_153() -> None:
    lab("reboot", NODE)
    shell(NODE, "udevadm settle")
    assert "filtertest" in known() and "guesttest" not in known()
    assert shell(NODE, "lvs --noheadings -o lv_active filtertest/data").strip() == "active"
    assert "guesttest" not in shell(NODE, "dmsetup ls")


def test_a_machine_with_a_devices_file() -> None:
    """LVM ignores a filter then, and complains of it: neither is left, and the guests' disk is not listed."""
    shell(
        NODE,
        f"printf 'devices {{\\n use_devicesfile = 1\\n}}\\n' >> {LOCAL}; for id in {' '.join(IDS.values())}; do lvm lvmdevices --yes --adddev $id; done",
    )
    assert known() >= {"filtertest", "guesttest"}
    before = everything()
    refused = play(NODE, task(IDS[OURS]))[0]
    assert refused["error"]["code"] == "filter-hides-pv" and everything() == before
    assert changed(play(NODE, task(*REJECT, check=True))) == [True] and everything() == before
    assert changed(play(NODE, task(*REJECT), task(*REJECT, check=True), task(*REJECT))) == [True, False, False]
    assert known() >= {"filtertest"} and "guesttest" not in known()
    assert "global_filter" not in shell(NODE, f"cat {LOCAL}") and "ignored" not in shell(NODE, "pvs 2>&1")
