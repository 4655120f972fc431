"""What requests mean, given what is there: the commands that follow, or the refusal with its gRPC code."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._core.quantity import Percent
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, State
from cairn_csi import capability, create, delete, expand, snapshot
from cairn_csi.content import Origin
from cairn_csi.inventory import Found, find, named, page
from cairn_csi.names import Id
from cairn_csi.parameters import parse_class
from cairn_csi.placement import allowed, choose, room
from cairn_csi.delete import leftovers
from cairn_csi.tags import facts
from csi_state import EXTENT, MIB, POOL, group, lv, state

NODE = "node1"
MOUNT, BLOCK = capability.check("mount", capability.WRITER), capability.check("block", capability.WRITER)


def commands(plan: Plan) -> list[str]:
    return [str(step) for action in plan.actions for step in action.steps]


def words(plan: Plan) -> list[str]:
    """The commands without their tags, for tests that are not about these."""
    return [" ".join(word for word in line.split() if word != "--addtag" and not word.startswith("cairn.csi.")) for line in commands(plan)]


def wish(
    name: str = "new", least: int = 64 * MIB, most: int = 0, parameters: dict[str, str] | None = None, use: Any = MOUNT, **more: Any
) -> create.Wish:
    return create.Wish(name, least, most, parse_class(parameters or {}), use, **more)


def decide(seen: State, **fields: Any) -> create.Decision:
    return create.decide(seen, NODE, ("vg*",), wish(**fields))


def found(seen: State, name: str) -> Found:
    there = find(seen, Id(NODE, "vg", name))
    assert there
    return there


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "lvcreate --yes --wipesignatures y --zero y --type linear --extents 16 --name csi-new vg"),
        (
            {"type": "striped", "stripes": "3"},
            "lvcreate --yes --wipesignatures y --zero y --type striped --stripes 3 --stripesize 65536b --extents 18 --name csi-new vg",
        ),
        ({"type": "raid1"}, "lvcreate --yes --wipesignatures y --zero y --type raid1 --mirrors 1 --extents 16 --name csi-new vg"),
        ({"type": "thin"}, "lvcreate --type thin --virtualsize 67108864b --thinpool pool --name csi-new vg"),
    ],
)
def test_a_new_volume_is_one_command(parameters: dict[str, str], expected: str) -> None:
    decision = decide(state(), parameters=parameters)
    assert words(decision.plan) == [expected]
    assert str(decision.id) == "node1/vg/csi-new" and decision.bytes >= 64 * MIB and not decision.fill
    assert "cairn.csi.name=new" in commands(decision.plan)[0] and "cairn.csi.kind=volume" in commands(decision.plan)[0]


def test_asked_again_it_is_there_already() -> None:
    decision = decide(state(lv("volume", "new")))
    assert decision.plan == Plan() and decision.bytes == 64 * MIB


def test_an_interrupted_copy_goes_on() -> None:
    copied = lv("volume", "new", facts={"state": "copying", "origin": "vg/snap-s", "source": "node1/vg/snap-s"})
    seen = state(lv("volume", "a"), lv("snapshot", "s", 4, origin="csi-a", facts={"bytes": 64 * MIB}), copied)
    decision = decide(seen, origin=Origin("snapshot", "node1/vg/snap-s"))
    assert decision.plan == Plan() and decision.fill


def test_a_thin_snapshot_that_did_not_grow_yet_does() -> None:
    origin = lv("snapshot", "s", thin=True, facts={"bytes": 64 * MIB})
    seen = state(origin, lv("volume", "new", thin=True, origin="snap-s", facts={"source": "node1/vg/snap-s"}))
    decision = decide(seen, parameters={"type": "thin"}, least=128 * MIB, origin=Origin("snapshot", "node1/vg/snap-s"))
    assert commands(decision.plan) == ["lvextend --size 134217728b vg/csi-new"] and not decision.fill


REFUSED: list[tuple[State, dict[str, Any], str, str]] = [
    (state(lv("volume", "new")), {"least": 128 * MIB}, "volume-size", "ALREADY_EXISTS"),
    (state(lv("volume", "new")), {"least": 0, "most": 32 * MIB}, "volume-size", "ALREADY_EXISTS"),
    (state(lv("volume", "new")), {"use": BLOCK}, "volume-access", "ALREADY_EXISTS"),
    (state(lv("volume", "new")), {"parameters": {"type": "thin"}}, "volume-layout", "ALREADY_EXISTS"),
    (state(lv("volume", "new", facts={"source": "node1/vg/snap-s"})), {}, "volume-source", "ALREADY_EXISTS"),
    (state(lv("volume", "new", facts={"state": "wiping"})), {}, "volume-wiping", "ABORTED"),
    (state(LogicalVolume("csi-new", 16, "x")), {}, "name-taken", "ALREADY_EXISTS"),
    (state(), {"least": 2 * MIB, "most": MIB}, "range", "OUT_OF_RANGE"),
    (state(), {"least": 61 * MIB, "most": 63 * MIB}, "limit", "OUT_OF_RANGE"),
    (state(), {"least": 2**50}, "node-full", "RESOURCE_EXHAUSTED"),
    (state(), {"least": 3000 * EXTENT, "parameters": {"type": "raid1"}}, "node-full", "RESOURCE_EXHAUSTED"),
    (state(), {"least": 501 * EXTENT, "parameters": {"type": "thin"}}, "node-full", "RESOURCE_EXHAUSTED"),
    (state(), {"parameters": {"type": "striped", "stripes": "4"}}, "node-full", "RESOURCE_EXHAUSTED"),
    (state(), {"parameters": {"volumeGroup": "other"}}, "vg-none", "RESOURCE_EXHAUSTED"),
    (state(), {"parameters": {"volumeGroupTag": "ssd"}}, "vg-none", "RESOURCE_EXHAUSTED"),
    (state(name="system"), {}, "vg-none", "RESOURCE_EXHAUSTED"),
    (state(exported=True), {}, "vg-none", "RESOURCE_EXHAUSTED"),
    (state(), {"parameters": {"type": "thin", "thinPool": "other"}}, "pool-none", "RESOURCE_EXHAUSTED"),
]


@pytest.mark.parametrize(("seen", "asked", "code", "grpc"), REFUSED)
def test_what_cannot_be_made_is_refused(seen: State, asked: dict[str, Any], code: str, grpc: str) -> None:
    with pytest.raises(CairnError) as refused:
        decide(seen, **asked)
    assert (refused.value.code, refused.value.grpc) == (code, grpc) and refused.value.fix


def test_the_group_with_most_room_is_chosen() -> None:
    full, empty = group(lv("volume", "a", 900)), group(name="vg2")
    seen = State((full, empty))
    assert choose(allowed(seen, ("vg*",)), parse_class({}), 64 * MIB).name == "vg2"
    assert choose(allowed(seen, ("vg",)), parse_class({}), 64 * MIB).name == "vg"


@pytest.mark.parametrize(
    ("parameters", "extents"),
    [
        ({}, 2498),
        ({"type": "striped", "stripes": "3"}, 3 * 498),
        ({"type": "thin"}, 484),
        ({"type": "thin", "overprovisionRatio": "2"}, 484),
        ({"type": "striped", "stripes": "4"}, 0),
    ],
)
def test_capacity_is_that_of_the_largest_volume(parameters: dict[str, str], extents: int) -> None:
    assert room(group(lv("volume", "t", thin=True), lv("snapshot", "s", thin=True)), parse_class(parameters)) == extents * EXTENT


def test_a_full_or_sick_pool_has_no_room() -> None:
    for changes in ({"data_percent": 95.0}, {"health": "failed"}, {"check_needed": True}):
        pool = LogicalVolume(**{**POOL.__dict__, **changes})
        assert room(group().with_lv(pool, 0), parse_class({"type": "thin"})) == 0


def test_thin_volumes_share_their_sources_blocks() -> None:
    seen = state(lv("volume", "a", thin=True))
    decision = decide(seen, parameters={"type": "thin"}, least=128 * MIB, origin=Origin("volume", "node1/vg/csi-a"))
    assert words(decision.plan) == [
        "lvcreate --yes --snapshot --setactivationskip n --activate y --name csi-new vg/csi-a",
        "lvextend --size 134217728b vg/csi-new",
    ]
    assert not decision.fill


def test_a_thick_volume_is_copied_from_a_snapshot_of_it() -> None:
    seen = state(lv("volume", "a"))
    decision = decide(seen, origin=Origin("volume", "node1/vg/csi-a"))
    first, second = commands(decision.plan)
    assert decision.fill and "--name work-csi-new vg/csi-a" in first and "cairn.csi.kind=work" in first
    assert "cairn.csi.state=copying" in second and "cairn.csi.origin=vg/work-csi-new" in second and "--name csi-new vg" in second


def test_a_thick_snapshot_is_copied_as_it_is() -> None:
    seen = state(lv("volume", "a"), lv("snapshot", "s", 4, origin="csi-a", facts={"bytes": 64 * MIB}))
    decision = decide(seen, least=0, origin=Origin("snapshot", "node1/vg/snap-s"))
    assert len(decision.plan.actions) == 1 and decision.fill and decision.bytes == 64 * MIB
    assert "cairn.csi.origin=vg/snap-s" in commands(decision.plan)[0] and "cairn.csi.bytes=67108864" in commands(decision.plan)[0]


SOURCES = [
    ("snapshot", "non-existing", {}, "snapshot-unknown", "NOT_FOUND"),
    ("volume", "node1/vg/csi-other", {}, "volume-unknown", "NOT_FOUND"),
    ("volume", "node2/vg/csi-a", {}, "source-elsewhere", "RESOURCE_EXHAUSTED"),
    ("volume", "node1/vg/csi-a", {"least": 32 * MIB}, "source-larger", "OUT_OF_RANGE"),
    ("snapshot", "node1/vg/snap-lost", {}, "snapshot-overflow", "FAILED_PRECONDITION"),
    ("snapshot", "node1/vg/snap-hollow", {}, "snapshot-hollow", "ABORTED"),
    ("volume", "node1/vg/csi-half", {}, "source-unready", "ABORTED"),
    ("volume", "node1/vg/csi-theirs", {}, "not-ours", "FAILED_PRECONDITION"),
]


@pytest.mark.parametrize(("kind", "text", "asked", "code", "grpc"), SOURCES)
def test_what_cannot_be_copied_is_refused(kind: str, text: str, asked: dict[str, Any], code: str, grpc: str) -> None:
    lost = lv("snapshot", "lost", 4, origin="csi-a", invalid=True, facts={"bytes": 64 * MIB})
    half = lv("volume", "half", facts={"state": "copying"}), lv("snapshot", "hollow", 4)
    seen = state(lv("volume", "a"), lost, *half, LogicalVolume("csi-theirs", 4, "t"))
    with pytest.raises(CairnError) as refused:
        decide(seen, **asked, origin=Origin(kind, text))
    assert (refused.value.code, refused.value.grpc) == (code, grpc)


def test_snapshots_thin_and_thick() -> None:
    seen = state(lv("volume", "a", thin=True), lv("volume", "b"))
    thin, made = snapshot.decide(seen, NODE, "s", "node1/vg/csi-a", Percent(20, "ORIGIN"), 1700000000)
    assert words(thin) == ["lvcreate --yes --snapshot --setactivationskip n --activate n --name snap-s vg/csi-a"]
    assert (made.bytes, made.facts.created, snapshot.ready(made)) == (64 * MIB, 1700000000, True)
    thick, made = snapshot.decide(seen, NODE, "s", "node1/vg/csi-b", Percent(20, "ORIGIN"), 1)
    assert words(thick) == ["lvcreate --yes --snapshot --chunksize 4096b --extents 5 --name snap-s vg/csi-b"] and made.bytes == 64 * MIB


def test_a_snapshot_asked_for_again_is_there_and_of_another_volume_refused() -> None:
    seen = state(lv("volume", "a"), lv("volume", "b"), lv("snapshot", "s", 4, origin="csi-a", facts={"source": "node1/vg/csi-a", "bytes": 64 * MIB}))
    assert snapshot.decide(seen, NODE, "s", "node1/vg/csi-a", 0, 0)[0] == Plan()
    for name, origin, code, grpc in (
        ("s", "node1/vg/csi-b", "snapshot-source", "ALREADY_EXISTS"),
        ("t", "node1/vg/csi-c", "volume-unknown", "NOT_FOUND"),
        ("t", "node2/vg/csi-a", "volume-unknown", "NOT_FOUND"),
        ("t", "nonsense", "volume-unknown", "NOT_FOUND"),
    ):
        with pytest.raises(CairnError) as refused:
            snapshot.decide(seen, NODE, name, origin, 0, 0)
        assert (refused.value.code, refused.value.grpc) == (code, grpc)


def test_a_thick_snapshot_of_nothing_is_made_anew() -> None:
    hollow = lv("snapshot", "s", 4, facts={"source": "node1/vg/csi-a", "bytes": 64 * MIB})
    seen = state(lv("volume", "a", facts={"wipe": "zero"}), hollow)
    assert not snapshot.ready(found(seen, "snap-s"))
    again, made = snapshot.decide(seen, NODE, "s", "node1/vg/csi-a", Percent(20, "ORIGIN"), 1)
    first, second = words(again)
    assert first == "lvremove --yes vg/snap-s" and second.endswith("--name snap-s vg/csi-a")
    assert snapshot.ready(made) and made.facts.wipe == "zero", "it keeps what was in the volume's blocks"
    wiping = state(lv("volume", "a"), lv("snapshot", "s", 4, facts={"state": "wiping", "wipe": "zero"}))
    with pytest.raises(CairnError) as refused:
        snapshot.decide(wiping, NODE, "s", "node1/vg/csi-a", 0, 0)
    assert (refused.value.code, refused.value.grpc) == ("snapshot-wiping", "ABORTED")


def test_a_clones_snapshot_of_nothing_is_made_anew() -> None:
    seen = state(lv("volume", "a"), lv("work", "csi-new", 4))
    first, second, third = words(decide(seen, origin=Origin("volume", "node1/vg/csi-a")).plan)
    assert first == "lvremove --yes vg/work-csi-new" and second.endswith("--name work-csi-new vg/csi-a") and third.endswith("--name csi-new vg")


def test_a_clones_snapshot_that_is_being_wiped_is_waited_for() -> None:
    seen = state(lv("volume", "a"), lv("work", "csi-new", 4, origin="csi-a", facts={"state": "wiping", "wipe": "zero"}))
    with pytest.raises(CairnError) as refused:
        decide(seen, origin=Origin("volume", "node1/vg/csi-a"))
    assert (refused.value.code, refused.value.grpc) == ("work-wiping", "ABORTED")


def test_what_has_the_name_of_a_clones_snapshot_and_is_not_ours_is_left_alone() -> None:
    seen = state(lv("volume", "a"), LogicalVolume("work-csi-new", 4, "theirs"))
    with pytest.raises(CairnError) as refused:
        decide(seen, origin=Origin("volume", "node1/vg/csi-a"))
    assert (refused.value.code, refused.value.grpc) == ("not-ours", "FAILED_PRECONDITION")


@pytest.mark.parametrize("left", [(), (lv("snapshot", "s", 4, origin="csi-a", invalid=True, facts={"bytes": 64 * MIB}),)])
def test_what_a_volume_was_made_from_is_not_needed_once_it_is_there(left: tuple[LogicalVolume, ...]) -> None:
    here = lv("volume", "new", facts={"source": "node1/vg/snap-s"})
    assert decide(state(lv("volume", "a"), here, *left), origin=Origin("snapshot", "node1/vg/snap-s")).plan == Plan()


def test_deletion() -> None:
    seen = state(
        lv("volume", "plain"),
        lv("volume", "raw", facts={"wipe": "zero"}),
        lv("volume", "wiping", facts={"wipe": "zero", "state": "wiping"}, open=True),
        lv("volume", "copying", facts={"wipe": "zero", "state": "copying", "origin": "vg/work-csi-copying"}, open=True),
        lv("work", "csi-copying", 4, origin="csi-plain-too"),
    )
    assert delete.decide(seen, Id(NODE, "vg", "csi-none")) == delete.Removal()
    assert commands(delete.decide(seen, Id(NODE, "vg", "csi-plain")).first) == ["lvremove --yes vg/csi-plain"]
    raw = delete.decide(seen, Id(NODE, "vg", "csi-raw"))
    assert commands(raw.first) == ["lvchange --addtag cairn.csi.state=wiping vg/csi-raw"] and raw.wiped == (Id(NODE, "vg", "csi-raw"),)
    assert delete.decide(seen, Id(NODE, "vg", "csi-wiping")) == delete.Removal(Plan(), (Id(NODE, "vg", "csi-wiping"),))
    copying = delete.decide(seen, Id(NODE, "vg", "csi-copying"))
    mark, remove = commands(copying.first)
    assert mark == (
        "lvchange --deltag cairn.csi.origin=vg/work-csi-copying --deltag cairn.csi.state=copying --addtag cairn.csi.state=wiping vg/csi-copying"
    )
    assert remove == "lvremove --yes vg/work-csi-copying" and copying.wiped == (Id(NODE, "vg", "csi-copying"),)


def test_with_a_volume_goes_what_a_clone_that_was_given_up_has_left() -> None:
    seen = state(lv("volume", "a"), lv("work", "csi-b", 4, origin="csi-a", facts={"source": "node1/vg/csi-a"}))
    assert commands(delete.decide(seen, Id(NODE, "vg", "csi-a")).first) == ["lvremove --yes vg/work-csi-b", "lvremove --yes vg/csi-a"]


def test_what_stood_for_a_copy_goes_before_anybody_hears_that_the_copy_is_there() -> None:
    told = {"source": "node1/vg/csi-a", "wipe": "zero"}
    left = lv("work", "w", 4, origin="csi-a", lv_name="work-csi-new", facts=told)
    work = lv("work", "csi-new", 4, origin="csi-a", facts=told)
    other = lv("work", "csi-other", 4, origin="csi-a", facts=told)
    whole = lv("volume", "new", facts={"source": "node1/vg/csi-a"})
    copying = {"state": "copying", "origin": "vg/work-csi-new", "source": "node1/vg/csi-a"}
    decision = decide(state(lv("volume", "a"), whole, work, other), origin=Origin("volume", "node1/vg/csi-a"))
    assert commands(decision.plan) == ["lvchange --addtag cairn.csi.state=wiping vg/work-csi-new"]
    assert decision.left.wiped == (Id(NODE, "vg", "work-csi-new"),) and not decision.fill
    going_on = decide(state(lv("volume", "a"), lv("volume", "new", facts=copying), work), origin=Origin("volume", "node1/vg/csi-a"))
    assert going_on.fill and going_on.plan == Plan() and going_on.left == delete.Removal(), "it is still copied from"
    assert decide(state(lv("volume", "a"), whole, left), origin=Origin("volume", "node1/vg/csi-a")).plan == Plan(), "another's"
    # A volume that was given up takes it along, also when only it is left.
    gone = delete.decide(state(lv("volume", "a"), work, other), Id(NODE, "vg", "csi-new"))
    assert commands(gone.first) == ["lvchange --addtag cairn.csi.state=wiping vg/work-csi-new"] and gone.wiped == decision.left.wiped
    wiping = lv("volume", "new", facts={"source": "node1/vg/csi-a", "state": "wiping", "wipe": "zero"})
    both = delete.decide(state(lv("volume", "a"), wiping, work), Id(NODE, "vg", "csi-new"))
    assert set(both.wiped) == {Id(NODE, "vg", "csi-new"), Id(NODE, "vg", "work-csi-new")}


CLONE = lv("volume", "b", facts={"state": "copying", "origin": "vg/work-w"})


@pytest.mark.parametrize(
    ("volumes", "code", "grpc"),
    [
        ((lv("volume", "a", open=True),), "volume-open", "FAILED_PRECONDITION"),
        ((lv("volume", "a"), lv("snapshot", "s", 4, origin="csi-a")), "volume-has-snapshots", "FAILED_PRECONDITION"),
        ((lv("volume", "a"), lv("work", "w", 4, origin="csi-a"), CLONE), "volume-cloned", "ABORTED"),
        ((lv("volume", "a"), lv("volume", "b", facts={"state": "copying", "origin": "vg/csi-a"})), "snapshot-copied", "ABORTED"),
    ],
)
def test_what_is_needed_is_not_deleted(volumes: tuple[LogicalVolume, ...], code: str, grpc: str) -> None:
    with pytest.raises(CairnError) as refused:
        delete.decide(state(*volumes), Id(NODE, "vg", "csi-a"))
    assert (refused.value.code, refused.value.grpc) == (code, grpc)


def test_a_thin_volume_goes_without_its_snapshots() -> None:
    seen = state(lv("volume", "a", thin=True), lv("snapshot", "s", thin=True, origin="csi-a"))
    assert commands(delete.decide(seen, Id(NODE, "vg", "csi-a")).first) == ["lvremove --yes vg/csi-a"]


def test_growth() -> None:
    seen = state(lv("volume", "a"), lv("volume", "t", thin=True), lv("volume", "s", 18, segment="striped", stripes=3, stripe_bytes=65536))
    assert expand.plan_growth(found(seen, "csi-a"), 64 * MIB) == Plan() == expand.plan_growth(found(seen, "csi-a"), MIB)
    assert commands(expand.plan_growth(found(seen, "csi-a"), 100 * MIB)) == ["lvextend --extents 25 vg/csi-a"]
    assert commands(expand.plan_growth(found(seen, "csi-t"), 100 * MIB)) == ["lvextend --size 104857600b vg/csi-t"]
    assert commands(expand.plan_growth(found(seen, "csi-s"), 100 * MIB)) == ["lvextend --extents 27 vg/csi-s"]


@pytest.mark.parametrize(
    ("volumes", "asked", "code", "grpc"),
    [
        ((lv("volume", "a"),), (62 * MIB, 63 * MIB), "limit", "OUT_OF_RANGE"),
        ((lv("volume", "a"),), (2**50, 0), "vg-full", "RESOURCE_EXHAUSTED"),
        ((lv("volume", "a", thin=True),), (501 * EXTENT, 0), "pool-overcommit", "RESOURCE_EXHAUSTED"),
        ((lv("volume", "a"), lv("snapshot", "s", 4, origin="csi-a")), (128 * MIB, 0), "volume-has-snapshots", "FAILED_PRECONDITION"),
    ],
)
def test_growth_that_cannot_be(volumes: tuple[LogicalVolume, ...], asked: tuple[int, int], code: str, grpc: str) -> None:
    with pytest.raises(CairnError) as refused:
        expand.plan_growth(found(state(*volumes), "csi-a"), *asked)
    assert (refused.value.code, refused.value.grpc) == (code, grpc)


def test_lists_come_in_pages_that_survive_changes() -> None:
    ids = [Id(NODE, "vg", f"csi-{letter}") for letter in "abcde"]
    first, token = page("abcde", ids, "", 2)
    assert ("".join(first), token) == ("ab", "node1/vg/csi-b")
    # The last one given out is deleted meanwhile.
    assert page("acde", [ids[0], *ids[2:]], token, 0) == ("cde", "")
    with pytest.raises(CairnError) as refused:
        page("a", ids[:1], "invalid-token", 0)
    assert refused.value.grpc == "ABORTED"


def test_nothing_but_the_drivers_own_is_named_or_left_over() -> None:
    seen = state(
        lv("work", "needed", 4, origin="csi-a"),
        lv("work", "orphan", 4, origin="csi-a"),
        lv("volume", "a"),
        lv("volume", "new", facts={"state": "copying", "origin": "vg/work-needed"}),
        LogicalVolume("work-theirs", 4, "t"),
    )
    assert [each.id.volume for each in leftovers(seen, NODE)] == ["work-orphan"]
    assert named(seen, NODE, "volume", "theirs") is None and facts(LogicalVolume("csi-x", 1)) is None
