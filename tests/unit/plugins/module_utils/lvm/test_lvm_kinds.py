"""Types of volumes: what LVM is told, what they take, and where there is room for their parts."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._lvm.desired import Volume
from ansible_collections.cairn.storage.plugins.module_utils._lvm.kinds import Kind, check_kind, wanted_kind
from ansible_collections.cairn.storage.plugins.module_utils._lvm.placement import place

MIB = 1024**2
EXTENT = 4 * MIB


def kind(name: str, extent: int = EXTENT, **values: Any) -> Kind:
    return wanted_kind(Volume("x", "here", None, type=name, **values), extent)


@pytest.mark.parametrize(
    "made, asked, rounded, takes, told",
    [
        (kind(""), 10, 10, 10, "--type linear"),
        (kind("linear"), 10, 10, 10, "--type linear"),
        (kind("striped"), 9, 10, 10, "--type striped --stripes 2 --stripesize 65536b"),
        (kind("striped", stripes=3, stripe_bytes=16384), 10, 12, 12, "--type striped --stripes 3 --stripesize 16384b"),
        (kind("raid1"), 10, 10, 22, "--type raid1 --mirrors 1"),
        (kind("raid1", mirrors=2), 10, 10, 33, "--type raid1 --mirrors 2"),
        (kind("raid5"), 11, 12, 21, "--type raid5 --stripes 2 --stripesize 65536b"),
        (kind("raid6"), 10, 12, 25, "--type raid6 --stripes 3 --stripesize 65536b"),
        (kind("raid10"), 12, 12, 28, "--type raid10 --stripes 2 --stripesize 65536b --mirrors 1"),
    ],
)
def test_types_instead_of_opaque_opts__storage_role_181_273__blivet_1027(made: Kind, asked: int, rounded: int, takes: int, told: str) -> None:
    """As LVM 2.03.31 lays them out on the lab, one extent of metadata for each part of a RAID volume."""
    assert (made.rounded(asked), made.takes(rounded, EXTENT)) == (rounded, takes)
    assert " ".join(map(str, made.arguments())) == told
    assert made.most(takes, EXTENT) == rounded
    assert made.most(takes - 1, EXTENT) == rounded - made.stripes


def test_small_extents_take_more_of_them_for_raid_metadata() -> None:
    assert kind("raid1", 4096).takes(1000, 4096) == 2 * (1000 + 3)
    assert kind("raid1").takes(2**24, EXTENT) == 2 * (2**24 + 2), "64 TiB have a larger bitmap"


def test_stripes_fit_into_extents() -> None:
    assert kind("striped", 32 * 1024).stripe_bytes == 32 * 1024
    with pytest.raises(CairnError) as refused:
        kind("striped", 128 * 1024, stripe_bytes=256 * 1024)
    assert refused.value.code == "stripe-extent" and refused.value.parameter == "here.stripe_size"


@pytest.mark.parametrize(
    "free, areas, length, own, on",
    [
        ([10, 10], 1, 15, None, [10, 5]),
        ([10, 20], 1, 15, None, [0, 15]),
        ([10, 10, 10], 2, 10, None, [10, 10, 0]),
        ([10, 10, 10], 2, 15, None, None),
        ([100, 160, 200, 270, 300, 360], 2, 670, None, [100, 110, 200, 270, 300, 360]),
        ([100, 160, 200, 270, 300, 360], 2, 690, None, None),
        # RAID: two parts share no disk.
        ([111, 211], 2, 151, (), None),
        ([111, 211, 511], 2, 201, (), [0, 201, 201]),
        ([100] * 6, 2, 300, (), [100] * 6),
        ([100] * 6, 2, 301, (), None),
        ([300, 200, 150], 2, 300, (), [300, 200, 100]),
        ([300, 200, 150, 40, 20], 2, 331, (), None),
        ([100, 160, 200, 270, 300, 360], 2, 500, (), [0, 0, 200, 200, 300, 300]),
        ([100, 160, 200, 270, 300, 360], 2, 501, (), None),
        # Growing: on the same disks, or on fresh ones.
        ([60, 60, 60], 3, 60, "abc", [60, 60, 60]),
        ([60, 60, 60, 90, 90, 90], 3, 90, "abc", [0, 0, 0, 90, 90, 90]),
        ([100, 0, 150], 2, 100, "ab", [100, 0, 100]),
        ([60, 60], 2, 61, "ab", None),
    ],
)
def test_room_on_enough_disks(free: list, areas: int, length: int, own: Any, on: Optional[list]) -> None:
    """Each case is what LVM 2.03.31 did, or refused, on the lab."""
    found = place(dict(zip("abcdef", free)), areas, length, own)
    assert (found and list(found.values())) == on


@pytest.mark.parametrize(
    "free, areas, length, last, on",
    [
        ([100, 35, 30, 200], 1, 30, "b", [0, 30, 0, 0]),
        ([100, 35, 30, 200], 1, 60, "b", [25, 35, 0, 0]),
        ([100, 45, 18, 200], 2, 10, "bc", [0, 10, 10, 0]),
        ([100, 45, 18, 200], 2, 30, "bc", [12, 30, 18, 0]),
        ([100, 0, 18, 200], 2, 10, "bc", [10, 0, 10, 0]),
        # What it used before comes first, even if little is left there.
        ([15, 85, 207, 168, 229, 101], 2, 390, "", [15, 60, 207, 168, 229, 101]),
    ],
)
def test_a_volume_goes_on_where_it_ends(free: list, areas: int, length: int, last: str, on: list) -> None:
    """All but the fifth are what LVM 2.03.31 did on the lab."""
    found = place(dict(zip("abcdef", free)), areas, length, last=list(last))
    assert found and list(found.values()) == on


def test_all_that_is_free_is_only_what_is_sure_to_fit() -> None:
    """LVM 2.03.31 on the lab: "LV randomtest/rest_rimage_1 using PV /dev/sdl is not redundant"."""
    free = dict(zip("abcd", (270, 200, 360, 300)))
    assert place(free, 2, 361, ()) and place(free, 2, 361, (), sure=True) is None and place(free, 2, 360, (), sure=True)


@pytest.mark.parametrize(
    "option, values",
    [("type", {"type": "raid1"}), ("stripes", {"stripes": 3}), ("stripe_size", {"stripe_bytes": 4096}), ("mirrors", {"mirrors": 1})],
)
def test_conversion_is_refused_naming_what_is_there(option: str, values: dict) -> None:
    with pytest.raises(CairnError) as refused:
        check_kind(Volume("x", "here", None, **values), Kind("striped", 2, 1, 0, 65536), "g/x")
    assert (refused.value.code, refused.value.parameter) == ("lv-layout-differs", f"here.{option}")
    check_kind(Volume("x", "here", None, type="striped", stripes=2, stripe_bytes=65536), Kind("striped", 2, 1, 0, 65536), "g/x")
