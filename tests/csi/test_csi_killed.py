"""The driver dies before each storage command of each call: the caller asks the next process again, and gets what it asked for, once.

The process dies with all that it has started, as a container does. After the last command it dies too, before anybody has heard its answer.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass

import pytest
from csi_calls import MIB, TARGET, Call, again, create, gone, made, named, pods
from csi_node import GROUP, Driver

from host_play import lab  # found by csi_node

#: Far more commands than any call has.
MOST = 40


@dataclass(frozen=True)
class Case:
    """A call on volumes that were made for it; ``{node}`` in its ids is the node's name."""

    name: str
    call: Call
    #: What there is before: volumes to make, snapshots to take, and pods to have one.
    volumes: tuple[Call, ...] = ()
    before: tuple[Call, ...] = ()
    #: The calls after which only ``left`` is there and can go.
    after: tuple[Call, ...] = ()
    #: Logical volumes and their sizes in MiB once the call has succeeded; a thick snapshot has room for a fifth of its volume to change, and more.
    there: dict[str, int] | None = None


def _id(name: str) -> str:
    return f"{{node}}/{GROUP}/{name}"


def expand(size: int) -> Call:
    return "NodeExpandVolume", {"volume_id": ORIGIN, "volume_path": f"{TARGET}/origin", "capacity_range": {"required_bytes": size}}


ORIGIN = _id("csi-origin")
STAGE, PUBLISH = pods(ORIGIN, "origin")
UNPUBLISH, UNSTAGE = pods(ORIGIN, "origin", up=False)
SNAPSHOT = ("CreateSnapshot", {"name": "taken", "source_volume_id": ORIGIN})
UNSNAP = ("DeleteSnapshot", {"snapshot_id": _id("snap-taken")})
#: Of volumes that are wiped: each of many rounds writes all of it several times.
SMALL = 16 * MIB
RAW = create("origin", "block", SMALL, wipe="zero")
RAW_UP, RAW_DOWN = pods(ORIGIN, "origin", "block"), pods(ORIGIN, "origin", "block", up=False)
LINEAR, THIN = create("origin"), create("origin", type="thin")
THIN_XFS = create("origin", "xfs", 320 * MIB, type="thin")
CLONE = {"volume": {"volume_id": ORIGIN}}
RESTORE = {"snapshot": {"snapshot_id": _id("snap-taken")}}
BOTH = {"csi-origin": 64, "csi-copy": 64}
CASES = [
    Case("create linear", LINEAR, there={"csi-origin": 64}),
    Case("create raid1", create("origin", type="raid1"), there={"csi-origin": 64}),
    Case("create thin", THIN, there={"csi-origin": 64}),
    Case("create raw", RAW, there={"csi-origin": 16}),
    Case("stage", STAGE, (LINEAR,), after=(UNSTAGE,), there={"csi-origin": 64}),
    Case("stage xfs", pods(ORIGIN, "origin", "xfs")[0], (THIN_XFS,), after=(UNSTAGE,), there={"csi-origin": 320}),
    Case("publish", PUBLISH, (LINEAR,), (STAGE,), (UNPUBLISH, UNSTAGE), {"csi-origin": 64}),
    Case("expand", expand(128 * MIB), (LINEAR,), (STAGE, PUBLISH), (UNPUBLISH, UNSTAGE), {"csi-origin": 128}),
    Case("expand raw", expand(2 * SMALL), (RAW,), RAW_UP, RAW_DOWN, {"csi-origin": 32}),
    Case("unpublish", UNPUBLISH, (LINEAR,), (STAGE, PUBLISH), (UNSTAGE,), {"csi-origin": 64}),
    Case("unstage", UNSTAGE, (LINEAR,), (STAGE,), (), {"csi-origin": 64}),
    Case("snapshot thick", SNAPSHOT, (LINEAR,), (), (UNSNAP,), {"csi-origin": 64, "snap-taken": 20}),
    Case("snapshot thin", SNAPSHOT, (THIN,), (), (UNSNAP,), {"csi-origin": 64, "snap-taken": 64}),
    Case("clone thick", create("copy", source=CLONE), (LINEAR,), there=BOTH),
    Case("restore thick", create("copy", source=RESTORE), (LINEAR,), (SNAPSHOT,), (UNSNAP,), {**BOTH, "snap-taken": 20}),
    Case("clone thin", create("copy", source=CLONE, type="thin"), (THIN,), there=BOTH),
    Case("delete snapshot", UNSNAP, (LINEAR,), (SNAPSHOT,), (), {"csi-origin": 64}),
    Case("delete linear", ("DeleteVolume", {"volume_id": ORIGIN}), (LINEAR,), there={}),
    Case("delete thin", ("DeleteVolume", {"volume_id": ORIGIN}), (THIN,), there={}),
    Case("delete wiped", ("DeleteVolume", {"volume_id": ORIGIN}), (RAW,), there={}),
    Case("delete wiped snapshot", UNSNAP, (RAW,), (SNAPSHOT,), (), {"csi-origin": 16}),
    Case("clone wiped", create("copy", "block", SMALL, CLONE), (RAW,), there={"csi-origin": 16, "csi-copy": 16}),
]


def sizes(here: Driver) -> dict[str, int]:
    """The driver's logical volumes and their sizes in MiB; half-made ones are told as such."""
    lines = here.shell(f"lvs --noheadings --units m --nosuffix --options lv_name,lv_size,lv_tags {GROUP}").splitlines()
    found = (line.split() for line in lines if "cairn.csi" in line)
    return {name + (" half-made" if "cairn.csi.state" in tags else ""): int(float(size)) for name, size, tags in found}


def dies(here: Driver, call: Call, at: int) -> str:
    """The command before which the driver died, nothing when the call came to its end before that; then it dies afterwards."""
    lab("hold", here.node, "--at", str(at))
    answers: list[dict] = []
    asking = threading.Thread(target=lambda: answers.extend(here.calls(call)))
    asking.start()
    held = ""
    while asking.is_alive() and not held:
        held = here.shell("cat /run/cairn-lab/hold/held 2>/dev/null || true")
    here.kill()
    lab("hold", here.node, "--release")
    asking.join(60)
    assert held or "code" not in answers[0], answers
    here.start()
    return " ".join(json.loads(held)["argv"]) if held else ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_killed_before_each_command(here: Driver, case: Case) -> None:
    call = named(here, case.call)
    for at in range(1, MOST):
        for volume in case.volumes:
            made(here, *volume)
        for before in case.before:
            assert "code" not in again(here, named(here, before))
        held = dies(here, call, at)
        print(f"{case.name}: died {f'before {held}' if held else 'at the end'}", file=sys.stderr, flush=True)
        answer = again(here, call)
        assert "code" not in answer, answer
        assert sizes(here) == case.there
        assert again(here, call) == answer, "the same, however often it is asked for"
        for after in case.after:
            assert "code" not in again(here, named(here, after))
        # A snapshot goes before the volume that it is of.
        gone(here, *(f"{here.node}/{GROUP}/{name}" for name in sorted(sizes(here), key=lambda name: name == "csi-origin")))
        assert sizes(here) == {} and here.shell(f"grep -c {GROUP}- /proc/mounts || true").strip() == "0"
        if not held:
            assert at > 1, "no storage command was seen"
            return
    raise AssertionError(f"more than {MOST} commands")
