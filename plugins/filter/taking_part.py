# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: taking_part
short_description: Who takes part in a run of a playbook
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Of the hosts that a playbook is about, tells those that it works on and those that it leaves alone, because C(storage_nodes_away) names them
    or C(--limit) leaves them out. And it tells what is wrong with the inventory whatever the machines look like.
positional: groups, wanted, in_run, limit, api, needs, named
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  groups:
    description: The groups of the inventory.
    type: dict
    required: true
  wanted:
    description: The hosts that the playbook is about; V(null) for the group C(storage_nodes).
    type: list
    elements: str
    required: true
  in_run:
    description: The hosts of this run, C(ansible_play_hosts_all) of a play on all.
    type: list
    elements: str
    required: true
  limit:
    description: What C(--limit) says.
    type: str
    default: ""
  api:
    description: Whether the playbook needs the first host of C(kube_api).
    type: bool
    default: true
  needs:
    description: Names of variables without which the playbook has nothing to do. One host that has them is enough.
    type: list
    elements: str
    default: []
  named:
    description: Hosts that are away, besides those that C(storage_nodes_away) names in the variables of a host.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show who takes part
  ansible.builtin.debug:
    msg: "{{ hostvars | cairn.storage.taking_part(groups, groups.storage_nodes, ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description:
    - C(hosts) that are worked on, C(away) that C(storage_nodes_away) names, be the playbook about them or not, C(nodes_away) as the cluster names
      them, C(left_out) of the wanted by that or by C(--limit), C(api) that does the work in the cluster, and C(problems), one text for each reason to refuse.
  type: dict
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.cairn.storage.plugins.module_utils._site.run import misshapen
from ansible_collections.cairn.storage.plugins.module_utils._site.run import taking_part as plan

ROLES = Path(__file__).resolve().parents[2] / "roles"


def taking_part(hosts: Mapping, groups: Mapping, wanted: list | None, in_run: list, limit: str = "", api: bool = True, needs: list = (),
                named: list = ()) -> dict:
    """Who works, who does not, and why the run cannot be."""
    specs = role_variables()
    known = {name: dict(_known(hosts[name], ("storage_nodes_away", "storage_node_name", *needs, *specs))) for name in groups["all"]}
    found = plan(known, groups, wanted, in_run, limit or "", api, needs, named)
    return {**found, "problems": [*found["problems"], *map(str, misshapen(known, specs))]}


def _known(variables: Mapping, names: Iterable[str]) -> Iterator[tuple]:
    """Those of ``names`` that can be worked out now: others may be written for a time when more is known."""
    for name in names:
        with contextlib.suppress(Exception):
            if name in variables:
                yield name, _worked_out(variables[name])


def _worked_out(value: Any) -> Any:
    """``value`` with all that is inside of it: Ansible works out a template when somebody looks at it."""
    if isinstance(value, Mapping):
        return {key: _worked_out(each) for key, each in value.items()}
    return [_worked_out(each) for each in value] if isinstance(value, list) else value


def role_variables() -> dict:
    """What the roles say of the variables that people write lists and dictionaries in."""
    found = {}
    for file in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        options = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].get("main", {}).get("options") or {}
        found.update({name: option for name, option in options.items() if option.get("type") in ("list", "dict")})
    return {**found, "storage_disk_rules": found["lvm_disk_rules"]}


class FilterModule:
    """The filter C(cairn.storage.taking_part)."""

    def filters(self) -> dict:
        return {"taking_part": taking_part}
