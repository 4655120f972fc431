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

from ansible_collections.cairn.storage.plugins.module_utils._lvm.options import SHARED, VOLUME
from ansible_collections.cairn.storage.plugins.module_utils._lvm.parse import parse_alone
from ansible_collections.cairn.storage.plugins.module_utils._lvm_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    spec = {**SHARED, "volume_group": {"type": "str", "required": True}, **VOLUME}
    run(AnsibleModule(argument_spec=spec, supports_check_mode=True), parse_alone)


if __name__ == "__main__":
    main()
