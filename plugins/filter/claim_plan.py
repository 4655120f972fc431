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
  - Tells whether the claim of each storage pod finds its disk before anything is created, and resolves the size C(max).
  - Refuses clusters of which nobody has said who may log in, and two whose disks initiators would take for one.
positional: volumes, engines, defaults, known
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
  known:
    description: Result of M(cairn.storage.storage_info) with C(cluster_uid) and C(stateful_sets) among what it returns.
    type: dict
    required: true
  only:
    description: The clusters that are planned, as C(name) or C(namespace/name); all if empty.
    type: list
    elements: str
    default: []
  override:
    description: What takes the place of what these clusters say.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Refuse clusters whose claims do not fit
  ansible.builtin.assert:
    that: (clusters | cairn.storage.claim_plan(volumes, engines, defaults, known)).problems == []
"""

RETURN = r"""
_value:
  description:
    - C(clusters), each with its defaults, C(disk.size_bytes) and C(disk.quantity) (the same as Kubernetes writes it), C(identity) (by what name
      initiators know its disks), C(initiators) (who may log in, as every program reads it) and C(peers)
      (from where a NetworkPolicy lets them in; empty means from everywhere).
    - C(shared_names), clusters as C(namespace/name) whose disks keep a name that other clusters can have as well.
    - C(problems), one text for each reason to refuse.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.claims import claim_plan as plan
from ansible_collections.cairn.storage.plugins.module_utils._site.identity import shared_names, told
from ansible_collections.cairn.storage.plugins.module_utils._site.volumes import offered


def quantity(size: int) -> str:
    """Bytes as Kubernetes writes them: the largest binary unit that divides them."""
    for power, unit in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)


def claim_plan(clusters: list, volumes: list, engines: dict, defaults: dict, known: dict, only: list = (), override: dict | None = None) -> dict:
    """Clusters as they will be, and problems as text."""
    try:
        cluster_known = told(known)
        planned, problems = plan(clusters, offered(volumes), engines, defaults, cluster_known, list(only), override)
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error
    for cluster in planned:
        cluster["disk"]["quantity"] = quantity(cluster["disk"]["size_bytes"])
    return {"clusters": planned, "shared_names": shared_names(planned, cluster_known), "problems": [str(problem) for problem in problems]}


class FilterModule:
    """The filter C(cairn.storage.claim_plan)."""

    def filters(self) -> dict:
        return {"claim_plan": claim_plan}
