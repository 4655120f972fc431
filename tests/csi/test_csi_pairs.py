"""Two calls about one volume at a time, as in the table of roles/lvm_csi/files/README.md: neither turns the other away (ABORTED), whichever comes first.

What would have the caller ask again later and later is what LVM, mounts and time are looked at for.
"""

from __future__ import annotations

from csi_calls import MIB, TARGET, Call, create, gone, made, pods, programs
from csi_node import GROUP, Driver

STATES = ("made", "staged", "published")
OK, USED, UNKNOWN = "OK", "FAILED_PRECONDITION", "NOT_FOUND"


def calls(id_: str) -> dict[str, Call]:
    (stage, publish), (unpublish, unstage) = pods(id_, "pair"), pods(id_, "pair", up=False)
    size = {"required_bytes": 64 * MIB}
    return {
        "create": create("pair", type="thin"),
        "stage": stage,
        "publish": publish,
        "expand": ("NodeExpandVolume", {"volume_id": id_, "volume_path": f"{TARGET}/pair", "capacity_range": size}),
        "snapshot": ("CreateSnapshot", {"name": "pair", "source_volume_id": id_}),
        "unpublish": unpublish,
        "unstage": unstage,
        "delete": ("DeleteVolume", {"volume_id": id_}),
    }


#: What a call answers that comes second and does not find any more what it needs: no ABORTED, which is asked again, but what is so.
LATER = {
    ("unpublish", "expand"): UNKNOWN,
    ("unstage", "publish"): USED,
    ("delete", "create"): OK,
    ("delete", "stage"): UNKNOWN,
    ("delete", "publish"): UNKNOWN,
    ("delete", "expand"): UNKNOWN,
    ("delete", "snapshot"): UNKNOWN,
}
#: How far the volume is when the pair begins, and whether that keeps it from being deleted.
NEEDS = {"create": "made", "stage": "made", "publish": "staged", "expand": "published", "snapshot": "made", "unpublish": "published",
         "unstage": "staged", "delete": "made"}  # fmt: skip


def bring(here: Driver, id_: str, state: str) -> None:
    """A volume that is made, staged or published, with nothing that earlier calls have left."""
    does = calls(id_)
    steps = [does["create"], *[does[each] for each in ("stage", "publish")][: STATES.index(state)]]
    downs = [does[each] for each in ("unpublish", "unstage")][: 2 - STATES.index(state)]
    answers = here.calls(*downs, ("DeleteSnapshot", {"snapshot_id": f"{here.node}/{GROUP}/snap-pair"}), *steps)
    assert not any("code" in each for each in answers), answers


#: Whoever ends the use of a volume, and whoever deletes it, comes first as well.
PAIRS = [
    (first, second)
    for index, first in enumerate(NEEDS)
    for other, second in enumerate(NEEDS)
    if index <= other or first in ("unpublish", "unstage", "delete")
]


def wanted(first: str, second: str, state: str) -> tuple[list[str], int]:
    """The codes of both, and how many of the volume are left."""
    ended = STATES.index(state) - ("unstage" in (first, second))
    # A volume that stays on its node is not deleted, and that is told within the time that the caller has.
    if "delete" in (first, second) and (ended > 0 or (first, second) == ("stage", "delete")):
        return [USED if each == "delete" else OK for each in (first, second)], 1
    return [OK, LATER.get((first, second), OK)], int("delete" not in (first, second) or (first, second) == ("delete", "create"))


def test_neither_of_two_calls_turns_the_other_away(here: Driver) -> None:
    id_, wrong = f"{here.node}/{GROUP}/csi-pair", []
    for first, second in PAIRS:
        state = max(NEEDS[first], NEEDS[second], key=STATES.index)
        bring(here, id_, state)
        does, (codes, left) = calls(id_), wanted(first, second, state)
        answers = here.together(does[first], does[second], seconds=3 if USED in codes else 60)
        there = here.volumes().count("csi-pair")
        if ([each.get("code", OK) for each in answers], there) != (codes, left):
            wrong.append((first, second, answers, there))
    assert here.calls(*pods(id_, "pair", up=False)) == [{}, {}]
    gone(here, f"{here.node}/{GROUP}/snap-pair", id_)
    assert wrong == []


def test_a_claim_that_is_deleted_with_its_pod_is_gone_as_soon_as_kubelet_lets_it_go(here: Driver) -> None:
    """The provisioner asks before kubelet has begun; nobody has to ask again, and LVM is asked once."""
    id_ = made(here, *create("pair"))
    assert here.calls(*pods(id_, "pair")) == [{}, {}]
    since = here.shell("date +%s.%N").strip()
    answers = here.together(calls(id_)["delete"], *pods(id_, "pair", up=False), apart=1.0)
    assert not any("code" in each for each in answers), answers
    assert answers[0]["seconds"] < answers[2]["seconds"] + 2.0 + 10, "deleted when it was unstaged, after two seconds"
    ran = programs(here, since)
    assert ran.count("lvremove") == 1 and ran.count("lvm") <= 2 and here.volumes() == []


def test_a_volume_that_is_mounted_elsewhere_is_refused_at_once(here: Driver) -> None:
    id_ = made(here, *create("pair"))
    assert here.calls(*pods(id_, "pair")[:1]) == [{}]
    here.shell(f"mkdir -p /mnt/by-hand && mount /dev/{GROUP}/csi-pair /mnt/by-hand")
    answer = here.together(calls(id_)["delete"])[0]
    here.shell("umount /mnt/by-hand && rmdir /mnt/by-hand")
    assert answer["code"] == USED and "/mnt/by-hand" in answer["message"] and answer["seconds"] < 2, answer
    assert here.calls(*pods(id_, "pair", up=False)) == [{}, {}]
    gone(here, id_)


def test_a_volume_that_is_asked_for_while_it_is_wiped_is_made_then(here: Driver) -> None:
    """Neither of these waits for a back-off: the wipe ends within the call."""
    id_ = made(here, *create("pair", "block", 256 * MIB, wipe="zero"))
    answers = here.together(calls(id_)["delete"], create("pair", "block", 256 * MIB, wipe="zero"), calls(id_)["delete"], apart=0.5)
    assert not any("code" in each for each in answers), answers
    gone(here, id_)
