"""A folder that behaves as the kernel's configfs does where targets are concerned, and wishes with the module's own defaults."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

sys.path.append(str(Path(__file__).resolve().parents[3]))

from argument_specs import argument_spec  # noqa: E402

from ansible_collections.cairn.storage.plugins.module_utils._core import executor  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._core.command import Command  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target import apply, kernel, observe, saved_file  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.parse import Wish, parse  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.plan import plan  # noqa: E402

NAME = "iqn.2026-01.com.example:disks"
INITIATOR = "iqn.2026-01.com.example:node1"
CHAP = {"user": "node1", "password": "correct-horse-1"}
ADDRESS = "127.0.0.1"

#: Files that the kernel makes with a folder, with what they say at first.
_AUTH = {f"auth/{name}": "" for name in ("userid", "password", "userid_mutual", "password_mutual")}
_GROUP = {
    "enable": "0",
    "attrib/authentication": "1",
    "attrib/generate_node_acls": "0",
    "attrib/cache_dynamic_acls": "0",
    "attrib/demo_mode_write_protect": "1",
    "attrib/login_timeout": "15",
    "param/MaxBurstLength": "262144",
    "param/ImmediateData": "Yes",
    **_AUTH,
}
_ACL = {"cmdsn_depth": "64", "info": "No active iSCSI Session for Initiator Endpoint: x", "attrib/dataout_timeout": "3", **_AUTH}
_STORE = {"enable": "0", "control": "", "udev_path": "", "wwn/vpd_unit_serial": "", "attrib/emulate_write_cache": "0", "attrib/emulate_tpu": "0"}
_ALUA = {"tg_pt_gp_id": "0", "alua_access_state": "0", "preferred": "0"}


def wish(**params: Any) -> Wish:
    """What the module makes of these parameters."""
    checked = ArgumentSpecValidator(argument_spec("iscsi_target")).validate({"name": NAME, **params})
    assert not checked.error_messages, checked.error_messages
    return parse(checked.validated_parameters)


def ramdisk(name: str = "ram", **values: Any) -> dict:
    return {"name": name, "type": "ramdisk", "size": "1MiB", **values}


def group(**values: Any) -> dict:
    """A portal group that shows one RAM disk to one initiator."""
    return {"portals": [{"address": ADDRESS}], "luns": [{"lun": 0, "backstore": "ram"}], "acls": [{"initiator": INITIATOR}], **values}


class Lio:
    """The kernel. ``said`` are the steps of all that was done."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = folder / "target"
        self.saved = folder / "saveconfig.json"
        self.said: list[str] = []
        (self.root / "core").mkdir(parents=True)
        monkeypatch.setattr(apply, "ROOT", str(self.root))
        for function in (kernel.survey, kernel.target):
            monkeypatch.setattr(function, "__defaults__", (str(self.root),))
        monkeypatch.setattr(saved_file, "path", lambda: str(self.saved))

    def path(self, *parts: object) -> Path:
        return self.root.joinpath("iscsi", NAME, *map(str, parts))

    def plan(self, wanted: Wish) -> Plan:
        return plan(observe.observe(wanted.target, "/nowhere"), wanted)

    def apply(self, wanted: Wish) -> Plan:
        """Plan, carry out, and check that nothing is left to do."""
        planned = self.plan(wanted)
        self.said += [str(step) for action in planned.actions for step in action.steps]
        executor.apply(
            planned, {**apply.HANDLERS, **{kind: self.kernel(handler) for kind, handler in apply.HANDLERS.items()}, Command: lambda step: None}
        )
        again = self.plan(wanted)
        assert not again.changed, again.describe()
        return planned

    def kernel(self, handler: Any) -> Any:
        def handle(step: Any) -> None:
            path = getattr(step, "path", "")
            if type(step).__name__ == "RemoveDir":
                self._remove(self.root / path)
                return
            handler(step)
            if type(step).__name__ == "MakeDir":
                self._made(path)
            if path.endswith("/control"):
                self._info(path, step.value)
            if path.endswith("vpd_unit_serial"):
                (self.root / path).write_text(f"T10 VPD Unit Serial Number: {step.value}\n")

        return handle

    def _remove(self, path: Path) -> None:
        assert not [each for each in path.rglob("*") if each.is_symlink()], f"{path} is still bound"
        assert not [each for each in path.glob("*/*") if each.name.startswith("lun_") or each.parent.name in ("np", "acls")], f"{path} is not empty"
        for each in sorted(path.rglob("*"), reverse=True):
            each.rmdir() if each.is_dir() else each.unlink()
        path.rmdir()

    def _made(self, path: str) -> None:
        parts = path.split("/")
        files: dict[str, str] = {}
        if parts[0] == "core" and len(parts) == 3:
            files = _STORE
        elif parts[0] == "core" and len(parts) == 5:
            files = _ALUA
        elif parts[-1].startswith("tpgt_"):
            files = _GROUP
        elif "acls" in parts[-2:-1]:
            files = _ACL
        elif parts[-1].startswith("lun_"):
            files = {"alua_tg_pt_gp": "TG Port Alias: default_tg_pt_gp\nTG Port Group ID: 0\n"} if "lun" in parts else {"write_protect": "1"}
        for name, text in files.items():
            place = self.root / path / name
            place.parent.mkdir(exist_ok=True)
            if not place.exists():
                place.write_text(text)

    def _info(self, path: str, value: str) -> None:
        info = (self.root / path).with_name("info")
        told = dict(word.split("=") for word in value.split(","))
        text = info.read_text() if info.exists() else ""
        if "rd_pages" in told:
            text += f"RAMDISK PAGES/PAGE_SIZE: {told['rd_pages']}*4096  SG_table_count: 1"
        if "fd_dev_size" in told:
            text += f"TCM FILEIO ID: 0        File: {told['fd_dev_name']}  Size: {told['fd_dev_size']}  Mode: O_DSYNC Async: 0"
        info.write_text(text)

    def log_in(self, address: str = "192.0.2.21") -> None:
        self.path("tpgt_1", "acls", INITIATOR, "info").write_text(f"InitiatorName: {INITIATOR}\n   Address {address} TCP  StatSN: 0x1\n")
