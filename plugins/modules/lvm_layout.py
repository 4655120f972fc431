#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lvm_layout
short_description: Volume groups, thin pools and logical volumes of a whole machine
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Brings the LVM of a machine into the wanted layout in one call. Anything that is not named is left alone.
  - Sizes are worked out to the extent before anything is changed, and LVM is given extents, so a second run changes nothing.
  - Nothing is wiped, shrunk or removed without consent that names what is there.
  - When a disk of a volume group is gone or cannot be read, is there twice or has become smaller, that is reported and the group is left alone; the
    others go on.
  - What C(lvm.conf) says of how commands look and work changes nothing here. Filters, the devices file, the system id, C(volume_list), the folders of
    backups and profiles, and the number of copies of the metadata are honoured. A disk with a volume group that LVM does not show is named as that,
    with the command that brings it in.
extends_documentation_fragment:
  - cairn.storage.host_attributes
  - cairn.storage.disk_rules
  - cairn.storage.disk_rules.wipe
  - cairn.storage.lvm
  - cairn.storage.lvm.layout
"""

EXAMPLES = r"""
- name: One volume group over all solid-state disks, with a thin pool
  cairn.storage.lvm_layout:
    disk_rules:
      - {name: fast, rotational: false, only_unused: true}
    volume_groups:
      - name: fast
        devices: {rule: fast}
        thin_pools:
          - {name: pool, size: 80%VG, overprovision_ratio: 2}
        logical_volumes:
          - {name: journal, size: 10GiB}
          - {name: images, size: 200GiB, thin_pool: pool}

- name: Remove a volume that is known by its UUID
  cairn.storage.lvm_layout:
    volume_groups:
      - name: fast
        devices: [/dev/disk/by-id/wwn-0x60014055ca1ab1e00010001]
        logical_volumes:
          - {name: images, state: absent}
    allow_data_loss:
      fast/images: 7kXW2c-0FQn-p1rY-Tt0v-5Bvg-kJ3n-yXz1aQ
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
    left_out:
      description: Names of volume groups that the machine has no disk for, which C(at_least=0) permits. Nothing is made of them.
      type: list
      elements: str
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

from ansible_collections.cairn.storage.plugins.module_utils._lvm.options import COMMON, LAYOUT_GROUP
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import parse
from ansible_collections.cairn.storage.plugins.module_utils._lvm_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    groups = {"type": "list", "elements": "dict", "required": True, "options": LAYOUT_GROUP}
    run(AnsibleModule(argument_spec={**COMMON, "volume_groups": groups}, supports_check_mode=True), parse)


if __name__ == "__main__":
    main()
