"""Work that outlasts a request, the switch that leads commands into the host, and a look at a device."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core import command
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Busy, NoSpace
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Action, Plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import State
from cairn_csi import copying, jobs, store
from cairn_csi.host import Machine
from cairn_csi.mounting import unfinished_xfs
from cairn_csi.names import Id
from csi_state import lv, state


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 0.05)


def test_whoever_asks_again_joins_the_same_job() -> None:
    here, go, runs = jobs.Jobs(), threading.Event(), []

    def work(_stop: object) -> None:
        runs.append(1)
        go.wait(5)

    for _time in range(2):
        with pytest.raises(Busy) as refused:
            here.join("a", work, "copied")
        assert refused.value.grpc == "ABORTED"
    job = here.start("a", work)
    go.set()
    job.result(5)
    assert runs == [1]


def test_a_request_is_answered_before_its_caller_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 60)
    here, go = jobs.Jobs(), threading.Event()

    def ask() -> None:
        jobs.allow(1.1)
        with pytest.raises(Busy):
            here.join("a", lambda stop: go.wait(5) and None, "copied")

    began = time.monotonic()
    contextvars.copy_context().run(ask)
    go.set()
    assert time.monotonic() - began < 1.1


def test_a_jobs_error_is_the_answer_and_the_next_try_is_a_new_one() -> None:
    here = jobs.Jobs()

    def full(_stop: object) -> None:
        raise NoSpace("full", code="full")

    with pytest.raises(NoSpace):
        here.join("a", full, "copied")
    here.join("a", lambda stop: None, "copied")


def test_a_dropped_job_and_an_ending_driver_stop_at_the_next_step() -> None:
    for end in (lambda here: here.drop("a"), lambda here: here.stopping.set()):
        here, stopped = jobs.Jobs(), threading.Event()

        def work(stop: "jobs.Callable[[], bool]", done: threading.Event = stopped) -> None:
            while not stop():
                done.wait(0.001)
            done.set()

        here.start("a", work)
        end(here)
        assert stopped.wait(5)
    jobs.Jobs().drop("nothing")


def test_calls_take_turns_and_none_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "lock", str(tmp_path / "lock"))
    here, held, seen = store.Store(Machine(False), "n", ("vg",)), threading.Event(), []

    def work(number: int) -> None:
        with here.lock():
            held.set()
            seen.append(number)
            time.sleep(0.3 if number == 0 else 0)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    threads[0].start()
    assert held.wait(5)
    monkeypatch.setattr(store, "_PATIENCE", 0.05)
    with pytest.raises(Busy) as refused, here.lock():
        pass
    assert (refused.value.code, refused.value.grpc) == ("calls-before", "ABORTED")
    monkeypatch.setattr(store, "_PATIENCE", 30)
    for each in threads[1:]:
        each.start()
    for each in threads:
        each.join(10)
    assert sorted(seen) == list(range(8))
    with store.host_lock(1, str(tmp_path / "lock")):
        monkeypatch.setattr(store, "_PATIENCE", 0.05)
        with pytest.raises(Busy) as elsewhere, here.lock():
            pass
    assert elsewhere.value.code == "host-locked"


def test_a_recent_report_is_shared_until_something_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    here, reports = store.Store(Machine(False), "n", ("vg",)), []
    change = Plan((Action("make", "logical volume", "vg/a", ()),))

    def report() -> State:
        if len(reports) == 1:  # another call's change comes while this one reads
            here.apply(change)
        reports.append(state())
        return reports[-1]

    monkeypatch.setattr(here, "report", report)
    assert here.recent() is here.recent() is reports[0]
    here.apply(Plan(()))
    assert here.recent() is reports[0], "nothing was changed"
    here.apply(change)
    assert here.recent() is reports[1] and here.recent() is reports[2], "one that was begun before a change is not kept"
    assert here.recent() is reports[2] and len(reports) == 3
    here.forget()
    assert here.recent() is reports[3]


def test_in_a_container_commands_and_files_are_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cairn_csi.host._ENTER", ("env", "ENTERED=yes"))
    try:
        machine = Machine(True, "/var/lib/kubelet/")
        assert command.read("sh", "-c", "echo $ENTERED") == "yes\n"
        assert (machine.path("/dev/vg/a"), machine.kubelet) == ("/proc/1/root/dev/vg/a", "/var/lib/kubelet")
        assert Machine(False).path("/dev/vg/a") == "/dev/vg/a" and command.read("sh", "-c", "echo $ENTERED") == "\n"
    finally:
        command.run_through()


@pytest.mark.parametrize(
    ("block", "expected"), [(b"XFSB" + bytes(122) + b"\1" + bytes(385), True), (b"XFSB" + bytes(508), False), (bytes(512), False), (b"", False)]
)
def test_mkfs_that_was_killed_leaves_a_mark(tmp_path: Path, block: bytes, expected: bool) -> None:
    (tmp_path / "device").write_bytes(block)
    assert unfinished_xfs(str(tmp_path / "device")) is expected


class Copying:
    """A store in which a volume that has been copied is held open for some reports more."""

    def __init__(self, held: int) -> None:
        self.held, self.done = held, 0

    def lock(self) -> contextlib.AbstractContextManager:
        return contextlib.nullcontext()

    def report(self, _group: str = "") -> State:
        self.held -= 1
        told = {"state": "copying", "origin": "vg/csi-a", "bytes": 64, "copied": 64}
        return state(lv("volume", "a", active=True), lv("volume", "new", facts=told, open=self.held >= 0))

    def apply(self, _plan: Plan) -> None:
        self.done += 1


def test_who_only_looks_at_a_new_volume_is_waited_for_and_who_writes_to_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_LOOKED_AT", 0.5)
    udev, orphan = Copying(1), Copying(99)
    copying.fill(udev, Id("node1", "vg", "csi-new"), lambda: False)  # type: ignore[arg-type]
    assert udev.done == 1
    with pytest.raises(Busy) as refused:
        copying.fill(orphan, Id("node1", "vg", "csi-new"), lambda: False)  # type: ignore[arg-type]
    assert refused.value.code == "copy-orphan" and orphan.done == 0
