"""Snapshots, thick and thin, and their merge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lvm_wishes import GROUP as UNTAGGED
from lvm_wishes import POOL as BARE
from lvm_wishes import EXTENT, actions, commands, fast, planned, refusal

from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.snapshots import largest

#: Its volumes may promise ten times what it has, as its tag says since an earlier run.
POOL = replace(BARE, tags=("cairn.ratio=10",))
GROUP = UNTAGGED.with_lv(POOL, 0)
THICK = LogicalVolume("snap", 4, "u-snap", origin="data", data_percent=50.0)
THINSNAP = LogicalVolume("tsnap", 40, "u-tsnap", "thin,sparse", pool="pool", origin="thin")
ROOMY = {"name": "pool", "size": "400MiB", "overprovision_ratio": 10}
CONSENT = {"fast/data": "u-data", "fast/thin": "u-thin"}
CREATE = "lvcreate --yes --snapshot --chunksize 4096b --extents"
CREATE_THIN = "lvcreate --yes --snapshot --setactivationskip n --activate"


def having(*more: LogicalVolume) -> VolumeGroup:
    group = GROUP
    for each in more:
        group = group.with_lv(each, 0 if each.thin or group.lv(each.name) else each.extents)
    return group


def wish(*volumes: dict) -> dict:
    return fast(thin_pools=[ROOMY], logical_volumes=list(volumes))


def snap(**values: Any) -> dict:
    return {"name": "snap", "snapshot_of": "data", **values}


def thin(**values: Any) -> dict:
    return {"name": "tsnap", "snapshot_of": "thin", **values}


def merged(name: str) -> dict:
    return {"name": name, "state": "merged"}


@pytest.mark.parametrize(
    "origin, extent, count", [(25, EXTENT, 26), (1, EXTENT, 2), (1000, EXTENT, 1004), (100, 1024**2, 101), (1, 131072, 2), (262144, EXTENT, 263169)]
)
def test_the_largest_useful_snapshot(origin: int, extent: int, count: int) -> None:
    """As LVM reports it when it reduces a larger one: an entry of 16 bytes for each 4 KiB that changed, and a header."""
    assert largest(origin, extent) == count


@pytest.mark.parametrize(
    "size, count",
    [
        ("8MiB", 2),
        ("9MiB", 3),
        ("3 extents", 3),
        ("1%VG", 10),
        ("0.5%FREE", 4),
        ("20%ORIGIN", 3),
        ("50%ORIGIN", 6),
        ("100%ORIGIN", 11),
        ("200%ORIGIN", 11),
        ("1GiB", 11),
    ],
)
def test_sizes_of_a_thick_snapshot(size: str, count: int) -> None:
    made = planned(GROUP, wish(snap(size=size, tags=["x"])))
    assert commands(made) == [f"{CREATE} {count} --addtag x --name snap fast/data"]
    assert made.after.groups[0].free == GROUP.free - count
    assert actions(planned(made.after.groups[0], wish(snap(size=size, tags=["x"])))) == []


@pytest.mark.parametrize(
    "found, wanted, expected",
    [
        pytest.param((THICK,), snap(size="16MiB"), [], id="community.general#12477, a re-run asks nothing"),
        pytest.param((THICK,), snap(size="24MiB"), ["lvextend --extents 6 fast/snap"], id="grown"),
        pytest.param((THICK,), snap(size="50%FREE"), [], id="what is free counts once"),
        pytest.param((THICK,), snap(size="100%FREE", grow=True), ["lvextend --extents 11 fast/snap"], id="or each time"),
        pytest.param((THICK,), snap(size="16MiB", tags=["x"]), ["lvchange --addtag x fast/snap"], id="tagged"),
        pytest.param((replace(THICK, invalid=True),), snap(size="24MiB"), [], id="an invalid one is not grown"),
        pytest.param((), thin(), [f"{CREATE_THIN} y --name tsnap fast/thin"], id="thin"),
        pytest.param((), thin(active=False), [f"{CREATE_THIN} n --name tsnap fast/thin"], id="thin, inactive"),
        pytest.param((THINSNAP,), thin(), [], id="thin, there"),
        pytest.param((THINSNAP,), thin(active=False), ["lvchange --activate n fast/tsnap"], id="thin, to be inactive"),
        pytest.param((THINSNAP,), {"name": "more", "snapshot_of": "tsnap"}, [f"{CREATE_THIN} y --name more fast/tsnap"], id="of a snapshot"),
    ],
)
def test_what_is_done(found: tuple, wanted: dict, expected: list) -> None:
    made = planned(having(*found), wish(wanted))
    assert commands(made) == expected
    assert actions(planned(made.after.groups[0], wish(wanted))) == []


def test_a_snapshot_of_what_this_very_plan_makes() -> None:
    made = planned(GROUP, wish({"name": "new", "size": "40MiB"}, {"name": "s", "snapshot_of": "new", "size": "50%ORIGIN"}))
    assert commands(made)[-1] == f"{CREATE} 6 --name s fast/new"


def test_an_overflowed_snapshot_is_reported() -> None:
    made = planned(having(replace(THICK, invalid=True)), wish(snap(size="16MiB")))
    assert actions(made) == [] and "invalid" in made.after.degraded[0]["reason"] and made.warnings


@pytest.mark.parametrize(
    "found, volume, expected, left",
    [
        ((THICK,), "snap", ["lvconvert --yes --merge --interval 1 fast/snap"], ("data", 10)),
        (
            (replace(THICK, active=False), replace(GROUP.lv("data"), active=False)),
            "snap",
            ["lvchange --activate y fast/data", "lvconvert --yes --merge --interval 1 fast/snap"],
            ("data", 10),
        ),
        ((THINSNAP,), "tsnap", ["lvconvert --yes --merge --interval 1 fast/tsnap"], ("thin", 40)),
        ((), "snap", [], ("data", 10)),
    ],
)
def test_merged(found: tuple, volume: str, expected: list, left: tuple) -> None:
    group = having(*found)
    made = planned(group, wish(merged(volume)), allow_data_loss={key: value for key, value in CONSENT.items() if key.endswith(left[0])})
    assert commands(made) == expected
    after = made.after.groups[0]
    assert after.lv(volume) is None and after.lv(left[0]).extents == left[1] and after.lv(left[0]).active
    assert all("u-" in action.loses for action in made.actions)


def test_a_merge_that_was_interrupted_is_seen_to_its_end() -> None:
    """Its data is being set back already: there is nothing left to consent to."""
    made = planned(having(replace(THICK, merging=True, hidden=True)), wish(merged("snap")))
    assert commands(made) == ["lvconvert --startpoll --interval 1 fast/data"]
    assert refusal(having(replace(THICK, merging=True)), wish(snap(size="16MiB"))).code == "snapshot-merging"


@pytest.mark.parametrize(
    "code, found, volume",
    [
        ("merge-consent", (THICK,), merged("snap")),
        ("merge-consent", (THINSNAP,), merged("tsnap")),
        ("merge-kind", (), merged("data")),
        ("merge-kind", (replace(THICK, invalid=True),), merged("snap")),
        ("lv-open", (THICK, replace(GROUP.lv("data"), open=True)), merged("snap")),
        ("lv-open", (replace(THICK, open=True),), merged("snap")),
        ("lv-needed", (THICK,), {"name": "data", "state": "absent"}),
        ("lv-needed", (THINSNAP,), {"name": "thin", "state": "absent"}),
        ("lv-has-snapshots", (THICK,), {"name": "data", "size": "80MiB"}),
        ("shrink-unsupported", (THICK,), snap(size="8MiB")),
        ("snapshot-size", (), thin(size="8MiB")),
        ("snapshot-size-missing", (), snap()),
        ("snapshot-active", (), snap(size="8MiB", active=False)),
        ("snapshot-kind", (), {"name": "data", "snapshot_of": "thin"}),
        ("snapshot-kind", (THICK,), {"name": "snap", "snapshot_of": "thin"}),
        ("snapshot-origin", (), snap(snapshot_of="pool", size="8MiB")),
        ("snapshot-origin", (THICK,), {"name": "more", "snapshot_of": "snap", "size": "8MiB"}),
        ("origin-unknown", (), snap(snapshot_of="none", size="8MiB")),
        ("vg-full", (replace(GROUP.lv("data"), extents=9000),), snap(size="20GiB")),
        ("lv-options", (), thin(filesystem={"type": "ext4"})),
        ("lv-options", (), snap(size="8MiB", thin_pool="pool")),
    ],
)
def test_refused(code: str, found: tuple, volume: dict) -> None:
    assert refusal(having(*found), wish(volume)).code == code


def test_consent_for_a_merge_names_what_the_origin_is() -> None:
    assert refusal(having(THICK), wish(merged("snap")), allow_data_loss={"fast/data": "u-snap"}).code == "consent-differs"


def test_a_thin_snapshot_promises_as_much_as_its_origin() -> None:
    roomless = fast(thin_pools=[{"name": "pool", "size": "400MiB"}], logical_volumes=[thin()])
    assert actions(planned(UNTAGGED, roomless)) == ["create snapshot fast/tsnap"], "50 and 50 extents on 100"
    small = replace(POOL, extents=99)
    assert refusal(having(small), fast(thin_pools=[{"name": "pool", "size": "396MiB"}], logical_volumes=[thin()])).code == "pool-overcommit"
