# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: claim_plan
short_description: Fit the claims of storage clusters to the volumes of a site
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Tells whether the cluster of each storage pod finds its disk before anything is created, and resolves the size C(max).
positional: volumes, engines, defaults
options:
  _input:
    description: The clusters, as C(storage_cluster_clusters) of the role C(cairn.storage.storage_cluster) describes them.
    type: list
    elements: dict
    required: true
  volumes:
    description: Result of P(cairn.storage.site_volumes#filter).
    type: list
    elements: dict
    required: true
  engines:
    description: The engines that are known, by name, as C(storage_cluster_engines) of the role describes them.
    type: dict
    required: true
  defaults:
    description: What holds for a cluster that does not say otherwise, as C(storage_cluster_defaults) of the role.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse clusters whose claims do not fit
  ansible.builtin.assert:
    that: (clusters | cairn.storage.claim_plan(volumes, engines, defaults)).problems == []
"""

RETURN = r"""
_value:
  description:
    - C(clusters), each with its defaults, C(disk.size_bytes) and C(disk.quantity) (the same as Kubernetes writes it).
    - C(problems), one text for each reason to refuse.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.claims import claim_plan as plan
from ansible_collections.cairn.storage.plugins.module_utils._site.volumes import offered


def quantity(size: int) -> str:
    """Bytes as Kubernetes writes them: the largest binary unit that divides them."""
    for power, unit in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)


def claim_plan(clusters: list, volumes: list, engines: dict, defaults: dict) -> dict:
    """Clusters as they will be, and problems as text."""
    try:
        planned, problems = plan(clusters, offered(volumes), engines, defaults)
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error
    for cluster in planned:
        cluster["disk"]["quantity"] = quantity(cluster["disk"]["size_bytes"])
    return {"clusters": planned, "problems": [str(problem) for problem in problems]}


class FilterModule:
    """The filter C(cairn.storage.claim_plan)."""

    def filters(self) -> dict:
        return {"claim_plan": claim_plan}
