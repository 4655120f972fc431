"""open-iscsi's files: what a record says, what is changed in it, which file is whose, and what an exit code means."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from initiators import CHAP, FIRST, SECRET, TARGET, key, record

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Busy, NotFound
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator import database, records
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.meaning import explain, known
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.observe import initiator_name

TEXT = """# BEGIN RECORD 2.1.11
node.name = iqn.2026-01.com.example:disks
node.startup = manual
node.session.auth.password = old = secret
iface.iscsi_ifacename = default
# END RECORD
"""


def test_a_record_is_read_as_iscsiadm_writes_it() -> None:
    assert records.parse(TEXT + "node.empty = \n") == {
        "node.name": TARGET,
        "node.startup": "manual",
        "node.session.auth.password": "old = secret",
        "iface.iscsi_ifacename": "default",
    }


@pytest.mark.parametrize(("values", "expected"), [
    ({}, TEXT),
    ({"node.startup": "automatic"}, TEXT.replace("manual", "automatic")),
    ({"node.session.auth.password": ""}, TEXT.replace("node.session.auth.password = old = secret\n", "")),
    ({"node.new": "1"}, TEXT.replace("# END", "node.new = 1\n# END")),
    ({"node.absent": ""}, TEXT),
])
def test_other_settings_stay(values: dict, expected: str) -> None:
    assert records.edited(TEXT, values) == expected
    assert records.differing(records.parse(expected), values) == {}


def test_of_a_secret_only_its_presence_is_shown() -> None:
    wanted = dict(record(chap=CHAP).values)
    assert SECRET not in str(records.shown(wanted, wanted)) and "(wanted)" in str(records.shown(wanted, wanted))
    assert set(records.shown({}, {"node.session.auth.password": SECRET}).values()) == {"(none)"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with both kinds of records, and its lock."""
    target = tmp_path / "nodes" / TARGET
    (target / "192.0.2.10,3260,1").mkdir(parents=True)
    (target / "192.0.2.10,3260,1" / "default").write_text(TEXT)
    (target / "192.0.2.10,3260,1" / "eth1").write_text(TEXT.replace("= default", "= eth1"))
    (target / "2001:db8::10,3261").write_text(TEXT)
    (target / "storage.example.com,3260").write_text(TEXT)
    monkeypatch.setattr(database, "_LOCK", str(tmp_path / "lock" / "lock"))
    monkeypatch.setattr(database, "_HELD", str(tmp_path / "lock" / "lock.write"))
    monkeypatch.setattr(database, "_PATIENCE", 0)
    return tmp_path / "nodes"


def test_records_of_both_formats_are_known_by_portal_and_interface(root: Path) -> None:
    assert [str(each.key).removeprefix(TARGET) for each in database.read(str(root))] == [
        *(" at 192.0.2.10:3260", " at 192.0.2.10:3260 through eth1"),
        *(" at [2001:db8::10]:3261", " at storage.example.com:3260"),
    ]
    assert database.read(str(root / "none")) == ()


def test_a_secret_is_written_to_a_file_for_root_alone(root: Path) -> None:
    database.edit(str(root), key(), {"node.session.auth.password": SECRET})
    file = root / TARGET / "192.0.2.10,3260,1" / "default"
    assert f"password = {SECRET}\n" in file.read_text() and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SECRET not in (file.parent / "eth1").read_text()
    with pytest.raises(NotFound):
        database.edit(str(root), key("192.0.2.99:3260"), {})


def test_the_lock_of_iscsiadm_is_kept(root: Path) -> None:
    Path(database._LOCK).parent.mkdir()
    Path(database._HELD).touch()
    with pytest.raises(Busy) as busy:
        database.edit(str(root), key(), {"node.startup": "manual"})
    assert busy.value.code == "records-locked" and Path(database._HELD).exists()


@pytest.mark.parametrize(("status", "code", "told"), [
    (8, "portal-unreachable", "does not answer"),
    (24, "target-denied", "credentials are wrong, or it has no ACL"),
    (19, "target-login", "did not come to terms"),
    (20, "iscsid-down", "iscsid"),
    (99, "iscsiadm-failed", "iscsiadm failed"),
])
def test_an_exit_code_that_is_not_success_is_an_error_with_its_meaning(status: int, code: str, told: str) -> None:
    error = explain(status, "log in to", key(), "sessions[0]", "said")
    assert error.code == code and error.fix and all(word in str(error) for word in (told, TARGET, FIRST, "sessions[0]", "said"))


def test_every_exit_code_of_open_iscsi_has_a_meaning() -> None:
    """Of 1 to 32 these are told as what they are not: general failures, a login that was there, and iSNS, which is not used."""
    assert set(range(1, 33)) - set(known()) == {1, 15, 16, 17, 25, 26, 30}


@pytest.mark.parametrize(("text", "expected"), [("", ""), ("# InitiatorName=a\n", ""), ("InitiatorName=a\n InitiatorName=b c\n", "b")])
def test_the_last_line_names_the_initiator(text: str, expected: str) -> None:
    assert initiator_name(text) == expected
