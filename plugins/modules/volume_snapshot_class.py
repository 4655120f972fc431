#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: volume_snapshot_class
short_description: Classes of snapshots
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes classes of snapshots, changes and deletes them, and keeps one of each driver the default.
  - A class that unfinished snapshots need is not deleted.
  - The list is read, compared and written as M(cairn.storage.kube_objects) does it, and waited for together.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.engine
  - cairn.storage.kube_connection.writing
  - cairn.storage.kube_faces.snapshot_classes
seealso:
  - module: cairn.storage.kube_objects
"""

EXAMPLES = r"""
- name: Snapshots whose data outlives them
  cairn.storage.volume_snapshot_class:
    classes:
      - {name: lvm, driver: lvm.csi.cairn.storage, deletion_policy: Retain, default: true}
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
  sample: [{kind: VolumeSnapshotClass, namespace: "", name: lvm, state: ready, reason: ""}]
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

from ansible_collections.cairn.storage.plugins.module_utils._kube.faces.snapshot_class import FACE
from ansible_collections.cairn.storage.plugins.module_utils._kube_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    run(AnsibleModule(argument_spec=FACE.arguments, supports_check_mode=True), FACE.parse)


if __name__ == "__main__":
    main()
