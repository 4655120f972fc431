#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_info
short_description: Which pod uses which claim, volume, node and disk
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Tells how pods, claims, volumes, nodes and disks hang together, from either end.
  - Six lists are read from the API server, however many objects there are.
requirements:
  - jmespath (Python), for O(query)
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.info
options:
  namespace:
    description: Only pods and claims of this namespace. Volumes, classes and nodes are always told in full.
    type: str
  label_selector:
    description: Only pods with these labels, like V(app=blocks,tier!=test). RV(relations) and RV(table) then hold nothing but these pods.
    type: str
  query:
    description:
      - A JMESPath expression over RV(relations), RV(published), RV(volumes), RV(claims), RV(classes) and RV(nodes). What it finds is RV(result).
    type: str
  hosts:
    description:
      - Disks to join, by node. Each value is a list of C(entries) from M(cairn.storage.local_volumes),
        C(devices) from M(cairn.storage.block_device_info), or both.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Print the storage map
  cairn.storage.storage_info:
    hosts: "{{ dict(groups.storage_nodes | zip(groups.storage_nodes | map('extract', hostvars, ['local_volumes_result', 'entries']))) }}"
  register: storage

- name: Show it
  ansible.builtin.debug:
    msg: "{{ storage.table.splitlines() }}"

- name: Which pods die with node2?
  cairn.storage.storage_info:
    query: "relations[?node=='node2' && pod].[namespace, pod]"
  register: storage
"""

RETURN = r"""
relations:
  description:
    - One row for each claim that a pod mounts, then claims that no pod mounts, then volumes without a claim. What is missing is null.
  returned: success
  type: list
  elements: dict
  contains:
    namespace:
      description: Namespace of pod and claim.
      type: str
    pod:
      description: Name of the pod.
      type: str
    phase:
      description: Phase of the pod.
      type: str
    node:
      description: Node of the pod, or else the one that the volume is tied to.
      type: str
    claim:
      description: Name of the claim.
      type: str
    claim_phase:
      description: Phase of the claim.
      type: str
    storage_class:
      description: Storage class of the claim, or else of the volume.
      type: str
    volume:
      description: Name of the volume.
      type: str
    volume_phase:
      description: Phase of the volume.
      type: str
    volume_mode:
      description: V(Block) or V(Filesystem).
      type: str
    capacity_bytes:
      description: Capacity of the volume.
      type: int
    path:
      description: Path of a local volume on its node.
      type: str
    device:
      description: The device, if O(hosts) knows it.
      type: str
    attached:
      description: Whether the volume is attached; null if it needs no attaching.
      type: bool
  sample:
    - {namespace: storage, pod: blocks-0, phase: Running, node: node1, claim: disk-blocks-0, claim_phase: Bound, storage_class: local-block,
       volume: local-pv-1f2e3d4c, volume_phase: Bound, volume_mode: Block, capacity_bytes: 2147483648,
       path: /var/lib/cairn-storage/local-volumes/local-block/wwn-0x60014055ca1ab1e00010002,
       device: /dev/disk/by-id/wwn-0x60014055ca1ab1e00010002, attached: null}
published:
  description: For each node, the entries of discovery directories that are volumes, each with C(class), C(entry), C(volume), C(phase) and C(path).
  returned: success
  type: dict
volumes:
  description:
    - All volumes, each with C(name), C(phase), C(storage_class), C(volume_mode), C(capacity_bytes), C(reclaim_policy),
      C(namespace) and C(claim) of the claim it is given to, C(node), C(path), C(local) and C(attached).
  returned: success
  type: list
  elements: dict
claims:
  description:
    - All claims, each with C(namespace), C(name), C(phase), C(volume), C(storage_class), C(volume_mode), C(requested_bytes), C(capacity_bytes) and C(labels).
  returned: success
  type: list
  elements: dict
classes:
  description: All storage classes, each with C(name), C(provisioner), C(reclaim_policy), C(binding_mode), C(allow_expansion) and C(default).
  returned: success
  type: list
  elements: dict
nodes:
  description: All nodes, each with C(name), C(ready), C(labels) and C(taints).
  returned: success
  type: list
  elements: dict
result:
  description: What O(query) finds; null without one.
  returned: success
  type: raw
table:
  description: RV(relations) as a table for people.
  returned: success
  type: str
requests:
  description: Number of requests sent to the API server.
  returned: success
  type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import ARGUMENTS
from ansible_collections.cairn.storage.plugins.module_utils._kube.survey import read
from ansible_collections.cairn.storage.plugins.module_utils._module import inform


def main():
    inform(AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "namespace": {"type": "str"},
            "label_selector": {"type": "str"},
            "query": {"type": "str"},
            "hosts": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    ), read)


if __name__ == "__main__":
    main()
