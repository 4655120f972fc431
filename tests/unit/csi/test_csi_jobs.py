"""Work that outlasts a request, the switch that leads commands into the host, and a look at a device."""

from __future__ import annotations

import contextvars
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core import command
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Busy, CairnError, CommandFailed, NoSpace
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Action, Plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import State
from cairn_csi import host, jobs, store
from cairn_csi.host import Machine
from cairn_csi.mounting import unfinished_xfs
from cairn_csi.names import Id
from cairn_csi.tags import UNMADE
from csi_state import group, lv, state


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

    def parse(*_said: object) -> State:
        if len(reports) == 1:  # another call's change comes while this one reads
            here.apply(change)
        reports.append(state())
        return reports[-1]

    monkeypatch.setattr(store, "read", lambda *argv: "")
    monkeypatch.setattr(store, "parse", parse)
    assert here.recent() is here.recent() is reports[0]
    here.apply(Plan(()))
    assert here.recent() is reports[0], "nothing was changed"
    here.apply(change)
    assert here.recent() is reports[1] and here.recent() is reports[2], "one that was begun before a change is not kept"
    assert here.recent() is reports[2] and len(reports) == 3
    assert here.report("vg") is reports[3] and here.recent() is reports[2], "what one volume group holds says nothing of the others"
    assert here.report() is reports[4] is here.recent()


def test_what_a_change_leads_to_is_known_without_asking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    here, reports = store.Store(Machine(False), "n", ("vg",)), [state(), state()]
    action = Action("make", "logical volume", "vg/a", (command.command("false"),))
    monkeypatch.setattr(store, "read", lambda *argv: "")
    monkeypatch.setattr(store, "parse", lambda *_said: reports.pop(0))
    before, after = here.report(), state(lv("volume", "a"))
    here.apply(Plan((replace(action, steps=()),), after))
    assert here.recent() is after
    assert here.recent(-1) is not after and not reports, "it is no younger than the report that it was worked out from"
    reports.append(before)
    with pytest.raises(CommandFailed):
        here.apply(Plan((action,), after))
    assert here.recent() is before, "nor after a failure"


def test_of_one_volume_group_lvm_is_asked_alone_where_the_others_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    here, asked = store.Store(Machine(False), "n", ("vg*",)), []
    both = replace(state(lv("volume", "a")), groups=(group(lv("volume", "a")), group(lv("volume", "b"), name="vg2")))
    now = state(lv("volume", "c"))
    monkeypatch.setattr(store, "read", lambda *argv: asked.append(argv) or "")
    monkeypatch.setattr(store, "parse", lambda *_said: now if asked[-1] == tuple(store.argv("vg")) else both)
    assert here.fresh("vg") is both, "nothing is known yet"
    seen = here.fresh("vg")
    assert [each.name for each in seen.groups] == ["vg2", "vg"] and seen.group("vg") is now.groups[0] and seen.group("vg2") is both.groups[1]
    assert here.recent() is both and len(asked) == 2
    now = State()
    assert [each.name for each in here.fresh("vg").groups] == ["vg2"], "a group that is gone"
    here.apply(Plan((Action("make", "logical volume", "vg/x", ()),)))
    assert here.fresh("vg") is both and len(asked) == 4, "the driver's own change makes it ask for all"


def test_a_report_that_was_begun_before_another_does_not_replace_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here, told = store.Store(Machine(False), "n", ("vg",)), []

    def parse(*_said: object) -> State:
        mine = state()
        told.append(mine)
        if len(told) == 1:  # a second one begins and ends while the first one reads
            here.report()
        return mine

    monkeypatch.setattr(store, "read", lambda *argv: "")
    monkeypatch.setattr(store, "parse", parse)
    assert here.report() is told[0] and here.recent() is told[1]


def test_a_report_that_hangs_holds_up_nobody_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    here, asked, go = store.Store(Machine(False), "n", ("vg",)), [], threading.Event()
    answers: list[str] = []

    def hang(*_argv: str) -> str:
        asked.append(1)
        go.wait(5)
        raise CommandFailed("LVM hung", code="command-timeout")

    def ask() -> None:
        with pytest.raises(CairnError) as refused:
            here.recent()
        answers.append(refused.value.code)

    monkeypatch.setattr(store, "read", hang)
    threads = [threading.Thread(target=ask) for _each in range(5)]
    for each in threads:
        each.start()
    time.sleep(0.1)
    go.set()
    for each in threads:
        each.join(5)
    assert answers == ["command-timeout"] * 5 and len(asked) == 1, "what one waited for in vain nobody waits for again"
    monkeypatch.setattr(store, "_REPORT", 0.05)
    go.clear()
    slow = threading.Thread(target=ask)
    slow.start()
    time.sleep(0.05)
    ask()
    assert answers[-1] == "report-hung"
    go.set()
    slow.join(5)


def test_paths_are_what_the_kernel_calls_them(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "kubelet").symlink_to(tmp_path / "real")
    machine = Machine(False, f"{tmp_path}/kubelet/")
    assert machine.real(f"{tmp_path}/kubelet/pods/x") == f"{tmp_path}/real/pods/x" and machine.real("/other") == "/other"


def test_in_a_container_commands_and_files_are_the_hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cairn_csi.host._ENTER", ("env", "ENTERED=yes"))
    asked: list[str] = []
    monkeypatch.setattr("cairn_csi.host._empty", lambda path: asked.append(path) or str(tmp_path))
    try:
        machine = Machine(True, "/var/lib/kubelet/")
        assert asked == ["/proc/1/root/run/cairn-csi/empty"] and command.read("pwd") == f"{tmp_path}\n"
        assert command.read("sh", "-c", "echo $ENTERED") == "yes\n"
        assert (machine.path("/dev/vg/a"), machine.kubelet) == ("/proc/1/root/dev/vg/a", "/var/lib/kubelet")
        assert Machine(False).path("/dev/vg/a") == "/dev/vg/a" and command.read("sh", "-c", "echo $ENTERED") == "\n"
        assert command.read("pwd") == f"{tmp_path}\n", "nor is it the root without a container"
    finally:
        command.run_through()
        command.run_in()


def test_commands_run_in_an_empty_folder_that_only_root_writes_to(tmp_path: Path) -> None:
    place = tmp_path / "cairn-csi" / "empty"
    assert host._empty(str(place)) == host._empty(str(place)) == str(place) and place.stat().st_mode & 0o777 == 0o700
    for wrong in ("shared", "link"):
        folder = tmp_path / wrong
        folder.mkdir()
        (folder / "empty").symlink_to(place) if wrong == "link" else (folder / "empty").mkdir()
        if wrong == "shared":
            (folder / "empty").chmod(0o777)
        with pytest.raises(CairnError) as refused:
            host._empty(str(folder / "empty"))
        assert refused.value.code == "folder-foreign"


def test_a_pods_name_is_what_kubelet_calls_the_folder_of_its_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_LOGS", str(tmp_path))
    for each in ("mine_web-0_u1", "mine_web-0_u11", "kube-system_dns-5d_u2"):
        (tmp_path / each).mkdir()
    machine = Machine(False)
    assert [machine.pod_name(uid) for uid in ("u1", "u2", "u3", "*")] == [("mine", "web-0"), ("kube-system", "dns-5d"), ("", ""), ("", "")]


@pytest.mark.parametrize(
    ("block", "expected"), [(b"XFSB" + bytes(122) + b"\1" + bytes(385), True), (b"XFSB" + bytes(508), False), (bytes(512), False), (b"", False)]
)
def test_mkfs_that_was_killed_leaves_a_mark(tmp_path: Path, block: bytes, expected: bool) -> None:
    (tmp_path / "device").write_bytes(block)
    assert unfinished_xfs(str(tmp_path / "device")) is expected


def test_while_lvm_is_known_to_hang_nobody_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "lock", str(tmp_path / "lock"))
    here, go, reads = store.Store(Machine(False), "n", ("vg",)), threading.Event(), []

    def read(*_argv: str) -> str:
        reads.append(1)
        if len(reads) > 1:
            go.wait(10)
        return ""

    def held() -> None:
        with here.lock():
            here.report("vg")

    monkeypatch.setattr(store, "read", read)
    monkeypatch.setattr(store, "parse", lambda *_said: state())
    known = here.recent()
    monkeypatch.setattr(store, "_REPORT", 0.1)
    monkeypatch.setattr(store, "_HANGS", 0.2)
    slow = threading.Thread(target=held)
    slow.start()
    while len(reads) < 2:
        time.sleep(0.01)
    waits: list[str] = []

    def queue() -> None:
        with pytest.raises(Busy) as refused, here.lock():
            pass
        waits.append(refused.value.code)

    # One was in the queue before anybody knew; the limit of the queue itself is a minute.
    early = threading.Thread(target=queue)
    early.start()
    early.join(5)
    began = time.monotonic()
    queue()
    for ask in (here.report, lambda: here.recent(-1), lambda: here.get(Id("n", "vg", "csi-a"))):
        with pytest.raises(Busy) as refused:
            ask()
        assert (refused.value.code, refused.value.grpc) == ("report-hung", "ABORTED") and "dead disk" in str(refused.value)
    assert time.monotonic() - began < 2 and waits == ["report-hung"] * 2 and len(reads) == 2, "nor does anybody ask LVM once more"
    assert here.recent(60) is known, "what is known well enough is told all the same"
    go.set()
    slow.join(5)
    with here.lock():
        assert here.report() is not known, "once it answers, all goes on"


def test_a_tag_makes_nobody_ask_lvm_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "lock", str(tmp_path / "lock"))
    here, reports, ran = store.Store(Machine(False), "n", ("vg",)), [], []
    volume = lv("volume", "a", facts={"made": UNMADE})
    seen = state(replace(volume, tags=(*volume.tags, "theirs")), lv("volume", "b"))

    def parse(*_said: object) -> State:
        reports.append(seen)
        return seen

    monkeypatch.setattr(store, "read", lambda *argv: "")
    monkeypatch.setattr(store, "parse", parse)
    monkeypatch.setattr(store, "mutate", lambda step: ran.append(str(step)))
    which = Id("n", "vg", "csi-a")
    here.mark(here.get(which, seconds=60), made="uuid")
    assert ran == ["lvchange --deltag cairn.csi.made=no --addtag cairn.csi.made=uuid vg/csi-a"]
    after = here.get(which, seconds=60)
    assert after.facts.made == "uuid" and "theirs" in after.volume.tags and after.group.free == seen.groups[0].free and len(reports) == 1
    assert after.volume.extents == 16 and here.get(Id("n", "vg", "csi-b"), seconds=60).facts.made == ""
    # What was read before another change is not made good by it.
    here.apply(Plan((Action("make", "logical volume", "vg/x", ()),)))
    here.mark(after, made="other")
    here.recent(60)
    assert len(reports) == 2
