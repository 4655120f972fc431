"""New volumes that are filled before they are given out: with what they are copied from, and with zeroes."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core import command
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Busy
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import State
from cairn_csi import copying, jobs, zeroing
from cairn_csi.inventory import Found
from cairn_csi.names import Id
from csi_state import MIB, lv, state


class Copying:
    """A store in which a volume that has been copied is held open for some reports more."""

    def __init__(self, held: int) -> None:
        self.held, self.done = held, 0
        self.activated: list[str] = []

    def lock(self) -> contextlib.AbstractContextManager:
        return contextlib.nullcontext()

    def report(self, _group: str = "") -> State:
        self.held -= 1
        told = {"state": "copying", "origin": "vg/csi-a", "bytes": 64, "copied": 64}
        return state(lv("volume", "a", active=True), lv("volume", "new", facts=told, open=self.held >= 0))

    def apply(self, _plan: Plan) -> None:
        self.done += 1

    def activate(self, found: Found) -> None:
        self.activated.append(found.volume.name)


def test_who_only_looks_at_a_new_volume_is_waited_for_and_who_writes_to_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_LOOKED_AT", 0.5)
    udev, orphan = Copying(1), Copying(99)
    copying.fill(udev, jobs.Jobs(), Id("node1", "vg", "csi-new"), lambda: False)  # type: ignore[arg-type]
    assert udev.done == 2, "the finish, and nothing that had to go"
    assert udev.activated == ["csi-a", "csi-new"], "both need a device; dd would make a file of the second"
    with pytest.raises(Busy) as refused:
        copying.fill(orphan, jobs.Jobs(), Id("node1", "vg", "csi-new"), lambda: False)  # type: ignore[arg-type]
    assert refused.value.code == "copy-orphan" and orphan.done == 0


class Tagged(Copying):
    """A store with one raw volume of 64 MiB that keeps the tags which it is told, as LVM does."""

    def __init__(self, **told: object) -> None:
        super().__init__(0)
        facts = {"access": "block", "wipe": "zero", **told}
        self.volume = lv("volume", "new", facts=facts)

    def report(self, _group: str = "") -> State:
        return state(lv("volume", "a", active=True), self.volume)

    def apply(self, plan: Plan) -> None:
        for step in (step for action in plan.actions for step in action.steps):
            pairs = list(zip(step.argv, step.argv[1:]))
            gone, new = ({tag for option, tag in pairs if option == which} for which in ("--deltag", "--addtag"))
            assert step.argv[-1] == "vg/csi-new" and gone <= set(self.volume.tags)
            self.volume = replace(self.volume, tags=tuple(sorted({*self.volume.tags, *new} - gone)))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"state": "zeroing"}, ["blkdiscard 0+64", "sync"]),
        ({"state": "zeroing", "copied": 48 * MIB}, ["blkdiscard 48+16", "sync"]),
        ({"state": "zeroing", "copied": 64 * MIB}, []),
        ({"state": "copying", "origin": "vg/csi-a", "bytes": 32 * MIB}, ["dd", "blkdiscard 32+32", "sync"]),
        ({"state": "copying", "origin": "vg/csi-a", "bytes": 32 * MIB, "copied": 32 * MIB}, ["blkdiscard 32+32", "sync"]),
        ({"state": "copying", "origin": "vg/csi-a", "bytes": 64 * MIB}, ["dd"]),
        ({"state": "copying", "origin": "vg/csi-a", "bytes": 32 * MIB, "zero_new": "false"}, ["dd"]),
        ({"state": "copying", "origin": "vg/csi-a", "bytes": 32 * MIB, "layout": "thin"}, ["dd"]),
        ({"state": "copying", "origin": "vg/csi-a", "bytes": 32 * MIB, "access": "ext4"}, ["dd"]),
        ({}, []),
    ],
)
def test_what_nothing_is_copied_to_of_a_raw_volume_is_zeroed(monkeypatch: pytest.MonkeyPatch, told: dict, expected: list) -> None:
    ran: list[str] = []

    def run(step: command.Command) -> None:
        words = dict(zip(step.argv, step.argv[1:]))
        place = f" {int(words['--offset']) // MIB}+{int(words['--length']) // MIB}" if "--offset" in words else ""
        ran.append(step.argv[0] + place)

    monkeypatch.setattr(copying, "run", run)
    monkeypatch.setattr(zeroing, "run", run)
    here = Tagged(**told)
    copying.fill(here, jobs.Jobs(), Id("node1", "vg", "csi-new"), lambda: False)  # type: ignore[arg-type]
    assert ran == expected
    assert not any(key in tag for tag in here.volume.tags for key in (".state=", ".copied=", ".origin=", ".bytes=")), "a volume like any other"


def test_zeroing_that_is_told_to_stop_leaves_the_volume_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zeroing, "_LOOKED_AT", 0.2)
    here = Tagged(state="zeroing")
    with pytest.raises(Busy) as stopped:
        copying.fill(here, jobs.Jobs(), Id("node1", "vg", "csi-new"), lambda: True)  # type: ignore[arg-type]
    assert stopped.value.code == "zero-stopped" and "cairn.csi.state=zeroing" in here.volume.tags
    here.volume = replace(here.volume, open=True)
    with pytest.raises(Busy) as orphan:
        copying.fill(here, jobs.Jobs(), Id("node1", "vg", "csi-new"), lambda: False)  # type: ignore[arg-type]
    assert orphan.value.code == "zero-orphan", "what still writes zeroes would write them over the next tenant's data"
