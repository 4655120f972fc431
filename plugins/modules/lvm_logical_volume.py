#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lvm_logical_volume
short_description: One logical volume
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes one logical volume or snapshot in a volume group that is there, changes it or removes it.
  - For a whole machine M(cairn.storage.lvm_layout) does all of it in one call, which is faster.
extends_documentation_fragment:
  - cairn.storage.host_attributes
  - cairn.storage.disk_rules.references
  - cairn.storage.disk_rules.wipe
  - cairn.storage.lvm
  - cairn.storage.lvm.volume
seealso:
  - module: cairn.storage.lvm_layout
"""

EXAMPLES = r"""
- name: A mirrored volume with a file system
  cairn.storage.lvm_logical_volume:
    volume_group: fast
    name: db
    type: raid1
    size: 100GiB
    filesystem: {type: xfs, label: db}

- name: A snapshot of it
  cairn.storage.lvm_logical_volume:
    volume_group: fast
    name: db-before
    snapshot_of: db
    size: 20%ORIGIN
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order.
  returned: success
  type: list
  elements: dict
  contains:
    verb:
      description: What is done.
      type: str
    kind:
      description: What it is done to.
      type: str
    name:
      description: The name of that.
      type: str
    loses:
      description: The data that it destroys; empty for most.
      type: str
    steps:
      description: The commands.
      type: list
      elements: str
after:
  description:
    - The volume groups of the machine as they are, or in check mode will be; then a C(uuid) of what is still to come is null.
    - Made for O(cairn.storage.local_volumes#module:pending).
  returned: success
  type: dict
  contains:
    volume_groups:
      description: Each volume group with C(name), C(uuid), C(size_bytes), C(free_bytes), C(extent_size_bytes), C(tags), C(devices), C(logical_volumes)
        and C(backup), the file that its metadata is backed up in. Thin pools have C(data_percent), C(metadata_percent) and C(monitored).
      type: list
      elements: dict
degraded:
  description:
    - Recorded disks that are gone or cannot be read, thin pools that are filling or ailing, and snapshots that are filling or invalid.
    - Each has C(volume_group), C(device) and C(reason).
  returned: success
  type: list
  elements: dict
unadopted:
  description: Disks that match but are not used, each with C(volume_group), C(device) and C(size_bytes).
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cairn.storage.plugins.module_utils._lvm.options import SHARED, VOLUME
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import parse_alone
from ansible_collections.cairn.storage.plugins.module_utils._lvm_module import run


def main():
    spec = {**SHARED, "volume_group": {"type": "str", "required": True}, **VOLUME}
    run(AnsibleModule(argument_spec=spec, supports_check_mode=True), parse_alone)


if __name__ == "__main__":
    main()
