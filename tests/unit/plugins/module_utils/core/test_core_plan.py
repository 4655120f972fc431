"""Plans, consents, the executor, commands and the host lock."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._block.observe import observe
from ansible_collections.cairn.storage.plugins.module_utils._core import command as command_module
from ansible_collections.cairn.storage.plugins.module_utils._core import executor, lock
from ansible_collections.cairn.storage.plugins.module_utils._core.command import Command, command, mutate, read
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Busy, CommandFailed, NotFound, Refused, Timeout
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Action, Consent, Plan
from ansible_collections.cairn.storage.plugins.modules import iscsi_info


def test_a_plan_tells_the_first_state_seen_and_the_last_reached() -> None:
    plan = Plan(
        (
            Action("grow", "lv", "a", before={"size": 1}, after={"size": 2}),
            Action("tag", "lv", "a", before={"size": 2}, after={"size": 2, "tags": ["x"]}),
            Action("remove", "lv", "b", before={"size": 1}),
        )
    )
    assert plan.changed
    assert plan.diff() == {"before": {"lv a": {"size": 1}, "lv b": {"size": 1}}, "after": {"lv a": {"size": 2, "tags": ["x"]}}}
    assert not Plan().changed


def test_a_consent_names_what_is_found_and_is_used_up() -> None:
    consent = Consent("wipe", {"/dev/disk/by-id/a": "1234", "/dev/disk/by-id/b": "xfs", "/dev/disk/by-id/c": "old"})
    consent.require("/dev/disk/by-id/wwn-a", "1234", "ext4", names=["/dev/disk/by-id/a"])
    with pytest.raises(Refused) as differs:
        consent.require("/dev/disk/by-id/b", "5678", "ext4")
    assert differs.value.code == "consent-differs" and "xfs" in str(differs.value)
    with pytest.raises(Refused) as missing:
        consent.require("/dev/disk/by-id/d", "5678", "ext4")
    assert missing.value.code == "consent-missing" and '{"/dev/disk/by-id/d": "5678"}' in missing.value.fix
    assert len(consent.warnings()) == 2
    Consent("wipe", {"/dev/disk/by-id/e": 12345678}).require("/dev/disk/by-id/e", "12345678", "a DOS partition table, named without quotes")


def test_what_was_done_travels_with_the_error(tmp_path: Path) -> None:
    plan = Plan(
        (
            Action("touch", "file", "a", (command("touch", tmp_path / "a"),)),
            Action("fail", "file", "b", (command("false"),)),
            Action("touch", "file", "c", (command("touch", tmp_path / "c"),)),
        )
    )
    with pytest.raises(CommandFailed) as failed:
        executor.apply(plan, {Command: mutate})
    result = failed.value.as_result()
    assert [action["name"] for action in result["actions"]] == ["a", "b"] and result["actions"][1]["failed"] and result["changed"]
    assert (tmp_path / "a").exists() and not (tmp_path / "c").exists()


def test_commands() -> None:
    assert read("sh", "-c", "echo $LC_ALL; cat") == "C\n", "nothing waits for input"
    assert str(command("mkfs", "-L", "a b")) == "mkfs -L 'a b'"
    assert "secret" not in repr(command("login", stdin="secret"))
    for argv, kind in ((("no-such-program",), NotFound), (("false",), CommandFailed)):
        with pytest.raises(kind):
            read(*argv)
    with pytest.raises(Timeout):
        read("sleep", "5", timeout=0.1)


def test_the_time_limit_counts_for_a_command_that_cannot_be_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs in the kernel on a dead disk; to wait for its end would be to hang as well, and to keep the lock."""
    monkeypatch.setattr(subprocess.Popen, "kill", lambda process: None)
    monkeypatch.setattr(command_module, "_DYING", 0.05)
    began = time.monotonic()
    with pytest.raises(Timeout):
        read("sleep", "3", timeout=0.05)
    assert time.monotonic() - began < 2


def test_a_step_that_is_no_command_can_fail_as_well() -> None:
    def full(step: str) -> None:
        raise OSError(28, "No space left on device", step)

    plan = Plan((Action("touch", "file", "a", (command("true"),)), Action("write", "file", "/etc/fstab", ("/etc/fstab",))))
    with pytest.raises(CommandFailed) as failed:
        executor.apply(plan, {Command: mutate, str: full})
    assert failed.value.code == "step-failed" and "No space left" in str(failed.value)
    assert [action["name"] for action in failed.value.as_result()["actions"]] == ["a", "/etc/fstab"]


def test_without_root_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every disk would seem unreadable, and the lock would stay behind for root to fall over."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Refused) as refused:
        observe(str(tmp_path))
    assert refused.value.code == "not-root" and "become" in refused.value.fix
    with pytest.raises(Refused) as refused:
        iscsi_info.read({})
    assert refused.value.code == "not-root" and "iSCSI" in refused.value.message


def folder_of_all(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o777)


def folder_of_another(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.chown(path.parent, 65534, 65534)


def linked_folder(path: Path) -> None:
    (path.parent.parent / "elsewhere").mkdir(mode=0o700)
    path.parent.symlink_to("elsewhere")


def linked_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    (path.parent.parent / "victim").write_text("precious")
    path.symlink_to("../victim")


def pipe(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.mkfifo(path)


@pytest.mark.parametrize("trap", [folder_of_all, folder_of_another, linked_folder, linked_file, pipe])
def test_a_lock_that_others_could_hold_or_lead_elsewhere_is_refused(trap: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    trap(path)
    with pytest.raises(Refused) as refused, lock.host_lock(timeout=0, path=str(path)):
        pass
    assert refused.value.code == "lock-unsafe" and str(tmp_path) in refused.value.found and refused.value.fix
    assert not (tmp_path / "victim").exists() or (tmp_path / "victim").read_text() == "precious"


def machine(tmp_path: Path) -> str:
    """The lock's path on a machine whose files are below ``tmp_path``."""
    (tmp_path / "run" / "lock").mkdir(parents=True)
    return f"{tmp_path}{lock.PATH}"


def test_the_version_before_and_this_one_keep_each_other_out(tmp_path: Path) -> None:
    path = machine(tmp_path)
    earlier = tmp_path / "run" / "lock" / "cairn-storage.lock"
    with lock.host_lock(path=path), earlier.open("rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with earlier.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(Busy), lock.host_lock(timeout=0, path=path):
            pass


@pytest.mark.parametrize("mode, owner", [(0o600, 65534), (0o644, 0), (0o666, 0)])
def test_an_earlier_lock_that_others_can_open_holds_up_nobody(mode: int, owner: int, tmp_path: Path) -> None:
    path, earlier = machine(tmp_path), tmp_path / "run" / "lock" / "cairn-storage.lock"
    earlier.write_text("4711")
    earlier.chmod(mode)
    os.chown(earlier, owner, owner)
    with earlier.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with lock.host_lock(timeout=0, path=path):
            pass
    assert earlier.read_text() == "4711"


def test_the_lock_names_its_holder(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with lock.host_lock(path=path):
        with pytest.raises(Busy) as busy:
            with lock.host_lock(timeout=0, path=path):
                pass
    assert busy.value.found.startswith(f"process {os.getpid()} (") and "unknown" not in busy.value.found
    with open(path, "w+", encoding="ascii") as file:
        file.write("not a number")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Busy) as busy, lock.host_lock(timeout=0, path=path):
            pass
    assert busy.value.found == "process unknown"
    with lock.host_lock(timeout=0, path=path):
        pass
