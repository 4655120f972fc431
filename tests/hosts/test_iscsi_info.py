"""One list of exports, made true by iscsi_export.yml between two machines; and what iscsi_info tells of either of them, against what the kernel says."""

from __future__ import annotations

import json
from typing import Iterator

import pytest
from host_play import lab, nodes, own_node, peer, shell
from iscsi_site import SAVED, SECRET, Site, info, site

NODE, PEER = own_node(), nodes()[0]
PORTALS = ("10.90.1.11", "10.90.2.11")
MIB = 1024**2

STATE = f"""
vgs --noheadings -o vg_name; lvs --noheadings -o lv_full_name,lv_size
find /sys/kernel/config/target/iscsi -maxdepth 5 2>/dev/null | sort
sha256sum {SAVED} /etc/iscsi/* 2>/dev/null; find /var/lib/iscsi /etc/systemd/system /etc/multipath* -printf '%p %T@\\n' 2>/dev/null
ls /sys/class/iscsi_session 2>/dev/null
true
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with peer(), site(tmp_path_factory.mktemp("site"), "exporttest", PEER, NODE, PORTALS, 9) as made:
        yield made


def state() -> list[str]:
    return [shell(node, STATE) for node in (NODE, PEER)]


def test_one_list_makes_volume_lun_and_sessions(two: Site) -> None:
    before = state()
    foreseen, _said = two.run("--check")
    assert foreseen[NODE] and foreseen[PEER] and state() == before, "check mode plans on a volume group that is still to come, and changes nothing"
    made, said = two.run("-vvv")
    assert made[NODE] and made[PEER] and SECRET not in said
    again, said = two.run()
    assert set(again.values()) == {0}, said
    assert shell(PEER, f"lvs --noheadings --nosuffix --units m -o lv_size {two.name}/{two.name}").split() == ["64.00"]
    assert sorted(shell(PEER, f"ls {two.tpg}/np").split()) == [f"{address}:3260" for address in PORTALS]
    assert shell(NODE, "cat /sys/class/iscsi_session/session*/targetname").split().count(two.target) == 2


def test_what_is_told_is_what_the_kernel_has(two: Site) -> None:
    since = float(shell(NODE, "date +%s.%N"))
    here = info(NODE)
    rows = [json.loads(line) for line in lab("exec-log", NODE, "--json", "--since", str(since)).splitlines()]
    module = next(row["pid"] for row in rows if row["argv"] == ["/usr/bin/python3"])
    assert [row["argv"] for row in rows if row["ppid"] == module] == [["multipathd", "show", "maps", "json"]]
    assert here["initiator"] == two.initiator and here["multipathd"]
    sessions = [each for each in here["sessions"] if each["target"] == two.target]
    assert sorted(each["portal"] for each in sessions) == [f"{address}:3260" for address in PORTALS]
    assert {(each["state"], each["recovery_seconds"], each["startup"], each["chap"]) for each in sessions} == {("LOGGED_IN", 15, "automatic", True)}
    assert all(each["timeouts"]["replacement"] == 15 for each in sessions)
    disk = next(each for each in here["devices"] if each["paths"][0]["target"] == two.target)
    assert (disk["size_bytes"], disk["state"], len(disk["paths"])) == (64 * MIB, "up", 2)
    assert shell(NODE, f"blockdev --getsize64 {disk['id']}").strip() == str(64 * MIB) and "wwn-0x" in disk["id"]
    (joined,) = [each for each in here["maps"] if each["name"] == disk["multipath"]]
    assert sorted(path["kernel_name"] for path in joined["paths"]) == sorted(path["kernel_name"] for path in disk["paths"])
    assert {(path["state"], path["checked"]) for path in joined["paths"]} == {("active", "ready")}
    target = two.exported()
    assert (target["drift"], target["degraded"]) == ([], []) and target["running"] == target["saved"]
    assert [(each["initiator"], each["tpg"]) for each in target["initiators"]] == [(two.initiator, 1)] and target["initiators"][0]["address"]


def test_drift_is_told_and_repaired_and_a_larger_export_grows_its_disk_under_the_sessions(two: Site) -> None:
    shell(PEER, f"echo 1 > {two.tpg}/acls/{two.initiator}/lun_0/write_protect")
    assert any(two.initiator in each["object"] for each in two.exported()["drift"])
    two.run(size="96MiB")
    disk = two.disk()
    assert not two.exported()["drift"] and shell(PEER, f"cat {two.tpg}/acls/{two.initiator}/lun_0/write_protect").strip() == "0"
    assert (disk["size_bytes"], disk["state"]) == (96 * MIB, "up") and shell(NODE, f"blockdev --getsize64 {disk['id']}").strip() == str(96 * MIB)


def test_what_goes_is_logged_out_of_first_and_its_volume_stays(two: Site) -> None:
    gone, _said = two.run(state="absent")
    assert gone[NODE] == gone[PEER] == 1
    again, said = two.run(state="absent")
    assert set(again.values()) == {0}, said
    assert two.target not in shell(PEER, f"ls /sys/kernel/config/target/iscsi; cat {SAVED}") and two.name in shell(PEER, f"lvs {two.name}")
    told = info(NODE)
    assert not [each for each in told["sessions"] + told["logged_out"] if each["target"] == two.target]
