"""Restoring at boot: each target by itself, without clearing, by a program that stands alone."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lio import ADDRESS, INITIATOR, NAME, Lio, group, ramdisk, wish

from ansible_collections.cairn.storage.plugins.module_utils._core.command import Command
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.chap import Chap
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target import apply, discovery, host, plan_host, restore, saved
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.plan_host import Seen, Wish
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.state import Kernel

CHAP = Chap("discovery", "correct-horse-1")


@pytest.fixture(name="lio")
def fixture_lio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lio:
    return Lio(tmp_path, monkeypatch)


def boot(lio: Lio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lio:
    """The same machine with a kernel that knows nothing yet."""
    again = Lio(tmp_path / "again", monkeypatch)
    again.saved.write_text(lio.saved.read_text())
    monkeypatch.setattr(restore, "mutate", lambda step: None)
    monkeypatch.setattr(apply, "HANDLERS", {kind: again.kernel(handler) for kind, handler in apply.HANDLERS.items()})
    return again


def test_a_target_comes_back_as_it_was__rtslib_153(lio: Lio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = wish(backstores=[ramdisk()], tpgs=[group(attributes={"login_timeout": 20})])
    lio.apply(wanted)
    again = boot(lio, tmp_path, monkeypatch)
    document = saved.load(again.saved.read_text(), "")
    assert restore.restore(document, NAME, frozenset()) == []
    assert not again.plan(wanted).changed
    assert again.path("tpgt_1", "attrib", "login_timeout").read_text() == "20\n"
    assert restore.restore(document, NAME, frozenset()) == [], "again is no harm"


def test_what_is_missing_holds_back_its_own_luns_alone(lio: Lio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk.img"
    stores = [ramdisk(), {"name": "late", "type": "fileio", "path": str(disk), "size": "1MiB"}]
    wanted = wish(backstores=stores, tpgs=[group(luns=[{"lun": 0, "backstore": "ram"}, {"lun": 1, "backstore": "late"}])])
    lio.apply(wanted)
    again = boot(lio, tmp_path, monkeypatch)
    document = saved.load(again.saved.read_text(), "")
    assert restore.restore(document, NAME, frozenset([str(disk)])) == []
    assert again.path("tpgt_1", "enable").read_text() == "1" and not again.path("tpgt_1", "lun", "lun_1").exists()
    assert restore.restore(document, NAME, frozenset()) == []
    assert again.path("tpgt_1", "acls", INITIATOR, "lun_1").exists() and not again.plan(wanted).changed


def test_a_target_is_not_shown_without_its_lun_while_that_may_still_come(lio: Lio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk.img"
    late = {"name": "late", "type": "fileio", "path": str(disk), "size": "1MiB"}
    wanted = wish(backstores=[late], tpgs=[group(luns=[{"lun": 0, "backstore": "late"}])])
    lio.apply(wanted)
    again = boot(lio, tmp_path, monkeypatch)
    monkeypatch.setattr(restore, "host_lock", contextlib.nullcontext)
    held = disk.rename(tmp_path / "held")
    assert restore.attempt() == [f"{disk} is not there"] and not again.path("tpgt_1").exists()
    held.rename(disk)
    assert restore.attempt() == [] and not again.plan(wanted).changed
    disk.rename(held)


def test_what_never_comes_is_left_out_at_last(lio: Lio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk.img"
    stores = [ramdisk(), {"name": "lost", "type": "fileio", "path": str(disk), "size": "1MiB"}]
    lio.apply(wish(backstores=stores, tpgs=[group(luns=[{"lun": 0, "backstore": "ram"}, {"lun": 1, "backstore": "lost"}])]))
    again = boot(lio, tmp_path, monkeypatch)
    monkeypatch.setattr(restore, "host_lock", contextlib.nullcontext)
    monkeypatch.setattr(restore, "PATIENCE", 0)
    disk.unlink()
    assert restore.main() == 1
    assert again.path("tpgt_1", "enable").read_text() == "1" and not again.path("tpgt_1", "lun", "lun_1").exists()


def test_nothing_is_cleared(lio: Lio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lio.apply(wish(backstores=[ramdisk()], tpgs=[group()]))
    document = saved.load(lio.saved.read_text(), "")
    lio.apply(wish(backstores=[ramdisk(), ramdisk("more")], tpgs=[group(luns=[{"lun": 0, "backstore": "ram"}, {"lun": 1, "backstore": "more"}])]))
    monkeypatch.setattr(restore, "mutate", lambda step: None)
    assert restore.restore(document, NAME, frozenset()) == []
    assert lio.path("tpgt_1", "lun", "lun_1").exists()


def test_an_attribute_that_this_kernel_does_not_know_is_left_out(lio: Lio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lio.apply(wish(backstores=[ramdisk()], tpgs=[group()]))
    document = json.loads(lio.saved.read_text())
    document["targets"][0]["tpgs"][0]["attributes"]["of_another_kernel"] = 1
    again = boot(lio, tmp_path, monkeypatch)
    assert restore.restore(document, NAME, frozenset()) == []
    assert again.path("tpgt_1", "np", f"{ADDRESS}:3260").exists()


def test_the_program_stands_alone(tmp_path: Path) -> None:
    for name, text in host.program().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    check = "import sys; from cairn_storage._iscsi.target import restore; print(*(name for name in sys.modules if name.startswith('cairn_storage')))"
    done = subprocess.run((sys.executable, "-c", check), env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    files = {name.replace(".", "/") + ".py" for name in done.stdout.split() if (tmp_path / (name.replace(".", "/") + ".py")).exists()}
    assert files == set(host.program()), "nothing is put there that it does not need"


def test_the_units_that_clear_are_masked_and_not_stopped__targetcli_5() -> None:
    wanted = Wish(None, {"a.py": "text"})
    seen = Seen(Kernel(), saved.load("", ""), "/saved", clearing=("target.service",))
    planned = plan_host.plan(seen, wanted)
    commands = [" ".join(step.argv) for action in planned.actions for step in action.steps if isinstance(step, Command)]
    assert commands == ["systemctl daemon-reload", f"systemctl enable {plan_host.UNIT}", "systemctl mask target.service"]
    assert not plan_host.plan(replace(seen, clearing=(), enabled=True, files=wanted.files), wanted).changed
    unit = wanted.files[f"{plan_host.UNITS}/{plan_host.UNIT}"]
    assert "\nExecStop" not in unit and "\nBefore=remote-fs-pre.target" in unit


def test_discovery_authentication_is_saved_as_targetcli_does() -> None:
    document = {**saved.load("", ""), "fabric_modules": [{"name": "other"}]}
    asked = discovery.replaced(document, CHAP)
    assert asked["fabric_modules"][1] == {
        "name": "iscsi",
        "discovery_enable_auth": True,
        "discovery_userid": "discovery",
        "discovery_password": CHAP.password,
    }
    assert discovery.saved(asked) == CHAP and discovery.replaced(asked, None) == document
    said = repr((discovery.actions(None, CHAP), discovery.actions(CHAP, replace(CHAP, password="another-horse-2"))))
    assert "horse" not in said and "as given" in said
