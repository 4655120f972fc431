"""Which volume groups the driver looks at, and which tags it believes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Refused
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import State
from cairn_csi.given import check_given, given
from cairn_csi.names import Id
from cairn_csi.tags import read_tags
from csi_state import group, state

#: The numbers of the devices of csi_state, and of the disk that the third is a partition of.
NUMBERS = {"/dev/sda": {"8:0"}, "/dev/sdb": {"8:16"}, "/dev/sdc": {"8:33", "8:32"}}


@pytest.mark.parametrize(
    ("patterns", "guests", "expected"),
    [
        (("fast",), (), ["fast"]),
        (("fast", "e*"), (), ["fast", "evil"]),
        (("*",), (), ["fast", "evil", "zzz"]),
        (("data",), (), []),
        ((), (), []),
        (("*",), ("8:16",), []),
        (("*",), ("8:32",), []),
        (("*",), ("253:7",), ["fast", "evil", "zzz"]),
    ],
)
def test_only_groups_that_are_given_and_stand_on_no_guests_disk(patterns: tuple, guests: tuple, expected: list[str]) -> None:
    seen = State(tuple(group(name=name) for name in ("fast", "evil", "zzz")))
    assert [each.name for each in given(seen, patterns, guests, NUMBERS.__getitem__).groups] == expected


def test_of_two_groups_of_one_name_that_on_a_guests_disk_is_not_seen() -> None:
    theirs = group(name="fast", uuid="theirs")
    theirs = replace(theirs, pvs=theirs.pvs[2:])
    ours = group(name="fast", uuid="ours")
    ours = replace(ours, pvs=ours.pvs[:2])
    assert [each.uuid for each in given(State((theirs, ours)), ("fast",), ("8:32",), NUMBERS.__getitem__).groups] == ["ours"]


def test_what_is_not_looked_at_is_not_told_to_be_gone() -> None:
    check_given(Id("n", "fast", "csi-a"), ("fa*",))
    with pytest.raises(Refused) as refused:
        check_given(Id("n", "other", "csi-a"), ("fast",))
    assert refused.value.code == "group-not-given" and "other" in str(refused.value)


@pytest.mark.parametrize(
    "tag", ["bytes=abc", "bytes=-1", "created=1.5", "copied=9" + "9" * 30, "copied=#31#0a", "origin=a", "origin=a/b/c", "origin=/b", "origin=a/#2d#0a"]
)
def test_tags_that_the_driver_never_wrote_are_nobodys(tag: str) -> None:
    tags = ("cairn.csi.kind=volume", "cairn.csi.name=a")
    assert read_tags(tags) is not None
    assert read_tags((*tags, f"cairn.csi.{tag}")) is None


def test_state_is_the_same_where_nothing_is_left_out() -> None:
    seen = state()
    assert given(seen, ("vg",), (), NUMBERS.__getitem__) is seen
