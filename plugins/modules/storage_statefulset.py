#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_statefulset
short_description: Changes of StatefulSets whose pods own storage
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes StatefulSets be as written, with the least harm to their pods and their data, and waits until all pods are ready.
  - A new pod template is rolled out by Kubernetes, or as a canary, pod by pod in waves. Each wave has to pass a gate before the next one begins.
    A canary that fails is taken back with its stuck pods, which Kubernetes alone would leave.
  - Larger claim templates grow the claims of all pods. The StatefulSet is then made anew around its pods, none of which restarts.
  - More replicas are refused when free volumes do not suffice, fewer when nobody said what becomes of the claims.
  - Everything is played through on a prediction before anything changes. A run that was interrupted is gone on with by the next one.
notes:
  - A StatefulSet should be written by this module alone.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.writing
options:
  sets:
    description: The StatefulSets. What one waits for does not hold up the others.
    type: list
    elements: dict
    required: true
    suboptions:
      object:
        description: The whole StatefulSet as a manifest of C(apps/v1).
        type: dict
        required: true
      strategy:
        description:
          - How a new pod template comes to the pods.
          - V(rolling) leaves it to Kubernetes, V(canary) goes in O(sets[].waves).
        type: str
        choices: [rolling, canary]
        default: rolling
      waves:
        description:
          - How many pods have the new template after each wave, as a number or a share, the highest numbers first. By default one, then all.
          - When the last wave is less than all, the rollout rests there. A later run with more waves goes on.
        type: list
        elements: str
      gate:
        description: What the pods of a wave have to pass besides being ready. With O(sets[].strategy=canary) only.
        type: dict
        suboptions:
          restarts:
            description: How often the containers of one pod may have been started again.
            type: int
            default: 0
          hold:
            description: Seconds for which all pods of the wave have to stay healthy.
            type: int
            default: 0
          command:
            description: A command that has to end with 0 in each pod of the wave, within 30 seconds.
            type: list
            elements: str
          container:
            description: The container it runs in; without it, the first.
            type: str
          http:
            description: A page that each pod of the wave has to answer with success. It is asked for through the API server.
            type: dict
            suboptions:
              port:
                description: Its port.
                type: int
                required: true
              path:
                description: Its path.
                type: str
                default: /
              scheme:
                description: How it is spoken to.
                type: str
                choices: [http, https]
                default: http
          promql:
            description:
              - A query that has to find something, none of it 0 or NaN. Write comparisons with C(bool).
            type: dict
            suboptions:
              url:
                description: Address of the Prometheus, reached from the host that the task runs on.
                type: str
                required: true
              query:
                description: The PromQL expression.
                type: str
                required: true
      on_failure:
        description:
          - What to do when a wave fails. The task fails either way.
          - V(abort) brings the old template back to all pods, V(stop) leaves everything as it is.
        type: str
        choices: [abort, stop]
        default: abort
      removed_claims:
        description:
          - What becomes of the claims of pods beyond C(replicas). Without it, taking pods away is refused while they have claims.
          - V(delete) needs consent in O(allow_data_loss) for volumes whose reclaim policy is C(Delete).
        type: str
        choices: [keep, delete]
      replace_pod:
        description:
          - Name of a pod that is to get new claims, because its disk is gone. Nothing else of the set is changed.
          - Which claims are given up, and which volumes, is said in O(allow_data_loss).
        type: str
      check_capacity:
        description: Whether to check that more pods find volumes, among free local volumes or in what CSI drivers publish of their capacity.
        type: bool
        default: true
  nodes_away:
    description:
      - Nodes that are away. Pods on them are neither waited for nor deleted, and a set that has some is not changed otherwise,
        since Kubernetes renews no pod while another is not ready.
      - A pod there can still get new claims, by O(sets[].replace_pod).
    type: list
    elements: str
    default: []
  state:
    description:
      - V(present) makes the sets be as written.
      - V(aborted) takes back a rollout that is under way, to the template of the pods which it has not reached, and changes nothing else.
    type: str
    choices: [present, aborted]
    default: present
  wait_timeout:
    description: How long to wait without any progress, in seconds.
    type: int
    default: 300
  on_conflict:
    description:
      - What to do when another field manager has set a field to another value.
      - V(fail) names field and manager, V(take) sets the field and owns it from now on.
    type: str
    choices: [fail, take]
    default: fail
  pending:
    description: Objects that earlier tasks would have made in the same check run, from their RV(after).
    type: list
    elements: dict
    default: []
  allow_data_loss:
    description: Consent to give up a claim and what is on its volume. Each key is a claim as C(namespace/name), the value the volume it is bound to.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: One pod first, then half of them, then all
  cairn.storage.storage_statefulset:
    sets:
      - object: "{{ lookup('ansible.builtin.template', 'blocks.yml.j2') | from_yaml }}"
        strategy: canary
        waves: [1, 50%, 100%]
        gate:
          hold: 60
          command: [/usr/local/bin/storage-target, --ready]

- name: Take a rollout back
  cairn.storage.storage_statefulset:
    sets:
      - object: "{{ lookup('ansible.builtin.template', 'blocks.yml.j2') | from_yaml }}"
    state: aborted

- name: A pod whose disk is gone gets another one
  cairn.storage.storage_statefulset:
    sets:
      - object: "{{ lookup('ansible.builtin.template', 'blocks.yml.j2') | from_yaml }}"
        replace_pod: blocks-1
    allow_data_loss: {storage/disk-blocks-1: local-pv-1f2e3d4c}
"""

RETURN = r"""
sets:
  description: One entry for each set, as it is, or in check mode as it would be.
  returned: success, and when a change failed on the way
  type: list
  elements: dict
  sample:
    - namespace: storage
      name: blocks
      exists: true
      replicas: 3
      partition: 0
      current_revision: blocks-5d9c6b7f48
      update_revision: blocks-5d9c6b7f48
      pods: [{name: blocks-0, ready: true, updated: true, restarts: 0}]
      claims: [{name: disk-blocks-0, volume: local-pv-1f2e3d4c, capacity_bytes: 1099511627776, used: true}]
actions:
  description: What was done, or in check mode would be, in order, each with C(verb), C(kind), C(name), C(steps) and C(loses).
  returned: always
  type: list
  elements: dict
  sample: [{verb: update, kind: StatefulSet, name: storage/blocks, loses: "", steps: [PATCH /apis/apps/v1/namespaces/storage/statefulsets/blocks]}]
after:
  description: The objects that this task leaves behind, for O(pending) of the next one.
  returned: success
  type: list
  elements: dict
requests:
  description: Number of requests sent to the API server.
  returned: success
  type: int
  sample: 9
"""

from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import ARGUMENTS
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule
from ansible_collections.cairn.storage.plugins.module_utils._statefulset_module import run

HTTP = {"port": {"type": "int", "required": True}, "path": {"type": "str", "default": "/"},
        "scheme": {"type": "str", "choices": ["http", "https"], "default": "http"}}
PROMQL = {"url": {"type": "str", "required": True}, "query": {"type": "str", "required": True}}
GATE = {
    "restarts": {"type": "int", "default": 0},
    "hold": {"type": "int", "default": 0},
    "command": {"type": "list", "elements": "str"},
    "container": {"type": "str"},
    "http": {"type": "dict", "options": HTTP},
    "promql": {"type": "dict", "options": PROMQL},
}
SET = {
    "object": {"type": "dict", "required": True},
    "strategy": {"type": "str", "choices": ["rolling", "canary"], "default": "rolling"},
    "waves": {"type": "list", "elements": "str"},
    "gate": {"type": "dict", "options": GATE},
    "on_failure": {"type": "str", "choices": ["abort", "stop"], "default": "abort"},
    "removed_claims": {"type": "str", "choices": ["keep", "delete"]},
    "replace_pod": {"type": "str"},
    "check_capacity": {"type": "bool", "default": True},
}


def main():
    run(AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "sets": {"type": "list", "elements": "dict", "required": True, "options": SET},
            "state": {"type": "str", "choices": ["present", "aborted"], "default": "present"},
            "nodes_away": {"type": "list", "elements": "str", "default": []},
            "wait_timeout": {"type": "int", "default": 300},
            "on_conflict": {"type": "str", "choices": ["fail", "take"], "default": "fail"},
            "pending": {"type": "list", "elements": "dict", "default": []},
            "allow_data_loss": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    ))


if __name__ == "__main__":
    main()
