#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_audit
short_description: What is wrong with the storage of a cluster, and what helps
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Looks for what nobody has any more (volumes, logical volumes, attachments, snapshots without their other half), what is stuck and why,
    what differs from what it was to be, space that runs out, and disks that fail.
  - Each finding tells how bad it is, what was seen, the chain of causes as far as it is known, and the command or playbook that helps.
  - It changes nothing. A fixed number of lists is read from the API server, however many objects there are.
  - What the nodes' disks are is told by O(hosts). RV(unlooked) says what could not be looked at without it.
requirements:
  - jmespath (Python), for O(query)
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.info
options:
  hosts:
    description:
      - What the nodes told, by node. Each value is a dictionary of the results of M(cairn.storage.block_device_info), M(cairn.storage.local_volumes),
        M(cairn.storage.lvm_info) and M(cairn.storage.iscsi_info), or of some of them, under the modules' short names.
    type: dict
    default: {}
  fail_on:
    description: The task fails if anything as bad as this is found, or worse. The findings are returned all the same.
    type: str
    choices: [critical, error, warning, info, never]
    default: never
  ignore:
    description:
      - What is known and accepted, as shell patterns of a finding's C(code), or of its C(code) and C(name) with a space between them.
      - Those that match nothing are in RV(unused_ignores).
    type: list
    elements: str
    default: []
  patience:
    description: For how many seconds something may be pending, deleted or left over before that is told.
    type: int
    default: 300
  space_percent:
    description: From how full on a thin pool is told, in percent. From 95 on it is V(critical).
    type: int
    default: 80
  overprovision_ratio:
    description: How many times its size a thin pool may promise.
    type: float
    default: 2.0
  disk_errors:
    description:
      - How many requests to a disk may have ended with an error since the machine knows it. Some disks answer harmless questions so.
      - Timeouts are told from the first one on.
    type: int
    default: 20
  query:
    description: A JMESPath expression over the other return values. What it finds is RV(result).
    type: str
seealso:
  - module: cairn.storage.storage_info
"""

EXAMPLES = r"""
- name: Look at the cluster alone
  cairn.storage.storage_audit:
  register: audit

- name: Look at the disks as well, and fail if data is at risk
  cairn.storage.storage_audit:
    hosts:
      node1: {block_device_info: "{{ disks }}", lvm_info: "{{ lvm }}", iscsi_info: "{{ iscsi }}", local_volumes: "{{ local_volumes_result }}"}
    fail_on: critical
    ignore:
      - volume-released local-pv-1f2e3d4c
  register: audit

- name: Print it
  ansible.builtin.debug:
    msg: "{{ audit.report.splitlines() }}"
"""

RETURN = r"""
findings:
  description: What is wrong, the worst first.
  returned: success, and when it fails because of O(fail_on)
  type: list
  elements: dict
  contains:
    code:
      description: What kind of finding it is; one word for scripts.
      type: str
    severity:
      description:
        - V(critical) if data is lost or soon will be, V(error) if something does not work, V(warning) if something will not work or leaks,
          V(info) if it is worth knowing.
      type: str
    kind:
      description:
        - Kind of the thing. Of what is no object of the API V(Disk), V(VolumeGroup), V(LogicalVolume), V(ThinPool), V(LocalVolume), V(Target)
          or V(Session).
      type: str
    name:
      description: Its name, with its namespace or C(node:) before it.
      type: str
    message:
      description: What is wrong.
      type: str
    why:
      description: The chain from it down to the cause, as far as it is known.
      type: list
      elements: str
    evidence:
      description: What was seen.
      type: dict
    fix:
      description: The command or playbook that helps.
      type: str
  sample:
    - code: claim-stuck-deleting
      severity: error
      kind: PersistentVolumeClaim
      name: storage/disk-blocks-0
      message: It was to go 12 minutes ago and is still there.
      why: [kubernetes.io/pvc-protection holds it while the pod storage/blocks-0 on node1 uses it]
      evidence: {finalizers: [kubernetes.io/pvc-protection], deleted: "2026-01-01T00:00:00Z"}
      fix: "Begin at the end of the chain: kubernetes.io/pvc-protection holds it while the pod storage/blocks-0 on node1 uses it."
summary:
  description: How many findings there are of each severity.
  returned: success, and when it fails because of O(fail_on)
  type: dict
  sample: {critical: 0, error: 1, warning: 2, info: 0}
worst:
  description: The worst severity found; null if nothing was.
  returned: success, and when it fails because of O(fail_on)
  type: str
unlooked:
  description: What could not be looked at, and why.
  returned: success, and when it fails because of O(fail_on)
  type: list
  elements: str
ignored:
  description: How many findings O(ignore) has left out.
  returned: success, and when it fails because of O(fail_on)
  type: int
unused_ignores:
  description: Patterns of O(ignore) that match nothing any more.
  returned: success, and when it fails because of O(fail_on)
  type: list
  elements: str
report:
  description: All of it as a text for people.
  returned: success, and when it fails because of O(fail_on)
  type: str
result:
  description: What O(query) finds; null without one.
  returned: success, and when it fails because of O(fail_on)
  type: raw
requests:
  description: Number of requests sent to the API server.
  returned: success, and when it fails because of O(fail_on)
  type: int
"""

from ansible_collections.cairn.storage.plugins.module_utils._kube.audit.survey import read
from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import ARGUMENTS, guard
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, inform


def main():
    inform(guard(AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "hosts": {"type": "dict", "default": {}},
            "fail_on": {"type": "str", "choices": ["critical", "error", "warning", "info", "never"], "default": "never"},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "patience": {"type": "int", "default": 300},
            "space_percent": {"type": "int", "default": 80},
            "overprovision_ratio": {"type": "float", "default": 2.0},
            "disk_errors": {"type": "int", "default": 20},
            "query": {"type": "str"},
        },
        supports_check_mode=True,
    )), read)


if __name__ == "__main__":
    main()
