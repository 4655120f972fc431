"""Every bad input of the table is refused on a machine of plain values, by the parameter that is at fault and with what to do about it."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from typing import Any, Callable, Mapping

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from machines import disk, holding, host, upon, wwn

TESTS = Path(__file__).resolve().parents[3]
sys.path += [str(TESTS / "hosts"), str(TESTS / "unit")]

from argument_specs import argument_spec  # noqa: E402
from bad_inputs import DISKS, GROUP, TABLE, TYPE, Bad, with_disks  # noqa: E402

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._block.rules import parse as parse_rules  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._block.rules import parse_selector  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._block.survey import survey  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._local import plan as local  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._local.desired import parse as parse_classes  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Entry, Observed  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._lvm import parse as lvm_parse  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._lvm import plan as lvm  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup  # noqa: E402

NAMES = {name: wwn(letter) for name, letter in zip(DISKS, "abcdefg")}
EXTENT = 4 * 1024**2


def machine() -> tuple[Host, State]:
    """The machine that the table tells of."""
    member, other = holding(disk("a"), "LVM2_member", "pv-a"), holding(disk("b"), "LVM2_member", "pv-b")
    volumes = [
        Device(f"dm-{number}", f"/dev/mapper/{GROUP}-{name}", "lvm", extents * EXTENT, links=(f"/dev/disk/by-id/dm-uuid-{name}",))
        for number, (name, extents) in enumerate((("data", 10), ("thin", 50), ("used", 16), ("snap", 4)))
    ]
    other, kept = upon(other, Device("dm-9", "/dev/mapper/badother-keep", "lvm", 4 * EXTENT))
    volumes[2] = dataclasses.replace(holding(volumes[2], "ext4", "u-ext4"), mounts=("/mnt/bad-used",))
    for number, each in enumerate(volumes):
        member, volumes[number] = upon(member, each)
    parted, part = upon(holding(disk("e"), "gpt partition table", "u-gpt"), Device("sde1", "/dev/sde1", "part", 1024**3, links=(f"{wwn('e')}-part1",)))
    devices = (
        *(member, other, kept, *volumes, disk("c"), holding(disk("d"), "xfs", "u-xfs"), parted, part),
        dataclasses.replace(holding(disk("f"), "ext4", "u-mounted"), mounts=("/mnt/bad",)),
        dataclasses.replace(disk("g"), entry="badclass/wwn-0x60017"),
    )
    lvs = (
        LogicalVolume("pool", 100, "u-pool", "thin,pool", metadata=2, chunk_bytes=65536, segment="thin-pool", monitored=True),
        LogicalVolume("data", 10, "u-data"),
        LogicalVolume("thin", 50, "u-thin", "thin,sparse", pool="pool", segment="thin"),
        LogicalVolume("used", 16, "u-used", open=True),
        LogicalVolume("snap", 4, "u-snap", origin="used"),
        LogicalVolume("lvol0_pmspare", 2, "u-spare", hidden=True),
    )
    used = 100 + 2 + 2 + 10 + 16 + 4
    groups = (
        VolumeGroup(GROUP, EXTENT, 511, 511 - used, "u-fast", pvs=(PhysicalVolume("/dev/sda", "pv-a", "sda", 511, used=used),), lvs=lvs),
        VolumeGroup("badother", EXTENT, 511, 507, "u-other", pvs=(PhysicalVolume("/dev/sdb", "pv-b", "sdb", 511, used=4),), lvs=(LogicalVolume("keep", 4, "u-keep"),)),
    )
    return host(*devices), State(groups, recorded={GROUP: "u-fast", "badother": "u-other"})


def plan_disks(params: Mapping[str, Any]) -> None:
    selector = parse_selector(params["selector"], "selector") if params["selector"] else None
    survey(machine()[0], parse_rules(params["disk_rules"]), selector, params["allow_kernel_names"])


def plan_lvm(parse: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], None]:
    return lambda params: lvm.plan(lvm.Observed(*machine()), parse(params)) and None


def plan_classes(params: Mapping[str, Any]) -> None:
    given = Entry("badclass", "wwn-0x60017", f"{params['base_dir']}/badclass/wwn-0x60017", True, "sdg")
    found, state = machine()
    # LVM is asked only if a class stands on it or one is given up.
    asked = any(item["logical_volumes"] or item["state"] == "absent" for item in params["classes"])
    local.plan(Observed(found, state if asked else State(), (given,)), parse_classes(params), lambda: "u-new")


def parse_one(params: Mapping[str, Any]) -> Any:
    return lvm_parse.layout(params, [lvm_parse.parse_group(params, "", params["allow_kernel_names"])])


PLANS = {
    "block_device_info": plan_disks,
    "lvm_layout": plan_lvm(lvm_parse.parse),
    "lvm_volume_group": plan_lvm(parse_one),
    "lvm_logical_volume": plan_lvm(lvm_parse.parse_alone),
    "local_volumes": plan_classes,
}


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: f"{bad.module}-{bad.parameter}-{bad.code or 'type'}")
def test_a_bad_input_is_refused(bad: Bad) -> None:
    checked = ArgumentSpecValidator(argument_spec(bad.module)).validate(with_disks(dict(bad.params), NAMES))
    if bad.code == TYPE:
        assert bad.parameter in "; ".join(checked.error_messages)
        return
    assert not checked.error_messages, checked.error_messages
    with pytest.raises(CairnError) as refused:
        PLANS[bad.module](checked.validated_parameters)
    assert (refused.value.code, refused.value.parameter) == (bad.code, bad.parameter), str(refused.value)
    assert refused.value.fix and refused.value.parameter in str(refused.value)


def test_the_table_is_wide_enough() -> None:
    """At least 120 refusals that differ in what is asked, what is wrong with it, or where it stands; few of them by type alone."""
    kinds = {(bad.module, bad.code, re.sub(r"\d+", "", bad.parameter)) for bad in TABLE}
    assert len(kinds) >= 120 and len({bad.code for bad in TABLE}) >= 80
    assert sum(bad.code == TYPE for bad in TABLE) <= len(kinds) / 5
