#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: persistent_volume
short_description: Static persistent volumes
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes volumes of local paths, LUNs, exports and CSI volumes that are there, changes and deletes them.
  - A volume is not deleted before its claim. Its reclaim policy, its claim and who looks after it can also be changed
    where a provisioner has made it.
  - The list is read, compared and written as M(cairn.storage.kube_objects) does it, and waited for together.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.engine
  - cairn.storage.kube_connection.writing
  - cairn.storage.kube_faces.volumes
  - cairn.storage.kube_faces.data
  - cairn.storage.kube_faces.rebind
seealso:
  - module: cairn.storage.kube_objects
"""

EXAMPLES = r"""
- name: A disk of a node, and a LUN for a certain claim
  cairn.storage.persistent_volume:
    volumes:
      - name: node1-disk1
        capacity: 900GiB
        access_modes: [ReadWriteOnce]
        storage_class: local
        node: node1
        local: {path: /mnt/disks/disk1}
      - name: backup
        capacity: 2TiB
        access_modes: [ReadWriteOnce]
        claim: shop/backup
        iscsi: {portal: "10.90.1.11:3260", iqn: "iqn.2026-11.org.example:backup", lun: 0, fs_type: ext4}

- name: Keep the data of a volume that a provisioner has made
  cairn.storage.persistent_volume:
    volumes:
      - {name: pvc-2b8f7c52-8c1f-4f3c-a8e2-0d8f4f5a3a10, reclaim_policy: Retain}
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
  sample: [{kind: PersistentVolume, namespace: "", name: node1-disk1, state: ready, reason: ""}]
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

from ansible_collections.cairn.storage.plugins.module_utils._kube.faces.volume import FACE
from ansible_collections.cairn.storage.plugins.module_utils._kube_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    run(AnsibleModule(argument_spec=FACE.arguments, supports_check_mode=True), FACE.parse)


if __name__ == "__main__":
    main()
