#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: volume_snapshot
short_description: Snapshots of claims
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes snapshots of claims, waits until they are ready to use, and deletes them.
  - What cannot work, such as a claim whose volume is not of a CSI driver or a class of another driver, is refused before anything is made.
  - The list is read, compared and written as M(cairn.storage.kube_objects) does it, and waited for together.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.engine
  - cairn.storage.kube_connection.writing
  - cairn.storage.kube_faces.snapshots
  - cairn.storage.kube_faces.data
seealso:
  - module: cairn.storage.kube_objects
"""

EXAMPLES = r"""
- name: Snapshots of two claims
  cairn.storage.volume_snapshot:
    snapshots:
      - {namespace: shop, name: data-nightly, claim: data, snapshot_class: lvm}
      - {namespace: shop, name: logs-nightly, claim: logs, snapshot_class: lvm}

- name: Delete one with what it holds
  cairn.storage.volume_snapshot:
    snapshots:
      - {namespace: shop, name: logs-nightly, state: absent}
    allow_data_loss:
      shop/logs-nightly: snapcontent-0c0ffee0-1111-4222-8333-444455556666
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
  sample: [{kind: VolumeSnapshot, namespace: "shop", name: data-nightly, state: ready, reason: ""}]
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

from ansible_collections.cairn.storage.plugins.module_utils._kube.faces.snapshot import FACE
from ansible_collections.cairn.storage.plugins.module_utils._kube_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    run(AnsibleModule(argument_spec=FACE.arguments, supports_check_mode=True), FACE.parse)


if __name__ == "__main__":
    main()
