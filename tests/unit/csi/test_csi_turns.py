"""Calls about one volume: in turn, never turned away by each other, and none holds its turn while it waits for another's."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Busy, Refused
from ansible_collections.cairn.storage.plugins.module_utils._core.mounts import Mount
from cairn_csi import delete, device_mapper, jobs, removing, turns
from cairn_csi.errors import Unfinished
from cairn_csi.names import Id
from csi_state import lv, state

VOLUME = Id("node1", "vg", "csi-pvc-1")


class Call(threading.Thread):
    """A call of the server, in a thread of its own."""

    def __init__(self, queue: turns.Turns, method: str, work: Callable[[], None], about: str = str(VOLUME), seconds: float = 5.0) -> None:
        super().__init__()
        request = SimpleNamespace(**{"name" if method.startswith("Create") else "volume_id": about})
        self.turn = turns.Turn(queue, turns.about(method, request), time.monotonic() + seconds)
        self.work, self.code = work, ""
        self.start()

    def run(self) -> None:
        try:
            with turns.turn_of(self.turn):
                self.work()
            self.code = "OK"
        except Busy as refused:
            self.code = refused.grpc


def begin(*told: Any, **more: Any) -> tuple[Call, Call]:
    call = Call(*told, **more)
    return call, call


def test_calls_about_one_volume_take_turns_in_the_order_in_which_they_came() -> None:
    server, seen, go = turns.Turns(), [], threading.Event()

    def slow() -> None:
        seen.append("first begins")
        go.wait(5)
        seen.append("first ends")

    begun = [begin(server, "NodeStageVolume", slow)]
    for number in range(3):
        time.sleep(0.02)
        begun.append(begin(server, "NodeUnstageVolume", lambda number=number: seen.append(number)))
    # By its name as well, and another's does not wait.
    time.sleep(0.02)
    begun.append(begin(server, "CreateVolume", lambda: seen.append("made"), "pvc-1"))
    begun.append(begin(server, "CreateVolume", lambda: seen.append("other"), "pvc-2"))
    begun[-1][1].join(5)
    assert seen == ["first begins", "other"]
    go.set()
    for call, thread in begun:
        thread.join(5)
        assert call.code == "OK"
    assert seen == ["first begins", "other", "first ends", 0, 1, 2, "made"] and not server._queues


def test_a_call_has_an_answer_before_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    server, go = turns.Turns(), threading.Event()
    holder = begin(server, "NodeStageVolume", lambda: go.wait(5) and None)
    began = time.monotonic()
    late, thread = begin(server, "NodeUnstageVolume", lambda: None, seconds=0.2)
    thread.join(5)
    assert late.code == "ABORTED" and time.monotonic() - began < 1
    # Behind one that hangs nobody waits.
    monkeypatch.setattr(turns, "_HANGS", 0.0)
    began = time.monotonic()
    early, thread = begin(server, "NodeUnstageVolume", lambda: None)
    thread.join(5)
    assert early.code == "ABORTED" and time.monotonic() - began < 1
    go.set()
    holder[1].join(5)
    assert not server._queues


def test_who_waits_for_others_lets_them_have_their_turn() -> None:
    server, seen, unstaged = turns.Turns(), [], threading.Event()

    def remove() -> None:
        seen.append("waits")
        with turns.aside():
            assert unstaged.wait(5)
        seen.append("removed")

    removal = begin(server, "DeleteVolume", remove)
    time.sleep(0.02)
    unstage = begin(server, "NodeUnstageVolume", lambda: (seen.append("unstaged"), unstaged.set()) and None)
    for call, thread in (removal, unstage):
        thread.join(5)
        assert call.code == "OK"
    assert seen == ["waits", "unstaged", "removed"]


def test_a_job_takes_nobodys_turn_away() -> None:
    """What a job waits for says nothing of the call that began it."""
    server, here, seen, go = turns.Turns(), jobs.Jobs(), [], threading.Event()

    def work(_stop: object) -> None:
        with turns.aside():
            go.wait(5)

    def ask() -> None:
        here.start("a", work)
        time.sleep(0.1)
        seen.append("still mine")

    first = begin(server, "CreateVolume", ask, "pvc-1")
    time.sleep(0.05)
    second = begin(server, "DeleteVolume", lambda: seen.append("next"))
    for _call, thread in (first, second):
        thread.join(5)
    go.set()
    assert seen == ["still mine", "next"]


def test_what_a_job_stands_in_the_way_of_waits_for_the_job() -> None:
    here, go, tries = jobs.Jobs(), threading.Event(), []
    here.start("n/vg/csi-a", lambda stop: go.wait(5) and None)

    def attempt() -> str:
        tries.append(1)
        if not go.is_set():
            threading.Timer(0.1, go.set).start()
            raise Unfinished("it is being wiped.", job=Id("n", "vg", "csi-a"), code="volume-wiping")
        return "made"

    assert here.settled(attempt) == "made" and len(tries) == 2


@pytest.mark.parametrize("running", [False, True])
def test_without_a_job_or_with_one_that_lasts_the_refusal_is_the_answer(running: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 0.05)
    here, go, tries = jobs.Jobs(), threading.Event(), []
    if running:
        here.start("a", lambda stop: go.wait(5) and None)

    def attempt() -> None:
        tries.append(1)
        raise Unfinished("it is being wiped.", job="a", code="volume-wiping")

    with pytest.raises(Busy) as refused:
        here.settled(attempt)
    go.set()
    assert refused.value.code == "volume-wiping" and len(tries) == (1 if running else 2)


class Machine:
    """Open until the time is over, and mounted there."""

    def __init__(self, seconds: float, *mounted: str) -> None:
        self.until, self.mounted = time.monotonic() + seconds, mounted

    def opened(self, _path: str) -> int:
        return int(time.monotonic() < self.until)

    def mounts_of(self, _path: str) -> list[Mount]:
        mounted = self.mounted if self.opened("") else ()
        return [replace(mount("/"), path=path) for path in mounted]

    @staticmethod
    def kubelets(there: Mount) -> bool:
        return there.path.startswith("/kubelet/")


def mount(path: str) -> Mount:
    from ansible_collections.cairn.storage.plugins.module_utils._core.mounts import mountinfo

    return mountinfo(f"29 1 253:3 / {path} rw,relatime shared:1 - ext4 /dev/mapper/vg-csi rw\n")[0]


class Store:
    def __init__(self, machine: Machine, *volumes: Any) -> None:
        self.machine, self.state, self.groups, self.reports = machine, state(*volumes), ("vg",), 0
        self.applied: list[Any] = []

    def lock(self) -> Any:
        return threading.Lock()

    def recent(self, _seconds: float) -> Any:
        return self.state

    def fresh(self, _group: str) -> Any:
        self.reports += 1
        return self.state

    def apply(self, plan: Any) -> None:
        self.applied.append(plan)


PLAIN = lv("volume", "pvc-1")


def test_a_volume_that_kubelet_is_about_to_take_from_its_node_is_waited_for() -> None:
    store = Store(Machine(0.5, "/kubelet/staging"), PLAIN)
    removing.destroy(store, jobs.Jobs(), VOLUME)  # type: ignore[arg-type]
    assert store.reports == 1 and [str(step) for plan in store.applied for action in plan.actions for step in action.steps] == [
        "lvremove --yes vg/csi-pvc-1"
    ]


@pytest.mark.parametrize(
    ("machine", "volumes", "found"),
    [
        # What does not end by itself is told at once.
        (Machine(1e9, "/mnt"), (PLAIN,), "vg/csi-pvc-1 is mounted at /mnt"),
        (Machine(1e9, "/kubelet/staging", "/mnt"), (PLAIN,), "vg/csi-pvc-1 is mounted at /mnt"),
        (Machine(1e9, "/kubelet/staging"), (PLAIN, lv("snapshot", "s", 4, origin="csi-pvc-1")), "snap-s"),
        # And at the end of the time what is left.
        (Machine(1e9, "/kubelet/staging"), (PLAIN,), "vg/csi-pvc-1 is open"),
        (Machine(1e9), (PLAIN,), "vg/csi-pvc-1 is open"),
    ],
)
def test_what_is_in_use_is_not_removed(machine: Machine, volumes: tuple[Any, ...], found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 0.3)
    monkeypatch.setattr(removing, "_CLOSED", 0.2)
    store, began = Store(machine, *volumes), time.monotonic()
    with pytest.raises(Refused) as refused:
        removing.destroy(store, jobs.Jobs(), VOLUME)  # type: ignore[arg-type]
    assert refused.value.found == found and store.applied == [] and time.monotonic() - began < 3


def test_what_is_left_after_a_removal_is_known_without_a_report() -> None:
    seen = state(PLAIN, lv("volume", "thin", thin=True), lv("volume", "raw", facts={"wipe": "zero"}))
    plain = delete.decide(seen, VOLUME).first.after.groups[0]
    assert plain.lv("csi-pvc-1") is None and plain.free == seen.groups[0].free + 16
    thin = delete.decide(seen, Id("node1", "vg", "csi-thin")).first.after.groups[0]
    assert thin.lv("csi-thin") is None and thin.free == seen.groups[0].free
    assert delete.decide(seen, Id("node1", "vg", "csi-raw")).first.after is None, "it is not gone yet"


def test_refusals_that_end_with_a_job_name_it() -> None:
    copying = {"state": "copying", "origin": "vg/snap-s", "source": "node1/vg/snap-s"}
    seen = state(PLAIN, lv("snapshot", "s", 4, origin="csi-pvc-1"), lv("volume", "new", facts=copying))
    with pytest.raises(Unfinished) as restored:
        delete.decide(seen, Id("node1", "vg", "snap-s"))
    cloning = {"state": "copying", "origin": "vg/work-csi-new", "source": "node1/vg/csi-pvc-1"}
    seen = state(PLAIN, lv("work", "csi-new", 4, origin="csi-pvc-1", facts={"source": str(VOLUME)}), lv("volume", "new", facts=cloning))
    with pytest.raises(Unfinished) as cloned:
        delete.decide(seen, VOLUME)
    assert restored.value.job == cloned.value.job == "node1/vg/csi-new"


def test_the_kernels_structure_has_its_size(tmp_path: Path) -> None:
    assert device_mapper._STATUS.size == 312 and device_mapper._DM_DEV_STATUS == 0xC138FD07
    (tmp_path / "control").write_text("")
    with pytest.raises(OSError):
        device_mapper.open_count(str(tmp_path / "control"), 0)
