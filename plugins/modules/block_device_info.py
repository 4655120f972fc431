#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: block_device_info
short_description: Disks with their stable names, what they hold and what uses them
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Lists the disks of a machine and sorts them by rules.
  - What a disk holds comes from a fresh probe, not from a cache. It needs one C(lsblk) and one C(blkid), however many disks there are.
requirements:
  - util-linux 2.33 or later
extends_documentation_fragment:
  - cairn.storage.host_attributes.info
  - cairn.storage.disk_rules
"""

EXAMPLES = r"""
- name: See which disks are there
  cairn.storage.block_device_info:
  register: disks

- name: Sort them
  cairn.storage.block_device_info:
    disk_rules:
      - {name: fast, rotational: false, size_min: 1TiB, only_unused: true}
      - {name: bulk, rotational: true}
  register: disks
"""

RETURN = r"""
devices:
  description: Whole disks, and what stands for several paths to or members of one.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The name to use for it; stable if RV(devices[].ids) is not empty.
      type: str
      sample: /dev/disk/by-id/wwn-0x60014055ca1ab1e00010001
    ids:
      description: Its stable names, the most lasting first.
      type: list
      elements: str
    kernel_name:
      description: Its name until the next boot.
      type: str
      sample: sdb
    wwn:
      description: World wide name.
      type: str
    serial:
      description: Serial number.
      type: str
    model:
      description: Model.
      type: str
    transport:
      description: How it is attached.
      type: str
    size_bytes:
      description: Size in bytes.
      type: int
    rotational:
      description: Whether it is rotational.
      type: bool
    read_only:
      description: Whether it is read-only.
      type: bool
    readable:
      description: Whether its first block can be read.
      type: bool
    type:
      description: V(disk), V(mpath) or a RAID level.
      type: str
    signatures:
      description: What a probe found on it, each with C(type), C(uuid) and C(label).
      type: list
      elements: dict
    holders:
      description: Devices built upon it.
      type: list
      elements: str
    mounts:
      description: Where it or anything upon it is mounted; V([SWAP]) for swap.
      type: list
      elements: str
    system:
      description: Whether the machine runs from it.
      type: bool
    use:
      description: What it is used for, in words; empty when it is free.
      type: str
rules:
  description:
    - Names of the disks that belong to each rule of O(disk_rules).
    - For C(only_unused), disks that this collection uses count as unused, because the rule may be what chose them.
  returned: success
  type: dict
  sample: {"fast": ["/dev/disk/by-id/wwn-0x60014055ca1ab1e00010001"]}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cairn.storage.plugins.module_utils._block import rules as disk_rules
from ansible_collections.cairn.storage.plugins.module_utils._block.observe import observe
from ansible_collections.cairn.storage.plugins.module_utils._block.options import CHOOSING
from ansible_collections.cairn.storage.plugins.module_utils._block.result import dump
from ansible_collections.cairn.storage.plugins.module_utils._block.select import marked
from ansible_collections.cairn.storage.plugins.module_utils._module import inform


def read(params):
    """Devices and which rule each belongs to."""
    rules = disk_rules.parse(params["disk_rules"])
    host = observe(params["base_dir"])
    disk_rules.check_system_disk(host, rules)
    ours = marked(host)
    assigned = disk_rules.assign(host, rules, lambda rule, device: device.kernel_name in ours, params["allow_kernel_names"])
    return {
        "devices": [dump(host, device) for device in host if device.whole and device.size],
        "rules": {name: [device.id for device in devices] for name, devices in assigned.items()},
    }


def main():
    inform(AnsibleModule(argument_spec=CHOOSING, supports_check_mode=True), read)


if __name__ == "__main__":
    main()
