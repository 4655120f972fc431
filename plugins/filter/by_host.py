# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: by_host
short_description: One value of many hosts, by host
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Collects what a task registered, or a variable, from many hosts. Hosts that have no such value, or an empty one, are left out.
positional: path
options:
  _input:
    description: The variables of the hosts.
    type: list
    elements: dict
    required: true
  path:
    description: Name of the value, with dots before what is inside of it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the disks of all storage nodes
  ansible.builtin.debug:
    msg: "{{ groups.storage_nodes | map('extract', hostvars) | cairn.storage.by_host('storage_disks.devices') }}"
"""

RETURN = r"""
_value:
  description: The values, by the hosts' inventory names.
  type: dict
"""

from ansible_collections.cairn.storage.plugins.module_utils._site.nodes import by_name


def by_host(hosts: list, path: str) -> dict:
    """``{inventory_hostname: value}`` where there is a value."""
    return by_name(hosts, [host["inventory_hostname"] for host in hosts], path)


class FilterModule:
    """The filter C(cairn.storage.by_host)."""

    def filters(self) -> dict:
        return {"by_host": by_host}
