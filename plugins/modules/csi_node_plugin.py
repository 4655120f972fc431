#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: csi_node_plugin
short_description: Node plugins of CSI drivers, renewed node by node
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Brings the pods of a CSI driver's DaemonSets to the template that these have, one node after the other.
    A node is done when its pod is ready and its kubelet has registered the driver again; only then the next one goes.
  - When a node does not come up, the DaemonSets get their old template back, and the pods that had the new one are renewed once more.
  - For DaemonSets with the strategy C(OnDelete), which change nothing by themselves. Volumes that are mounted stay mounted.
  - A node that does not answer is left out, with a warning.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.writing
options:
  namespace:
    description: Namespace of the DaemonSets.
    type: str
    required: true
  daemon_sets:
    description: Their names. Those that do not exist are passed over.
    type: list
    elements: str
    required: true
  driver:
    description: Name of the CSI driver.
    type: str
    required: true
  canary_nodes:
    description: Nodes that go before all others.
    type: list
    elements: str
    default: []
  on_failure:
    description: What to do when a node does not come up. V(abort) goes back to the old template, V(stop) leaves everything as it is.
    type: str
    choices: [abort, stop]
    default: abort
  wait_timeout:
    description: How long a node may take, in seconds.
    type: int
    default: 300
  pending:
    description: Objects that earlier tasks would have made in the same check run. A DaemonSet whose template would change renews all its pods.
    type: list
    elements: dict
    default: []
seealso:
  - module: cairn.storage.csi_driver
  - module: cairn.storage.kube_objects
"""

EXAMPLES = r"""
- name: Renew the driver's pods, node1 first
  cairn.storage.csi_node_plugin:
    namespace: cairn-lvm-csi
    daemon_sets: [lvm-csi-node]
    driver: lvm.csi.cairn.storage
    canary_nodes: [node1]
"""

RETURN = r"""
nodes:
  description: One entry for each pod, with C(node), C(pod), C(updated), C(ready) and C(registered).
  returned: success
  type: list
  elements: dict
  sample: [{node: node1, pod: lvm-csi-node-x7k2p, updated: true, ready: true, registered: true}]
actions:
  description: What was done, or in check mode would be, in order, each with C(verb), C(kind), C(name), C(steps) and C(loses).
  returned: always
  type: list
  elements: dict
requests:
  description: Number of requests sent to the API server.
  returned: success
  type: int
  sample: 6
"""

from ansible_collections.cairn.storage.plugins.module_utils._csi_node_plugin_module import run
from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import ARGUMENTS
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    run(AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "namespace": {"type": "str", "required": True},
            "daemon_sets": {"type": "list", "elements": "str", "required": True},
            "driver": {"type": "str", "required": True},
            "canary_nodes": {"type": "list", "elements": "str", "default": []},
            "on_failure": {"type": "str", "choices": ["abort", "stop"], "default": "abort"},
            "wait_timeout": {"type": "int", "default": 300},
            "pending": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    ))


if __name__ == "__main__":
    main()
