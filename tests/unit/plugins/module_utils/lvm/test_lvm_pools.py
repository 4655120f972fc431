"""Thin pools: how large, watched by whom, how full, and what is done about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lvm_wishes import GROUP as UNTAGGED
from lvm_wishes import POOL as BARE
from lvm_wishes import EXTENT, THIN, actions, commands, fast, planned, refusal

from ansible_collections.cairn.storage.plugins.module_utils._core.quantity import Extents, Percent
from ansible_collections.cairn.storage.plugins.module_utils._lvm.apply import HANDLERS
from ansible_collections.cairn.storage.plugins.module_utils._lvm.autoextend import WriteProfile, threshold
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.observe import profiles
from ansible_collections.cairn.storage.plugins.module_utils._lvm.space import pool_layout

#: Its volumes may promise ten times what it has, as its tag says since an earlier run.
POOL = replace(BARE, tags=("cairn.ratio=10",))
GROUP = UNTAGGED.with_lv(POOL, 0)
MIB = 1024**2
PROFILE = "activation {\n\tthin_pool_autoextend_threshold = 70\n\tthin_pool_autoextend_percent = 20\n}\n"
WRITE = "write /etc/lvm/profile/cairn-extend-70-20.profile"
CONSENT = {"fast/pool": "u-pool"}
CHECKED = """lvchange --config 'global/thin_check_options=["-q","--clear-needs-check-flag"]' --activate y --monitor y fast/pool"""


def having(*changed: Any) -> VolumeGroup:
    """The volume group with these volumes instead of those of the same names, or besides."""
    group = GROUP
    for each in changed:
        group = group.with_lv(each, 0)
    return group


def pool(**values: Any) -> Any:
    return replace(POOL, **values)


def wanted(*volumes: dict, **values: Any) -> dict:
    return fast(thin_pools=[{"name": "pool", "size": "400MiB", "overprovision_ratio": 10, **values}], logical_volumes=list(volumes))


NEW = {"name": "new", "size": "40MiB", "thin_pool": "pool"}
SNAP = {"name": "snap", "snapshot_of": "thin"}
LARGER = {"name": "thin", "size": "400MiB", "thin_pool": "pool"}
EXTEND = {"threshold": 70, "percent": 20}


@pytest.mark.parametrize(
    "found, wish, expected",
    [
        pytest.param(pool(monitored=False), wanted(), ["lvchange --monitor y fast/pool"], id="piraeus-operator#644"),
        pytest.param(
            pool(monitored=False, active=False), wanted(), ["lvchange --activate y --monitor y fast/pool"], id="csi-driver-lvm#153, off after a boot"
        ),
        pytest.param(
            POOL,
            wanted(autoextend=EXTEND),
            [WRITE, "lvchange --metadataprofile cairn-extend-70-20 fast/pool"],
            id="linstor-server#396",
        ),
        pytest.param(pool(profile="cairn-extend-70-20"), wanted(autoextend=EXTEND), [WRITE], id="file lost"),
        pytest.param(pool(profile="mine"), wanted(), [], id="left out, it stays as it is"),
        pytest.param(pool(profile="cairn-extend-70-20"), wanted(size="40MiB", metadata_size="2MiB"), [], id="grew on its own"),
        pytest.param(POOL, wanted(size="100%FREE"), [], id="what is free counts once"),
        pytest.param(POOL, wanted(size="100%FREE", grow=True), ["lvextend --extents 1008 fast/pool"], id="or each time"),
        pytest.param(POOL, wanted(size="5%FREE", grow=True), [], id="and never makes it smaller"),
        pytest.param(POOL, wanted(size="2GiB", metadata_size="8MiB"), ["lvextend --extents 512 fast/pool"], id="metadata as it is"),
        pytest.param(
            pool(check_needed=True, health="metadata_read_only"),
            wanted(metadata_size="16MiB"),
            ["lvextend --poolmetadatasize 16777216b fast/pool"],
            id="grown",
        ),
    ],
)
def test_what_is_done_with_a_pool_that_is_there(found: Any, wish: dict, expected: list) -> None:
    made = planned(having(found), wish)
    assert commands(made) == expected
    again = planned(made.after.groups[0], wish, state=State(made.after.groups, recorded={"fast": "u"}, profiles={"cairn-extend-70-20": PROFILE}))
    assert actions(again) == []


def test_metadata_is_never_less_than_lvm_makes_of_it__ankhmorpork_1350() -> None:
    """300 GiB with chunks of 64 KiB need 300 MiB; LVM would grow less than that with the data, and the next run would find it too large."""
    group = VolumeGroup("g", EXTENT, 10**6, 10**6)
    assert pool_layout(Extents(76800), group, 76 * MIB, 65536).metadata == 75
    assert pool_layout(Extents(76800), group, 400 * MIB, 65536).metadata == 100
    assert pool_layout(Extents(76800), group, None, 65536).metadata == 150, "twice that when nothing is said"


@pytest.mark.parametrize("size, chunk", [(16 * 1024**4, 256 * 1024), (8 * 1024**4, 128 * 1024)])
def test_chunks_do_not_cap_the_pool__blivet_998(size: int, chunk: int) -> None:
    group = VolumeGroup("g", EXTENT, 10**8, 10**8)
    assert pool_layout(Extents(size // EXTENT), group, None, None).chunk_bytes == chunk


@pytest.mark.parametrize("chunk", [65536, 192 * 1024, 1024 * 1024, 3 * EXTENT])
def test_rounding_is_settled_at_once__sds_node_configurator_326(chunk: int) -> None:
    group = VolumeGroup("g", EXTENT, 5000, 5000)
    for size in (10 * MIB, 10**7, Extents(7), Percent(33.3, "VG"), Percent(50, "FREE")):
        first = pool_layout(size, group, None, chunk)
        made = replace(POOL, extents=first.data, metadata=first.metadata, chunk_bytes=chunk)
        after = replace(group.with_lv(made, first.data + 2 * first.metadata), lvs=(made, replace(GROUP.lv("lvol0_pmspare"), extents=first.metadata)))
        assert pool_layout(size, after, None, None, made) == first and first.data * EXTENT % chunk == 0


@pytest.mark.parametrize(
    "found, words",
    [
        (pool(), []),
        (pool(data_percent=79.9, metadata_percent=10.0), []),
        (pool(data_percent=85.0, metadata_percent=81.5), ["85 % of its data", "81.5 % of its metadata"]),
        (pool(data_percent=100.0, metadata_percent=1.0, health="out_of_data"), ["no data left"]),
        (pool(data_percent=1.0, metadata_percent=100.0, health="metadata_read_only"), ["no metadata left"]),
        (pool(data_percent=1.0, metadata_percent=1.0, health="metadata_read_only", check_needed=True), ["u-pool"]),
        (pool(health="failed"), ["by hand"]),
        (replace(THIN, name="s", pool="", layout="linear", origin="data", invalid=True, data_percent=100.0), ["snapshot fast/s is invalid"]),
        (replace(THIN, name="s", pool="", layout="linear", origin="data", data_percent=90.0), ["90 % full"]),
        (replace(THIN, data_percent=100.0), []),
    ],
)
def test_what_is_reported__topolvm_1101(found: Any, words: list) -> None:
    """lvm2#57, ankhmorpork#1350: what is really used is told, data and metadata alike, before it is too late."""
    made = planned(having(found), fast())
    assert actions(made) == [] and len(made.after.degraded) == len(words) == len(made.warnings)
    for word, each in zip(words, made.after.degraded):
        assert word in each["reason"] and each["device"] == f"/dev/fast/{found.name}"


@pytest.mark.parametrize("volume, parameter", [(NEW, "thin_pool"), (SNAP, "snapshot_of"), (LARGER, "thin_pool")])
@pytest.mark.parametrize(
    "found",
    [
        pool(data_percent=100.0, metadata_percent=1.0, health="out_of_data"),
        pool(data_percent=100.0, metadata_percent=1.0),
        pool(data_percent=1.0, metadata_percent=100.0, health="metadata_read_only"),
        pool(data_percent=1.0, metadata_percent=1.0, check_needed=True),
        pool(health="failed"),
    ],
)
def test_a_full_pool_takes_no_more__topolvm_1101(found: Any, volume: dict, parameter: str) -> None:
    refused = refusal(having(found), wanted(volume))
    assert refused.code == "pool-full" and refused.parameter == f"volume_groups[0].logical_volumes[0].{parameter}"


def test_a_full_pool_that_is_grown_takes_more() -> None:
    found = having(pool(data_percent=100.0, metadata_percent=10.0, health="out_of_data"))
    made = planned(found, wanted(NEW, size="800MiB"))
    assert commands(made)[0] == "lvextend --extents 200 fast/pool" and not made.after.degraded
    assert made.after.groups[0].lv("pool").data_percent == 50.0


@pytest.mark.parametrize("percent, refused", [(50.0, False), (51.0, True)])
def test_lvm_makes_no_volumes_where_metadata_is_short(percent: float, refused: bool) -> None:
    """A quarter of it has to be free, or 4 MiB; half of this one."""
    found = having(pool(data_percent=1.0, metadata_percent=percent + 25, metadata=2))
    if refused:
        assert refusal(found, wanted(NEW)).code == "pool-full"
    else:
        assert planned(found, wanted(NEW)).changed
    assert planned(found, wanted(LARGER)).changed, "those that are there may still grow"


def test_a_pool_that_should_have_grown_takes_no_more() -> None:
    found = having(pool(profile="cairn-extend-70-20", data_percent=71.0, metadata_percent=1.0))
    assert refusal(found, wanted(NEW)).code == "pool-full"
    assert threshold("mine") == threshold("") == 100


SICK = pool(check_needed=True, health="metadata_read_only", data_percent=1.0, metadata_percent=1.0)


@pytest.mark.parametrize(
    "found, expected",
    [
        ((SICK,), ["lvchange --activate n fast/thin fast/pool", CHECKED, "lvchange --activate y --ignoreactivationskip fast/thin"]),
        ((SICK, replace(THIN, active=False)), ["lvchange --activate n fast/pool", CHECKED]),
        ((pool(active=False, monitored=False), replace(THIN, active=False)), [CHECKED]),
    ],
)
def test_a_pool_is_checked_only_with_consent__thin_provisioning_tools_226(found: tuple, expected: list) -> None:
    made = planned(having(*found), wanted(), allow_data_loss=CONSENT)
    assert commands(made) == expected and actions(made) == ["check thin pool fast/pool"]
    assert not made.after.degraded and not made.warnings
    assert "--repair" not in str(made.describe()), "nothing is ever repaired"


def test_without_consent_a_sick_pool_is_only_reported__thin_provisioning_tools_226() -> None:
    made = planned(having(SICK), wanted())
    assert actions(made) == [] and 'allow_data_loss: {"fast/pool": "u-pool"}' in made.after.degraded[0]["reason"]


def test_a_pool_that_does_not_start_says_what_to_do__thin_provisioning_tools_226() -> None:
    made = planned(having(pool(active=False)), wanted())
    assert 'allow_data_loss: {"fast/pool": "u-pool"}' in made.actions[0].steps[0].fix


@pytest.mark.parametrize(
    "code, found, consent",
    [
        ("consent-differs", (SICK,), {"fast/pool": "other"}),
        ("pool-open", (SICK, replace(THIN, open=True)), CONSENT),
    ],
)
def test_a_check_is_refused(code: str, found: tuple, consent: dict) -> None:
    assert refusal(having(*found), wanted(), allow_data_loss=consent).code == code


def test_consent_for_a_pool_that_is_well_is_a_warning() -> None:
    made = planned(GROUP, wanted(), allow_data_loss=CONSENT)
    assert actions(made) == [] and "fast/pool" in made.warnings[0]


def test_without_dmeventd_nothing_would_watch__piraeus_operator_644() -> None:
    refused = refusal(GROUP, wanted(), state=State((GROUP,), recorded={"fast": "u-fast"}, dmeventd=False))
    assert refused.code == "pool-unwatched" and "node_bootstrap" in refused.fix


@pytest.mark.parametrize("values", [{"threshold": 40}, {"threshold": 100}, {"percent": 0}])
def test_autoextend_has_limits(values: dict) -> None:
    assert refusal(GROUP, wanted(autoextend=values)).code == "pool-autoextend"


def test_profiles_are_written_and_read_back(tmp_path: Path) -> None:
    (tmp_path / "other.profile").write_text("x", encoding="utf-8")
    HANDLERS[WriteProfile](WriteProfile("cairn-extend-70-20", PROFILE, str(tmp_path)))
    assert profiles(str(tmp_path)) == {"cairn-extend-70-20": PROFILE} and profiles(str(tmp_path / "none")) == {}
