"""Wishes for local volumes as a module's parameters, and their plans, for the tables of tests."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

from machines import BASE, rule

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Host
from ansible_collections.cairn.storage.plugins.module_utils._block.record import PATH, Record
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._local.book import WriteDown
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
        "adopt": {},
        "allow_kernel_names": False,
        **options,
    }


def planned(
    machine: Host,
    *classes: dict,
    entries: tuple = (),
    state: State = State(),
    text: str = "",
    made: Optional[dict] = None,
    kept: Any = None,
    directories: Any = None,
    foreign: Optional[dict] = None,
    observed: Optional[dict] = None,
    **options: Any,
) -> Plan:
    """The plan for ``classes`` on ``machine``; without a record (``made``) as it is once what is there was put on record.

    ``observed`` is what else there is to see, by the names of ``Observed``.
    """
    first = _planned(machine, made or {}, classes, (entries, text, kept, directories, foreign, state, observed), options)
    there = [step for action in first.actions if action.name == PATH for step in action.steps if isinstance(step, WriteDown)]
    if made is not None or not there:
        return first
    return _planned(
        machine,
        {name: each for step in there for name, each in step.put.items()},
        classes,
        (entries, text, kept, directories, foreign, state, observed),
        options,
    )


def _planned(machine: Host, made: dict, classes: tuple, found: tuple, options: dict) -> Plan:
    entries, text, kept, directories, foreign, state, more = found
    record = Record(made)
    machine = dataclasses.replace(machine, record=record)
    # The udev rules that follow from the record have a table of their own.
    observed = Observed(
        machine, state, entries, text, record, (), kept or {}, directories=directories or {}, foreign=foreign or {}, udev=False, **(more or {})
    )
    return plan(observed, parse(wish(*classes, **options)), lambda: NEW)


def actions(made: Plan) -> list:
    """A plan's actions as text."""
    return [str(action) for action in made.actions]


def steps(made: Plan) -> list:
    """A plan's steps as text."""
    return [str(step) for action in made.actions for step in action.steps]
