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
    or C(--limit) leaves them out.
positional: groups, wanted, in_run, limit, api, needs
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
    description: The hosts that the playbook is about.
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
"""

EXAMPLES = r"""
- name: Show who takes part
  ansible.builtin.debug:
    msg: "{{ hostvars | cairn.storage.taking_part(groups, groups.storage_nodes, ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description:
    - C(hosts) that are worked on, C(away) by C(storage_nodes_away), C(left_out) by that or by C(--limit), C(api) that does the work in the cluster,
      and C(problems), one text for each reason to refuse.
  type: dict
"""

from collections.abc import Mapping

from ansible_collections.cairn.storage.plugins.module_utils._site.run import taking_part as plan


def taking_part(hosts: Mapping, groups: Mapping, wanted: list, in_run: list, limit: str = "", api: bool = True, needs: list = ()) -> dict:
    """Who works, who does not, and why the run cannot be."""
    # Of a host's variables only these are worked out: others may be written for a time when more is known.
    known = {name: {key: hosts[name][key] for key in ("storage_nodes_away", *needs) if key in hosts[name]} for name in groups["all"]}
    return plan(known, groups, wanted, in_run, limit or "", api, needs)


class FilterModule:
    """The filter C(cairn.storage.taking_part)."""

    def filters(self) -> dict:
        return {"taking_part": taking_part}
