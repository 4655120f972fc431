# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: grown_volumes
short_description: Local volumes whose devices are larger than the cluster knows
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Compares what the nodes offer with what the cluster has recorded, and tells which volumes and claims are to be told of more room.
positional: known, names
options:
  _input:
    description: The C(entries) of M(cairn.storage.local_volumes) by node.
    type: dict
    required: true
  known:
    description: The result of M(cairn.storage.storage_info).
    type: dict
    required: true
  names:
    description: Names of the volumes to look at; all if empty.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show which volumes have grown
  ansible.builtin.debug:
    msg: "{{ entries | cairn.storage.grown_volumes(cluster) }}"
"""

RETURN = r"""
_value:
  description:
    - C(volumes), each with C(name), C(namespace) and C(claim) (empty when it is free), C(mounted) (whether a running pod uses it), C(size_bytes) and
      C(quantity) (the same as Kubernetes writes it).
    - C(problems), one text for each reason to refuse.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.quantity import written
from ansible_collections.cairn.storage.plugins.module_utils._site.growth import grown, told_cluster
from ansible_collections.cairn.storage.plugins.module_utils._site.volumes import told_entries


def grown_volumes(entries: dict, known: dict, names: list = ()) -> dict:
    """Volumes to be told of, and problems as text."""
    try:
        found, problems = grown(told_entries(entries), told_cluster(known), list(names))
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error
    return {"volumes": [{**volume, "quantity": written(volume["size_bytes"], "size_bytes")} for volume in found],
            "problems": [str(problem) for problem in problems]}


class FilterModule:
    """The filter C(cairn.storage.grown_volumes)."""

    def filters(self) -> dict:
        return {"grown_volumes": grown_volumes}
