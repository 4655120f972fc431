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
  - Lists the disks of a machine, sorts them by rules and selects among them.
  - What a disk holds comes from a fresh probe, not from a cache. It needs one C(lsblk) and one C(blkid), however many disks there are.
  - Of disks without a signature that nothing uses, some 3 MiB are read to tell blank ones from those that hold data of no known kind.
requirements:
  - util-linux 2.33 or later
extends_documentation_fragment:
  - cairn.storage.host_attributes.info
  - cairn.storage.disk_rules
  - cairn.storage.disk_rules.selector
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

- name: Choose two empty solid-state disks, always the same ones
  cairn.storage.block_device_info:
    selector: {rotational: false, only_unused: true, at_least: 2, at_most: 2}
  register: disks

- name: Choose the partitions that were left for data when the machines were installed
  cairn.storage.block_device_info:
    selector: {partition_label: ^data, only_unused: true}
  register: partitions

- name: Find disks with errors
  ansible.builtin.debug:
    msg: "{{ disks.devices | selectattr('health.io_errors') | map(attribute='id') }}"
"""

RETURN = r"""
devices:
  description: Whole disks, and what stands for several paths to or members of one. Memory and network block devices (zram, nbd) are none.
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
    removable:
      description: Whether its medium can be taken out, as of a USB stick or the virtual medium of a management controller.
      type: bool
    size_bytes:
      description: Size in bytes.
      type: int
    logical_block_bytes:
      description: The smallest unit that it reads and writes, in bytes.
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
    found:
      description:
        - What it holds, as a consent to wipe it names it; empty when it is blank.
        - V(unknown data) where there is no signature, and the head, the tail or a place of a copy of a superblock is not zero.
      type: str
    vacant:
      description:
        - Whether nothing uses it, no process writes to it, and neither fstab nor a unit of systemd names it. It can hold something all the same.
      type: bool
    health:
      description: What the kernel counted since it found the disk, for SCSI and ATA disks, and its state, for NVMe as well. V(null) where it does not tell.
      type: dict
      sample: {"state": "running", "io_errors": 0, "io_timeouts": 0}
      contains:
        state:
          description: V(running) or V(live) is well; V(offline), V(blocked) or V(dead) is not.
          type: str
        io_errors:
          description: Requests that ended with an error. Some disks answer harmless questions so, one that grows is what counts.
          type: int
        io_timeouts:
          description: Requests that ended with a timeout.
          type: int
    partitions:
      description:
        - Its partitions, each with C(id), C(ids), C(kernel_name), C(size_bytes), C(logical_block_bytes), C(signatures), C(holders), C(mounts),
          C(found) and C(use), and with what its entry in the partition table says as C(partition_uuid), C(partition_label) and C(partition_type).
      type: list
      elements: dict
rules:
  description:
    - Names of the disks that belong to each rule of O(disk_rules).
    - For C(only_unused), disks that this collection uses count as unused, because the rule may be what chose them.
  returned: success
  type: dict
  sample: {"fast": ["/dev/disk/by-id/wwn-0x60014055ca1ab1e00010001"]}
selected:
  description: Names of the disks that O(selector) selects, where those that this collection uses count as unused too. RV(devices[].vacant) tells which do not.
  returned: if O(selector) is given
  type: list
  elements: str
"""

from ansible_collections.cairn.storage.plugins.module_utils._block.health import health
from ansible_collections.cairn.storage.plugins.module_utils._block.observe import observe
from ansible_collections.cairn.storage.plugins.module_utils._block.options import CHOOSING
from ansible_collections.cairn.storage.plugins.module_utils._block.result import dump
from ansible_collections.cairn.storage.plugins.module_utils._block.rules import SELECTOR, parse, parse_selector
from ansible_collections.cairn.storage.plugins.module_utils._block.survey import survey
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, inform


def read(params):
    """Devices, which rule each belongs to, and what the selector selects."""
    rules = parse(params["disk_rules"])
    selector = parse_selector(params["selector"], "selector") if params["selector"] else None
    host = observe(params["base_dir"], claim=False)
    assigned = survey(host, rules, selector, params["allow_kernel_names"])
    found = {"devices": [{**dump(host, device), "health": health(device.kernel_name)} for device in host if device.whole and device.size]}
    names = {name: [device.id for device in devices] for name, devices in assigned.items()}
    if selector:
        found["selected"] = names.pop(selector.name)
    return {**found, "rules": names}


def main():
    spec = {**CHOOSING, "selector": {"type": "dict", "options": SELECTOR}}
    inform(AnsibleModule(argument_spec=spec, supports_check_mode=True), read)


if __name__ == "__main__":
    main()
