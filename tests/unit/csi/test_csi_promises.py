"""What a volume is compared with when it is asked for again, what a copy may become, what a pool may promise, and blocks that are zeroed first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, State
from cairn_csi import capability, create, delete, growing
from cairn_csi.content import Origin
from cairn_csi.inventory import Found, find
from cairn_csi.names import Id
from cairn_csi.parameters import parse_class
from cairn_csi.placement import promise, room
from csi_state import EXTENT, MIB, POOL, group, lv, state

NODE = "node1"
MOUNT, XFS = (capability.check("mount", capability.WRITER, fs) for fs in ("ext4", "xfs"))
BLOCK = capability.check("block", capability.WRITER)


def decide(seen: State, least: int = 64 * MIB, most: int = 0, use: Any = MOUNT, origin: Any = None, **parameters: str) -> create.Decision:
    wish = create.Wish("new", least, most, parse_class(parameters, fs=use.fs), use, origin=origin)
    return create.decide(seen, NODE, ("vg*",), wish)


def commands(plan: Plan) -> list[str]:
    return [str(step) for action in plan.actions for step in action.steps]


def found(seen: State, name: str) -> Found:
    there = find(seen, Id(NODE, "vg", name))
    assert there
    return there


def refusal(*args: Any, **more: Any) -> CairnError:
    with pytest.raises(CairnError) as refused:
        decide(*args, **more)
    return refused.value


#: As the version before has tagged them: the ratio of each thin one, no word about zeroes.
PLAIN = lv("volume", "new")
OLD_THIN = lv("volume", "new", thin=True)
TUNED = lv("volume", "new", facts={"mkfs": "-m0 -i 65536", "limits": "rbps:1048576/wbps:1048576", "wipe": "zero"})
RAW = lv("volume", "new", facts={"access": "block", "wipe": "zero"})
STRIPED = lv("volume", "new", 18, segment="striped", stripes=3, stripe_bytes=65536, facts={"layout": "striped"})


@pytest.mark.parametrize(
    ("there", "asked", "code"),
    [
        (PLAIN, {}, ""),
        (PLAIN, {"volumeGroup": "vg"}, ""),
        (PLAIN, {"volumeGroup": "vg2"}, "volume-group"),
        (PLAIN, {"volumeGroupTag": "ssd"}, "volume-group"),
        (PLAIN, {"wipe": "zero"}, "volume-wipe"),
        (PLAIN, {"mkfsOptions": "-m 0"}, "volume-mkfs"),
        (PLAIN, {"iops": "10"}, "volume-limits"),
        (PLAIN, {"type": "thin"}, "volume-layout"),
        (PLAIN, {"use": XFS}, "volume-access"),
        (TUNED, {"wipe": "zero", "mkfsOptions": "-m 0 -i65536", "bps": "1MiB"}, ""),
        (TUNED, {"wipe": "zero", "mkfsOptions": "-m 1 -i 65536", "bps": "1MiB"}, "volume-mkfs"),
        (TUNED, {"wipe": "zero", "mkfsOptions": "-m 0 -i 65536"}, "volume-limits"),
        (TUNED, {"wipe": "discard", "mkfsOptions": "-m 0 -i 65536", "bps": "1MiB"}, "volume-wipe"),
        (OLD_THIN, {"type": "thin"}, ""),
        (OLD_THIN, {"type": "thin", "overprovisionRatio": "1"}, ""),
        (OLD_THIN, {"type": "thin", "overprovisionRatio": "4"}, "volume-ratio"),
        (OLD_THIN, {"type": "thin", "thinPool": "pool"}, ""),
        (OLD_THIN, {"type": "thin", "thinPool": "other"}, "volume-pool"),
        (lv("volume", "new", thin=True, facts={"pool_ratio": "4"}), {"type": "thin"}, "volume-ratio"),
        (lv("volume", "new", thin=True, facts={"pool_ratio": ""}), {"type": "thin"}, ""),
        (RAW, {"use": BLOCK}, ""),
        (RAW, {"use": BLOCK, "mkfsOptions": "-m0"}, ""),
        (RAW, {"use": BLOCK, "wipe": "none"}, "volume-wipe"),
        (lv("volume", "new", facts={"access": "block", "wipe": "zero", "zero_new": "false"}), {"use": BLOCK}, "volume-zero-new"),
        (STRIPED, {"type": "striped"}, ""),
        (STRIPED, {"type": "striped", "stripes": "3"}, ""),
        (STRIPED, {"type": "striped", "stripes": "2"}, "volume-layout"),
        (STRIPED, {"type": "striped", "stripeSize": "128KiB"}, "volume-layout"),
        # Tags that lack the key are no difference; one that was taken from a hostile class is.
        (lv("volume", "new", facts={"wipe": ""}), {"wipe": "zero"}, ""),
        (lv("volume", "new", facts={"mkfs": "-d etc"}), {}, "volume-mkfs"),
    ],
)
def test_a_volume_asked_for_again_is_compared_with_all_that_is_asked(there: LogicalVolume, asked: dict[str, Any], code: str) -> None:
    if not code:
        assert decide(state(there), **asked).plan == Plan()
        return
    refused = refusal(state(there), **asked)
    assert (refused.code, refused.grpc) == (code, "ALREADY_EXISTS")


@pytest.mark.parametrize(
    ("access", "use", "code"),
    [
        ("ext4", MOUNT, ""),
        ("xfs", XFS, ""),
        ("block", BLOCK, ""),
        ("", XFS, ""),
        ("ext4", XFS, "source-use"),
        ("ext4", BLOCK, "source-use"),
        ("block", MOUNT, "source-use"),
        ("block", XFS, "source-use"),
    ],
)
@pytest.mark.parametrize("kind", ["volume", "snapshot"])
@pytest.mark.parametrize("thin", [True, False])
def test_a_copy_is_used_as_what_it_is_made_from(kind: str, thin: bool, access: str, use: Any, code: str) -> None:
    facts = {"access": access, "bytes": 64 * MIB if kind == "snapshot" else 0}
    made = lv(kind, "a", thin=thin, facts=facts, origin="csi-o" if kind == "snapshot" else "")
    origin = Origin(kind, f"node1/vg/{made.name}")
    parameters = {"type": "thin"} if thin else {}
    if not code:
        assert decide(state(lv("volume", "o", thin=thin), made), use=use, origin=origin, **parameters).plan.changed
        return
    refused = refusal(state(lv("volume", "o", thin=thin), made), use=use, origin=origin, **parameters)
    assert (refused.code, refused.grpc) == (code, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("least", "most", "parameters", "extents"),
    [
        (0, 10**9, {}, 238),
        (0, 64 * MIB, {}, 16),
        (0, 66 * MIB, {}, 16),
        (0, 66 * MIB, {"type": "striped", "stripes": "3"}, 15),
        (0, 2**40, {}, 256),
        (62 * MIB, 64 * MIB, {}, 16),
        (0, 66 * MIB, {"type": "thin"}, 16),
    ],
)
def test_a_limit_alone_is_rounded_down(least: int, most: int, parameters: dict[str, str], extents: int) -> None:
    assert decide(state(), least=least, most=most, **parameters).bytes == extents * EXTENT


def test_a_limit_below_one_extent_is_out_of_range() -> None:
    assert refusal(state(), least=0, most=MIB).grpc == "OUT_OF_RANGE"
    assert refusal(state(), least=62 * MIB, most=63 * MIB).grpc == "OUT_OF_RANGE"


def tagged(*tags: str, **fields: Any) -> State:
    return State((group().with_lv(replace(POOL, tags=tags, **fields), 0),))


@pytest.mark.parametrize(
    ("tags", "promised", "of_class", "expected"),
    [
        ((), [], 0, 1),
        ((), [], 1000, 1),
        (("cairn.ratio=3",), [], 0, 3),
        (("cairn.ratio=3",), [], 2, 2),
        (("cairn.ratio=3",), ["2"], 0, 2),
        (("cairn.ratio=3",), ["1", "2"], 1000, 1),
        (("cairn.ratio=3",), [""], 0, 3),
        ((), ["1000"], 1000, 1),
        (("cairn.ratio=3",), ["lots"], 0, 1),
    ],
)
def test_a_pool_promises_what_its_tag_and_each_of_its_volumes_allow(tags: tuple, promised: list[str], of_class: float, expected: float) -> None:
    here = tagged(*tags).groups[0]
    for index, ratio in enumerate(promised):
        here = here.with_lv(lv("volume", f"v{index}", thin=True, facts={"pool_ratio": ratio}), 0)
    pool = here.lv("pool")
    assert pool and promise(here, pool, of_class)[0] == expected


def test_the_pools_word_and_not_the_classs_decides_about_room_growth_and_clones() -> None:
    wanted = parse_class({"type": "thin", "overprovisionRatio": "1000"})
    assert room(group(), wanted) == 500 * EXTENT
    assert room(tagged("cairn.ratio=2").groups[0], parse_class({"type": "thin"})) == 1000 * EXTENT
    greedy = state(lv("volume", "a", 400, thin=True, facts={"pool_ratio": "1000"}))
    for refused in (
        refusal(greedy, least=400 * EXTENT, origin=Origin("volume", "node1/vg/csi-a"), type="thin", overprovisionRatio="1000"),
        refusal(greedy, least=400 * EXTENT, type="thin", overprovisionRatio="1000"),
    ):
        assert refused.grpc == "RESOURCE_EXHAUSTED" and "vg/pool may promise 1 times its size" in str(refused)
    with pytest.raises(CairnError) as grown:
        growing.plan_begin(found(greedy, "csi-a"), 600 * EXTENT)
    assert grown.value.code == "pool-overcommit"


def test_pools_that_do_not_zero_are_passed_over() -> None:
    stale = tagged(zeroes=False)
    assert room(stale.groups[0], parse_class({"type": "thin"})) == 0
    refused = refusal(stale, type="thin")
    assert refused.code == "pool-none" and "does not zero" in str(refused) and "lvchange --zero y" in refused.fix
    both = State((stale.groups[0].with_lv(replace(POOL, name="good"), 502),))
    assert "--thinpool good" in commands(decide(both, type="thin").plan)[0]
    # A clone in such a pool would show what others wrote as it grows.
    there = State((stale.groups[0].with_lv(lv("volume", "a", thin=True, facts={"access": "block"}), 0),))
    assert refusal(there, use=BLOCK, origin=Origin("volume", "node1/vg/csi-a"), type="thin").code == "pool-none"
    with pytest.raises(CairnError) as grown:
        growing.plan_begin(found(there, "csi-a"), 128 * MIB)
    assert grown.value.code == "pool-unzeroed"


@pytest.mark.parametrize(
    ("use", "parameters", "zeroed"),
    [
        (BLOCK, {}, True),
        (BLOCK, {"wipe": "none"}, True),
        (BLOCK, {"zeroNew": "true"}, True),
        (BLOCK, {"zeroNew": "false"}, False),
        (BLOCK, {"type": "raid1"}, True),
        (BLOCK, {"type": "thin"}, False),
        (MOUNT, {}, False),
    ],
)
def test_thick_raw_volumes_are_zeroed_before_anybody_has_them(use: Any, parameters: dict[str, str], zeroed: bool) -> None:
    decision = decide(state(), use=use, **parameters)
    assert decision.fill is zeroed and ("--addtag cairn.csi.state=zeroing" in commands(decision.plan)[0]) is zeroed
    assert ("cairn.csi.zero_new=false" in commands(decision.plan)[0]) is ("zeroNew" in parameters and parameters["zeroNew"] == "false")


def test_a_volume_that_is_being_zeroed_is_taken_up_again_and_may_go() -> None:
    half = state(lv("volume", "new", facts={"access": "block", "wipe": "zero", "state": "zeroing", "copied": 4}))
    decision = decide(half, use=BLOCK)
    assert decision.fill and decision.plan == Plan()
    assert "cairn.csi.state=wiping" in commands(delete.decide(half, Id(NODE, "vg", "csi-new")).first)[0]


RAW_A = lv("volume", "a", facts={"access": "block", "wipe": "none"})


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (RAW_A, "--type linear --extents 9"),
        (replace(RAW_A, extents=18, segment="striped", stripes=3, stripe_bytes=65536), "--type striped --stripes 3 --stripesize 65536b --extents 9"),
        (replace(RAW_A, segment="raid1", mirrors=2, layout="raid,raid1"), "--type raid1 --mirrors 1 --extents 9"),
    ],
)
def test_a_raw_volume_that_grows_gets_extents_that_are_zeroed_first(there: LogicalVolume, expected: str) -> None:
    plan, more = growing.plan_begin(found(state(there), "csi-a"), 25 * EXTENT if there.stripes == 1 else 27 * EXTENT)
    (made,) = commands(plan)
    assert more and f"{expected} --addtag cairn.csi.kind=growth" in made and "state=zeroing" in made and made.endswith("--name grow-csi-a vg")


def test_other_volumes_grow_at_once() -> None:
    for facts in ({}, {"access": "block", "zero_new": "false"}):
        plan, more = growing.plan_begin(found(state(lv("volume", "a", facts=facts)), "csi-a"), 100 * MIB)
        assert (commands(plan), more) == (["lvextend --extents 25 vg/csi-a"], False)
    assert growing.plan_begin(found(state(RAW_A), "csi-a"), 64 * MIB) == (Plan(), False)


GROWTH = lv("growth", "csi-a", 9, facts={"access": "", "wipe": "", "state": "zeroing", "copied": 8})


def test_extents_that_were_taken_are_gone_on_with_and_go_with_the_volume() -> None:
    seen = state(RAW_A, GROWTH)
    assert growing.plan_begin(found(seen, "csi-a"), 100 * MIB) == (Plan(), True)
    # Nothing is asked for any more: they are given back.
    plan, more = growing.plan_begin(found(seen, "csi-a"), 64 * MIB)
    assert (commands(plan), more) == (["lvremove --yes vg/grow-csi-a"], False)
    assert commands(delete.decide(seen, Id(NODE, "vg", "csi-a")).first) == ["lvremove --yes vg/grow-csi-a", "lvremove --yes vg/csi-a"]
    assert [each.id.volume for each in delete.leftovers(seen, NODE)] == []
    assert [each.id.volume for each in delete.leftovers(state(GROWTH), NODE)] == ["grow-csi-a"]
    with pytest.raises(CairnError) as refused:
        growing.plan_begin(found(state(RAW_A, LogicalVolume("grow-csi-a", 4, "theirs")), "csi-a"), 100 * MIB)
    assert refused.value.code == "not-ours"


def test_the_last_extents_of_a_group_may_be_the_ones_that_were_taken() -> None:
    full = replace(group(replace(RAW_A, extents=2000), replace(GROWTH, extents=498)), free=0)
    seen = State((replace(full, pvs=tuple(replace(pv, used=pv.extents) for pv in full.pvs)),))
    assert growing.plan_begin(found(seen, "csi-a"), 2400 * EXTENT) == (Plan(), True)
