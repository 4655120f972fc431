#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_class
short_description: Storage classes
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes classes, changes and deletes them, and keeps one of them the default.
  - What cannot be changed in a class, such as its parameters, is changed by deleting the class and making it again,
    with consent in O(allow_recreate). Volumes that were made from it stay as they are.
  - The list is read, compared and written as M(cairn.storage.kube_objects) does it, and waited for together.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.engine
  - cairn.storage.kube_connection.writing
  - cairn.storage.kube_faces.storage_classes
  - cairn.storage.kube_faces.recreate
seealso:
  - module: cairn.storage.kube_objects
"""

EXAMPLES = r"""
- name: A class for logical volumes, the default one
  cairn.storage.storage_class:
    classes:
      - name: lvm
        provisioner: lvm.csi.cairn.storage
        parameters: {volumeGroup: fast}
        volume_binding_mode: WaitForFirstConsumer
        allow_volume_expansion: true
        default: true

- name: The same with another parameter
  cairn.storage.storage_class:
    classes:
      - name: lvm
        provisioner: lvm.csi.cairn.storage
        parameters: {volumeGroup: fast, type: thin}
        volume_binding_mode: WaitForFirstConsumer
        allow_volume_expansion: true
    allow_recreate:
      lvm: 5a0f5bd4-5c5a-4c0b-9d4e-6c0f2b0a4c11
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
  sample: [{kind: StorageClass, namespace: "", name: lvm, state: ready, reason: ""}]
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

from ansible_collections.cairn.storage.plugins.module_utils._kube.faces.storage_class import FACE
from ansible_collections.cairn.storage.plugins.module_utils._kube_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    run(AnsibleModule(argument_spec=FACE.arguments, supports_check_mode=True), FACE.parse)


if __name__ == "__main__":
    main()
