"""Caches in front of volumes: tables of (found, wanted) -> commands."""

from __future__ import annotations

import dataclasses

import pytest
from lvm_wishes import commands
from test_lvm_volumes import DISKS, LINEAR, again, group, made, refused

from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume

FAST = {"size": "20MiB", "devices": [DISKS[4]]}
CREATE = "lvcreate --yes --wipesignatures y --zero y --type linear --extents 5 --addtag cairn.cache --name data_cache fast"
ATTACH = "lvconvert --yes --type cache --cachevol data_cache --cachemode"
#: As fullreport tells of it, see recordings/fullreport-kinds.json.
CACHED = (
    dataclasses.replace(LINEAR, layout="cache", segment="cache", cache="data_cache_cvol", cache_mode="writethrough", parts=("data_corig",), on={}),
    dataclasses.replace(LINEAR, name="data_corig", hidden=True),
    LogicalVolume("data_cache_cvol", 5, "u-cache", "cache,cachevol", hidden=True, on={"/dev/sde": 5}),
)
LEFT = LogicalVolume("data_cache", 5, "u-cache", tags=("cairn.cache",), on={"/dev/sde": 5})


def wish(**cache: object) -> dict:
    return {"name": "data", "size": "40MiB", "cache": cache}


@pytest.mark.parametrize(
    "found, cache, expected",
    [
        ((LINEAR,), FAST, [f"{CREATE} {DISKS[4]}", f"{ATTACH} writethrough fast/data"]),
        ((LINEAR,), {**FAST, "mode": "writeback"}, [f"{CREATE} {DISKS[4]}", f"{ATTACH} writeback fast/data"]),
        ((LINEAR, LEFT), FAST, [f"{ATTACH} writethrough fast/data"]),
        ((LINEAR, LEFT), {"state": "absent"}, ["lvremove --yes fast/data_cache"]),
        (CACHED, FAST, []),
        (CACHED, {**FAST, "mode": "writeback"}, ["lvchange --yes --cachemode writeback fast/data"]),
        (CACHED, {"state": "absent"}, ["lvconvert --yes --uncache fast/data"]),
        ((LINEAR,), {"state": "absent"}, []),
    ],
)
def test_cache_instead_of_opaque_opts__storage_role_181(found: tuple, cache: dict, expected: list) -> None:
    plan = made(group(*found), wish(**cache))
    assert commands(plan) == expected
    assert commands(made(again(plan), wish(**cache))) == []
    assert plan.after.groups[0].free == 6 * 511 - (10 if cache.get("state") == "absent" else 15)


def test_a_cached_volume_is_of_the_kind_behind_its_cache_and_grows() -> None:
    assert commands(made(group(*CACHED), {"name": "data", "size": "48MiB", "type": "linear"})) == ["lvextend --extents 12 fast/data"]
    assert refused(group(*CACHED), {"name": "data", "size": "48MiB", "type": "raid1"}).code == "lv-layout-differs"


def test_removal_of_a_cached_volume_gives_back_the_cache_too() -> None:
    plan = made(group(*CACHED), {"name": "data", "state": "absent"}, allow_data_loss={"fast/data": "u-data"})
    assert commands(plan) == ["lvremove --yes fast/data"] and plan.after.groups[0].free == 6 * 511


@pytest.mark.parametrize(
    "code, found, cache",
    [
        ("cache-options", (LINEAR,), {"size": "20MiB"}),
        ("cache-options", (LINEAR,), {"devices": [DISKS[4]]}),
        ("cache-small", (LINEAR,), {**FAST, "size": "4MiB"}),
        ("cache-name", (LINEAR, dataclasses.replace(LEFT, tags=())), FAST),
        ("cache-size-differs", CACHED, {**FAST, "size": "40MiB"}),
        ("cache-kind", (dataclasses.replace(LINEAR, segment="writecache", layout="writecache"),), FAST),
        ("vg-full", (LINEAR,), {**FAST, "size": "3GiB"}),
        ("device-absent", (LINEAR,), {**FAST, "devices": ["/dev/disk/by-id/wwn-0xdead"]}),
        ("size-percent-of", (LINEAR,), {**FAST, "size": "10%VG"}),
    ],
)
def test_refusals(code: str, found: tuple, cache: dict) -> None:
    assert refused(group(*found), wish(**cache)).code == code


def test_a_cached_volume_does_not_shrink() -> None:
    assert refused(group(*CACHED), {"name": "data", "size": "20MiB"}).code == "shrink-unsupported"
