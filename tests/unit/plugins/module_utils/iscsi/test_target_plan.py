"""Targets planned and built in a folder that behaves as configfs: order, idempotence, drift, sessions, what is saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lio import ADDRESS, CHAP, INITIATOR, NAME, Lio, group, ramdisk, wish

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError

SECOND = "iqn.2026-01.com.example:node2"


@pytest.fixture(name="lio")
def fixture_lio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lio:
    return Lio(tmp_path, monkeypatch)


def one(**values: object) -> dict:
    return {"backstores": [ramdisk()], "tpgs": [group(**values)]}


def kinds(planned: object) -> list[tuple[str, str]]:
    return [(action.verb, action.kind) for action in planned.actions]


def test_created_in_the_order_that_the_kernel_asks_for(lio: Lio) -> None:
    planned = lio.apply(wish(**one()))
    assert kinds(planned) == [
        *(("load", "kernel modules"), ("create", "backstore"), ("create", "target"), ("create", "TPG"), ("create", "LUN")),
        *(("create", "portal"), ("create", "ACL"), ("create", "mapped LUN"), ("enable", "TPG"), ("save", "target")),
    ]
    assert lio.path("tpgt_1", "enable").read_text() == "1" and lio.path("tpgt_1", "attrib", "authentication").read_text() == "0\n"
    assert lio.path("tpgt_1", "acls", INITIATOR, "lun_0", "write_protect").read_text() == "0"
    assert lio.saved.stat().st_mode & 0o777 == 0o600


def test_luns_are_mapped_per_initiator__targetcli_modules_5(lio: Lio) -> None:
    stores = [ramdisk("a"), ramdisk("b")]
    luns = [{"lun": 0, "backstore": "a"}, {"lun": 1, "backstore": "b"}]
    acls = [{"initiator": INITIATOR, "luns": [{"lun": 1, "mapped_lun": 0, "read_only": True}]}, {"initiator": SECOND}]
    lio.apply(wish(backstores=stores, tpgs=[group(luns=luns, acls=acls)]))
    mapped = lio.path("tpgt_1", "acls", INITIATOR, "lun_0")
    assert (mapped / "write_protect").read_text() == "1" and (mapped / "lun_0").readlink().name == "lun_1"
    assert not lio.path("tpgt_1", "acls", INITIATOR, "lun_1").exists() and lio.path("tpgt_1", "acls", SECOND, "lun_1").exists()


def test_a_portal_is_one_that_was_named__targetcli_modules_pr_4_and_resource_agents_834(lio: Lio) -> None:
    portals = [{"address": ADDRESS}, {"address": "::1", "port": 3261}]
    lio.apply(wish(**one(portals=portals)))
    assert sorted(each.name for each in lio.path("tpgt_1", "np").iterdir()) == [f"{ADDRESS}:3260", "[::1]:3261"]
    lio.apply(wish(**one(portals=portals[1:])))
    assert [each.name for each in lio.path("tpgt_1", "np").iterdir()] == ["[::1]:3261"]


def test_only_this_target_is_saved__rtslib_130(lio: Lio) -> None:
    other = {"fabric": "loopback", "wwn": "naa.1", "tpgs": [{"luns": [{"index": 0, "storage_object": "/backstores/user/x"}]}], "strange": [1]}
    document = {
        "fabric_modules": [{"name": "iscsi", "discovery_userid": "x"}],
        "storage_objects": [{"name": "x", "plugin": "user", "config": "y"}],
        "targets": [other],
        "more": 1,
    }
    lio.saved.write_text(json.dumps(document))
    lio.apply(wish(**one()))
    saved = json.loads(lio.saved.read_text())
    assert saved["targets"][0] == other and saved["storage_objects"][0] == document["storage_objects"][0]
    lio.apply(wish(state="absent"))
    assert json.loads(lio.saved.read_text()) == document


def test_drift_is_told_and_repaired_in_the_kernel_and_in_the_file__targetcli_5(lio: Lio) -> None:
    wanted = wish(**one(attributes={"login_timeout": 20}))
    lio.apply(wanted)
    saved = lio.saved.read_text()
    lio.path("tpgt_1", "attrib", "login_timeout").write_text("15")
    lio.path("tpgt_1", "acls", INITIATOR, "lun_0", "lun_0").unlink()
    lio._remove(lio.path("tpgt_1", "acls", INITIATOR, "lun_0"))
    planned = lio.apply(wanted)
    assert [each["object"] for each in planned.after.drift] == [f"TPG {NAME} 1", f"mapped LUN {NAME} 1 {INITIATOR} 0"]
    assert planned.after.drift[1]["running"] is None and planned.after.drift[1]["saved"]
    assert lio.saved.read_text() == saved
    lio.saved.unlink()
    planned = lio.apply(wanted)
    assert kinds(planned) == [("save", "target")] and planned.after.drift and lio.saved.read_text() == saved
    assert not lio.plan(wanted).after.drift


def test_a_target_that_targetcli_saved_is_no_drift(lio: Lio) -> None:
    """targetcli saves every attribute, and lists in the order of the kernel."""
    wanted = wish(**one(portals=[{"address": ADDRESS, "port": port} for port in (3260, 3261)]))
    lio.apply(wanted)
    document = json.loads(lio.saved.read_text())
    tpg = document["targets"][0]["tpgs"][0]
    tpg["portals"].reverse()
    tpg["attributes"]["default_erl"] = 0
    tpg["luns"][0]["alias"] = "d1e2f3"
    lio.saved.write_text(json.dumps(document))
    planned = lio.plan(wanted)
    assert not planned.changed and not planned.after.drift


def test_a_new_serial_makes_that_backstore_and_its_lun_anew_and_nothing_else__targetcli_19(lio: Lio) -> None:
    luns = [{"lun": 0, "backstore": "a"}, {"lun": 1, "backstore": "b"}]
    lio.apply(wish(backstores=[ramdisk("a"), ramdisk("b")], tpgs=[group(luns=luns)]))
    planned = lio.apply(wish(backstores=[ramdisk("a"), ramdisk("b", serial="abcdef01")], tpgs=[group(luns=luns)]))
    assert [(action.verb, action.name.split()[-1]) for action in planned.actions] == [
        *(("remove", "1"), ("remove", "1"), ("remove", "ramdisk/b"), ("create", "ramdisk/b"), ("create", "1"), ("create", "1")),
        ("save", str(lio.saved)),
    ]


def test_a_serial_that_is_not_given_stays_as_it_is(lio: Lio) -> None:
    lio.apply(wish(backstores=[ramdisk(serial="abcdef01")], tpgs=[group()]))
    assert not lio.plan(wish(**one())).changed


@pytest.mark.parametrize(
    ("change", "loss"),
    (
        ({"state": "absent"}, "its session"),
        (one(acls=[]), "its session"),
        (one(enabled=False), "its session"),
        (one(acls=[{"initiator": INITIATOR, "luns": []}]), "LUN 0"),
        (one(portals=[{"address": ADDRESS, "port": 3261}]), "a portal"),
        (one(acls=[{"initiator": INITIATOR, "depth": 32}]), "depth"),
        ({"backstores": [ramdisk(serial="abcdef01")], "tpgs": [group()]}, "LUN 0"),
    ),
)
def test_a_live_session_is_not_cut_without_consent_that_names_it(lio: Lio, change: dict, loss: str) -> None:
    lio.apply(wish(**one()))
    lio.log_in()
    with pytest.raises(CairnError) as refused:
        lio.plan(wish(**change))
    assert refused.value.code == "session-live" and INITIATOR in str(refused.value) and loss in str(refused.value)
    with pytest.raises(CairnError) as refused:
        lio.plan(wish(**change, allow_disconnect={INITIATOR: "192.0.2.22"}))
    assert refused.value.code == "session-differs", "a consent left in an inventory is none for another session"
    lio.path("tpgt_1", "acls", INITIATOR, "info").read_text()
    assert lio.plan(wish(**change, allow_disconnect={INITIATOR: "192.0.2.21"})).changed


def test_what_a_session_does_not_feel_needs_no_consent(lio: Lio) -> None:
    lio.apply(wish(**one()))
    lio.log_in()
    more = [{"initiator": INITIATOR, "luns": [{"lun": 0, "read_only": True}]}, {"initiator": SECOND}]
    planned = lio.apply(wish(**one(acls=more), allow_disconnect={INITIATOR: "192.0.2.21"}))
    assert "remove it" in planned.warnings[0]


def test_no_secret_in_what_a_plan_says(lio: Lio) -> None:
    mutual = {**CHAP, "mutual_user": "target", "mutual_password": "battery-staple-2"}
    for chap in (CHAP, mutual, {**mutual, "password": "another-horse-3"}, None):
        acls = [{"initiator": INITIATOR, **({"chap": chap} if chap else {})}]
        planned = lio.apply(wish(**one(acls=acls)))
        said = repr((planned.describe(), planned.diff(), planned.after, planned, lio.said))
        assert not any(word in said for word in ("horse", "staple"))
    assert lio.path("tpgt_1", "acls", INITIATOR, "auth", "password").read_text() == "NULL"
    assert "horse" not in lio.saved.read_text()


def test_a_secret_that_differs_is_told_without_it(lio: Lio) -> None:
    lio.apply(wish(**one(acls=[{"initiator": INITIATOR, "chap": CHAP}])))
    lio.path("tpgt_1", "acls", INITIATOR, "auth", "password").write_text("something-else")
    planned = lio.apply(wish(**one(acls=[{"initiator": INITIATOR, "chap": CHAP}])))
    assert planned.diff()["before"][f"ACL {NAME} 1 {INITIATOR}"]["secret"] == "another"


def test_chap_is_asked_for_only_if_the_group_says_so(lio: Lio) -> None:
    lio.apply(wish(**one(acls=[{"initiator": INITIATOR, "chap": CHAP}])))
    assert lio.path("tpgt_1", "attrib", "authentication").read_text().strip() == "1"


def test_alua_groups_come_and_go(lio: Lio) -> None:
    def with_groups(*names: str, lun: str = "default_tg_pt_gp") -> dict:
        groups = [{"name": name, "id": number + 1, "state": "standby"} for number, name in enumerate(names)]
        return {"backstores": [ramdisk(alua_groups=groups)], "tpgs": [group(luns=[{"lun": 0, "backstore": "ram", "alua_group": lun}])]}

    planned = lio.plan(wish(**with_groups("a", "b", lun="b")))
    steps = [str(step) for action in planned.actions for step in action.steps]
    assert "write 2 to core/rd_mcp_0/ram/alua/b/alua_access_state" in steps and any(step.startswith("write b to") for step in steps)
    planned = lio.apply(wish(**with_groups("a")))
    assert ("create", "ALUA group") in kinds(planned)
    assert ("remove", "ALUA group") in kinds(lio.apply(wish(**with_groups())))


def test_several_groups_share_a_backstore(lio: Lio) -> None:
    second = group(tag=2, portals=[{"address": ADDRESS, "port": 3261}], acls=[])
    lio.apply(wish(backstores=[ramdisk()], tpgs=[group(), second]))
    lio.apply(wish(**one()))
    assert not lio.path("tpgt_2").exists() and lio.path("tpgt_1", "lun", "lun_0").exists()
    lio.apply(wish(state="absent"))
    assert not lio.path().exists() and not list((lio.root / "core").iterdir())


def test_files_have_the_size_that_was_said_and_stay_when_the_backstore_goes(lio: Lio, tmp_path: Path) -> None:
    disk = tmp_path / "disk.img"

    def with_file(size: str, **values: object) -> dict:
        store = {"name": "ram", "type": "fileio", "path": str(disk), "size": size, **values}
        return {"backstores": [store], "tpgs": [group()]}

    lio.apply(wish(**with_file("1MiB", write_back=True)))
    assert disk.stat().st_size == 1024**2 and disk.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CairnError) as refused:
        lio.plan(wish(**with_file("2MiB", write_back=True)))
    assert refused.value.code == "fileio-size-fixed" and "truncate" in refused.value.fix
    lio.apply(wish(state="absent"))
    assert disk.exists()
    with pytest.raises(CairnError) as refused:
        lio.plan(wish(**with_file("2MiB")))
    assert refused.value.code == "file-size-differs"


def test_a_target_removed_by_hand_leaves_nothing_behind(lio: Lio) -> None:
    """Its backstore, which no LUN shows any more, is known from the saved file."""
    lio.apply(wish(**one()))
    lio.path("tpgt_1", "acls", INITIATOR, "lun_0", "lun_0").unlink()
    lio._remove(lio.path("tpgt_1", "acls", INITIATOR, "lun_0"))
    lio._remove(lio.path("tpgt_1", "acls", INITIATOR))
    lio.path("tpgt_1", "lun", "lun_0", "lun_0").unlink()
    lio._remove(lio.path("tpgt_1", "lun", "lun_0"))
    lio._remove(lio.path("tpgt_1", "np", f"{ADDRESS}:3260"))
    lio._remove(lio.path("tpgt_1"))
    lio._remove(lio.path())
    planned = lio.apply(wish(state="absent"))
    assert kinds(planned) == [("remove", "backstore"), ("save", "target")]
