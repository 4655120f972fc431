"""What iscsi_info tells: targets as they run and as they are saved, sessions with their records, disks with their paths; never a secret."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from initiators import CHAP as SESSION_CHAP
from initiators import FIRST, LUN, REPLY, SECOND, SECRET, TARGET, lun, record, session
from lio import CHAP, INITIATOR, NAME, Lio, group, ramdisk, wish

from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator import multipath
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.info import tell
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target import info, kernel

#: As multipath-tools 0.11 answered on a node of the lab, without what is not looked at.
MAPS = """
{"major_version": 0, "minor_version": 1, "maps": [{"name": "mpatha", "uuid": "36001405", "sysfs": "dm-0", "paths": 2, "path_groups": [
  {"selector": "service-time 0", "pri": 1, "dm_st": "active", "group": 1, "paths": [
    {"dev": "sdb", "dev_t": "8:16", "dm_st": "active", "dev_st": "running", "chk_st": "ready", "pri": 1}]},
  {"selector": "service-time 0", "pri": 1, "dm_st": "enabled", "group": 2, "paths": [
    {"dev": "sdc", "dev_t": "8:32", "dm_st": "failed", "dev_st": "running", "chk_st": "faulty", "pri": 1}]}]}]}
"""


@pytest.fixture(name="lio")
def fixture_lio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lio:
    machine = Lio(tmp_path, monkeypatch)
    monkeypatch.setattr(kernel.names, "__defaults__", (str(machine.root),))
    return machine


def export(lio: Lio, **values: object) -> None:
    lio.apply(wish(backstores=[ramdisk(attributes={"emulate_tpu": 1})], tpgs=[group(acls=[{"initiator": INITIATOR, "chap": CHAP}], **values)]))


def test_a_machine_without_targets_has_none(lio: Lio) -> None:
    assert info.read() == []


def test_a_target_that_runs_as_saved(lio: Lio) -> None:
    export(lio)
    (told,) = info.read()
    assert (told["name"], told["drift"], told["degraded"], told["initiators"]) == (NAME, [], [], [])
    assert told["running"] == told["saved"] and told["running"]["tpgs"][0]["acls"][0]["chap"] == {"user": CHAP["user"], "mutual_user": ""}
    assert CHAP["password"] not in json.dumps(told)


def test_drift_and_sessions_are_told_without_secrets(lio: Lio) -> None:
    export(lio, attributes={"login_timeout": 10})
    lio.path("tpgt_1", "attrib", "login_timeout").write_text("20\n")
    lio.path("tpgt_1", "acls", INITIATOR, "auth", "password").write_text("changed-by-hand")
    next(lio.root.glob("core/rd_mcp_*/ram/attrib/emulate_tpu")).write_text("0\n")
    lio.log_in()
    (told,) = info.read()
    changed = " ".join(each["object"] for each in told["drift"])
    assert len(told["drift"]) == 3 and all(part in changed for part in (INITIATOR, f"TPG {NAME} 1", "backstore ramdisk/ram")), changed
    assert told["initiators"] == [{"initiator": INITIATOR, "tpg": 1, "address": "192.0.2.21"}]
    assert CHAP["password"] not in json.dumps(told) and "changed-by-hand" not in json.dumps(told)


def test_a_target_that_is_only_saved_or_only_runs(lio: Lio) -> None:
    export(lio)
    document = json.loads(lio.saved.read_text())
    lio.saved.unlink()
    (runs,) = info.read()
    assert runs["saved"] is None and runs["running"] and runs["drift"]
    other = NAME + "-2"
    lio.saved.write_text(json.dumps({**document, "targets": [{**document["targets"][0], "wwn": other}]}))
    _runs, saved = info.read()
    assert (saved["name"], saved["running"]) == (other, None) and saved["saved"]["tpgs"] and saved["drift"]


def test_attributes_that_this_kernel_does_not_have_are_no_drift(lio: Lio) -> None:
    export(lio)
    document = json.loads(lio.saved.read_text())
    document["targets"][0]["tpgs"][0]["attributes"]["of_another_kernel"] = 1
    lio.saved.write_text(json.dumps(document))
    assert info.read()[0]["drift"] == []


def test_sessions_are_told_with_their_records_and_records_without_sessions() -> None:
    chap = record(chap=SESSION_CHAP)
    told = tell((session(luns=[lun()]),), (chap, record(SECOND, startup="manual", mode="multipath")))
    (one,), (out,) = told["sessions"], told["logged_out"]
    assert (one["target"], one["portal"], one["state"], one["recovery_seconds"]) == (TARGET, FIRST, "LOGGED_IN", 300)
    assert (one["startup"], one["chap"], one["timeouts"]["replacement"]) == ("automatic", True, 300)
    assert (out["portal"], out["startup"], out["chap"], out["timeouts"]["replacement"]) == (SECOND, "manual", False, 15)
    assert SECRET not in json.dumps(told) and REPLY not in json.dumps(told)


def test_a_session_that_nobody_recorded() -> None:
    (one,) = tell((session(),), ())["sessions"]
    assert (one["startup"], one["chap"], one["timeouts"]) == (None, None, None)


@pytest.mark.parametrize(
    "state, path, expected",
    [
        ("LOGGED_IN", "running", ("up", ["up", "up"])),
        ("FAILED", "running", ("degraded", ["up", "down"])),
        ("LOGGED_IN", "offline", ("degraded", ["up", "down"])),
    ],
)
def test_a_disk_is_told_with_the_state_of_its_paths(state: str, path: str, expected: tuple) -> None:
    both = (
        session(luns=[lun(map="mpatha", used="mount /srv")]),
        session(SECOND, number=2, luns=[lun(name="sdc", state=path, map="mpatha")], state=state),
    )
    (disk,) = tell(both, ())["devices"]
    assert (disk["id"], disk["multipath"], disk["used"], disk["size_bytes"]) == (LUN, "mpatha", "mount /srv", 1024**3)
    assert (disk["state"], [each["state"] for each in disk["paths"]]) == expected


def test_paths_that_do_not_all_know_that_a_lun_grew_and_disks_without_a_name() -> None:
    grown = replace(lun(name="sdc"), size=2 * 1024**3)
    disks = tell((session(luns=[lun(), lun(1, id="", name="sdx", state="offline")]), session(SECOND, number=2, luns=[grown])), ())["devices"]
    assert [(each["id"], each["size_bytes"], each["state"]) for each in disks] == [(LUN, 1024**3, "up"), ("/dev/sdx", 1024**3, "down")]


def test_maps_are_told_with_their_paths() -> None:
    (told,) = multipath.parse(MAPS)
    assert (told["name"], told["wwid"], told["kernel_name"]) == ("mpatha", "36001405", "dm-0")
    assert [(each["kernel_name"], each["group"], each["state"], each["checked"]) for each in told["paths"]] == [
        ("sdb", 1, "active", "ready"),
        ("sdc", 2, "failed", "faulty"),
    ]


def test_multipathd_is_not_started_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipath, "_RUNNING", "/nowhere/multipathd.pid")
    assert multipath.read() == {"multipathd": False, "maps": []}
