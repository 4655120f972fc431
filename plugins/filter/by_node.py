# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: by_node
short_description: One value of many hosts, by Kubernetes node
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Collects what a task registered, or a variable, from many hosts. Hosts that have no such value, or an empty one, are left out.
  - A host is the node that its variable C(storage_node_name) names, without that the node of its own name.
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
    default: inventory_hostname
seealso:
  - plugin: cairn.storage.by_host
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the disks of all storage nodes as the cluster names these
  ansible.builtin.debug:
    msg: "{{ groups.storage_nodes | map('extract', hostvars) | cairn.storage.by_node('storage_disks.devices') }}"
"""

RETURN = r"""
_value:
  description: The values, by the names of the nodes.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core import foreign
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError, InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._site.nodes import by_name, node_name


def by_node(hosts: list, path: str = "inventory_hostname") -> dict:
    """``{node: value}`` where there is a value; what is wrong is told as text."""
    try:
        names = [node_name(host) for host in foreign.items(hosts, "hosts")]
        for name in names:
            if names.count(name) > 1:
                owners = [str(host["inventory_hostname"]) for host, each in zip(hosts, names) if each == name]
                raise InvalidRequest("two hosts cannot be one node.", code="node-name-twice", parameter="storage_node_name",
                                     found=f"{name} of {' and '.join(owners)}", fix="give each host the name of its own node.")
        return by_name(hosts, names, path)
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter C(cairn.storage.by_node)."""

    def filters(self) -> dict:
        return {"by_node": by_node}
