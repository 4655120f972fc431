"""Every bad input of the targets' table is refused on a machine of plain values, by the parameter that is at fault and with what to do about it."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

TESTS = Path(__file__).resolve().parents[4]
sys.path += [str(TESTS / "hosts"), str(TESTS / "unit"), str(Path(__file__).resolve().parents[1])]

from argument_specs import argument_spec  # noqa: E402
from bad_inputs import TYPE, Bad, with_disks  # noqa: E402
from iscsi_bad_inputs import ADDRESS, DISKS, FILE, FOLDER, INITIATOR, NAME, OTHER, TABLE  # noqa: E402
from machines import disk, holding, host, upon, wwn  # noqa: E402

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target import plan_host, saved  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.model import Acl, Backstore, Lun, PortalGroup, Target  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.parse import parse  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.plan import plan  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.seen import File, Observed  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.state import Kernel  # noqa: E402

NAMES = {name: wwn(letter) for name, letter in zip(DISKS, "abcdef")}
NUMBERS = {path: f"8:{number}" for number, path in enumerate(NAMES.values())}


def machine() -> Observed:
    """The machine that the table tells of."""
    disks = [dataclasses.replace(disk(letter), number=NUMBERS[wwn(letter)]) for letter in "abcdef"]
    disks[1] = dataclasses.replace(holding(disks[1], "ext4", "u-mounted"), mounts=("/mnt/bad",))
    disks[2], volume = upon(holding(disks[2], "LVM2_member", "pv-a"), Device("dm-0", "/dev/mapper/bad-lv", "lvm", 1024**2))
    disks[3] = holding(disks[3], "LVM2_member", "pv-b")
    disks[4] = dataclasses.replace(disks[4], entry="badclass/wwn-0x60017")
    mine = Backstore("file", "fileio", FILE, 4 * 1024**2, serial="abcdef", folder="fileio_0")
    others = Backstore("other", "block", NAMES["EXPORTED"], serial="abcdef01", number=NUMBERS[NAMES["EXPORTED"]], folder="iblock_1")
    kernel = Kernel(
        {each.key: each for each in (mine, others)},
        {mine.key: frozenset([f"iscsi/{NAME}"]), others.key: frozenset([f"iscsi/{OTHER}"])},
        ("fileio_0", "iblock_1"),
        ("iscsi",),
    )
    running = Target(NAME, groups=(PortalGroup(1, luns=(Lun(0, mine.key),), acls=(Acl(INITIATOR),)),), backstores=(mine,))
    files = {FILE: File(4 * 1024**2), FOLDER: File(4096, regular=False), f"{FOLDER}/nowhere/disk.img": File(folder=False)}
    seen = Observed(running, kernel, saved.load("", ""), "/saved", host(*disks, volume), NUMBERS, files, frozenset(["192.0.2.99"]))
    return seen


def plan_wish(module: str, params: Any) -> None:
    if module == "iscsi_target_host":
        plan_host.parse(params["discovery_auth"], {})
        return
    wish = parse(params)
    plan(machine(), wish)


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: f"{bad.parameter}-{bad.code or 'type'}")
def test_a_bad_input_is_refused(bad: Bad) -> None:
    checked = ArgumentSpecValidator(argument_spec(bad.module)).validate(with_disks(dict(bad.params), NAMES))
    if bad.code == TYPE:
        assert bad.parameter in "; ".join(checked.error_messages)
        return
    assert not checked.error_messages, checked.error_messages
    with pytest.raises(CairnError) as refused:
        plan_wish(bad.module, checked.validated_parameters)
    assert (refused.value.code, refused.value.parameter) == (bad.code, bad.parameter), str(refused.value)
    assert refused.value.fix and refused.value.parameter in str(refused.value)
    assert not any(secret in str(refused.value) for secret in ("correct-horse", "battery-staple", "with blanks", "and-void"))


def test_lvm_that_looks_into_logical_volumes_is_refused__lvm2_scan_lvs() -> None:
    checked = ArgumentSpecValidator(argument_spec("iscsi_target")).validate({"name": NAME, "tpgs": [{"portals": [{"address": ADDRESS}]}]})
    with pytest.raises(CairnError) as refused:
        plan(dataclasses.replace(machine(), scan_lvs=True), parse(checked.validated_parameters))
    assert refused.value.code == "scan-lvs"


def test_the_table_is_wide_enough() -> None:
    kinds = {(bad.module, bad.code, re.sub(r"\d+", "", bad.parameter)) for bad in TABLE}
    assert len(kinds) >= 50 and len({bad.code for bad in TABLE}) >= 50
    assert sum(bad.code == TYPE for bad in TABLE) <= len(kinds) / 5
