#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: persistent_volume_claim
short_description: Claims for storage
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes claims, grows them, takes back a growth that failed, copies claims, restores snapshots, gives volumes to other claims, and deletes claims.
  - What Kubernetes would leave pending without a word is refused, with what stands in its way, in check mode as well.
  - Whether anything can satisfy a new claim is told from the storage classes and, where the class has no provisioner, from the volumes.
    Who may not list these gets a warning instead.
  - The list is read, compared and written as M(cairn.storage.kube_objects) does it, and waited for together.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.engine
  - cairn.storage.kube_connection.writing
  - cairn.storage.kube_faces.claims
  - cairn.storage.kube_faces.data
  - cairn.storage.kube_faces.rebind
seealso:
  - module: cairn.storage.kube_objects
"""

EXAMPLES = r"""
- name: Two claims of one class
  cairn.storage.persistent_volume_claim:
    claims:
      - {namespace: shop, name: data, storage_class: lvm, size: 10Gi}
      - {namespace: shop, name: logs, storage_class: lvm, size: 2Gi}

- name: Grow one, and wait until its file system has grown
  cairn.storage.persistent_volume_claim:
    claims:
      - {namespace: shop, name: data, storage_class: lvm, size: 20Gi}

- name: A copy for tests, and what was there last night
  cairn.storage.persistent_volume_claim:
    claims:
      - {namespace: shop, name: data-copy, storage_class: lvm, from_claim: data}
      - {namespace: shop, name: data-yesterday, storage_class: lvm, from_snapshot: data-nightly}

- name: Give the disk of a claim that is gone to another one
  cairn.storage.persistent_volume_claim:
    claims:
      - {namespace: shop, name: data, volume: local-pv-1f2e3d4c}
    allow_rebind:
      local-pv-1f2e3d4c: old-shop/data
"""

RETURN = r"""
objects:
  description: The objects as they are, or in check mode as they would be, as RV(cairn.storage.kube_objects#module:objects).
  returned: success, and when waiting failed
  type: list
  elements: dict
readiness:
  description: One entry for each object that was waited for, as RV(cairn.storage.kube_objects#module:readiness).
  returned: success, and when waiting failed
  type: list
  elements: dict
  sample: [{kind: PersistentVolumeClaim, namespace: "shop", name: data, state: ready, reason: ""}]
actions:
  description: What was done, or in check mode would be, in order, as RV(cairn.storage.kube_objects#module:actions).
  returned: always
  type: list
  elements: dict
after:
  description: In check mode the objects that this task would leave behind, for C(pending) of the next one. Otherwise empty, for they are there.
  returned: success
  type: list
  elements: dict
requests:
  description: Number of requests sent to the API server.
  returned: success
  type: int
  sample: 3
"""

from ansible_collections.cairn.storage.plugins.module_utils._kube.faces.claim import FACE
from ansible_collections.cairn.storage.plugins.module_utils._kube_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    run(AnsibleModule(argument_spec=FACE.arguments, supports_check_mode=True), FACE.parse)


if __name__ == "__main__":
    main()
