"""Wishes for local volumes as a module's parameters, and their plans, for the tables of tests."""

from __future__ import annotations

from typing import Any

from machines import BASE, rule

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Host
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._local.desired import parse
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Observed
from ansible_collections.cairn.storage.plugins.module_utils._local.plan import plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import State

#: The UUID that a run chooses for a new file system.
NEW = "99999999-8888-7777-6666-555555555555"


def wish(*classes: dict, **options: Any) -> dict:
    """A module's parameters."""
    filled = [
        {"state": "present", "adopt_new": False, "grow": False, "shared_capacity": False, "volume_mode": "Filesystem", **item} for item in classes
    ]
    return {
        "classes": filled,
        "disk_rules": [rule("fast", rotational=False), rule("bulk", rotational=True)],
        "base_dir": BASE,
        "published": None,
        "pending": {},
        "wipe": {},
        "allow_kernel_names": False,
        **options,
    }


def planned(
    machine: Host,
    *classes: dict,
    entries: tuple = (),
    state: State = State(),
    text: str = "",
    formatting: Any = None,
    kept: Any = None,
    directories: Any = None,
    **options: Any,
) -> Plan:
    """The plan for ``classes`` on ``machine``."""
    observed = Observed(machine, state, entries, text, formatting or {}, kept or {}, directories=directories or {})
    return plan(observed, parse(wish(*classes, **options)), lambda: NEW)


def actions(made: Plan) -> list:
    """A plan's actions as text."""
    return [str(action) for action in made.actions]


def steps(made: Plan) -> list:
    """A plan's steps as text."""
    return [str(step) for action in made.actions for step in action.steps]
