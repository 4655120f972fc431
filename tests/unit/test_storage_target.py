"""The script that serves a pod's disk, run with stand-ins for tgtd and tgtadm: what it asks of them, what it refuses, and what it lets nobody see."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "roles" / "storage_cluster" / "files" / "tgt" / "storage-target"
DEVICES = [str(path) for path in sorted(Path("/dev").iterdir()) if stat.S_ISBLK(path.lstat().st_mode)]
UID, OTHER = "1f2e3d4c-0000-4000-8000-000000000001", "1f2e3d4c-0000-4000-8000-000000000002"
SECRET = {"username": "initiator", "password": "correct-horse-battery"}
MUTUAL = {**SECRET, "username_in": "target", "password_in": "another-horse-battery"}

pytestmark = pytest.mark.skipif(not DEVICES, reason="no block device to name")


def serve(tmp_path: Path, secret: dict | None = None, **environment: str | None) -> tuple[subprocess.CompletedProcess, str]:
    """The script's end, and the calls of tgtadm, one a line."""
    calls = tmp_path / "calls"
    for name, text in {"tgtadm": f'printf "%s\\n" "$*" >> {calls}', "tgtd": "exec sleep 0.5"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    given: dict = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TARGET_DEVICE": DEVICES[0], "TARGET_INITIATORS": "10.0.0.0/8", "TARGET_IQN": iqn(), **environment}
    if secret is not None:
        folder = tmp_path / "secret"
        folder.mkdir()
        for key, value in secret.items():
            (folder / f"node.session.auth.{key}").write_text(value, encoding="utf-8")
        given["TARGET_CHAP"] = str(folder)
    done = subprocess.run(("sh", str(SCRIPT)), env={key: value for key, value in given.items() if value is not None}, capture_output=True, text=True,
                          timeout=20, check=False)
    return done, calls.read_text(encoding="utf-8") if calls.exists() else ""


def iqn(uid: str = UID, namespace: str = "storage", pod: str = "blocks-0") -> str:
    return f"iqn.2026-01.storage.cairn:{uid}.{namespace}.{pod}"


def serial(calls: str) -> str:
    return calls.partition("scsi_sn=")[2].split()[0]


def test_serial_and_target_number_differ_by_cluster_namespace_and_pod(tmp_path: Path) -> None:
    seen = set()
    for number, name in enumerate((iqn(), iqn(OTHER), iqn(namespace="team-a"), iqn(pod="blocks-1"), "iqn.2026-01.storage.cairn:blocks-0")):
        folder = tmp_path / str(number)
        folder.mkdir()
        done, calls = serve(folder, TARGET_IQN=name)
        assert done.returncode == 0 and f"scsi_id={serial(calls)}," in calls, done.stderr
        seen.add((serial(calls), calls.partition("--tid ")[2].split()[0]))
    assert len({first for first, _second in seen}) == len({second for _first, second in seen}) == 5
    # What the version before has given to its disks stays as it is.
    assert "1df13a76bb7f4171" in {first for first, _second in seen}


def test_addresses_come_last_and_each_alone(tmp_path: Path) -> None:
    _done, calls = serve(tmp_path, SECRET, TARGET_INITIATORS="10.1.0.0/16,10.2.0.5")
    lines = calls.splitlines()
    bound = [line.rpartition(" ")[2] for line in lines if "--initiator-address" in line]
    assert bound == ["10.1.0.0/16", "10.2.0.5"]
    assert max(number for number, line in enumerate(lines) if "account" in line) < min(number for number, line in enumerate(lines) if "initiator" in line
                                                                                      and "address" in line)


@pytest.mark.parametrize(("secret", "bound"), [(SECRET, ["--user initiator"]), (MUTUAL, ["--user initiator", "--user target --outgoing"])])
def test_accounts_come_from_files_and_are_told_to_nobody(tmp_path: Path, secret: dict, bound: list) -> None:
    done, calls = serve(tmp_path, {key: f"{value}\n" for key, value in secret.items()})
    assert done.returncode == 0
    assert [line.partition("--user ")[1] + line.partition("--user ")[2] for line in calls.splitlines() if "account --op bind" in line] == bound
    for key, value in secret.items():
        assert not key.startswith("password") or value not in done.stdout + done.stderr


@pytest.mark.parametrize(("secret", "word"), [
    ({}, "username"),
    ({"username": "initiator"}, "password"),
    ({"password": SECRET["password"]}, "username"),
    ({**SECRET, "password": "short"}, "12"),
    # tgtd ends a user at a comma: what follows it would be no part of the account.
    ({**SECRET, "username": "a,b"}, "characters"),
    ({**SECRET, "password": "correct,horse,battery"}, "characters"),
    ({**SECRET, "password": "correct horse battery"}, "characters"),
    ({**SECRET, "password": "correct\nhorse-battery"}, "characters"),
    ({**SECRET, "password": "x" * 256}, "255"),
    ({**SECRET, "password_in": MUTUAL["password_in"]}, "username_in"),
    ({**SECRET, "username_in": "target"}, "password_in"),
    ({**MUTUAL, "password_in": SECRET["password"]}, "both directions"),
    ({**MUTUAL, "username_in": SECRET["username"]}, "both directions"),
])
def test_a_secret_that_would_not_hold_serves_nobody(tmp_path: Path, secret: dict, word: str) -> None:
    done, calls = serve(tmp_path, secret)
    assert done.returncode == 1 and word in done.stderr and calls == ""
    assert not any(value in done.stderr for key, value in secret.items() if key.startswith("password"))


@pytest.mark.parametrize(("environment", "word"), [
    ({"TARGET_INITIATORS": None}, "TARGET_INITIATORS"),
    ({"TARGET_INITIATORS": ""}, "TARGET_INITIATORS"),
    ({"TARGET_IQN": None}, "TARGET_IQN"),
    ({"TARGET_DEVICE": "/dev/null"}, "not a block device"),
    ({"TARGET_CHAP": "/nowhere"}, "username"),
])
def test_without_a_word_on_who_may_log_in_nobody_is_served(tmp_path: Path, environment: dict, word: str) -> None:
    done, calls = serve(tmp_path, **environment)
    assert done.returncode != 0 and word in done.stderr and calls == ""
