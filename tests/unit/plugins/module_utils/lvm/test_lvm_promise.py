"""How much a thin pool may promise stands on the pool itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lvm_wishes import GROUP, POOL, THIN, commands, fast, planned

from ansible_collections.cairn.storage.plugins.module_utils._lvm.promise import ratio_of


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((), 1.0),
        (("cairn.ratio=2",), 2.0),
        (("cairn.ratio=0.5", "other"), 0.5),
        (("cairn.ratio=4", "cairn.ratio=2"), 2.0),
        (("cairn.ratio=4", "cairn.ratio=lots"), 1.0),
        (("cairn.ratio=1e9",), 1.0),
        (("cairn.ratio=-1",), 1.0),
        (("cairn.ratio=0",), 1.0),
        (("cairn.ratio=5000",), 1.0),
        (("cairn.ratio=nan",), 1.0),
        (("cairn.ratio=",), 1.0),
        (("cairn.ratio.old=9",), 1.0),
    ],
)
def test_a_pools_tag_is_read_and_what_is_odd_promises_nothing_more(tags: tuple, expected: float) -> None:
    assert ratio_of(replace(POOL, tags=tags)) == expected


@pytest.mark.parametrize(
    ("tags", "asked", "expected"),
    [
        ((), None, []),
        ((), 1, []),
        ((), 2.5, ["lvchange --addtag cairn.ratio=2.5 fast/pool"]),
        (("cairn.ratio=2", "mine"), 2, []),
        (("cairn.ratio=2", "mine"), 3, ["lvchange --deltag cairn.ratio=2 --addtag cairn.ratio=3 fast/pool"]),
        (("cairn.ratio=2", "mine"), None, ["lvchange --deltag cairn.ratio=2 fast/pool"]),
        (("cairn.ratio=2", "cairn.ratio=3"), 3, ["lvchange --deltag cairn.ratio=2 fast/pool"]),
    ],
)
def test_a_pool_is_tagged_with_what_it_may_promise(tags: tuple, asked: float | None, expected: list) -> None:
    wish = {"name": "pool", "size": "400MiB", **({} if asked is None else {"overprovision_ratio": asked})}
    group = GROUP.with_lv(replace(POOL, tags=tags), 0)
    made = planned(group, fast(thin_pools=[wish]))
    assert commands(made) == expected
    assert "mine" not in tags or "mine" in made.after.groups[0].lv("pool").tags
    assert commands(planned(made.after.groups[0], fast(thin_pools=[wish]))) == []


def test_a_new_pool_has_its_tag_from_the_beginning() -> None:
    wish = {"name": "second", "size": "400MiB", "overprovision_ratio": 2}
    made = planned(GROUP, fast(thin_pools=[wish]))
    assert "--addtag cairn.ratio=2 fast" in commands(made)[0] and made.after.groups[0].lv("second").zeroes
    assert THIN.pool == "pool"
