"""The role iscsi_target takes what its modules take, and never loops over what holds passwords."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

UNIT = Path(__file__).resolve().parents[3]
sys.path.append(str(UNIT))

from argument_specs import argument_spec  # noqa: E402
from test_options_in_step import load, plain  # noqa: E402


def offered() -> dict[str, Any]:
    return plain(load("iscsi_target", "meta/argument_specs.yml")["argument_specs"]["main"]["options"])


def test_a_target_of_the_role_is_one_of_the_module() -> None:
    wanted = plain(argument_spec("iscsi_target"))
    base_dir, pending = wanted.pop("base_dir"), wanted.pop("pending")
    assert offered()["iscsi_target_targets"]["options"] == wanted
    # That of the role local_volumes, if there is one.
    assert f"default('{base_dir['default']}')" in load("iscsi_target", "defaults/main.yml")["iscsi_target_base_dir"]
    assert load("iscsi_target", "defaults/main.yml")["iscsi_target_pending"] == pending["default"]
    assert offered()["iscsi_target_discovery_auth"] == plain(argument_spec("iscsi_target_host"))["discovery_auth"]


def test_every_option_is_handed_on_and_no_password_is_a_loop_item() -> None:
    tasks = load("iscsi_target", "tasks/main.yml")
    task = next(each for each in tasks if "cairn.storage.iscsi_target" in each)
    assert set(task["cairn.storage.iscsi_target"]) == set(argument_spec("iscsi_target"))
    assert task["loop"] == "{{ range((iscsi_target_targets or []) | length) | list }}"
