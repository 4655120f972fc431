#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lvm_info
short_description: Volume groups, their disks, logical volumes and thin pools as they are
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Tells what LVM knows of a machine, with the stable names of the disks and how well everything is.
  - It needs one report of LVM, one C(lsblk) and one C(blkid), however many volumes there are.
requirements:
  - lvm2 2.03 or later; a machine without it has no volume groups
  - util-linux 2.33 or later
extends_documentation_fragment:
  - cairn.storage.host_attributes.info
options:
  volume_groups:
    description: Names of the volume groups to tell of; all if empty. One that is not there is left out.
    type: list
    elements: str
    default: []
seealso:
  - module: cairn.storage.lvm_layout
  - module: cairn.storage.block_device_info
"""

EXAMPLES = r"""
- name: See what is there
  cairn.storage.lvm_info:
  register: lvm

- name: Stop when a thin pool is nearly full
  ansible.builtin.assert:
    that: item.data_percent < 80 and item.metadata_percent < 80 and item.monitored
  loop: "{{ lvm.volume_groups | map(attribute='logical_volumes') | flatten | selectattr('type', 'eq', 'thin-pool') | selectattr('active') }}"
  loop_control: {label: "{{ item.path }}"}
"""

RETURN = r"""
volume_groups:
  description: Volume groups by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
    uuid:
      description: UUID that LVM gave it, which C(allow_data_loss) names.
      type: str
    size_bytes:
      description: Size in bytes.
      type: int
    free_bytes:
      description: What no volume has.
      type: int
    extent_size_bytes:
      description: Size of an extent.
      type: int
    tags:
      description: Tags.
      type: list
      elements: str
    exported:
      description: Whether it was handed over to another machine with vgexport.
      type: bool
    shared:
      description: Whether several machines share it through a lock manager.
      type: bool
    backed_up:
      description: Whether LVM's backup folder on this machine (C(backup/backup_dir) of C(lvm.conf)) has its metadata.
      type: bool
    physical_volumes:
      description: Its disks.
      type: list
      elements: dict
      contains:
        device:
          description: Stable name where it has one.
          type: str
          sample: /dev/disk/by-id/wwn-0x60014055ca1ab1e00010001
        uuid:
          description: UUID of the physical volume.
          type: str
        missing:
          description: Whether the disk is gone.
          type: bool
        readable:
          description: Whether its first block can be read.
          type: bool
        size_bytes:
          description: What volumes can have of it.
          type: int
        free_bytes:
          description: What no volume has of it.
          type: int
        start_bytes:
          description: Where data begins on it.
          type: int
        device_size_bytes:
          description: Size of the device, which can have grown since.
          type: int
    logical_volumes:
      description: Its logical volumes and thin pools, without the parts that LVM keeps for itself.
      type: list
      elements: dict
      contains:
        name:
          description: Name.
          type: str
        path:
          description: Path of its device, there while it is active.
          type: str
          sample: /dev/fast/images
        uuid:
          description: UUID that LVM gave it.
          type: str
        size_bytes:
          description: Size in bytes; for a thin volume what it promises, for a thin pool that of its data.
          type: int
        type:
          description: >-
            V(linear), V(striped), V(raid1), V(raid5), V(raid6), V(raid10), V(thin-pool), V(thin) for thin volumes and their snapshots,
            V(snapshot) for thick ones, V(cache) for a volume with a cache, or what else LVM calls it.
          type: str
        tags:
          description: Tags.
          type: list
          elements: str
        active:
          description: Whether it is active, that is has a device.
          type: bool
        open:
          description: Whether something uses its device.
          type: bool
        health:
          description: What LVM finds wrong with it, such as V(partial); empty when all is well.
          type: str
        origin:
          description: The volume that it is a snapshot of.
          type: str
        thin_pool:
          description: The thin pool that it takes its space from.
          type: str
        stripes:
          description: Over how many devices its data is spread, without parity and copies.
          type: int
        stripe_size_bytes:
          description: How much of the data is on one device before the next one follows.
          type: int
        mirrors:
          description: How many copies there are besides the original.
          type: int
        cache_mode:
          description: Mode of the cache in front of it.
          type: str
        data_percent:
          description: How full a thin pool or a thick snapshot is, or how much of a thin volume has a place in its pool; null while inactive.
          type: float
        merging:
          description: Whether it is being set back to a snapshot, or is that snapshot.
          type: bool
        metadata_size_bytes:
          description: Size of a thin pool's metadata.
          returned: for thin pools
          type: int
        metadata_percent:
          description: How full that is; null while inactive.
          returned: for thin pools
          type: float
        chunk_size_bytes:
          description: Size of a thin pool's chunks.
          returned: for thin pools
          type: int
        monitored:
          description: Whether dmeventd watches it.
          returned: for thin pools
          type: bool
        profile:
          description: The profile that says when it is grown.
          returned: for thin pools
          type: str
        check_needed:
          description: Whether the kernel wants its metadata checked before it is written to again.
          returned: for thin pools
          type: bool
physical_volumes:
  description: Disks made for LVM that are in none of its volume groups, each with C(device), C(uuid), C(size_bytes), and C(orphan) where nothing claims it.
  returned: success
  type: list
  elements: dict
lost:
  description: Volume groups that LVM's backups tell of but none of whose disks is there, each with C(name) and C(uuid).
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.cairn.storage.plugins.module_utils._block import observe as devices
from ansible_collections.cairn.storage.plugins.module_utils._block.options import BASE_DIR
from ansible_collections.cairn.storage.plugins.module_utils._lvm import observe as lvm
from ansible_collections.cairn.storage.plugins.module_utils._lvm.info import dump
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, inform


def read(params):
    """What is there, of the groups that are asked for."""
    host = devices.observe(BASE_DIR, claim=False)
    return dump(lvm.observe(host), host, params["volume_groups"])


def main():
    spec = {"volume_groups": {"type": "list", "elements": "str", "default": []}}
    inform(AnsibleModule(argument_spec=spec, supports_check_mode=True), read)


if __name__ == "__main__":
    main()
