"""What is wanted of LVM, and small volume groups, as plain values for the tables of planner tests."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from machines import BASE, disk, holding, host, rule

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Host
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.options import COMMON, LAYOUT_GROUP
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import parse
from ansible_collections.cairn.storage.plugins.module_utils._lvm.plan import Observed, plan

EXTENT = 4 * 1024**2
MACHINE = host(holding(disk("a"), "LVM2_member", "pv-a"), disk("b"), holding(disk("c"), "LVM2_member", "pv-c"))
POOL = LogicalVolume("pool", 100, "u-pool", "thin,pool", metadata=2, chunk_bytes=65536, monitored=True, zeroes=True)
DATA = LogicalVolume("data", 10, "u-data")
THIN = LogicalVolume("thin", 50, "u-thin", "thin,sparse", pool="pool")
GROUP = VolumeGroup(
    "fast",
    EXTENT,
    1022,
    1022 - 100 - 2 - 2 - 10,
    "u-fast",
    ("old",),
    (PhysicalVolume("/dev/sda", "pv-a", "sda", 511), PhysicalVolume("/dev/sdc", "pv-c", "sdc", 511)),
    (POOL, DATA, THIN, LogicalVolume("lvol0_pmspare", 2, "u-spare", hidden=True)),
)
MISSING = dataclasses.replace(GROUP, pvs=(GROUP.pvs[0], PhysicalVolume("[unknown]", "pv-c", "", 511, missing=True)))


def params(*groups: dict, **options: Any) -> dict:
    """Parameters as Ansible hands them to the module, defaults filled in."""
    rules = options.pop("rules", [rule("fast", rotational=False), rule("bulk", rotational=True)])
    spec = {**COMMON, "volume_groups": {"type": "list", "elements": "dict", "options": LAYOUT_GROUP}}
    checked = ArgumentSpecValidator(spec).validate({"volume_groups": list(groups), "disk_rules": rules, "base_dir": BASE, **options})
    assert not checked.error_messages, checked.error_messages
    return checked.validated_parameters


def fast(**values: Any) -> dict:
    return {"name": "fast", "devices": {"rule": "fast"}, **values}


def planned(group: Any = GROUP, *wanted: dict, machine: Host = MACHINE, **options: Any) -> Plan:
    state = options.pop("state", None) or State((group,) if group else (), recorded={"fast": "u-fast"} if group else {})
    return plan(Observed(machine, state), parse(params(*wanted, **options)))


def actions(made: Plan) -> list:
    return [str(action) for action in made.actions]


def commands(made: Plan) -> list:
    """The changing commands; that each change ends with a backup has a test of its own."""
    return [str(step) for action in made.actions for step in action.steps if not str(step).startswith(("check ", "vgcfgbackup "))]


def refusal(group: Any, *wanted: dict, **options: Any) -> CairnError:
    """What the wish is refused with; every refusal names the parameter and the fix."""
    with pytest.raises(CairnError) as refused:
        planned(group, *wanted, **options)
    assert refused.value.parameter and refused.value.fix
    return refused.value
