# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: site_volumes
short_description: Local volumes that the nodes of a site offer
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Lists the volumes that are there and those still to come, with the capacity that the provisioner publishes and the claim each one is bound to.
positional: live, away
options:
  _input:
    description: The C(entries) of M(cairn.storage.local_volumes) by node.
    type: dict
    required: true
  live:
    description: The C(volumes) of M(cairn.storage.storage_info).
    type: list
    elements: dict
    default: []
  away:
    description: Nodes that are away. What is free on them takes no claim, so it is left out.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: List the volumes of a site
  ansible.builtin.debug:
    msg: "{{ entries | cairn.storage.site_volumes(cluster.volumes) }}"
"""

RETURN = r"""
_value:
  description:
    - Dictionaries with C(name) (V(null) while the disk has no identity yet), C(node), C(storage_class), C(volume_mode), C(capacity_bytes) and
      C(claim) (C(namespace/name), empty when free, V(null) when it can take no claim).
  type: list
  elements: dict
"""

import dataclasses

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.volumes import told_entries, told_volumes, volumes


def site_volumes(entries: dict, live: list = (), away: list = ()) -> list:
    """The volumes as dictionaries."""
    try:
        return [dataclasses.asdict(volume) for volume in volumes(told_entries(entries), told_volumes(live), away)]
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter C(cairn.storage.site_volumes)."""

    def filters(self) -> dict:
        return {"site_volumes": site_volumes}
