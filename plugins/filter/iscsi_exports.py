# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: iscsi_exports
short_description: What each host has to have for the exports of a site
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Turns one list of exports into volume groups, targets and sessions of one host, and into volumes for Kubernetes.
  - A list that cannot be met is refused as a whole, whatever host asks.
positional: hosts, prefix, host
options:
  _input:
    description: The exports, as the playbook C(iscsi_export.yml) describes them.
    type: list
    elements: dict
    required: true
  hosts:
    description:
      - The variables of the inventory's hosts. Looked at are C(iscsi_initiator_name), by default the prefix and the host's name,
        C(iscsi_portals), by default C(ansible_host), and C(lvm_volume_groups).
    type: list
    elements: dict
    required: true
  prefix:
    description: What the names of targets and initiators begin with, as V(iqn.2026-01.com.example).
    type: str
    required: true
  host:
    description: The host that asks.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what this host exports
  ansible.builtin.debug:
    msg: "{{ (iscsi_exports | cairn.storage.iscsi_exports(groups.all | map('extract', hostvars), iscsi_name_prefix, inventory_hostname)).targets }}"
"""

RETURN = r"""
_value:
  description:
    - C(volume_groups), C(targets) and C(sessions) of the host for the roles lvm, iscsi_target and iscsi_initiator,
      C(leaving) with sessions to end before that, C(initiator) with its name as an initiator or empty, C(multipath), and C(volumes) of all hosts.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site import exports
from ansible_collections.cairn.storage.plugins.module_utils._site.export_list import parse


def iscsi_exports(items: list, hosts: list, prefix: str, host: str) -> dict:
    """See above; what is wrong is told as text."""
    try:
        variables = {each["inventory_hostname"]: each for each in exports.told_hosts(hosts)}
        known = {name: exports.Host(name, _initiator(each, prefix), _portals(each)) for name, each in variables.items()}
        found = parse(items, list(known.values()), prefix)
        return {
            **exports.for_host(found, known[host], variables[host].get("lvm_volume_groups") or []),
            "volumes": exports.volumes(found, {name: each["node"] for name, each in variables.items()}),
        }
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error


def _initiator(variables: dict, prefix: str) -> str:
    return variables.get("iscsi_initiator_name") or f"{prefix}:{variables['inventory_hostname']}"


def _portals(variables: dict) -> tuple:
    return tuple(variables.get("iscsi_portals") or [variables.get("ansible_host", variables["inventory_hostname"])])


class FilterModule:
    """The filter C(cairn.storage.iscsi_exports)."""

    def filters(self) -> dict:
        return {"iscsi_exports": iscsi_exports}
