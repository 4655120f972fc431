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
  - Tells how pods, claims, volumes, nodes and disks hang together, and answers questions from either end.
  - Six lists are read from the API server, page by page, however many objects there are. What the nodes' disks are is told by O(hosts).
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
  claim_label_selector:
    description: Only claims with these labels. RV(relations) and RV(table) then hold nothing but these claims.
    type: str
  volume_label_selector:
    description: Only volumes with these labels. RV(relations) and RV(table) then hold nothing but these volumes.
    type: str
  about:
    description:
      - One thing that is asked about. RV(relations) and RV(table) then hold only what has to do with it, and RV(affected) names all of that.
      - A thing that nothing is known of is an error.
    type: dict
    suboptions:
      pod:
        description: What does this pod stand on? Written as C(namespace/name).
        type: str
      claim:
        description: Who uses this claim, and what does it stand on? Written as C(namespace/name).
        type: str
      volume:
        description: Which pods use this volume?
        type: str
      node:
        description: What dies with this node?
        type: str
      disk:
        description: What is on this disk? Any of its stable names will do, also without C(/dev/disk/by-id/). Needs O(hosts).
        type: str
      target:
        description: Who uses this iSCSI target? For its own disks and sessions it needs O(hosts).
        type: str
  query:
    description:
      - A JMESPath expression over the other return values, such as RV(relations), RV(volumes) or RV(affected). What it finds is RV(result).
    type: str
  returns:
    description:
      - Which of these values to return. With thousands of pods most of the time is spent on returning what nobody looks at.
      - O(query) sees all of the default, whatever is returned.
      - V(cluster_uid) and V(stateful_sets) take a request each, and are read only if they are here.
    type: list
    elements: str
    choices: [relations, published, volumes, claims, classes, nodes, attachments, table, cluster_uid, stateful_sets]
    default: [relations, published, volumes, claims, classes, nodes, attachments, table]
  hosts:
    description:
      - What the nodes told, by node. Each value is a dictionary of the results of M(cairn.storage.block_device_info), M(cairn.storage.local_volumes),
        M(cairn.storage.lvm_info) and M(cairn.storage.iscsi_info), or of some of them, under the modules' short names.
      - A list will do as well, with the items of C(devices) and C(entries), or of C(volume_groups), in any mix.
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

- name: Which pods use this volume?
  cairn.storage.storage_info:
    about: {volume: local-pv-1f2e3d4c}
  register: storage  # storage.affected.pods

- name: What dies with node2?
  cairn.storage.storage_info:
    about: {node: node2}
  register: storage  # storage.affected.pods, storage.affected.unreachable

- name: What is on this disk?
  cairn.storage.storage_info:
    about: {disk: wwn-0x60014055ca1ab1e00010002}
    hosts:
      node1: {block_device_info: "{{ disks }}", lvm_info: "{{ lvm }}", iscsi_info: "{{ iscsi }}"}
  register: storage

- name: Claims that wait, by name
  cairn.storage.storage_info:
    returns: []
    query: "sort_by(claims[?phase=='Pending'], &name)[].[namespace, name, storage_class]"
  register: storage
"""

RETURN = r"""
relations:
  description:
    - One row for each claim that a pod mounts, then claims that no pod mounts, then volumes without a claim. What is missing is null.
  returned: if it is in O(returns)
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
    tied_to:
      description: The node without which the volume cannot be reached, of a volume that is tied to one.
      type: str
    attached:
      description: Whether the volume is attached; null if it needs no attaching.
      type: bool
    attached_to:
      description: Nodes that the volume is attached to, or is being attached to or detached from.
      type: list
      elements: str
    device:
      description: The device on the node, if O(hosts) knows it.
      type: str
    volume_group:
      description: The volume group of its logical volume, if it stands on one.
      type: str
    logical_volume:
      description: Name of that logical volume.
      type: str
    disks:
      description: Disks that it stands on; of a logical volume without an entry of M(cairn.storage.local_volumes) those of its volume group.
      type: list
      elements: str
    target:
      description: The iSCSI target that the volume names itself.
      type: str
    sessions:
      description: iSCSI sessions to its disks, each with C(target), C(portal) and C(state), V(up) or V(down).
      type: list
      elements: dict
    served_by:
      description: The node whose iSCSI target serves the volume, if O(hosts) has it.
      type: str
  sample:
    - {namespace: storage, pod: blocks-0, phase: Running, node: node1, claim: disk-blocks-0, claim_phase: Bound, storage_class: local-block,
       volume: local-pv-1f2e3d4c, volume_phase: Bound, volume_mode: Block, capacity_bytes: 2147483648,
       path: /var/lib/cairn-storage/local-volumes/local-block/wwn-0x60014055ca1ab1e00010002, tied_to: node1, attached: null, attached_to: [],
       device: /dev/disk/by-id/wwn-0x60014055ca1ab1e00010002, volume_group: null, logical_volume: null,
       disks: [/dev/disk/by-id/wwn-0x60014055ca1ab1e00010002], target: null, sessions: [], served_by: null}
affected:
  description: Everything that RV(relations) names, each name once. Null without O(about).
  returned: success
  type: dict
  contains:
    pods:
      description: Pods as C(namespace/name); of a node all pods on it, whether they use storage or not.
      type: list
      elements: str
    claims:
      description: Claims as C(namespace/name).
      type: list
      elements: str
    volumes:
      description: Volumes.
      type: list
      elements: str
    unreachable:
      description: Of a node, the volumes that cannot be reached from any other one.
      type: list
      elements: str
    nodes:
      description: Nodes.
      type: list
      elements: str
    disks:
      description: Disks.
      type: list
      elements: str
    volume_groups:
      description: Volume groups as C(node/name).
      type: list
      elements: str
    logical_volumes:
      description: Paths of logical volumes; of a disk all those of its volume group.
      type: list
      elements: str
    targets:
      description: iSCSI targets.
      type: list
      elements: str
published:
  description:
    - For each node, the entries of discovery directories that are volumes, each with C(class), C(entry), C(volume), C(phase) and C(path).
    - Null with O(volume_label_selector), which would hide some.
  returned: if it is in O(returns)
  type: dict
volumes:
  description:
    - All volumes, each with C(name), C(phase), C(storage_class), C(volume_mode), C(capacity_bytes), C(reclaim_policy),
      C(namespace) and C(claim) of the claim it is given to, C(node), C(path), C(local), C(driver), C(iscsi), C(attached)
      and C(attached_to).
  returned: if it is in O(returns)
  type: list
  elements: dict
claims:
  description:
    - All claims, each with C(namespace), C(name), C(phase), C(volume), C(storage_class), C(volume_mode), C(requested_bytes), C(capacity_bytes) and C(labels).
  returned: if it is in O(returns)
  type: list
  elements: dict
classes:
  description: All storage classes, each with C(name), C(provisioner), C(reclaim_policy), C(binding_mode), C(allow_expansion) and C(default).
  returned: if it is in O(returns)
  type: list
  elements: dict
nodes:
  description: All nodes, each with C(name), C(ready), C(labels) and C(taints).
  returned: if it is in O(returns)
  type: list
  elements: dict
attachments:
  description: All VolumeAttachments, each with C(name), C(volume), C(node), C(driver), C(attached) and C(error).
  returned: if it is in O(returns)
  type: list
  elements: dict
cluster_uid:
  description: What tells this Kubernetes cluster from every other one, the UID of its namespace C(kube-system).
  returned: if it is in O(returns)
  type: str
stateful_sets:
  description:
    - All StatefulSets, each with C(namespace), C(name), C(labels), C(exists) and C(environment), the variables of its containers that have a value.
    - One that is being made anew around its pods has C(exists) false.
  returned: if it is in O(returns)
  type: list
  elements: dict
result:
  description: What O(query) finds; null without one.
  returned: success
  type: raw
table:
  description: RV(relations) as a table for people.
  returned: if it is in O(returns)
  type: str
requests:
  description: Number of requests sent to the API server.
  returned: success
  type: int
"""

from ansible_collections.cairn.storage.plugins.module_utils._kube.about import KINDS
from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import ARGUMENTS, guard
from ansible_collections.cairn.storage.plugins.module_utils._kube.survey import MORE, PARTS, read
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, inform


def main():
    inform(guard(AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "namespace": {"type": "str"},
            "label_selector": {"type": "str"},
            "claim_label_selector": {"type": "str"},
            "volume_label_selector": {"type": "str"},
            "about": {"type": "dict", "options": {kind: {"type": "str"} for kind in KINDS}},
            "query": {"type": "str"},
            "returns": {"type": "list", "elements": "str", "choices": [*PARTS, *MORE], "default": list(PARTS)},
            "hosts": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )), read)


if __name__ == "__main__":
    main()
