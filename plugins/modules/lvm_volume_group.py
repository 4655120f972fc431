#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lvm_volume_group
short_description: One volume group
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes one volume group, adopts one that is there, changes it or removes it. What it holds is left alone.
  - For a whole machine M(cairn.storage.lvm_layout) does all of it in one call, which is faster.
extends_documentation_fragment:
  - cairn.storage.host_attributes
  - cairn.storage.disk_rules
  - cairn.storage.disk_rules.wipe
  - cairn.storage.lvm
  - cairn.storage.lvm.group
seealso:
  - module: cairn.storage.lvm_layout
"""

EXAMPLES = r"""
- name: A volume group over two solid-state disks
  cairn.storage.lvm_volume_group:
    name: fast
    devices: {rotational: false, only_unused: true, at_most: 2}

- name: Empty a disk and take it out
  cairn.storage.lvm_volume_group:
    name: fast
    devices: [/dev/disk/by-id/wwn-0x60014055ca1ab1e00010001]
    remove_devices: [/dev/disk/by-id/wwn-0x60014055ca1ab1e00010002]

- name: Go on without a disk that died, with a new one in its place
  cairn.storage.lvm_volume_group:
    name: fast
    devices: [/dev/disk/by-id/wwn-0x60014055ca1ab1e00010001, /dev/disk/by-id/wwn-0x60014055ca1ab1e00010003]
    repair_missing: true
    allow_data_loss:
      fast/scratch: 7kXW2c-0FQn-p1rY-Tt0v-5Bvg-kJ3n-yXz1aQ

- name: Take in what the disks of a storage array have grown by
  cairn.storage.lvm_volume_group:
    name: fast
    devices: {rotational: false}
    resize_devices: true
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order, as RV(cairn.storage.lvm_layout#module:actions).
  returned: success
  type: list
  elements: dict
after:
  description: The volume groups of the machine as they are, or in check mode will be, as RV(cairn.storage.lvm_layout#module:after).
  returned: success
  type: dict
degraded:
  description: What is wrong with disks, thin pools and snapshots, as RV(cairn.storage.lvm_layout#module:degraded).
  returned: success
  type: list
  elements: dict
unadopted:
  description: Disks that match but are not used, each with C(volume_group), C(device) and C(size_bytes).
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.cairn.storage.plugins.module_utils._lvm.options import COMMON, GROUP
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import layout, parse_group
from ansible_collections.cairn.storage.plugins.module_utils._lvm_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    run(
        AnsibleModule(argument_spec={**COMMON, **GROUP}, supports_check_mode=True),
        lambda params: layout(params, [parse_group(params, "", params["allow_kernel_names"])]),
    )


if __name__ == "__main__":
    main()
