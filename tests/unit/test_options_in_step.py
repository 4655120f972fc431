"""A role takes what its module takes: the same names, types, choices and defaults, to the last nested option."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from argument_specs import argument_spec

REPO = Path(__file__).resolve().parents[2]
#: Roles, and the module whose options each of them offers under its own prefix.
ROLES = [("lvm", "lvm_layout"), ("local_volumes", "local_volumes"), ("iscsi_initiator", "iscsi_initiator")]
#: Keys that mean the same in a role's specification and in a module's.
KEYS = ("type", "elements", "choices", "default", "required")


def load(role: str, file: str) -> Any:
    return yaml.safe_load((REPO / "roles" / role / file).read_text(encoding="utf-8"))


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Options without what only one of the two sides says."""
    return {
        name: {
            **{key: option[key] for key in KEYS if option.get(key) is not None and (key, option[key]) != ("required", False)},
            **({"options": plain(option["options"])} if "options" in option else {}),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("role, module", ROLES)
def test_a_role_offers_the_options_of_its_module(role: str, module: str) -> None:
    offered = plain(load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"])
    defaults = load(role, "defaults/main.yml")
    wanted = plain(argument_spec(module))
    for name, option in wanted.items():
        variable = f"{role}_{name}"
        assert variable in offered, f"{role} does not offer {name}"
        # A role that is given nothing does nothing; its defaults stand in a file of their own.
        default = [] if option.pop("required", False) else option.pop("default", None)
        told = offered[variable]
        assert told.pop("default", default) == default
        assert told == option, variable
        # Of a dict whose options have defaults of their own, nothing is as good as none.
        given = defaults.get(variable, default)
        assert given == default or (given, default) == ({}, None) or f"default('{default}')" in str(given), variable


def test_volume_groups_look_for_local_volumes_where_these_are() -> None:
    """A raw disk that is given out bears no other mark: with a folder of its own in the inventory it was free to a rule of lvm."""
    assert "local_volumes_base_dir" in load("lvm", "defaults/main.yml")["lvm_base_dir"]


@pytest.mark.parametrize("role, module", ROLES)
def test_a_role_hands_on_every_option(role: str, module: str) -> None:
    tasks = (REPO / "roles" / role / "tasks" / "main.yml").read_text(encoding="utf-8")
    task = next(each[f"cairn.storage.{module}"] for each in yaml.safe_load(tasks) if f"cairn.storage.{module}" in each)
    assert set(task) == set(argument_spec(module))
    assert all(f"{role}_" in str(value) for value in task.values())
