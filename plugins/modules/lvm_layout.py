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
  - When a disk of a volume group is gone or cannot be read, that is reported and the group is left alone; the others go on.
requirements:
  - lvm2 2.03 or later, and thin-provisioning-tools for thin pools
  - util-linux 2.33 or later
extends_documentation_fragment:
  - cairn.storage.host_attributes
  - cairn.storage.disk_rules
  - cairn.storage.disk_rules.wipe
options:
  volume_groups:
    description: The volume groups, worked on in this order.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the volume group.
        type: str
        required: true
      devices:
        description:
          - "The disks, as C({rule: NAME}) with a name from O(disk_rules), or as a list of stable names."
          - Disks that are in the volume group already but are not named here stay in it.
        type: raw
      extent_size:
        description: Size of an extent, fixed when the volume group is made. V(4MiB) if left out.
        type: str
      tags:
        description: All the tags it should have. Left out, tags stay as they are.
        type: list
        elements: str
      thin_pools:
        description: Thin pools, made before the logical volumes.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the pool.
            type: str
            required: true
          size:
            description:
              - Size of its data, like V(100GiB) or V(1000 extents).
              - A share such as V(80%VG) or V(100%FREE) covers its data, its metadata and the spare metadata for repairs.
              - C(%FREE) counts only when the pool is made, C(%VG) in each run.
            type: str
          metadata_size:
            description: Size of its metadata, from V(2MiB) to V(15.75GiB). Left out, room for twice the mappings of a full pool.
            type: str
          chunk_size:
            description: Size of its chunks, a multiple of V(64KiB), fixed when the pool is made. Left out, the smallest that the pool's size allows.
            type: str
          overprovision_ratio:
            description: How many times its size its volumes may promise together.
            type: float
            default: 1.0
          state:
            description: V(absent) removes it, with consent in O(allow_data_loss).
            type: str
            choices: [present, absent]
            default: present
      logical_volumes:
        description: Logical volumes, made in this order.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the volume.
            type: str
            required: true
          size:
            description:
              - Its size, like V(10GiB), V(250 extents), V(50%VG) or V(100%FREE). Rounded up to whole extents, a share is rounded down.
              - C(%FREE) counts only when the volume is made, C(%VG) in each run. It grows when more is wanted, and is never shrunk.
            type: str
          thin_pool:
            description: The thin pool to take its space from; its size is then what it promises.
            type: str
          tags:
            description: Tags to have in addition to those it has.
            type: list
            elements: str
          state:
            description: V(absent) removes it, with consent in O(allow_data_loss).
            type: str
            choices: [present, absent]
            default: present
      adopt_new:
        description:
          - Take in disks that match the rule and came after the volume group was made. Otherwise they are only reported.
          - Also makes a volume group afresh that is recorded on this machine but whose disks are all gone.
        type: bool
        default: false
      state:
        description: V(absent) removes it and leaves its disks blank, with consent in O(allow_data_loss) if it holds volumes.
        type: str
        choices: [present, absent]
        default: present
  allow_data_loss:
    description: Consent to remove volumes, C(vg/lv) or C(vg) as the key and its UUID as the value.
    type: dict
    default: {}
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
      description: Each volume group with C(name), C(uuid), C(size_bytes), C(free_bytes), C(extent_size_bytes), C(tags), C(devices) and C(logical_volumes).
      type: list
      elements: dict
degraded:
  description: Recorded disks that are gone or cannot be read, each with C(volume_group), C(device) and C(reason).
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

from ansible_collections.cairn.storage.plugins.module_utils._block import observe as devices
from ansible_collections.cairn.storage.plugins.module_utils._block.options import CHOOSING, WIPE
from ansible_collections.cairn.storage.plugins.module_utils._block.apply import HANDLERS
from ansible_collections.cairn.storage.plugins.module_utils._lvm import observe as lvm
from ansible_collections.cairn.storage.plugins.module_utils._lvm.desired import parse
from ansible_collections.cairn.storage.plugins.module_utils._lvm.plan import Observed, plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.result import dump
from ansible_collections.cairn.storage.plugins.module_utils._module import run

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
NAME = {"type": "str", "required": True}
TAGS = {"type": "list", "elements": "str"}

POOL = {
    "name": NAME,
    "size": {"type": "str"},
    "metadata_size": {"type": "str"},
    "chunk_size": {"type": "str"},
    "overprovision_ratio": {"type": "float", "default": 1.0},
    "state": STATE,
}
VOLUME = {"name": NAME, "size": {"type": "str"}, "thin_pool": {"type": "str"}, "tags": TAGS, "state": STATE}
GROUP = {
    "name": NAME,
    "devices": {"type": "raw"},
    "extent_size": {"type": "str"},
    "tags": TAGS,
    "thin_pools": {"type": "list", "elements": "dict", "options": POOL},
    "logical_volumes": {"type": "list", "elements": "dict", "options": VOLUME},
    "adopt_new": {"type": "bool", "default": False},
    "state": STATE,
}


def main():
    module = AnsibleModule(
        argument_spec={
            **CHOOSING,
            **WIPE,
            "volume_groups": {"type": "list", "elements": "dict", "required": True, "options": GROUP},
            "allow_data_loss": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    seen = {}

    def observe(layout):
        seen["host"] = devices.observe(layout.base_dir)
        return Observed(seen["host"], lvm.observe(seen["host"]))

    def result(planned):
        outcome = planned.after
        return {"after": dump(outcome.groups, seen["host"]), "degraded": list(outcome.degraded), "unadopted": list(outcome.unadopted)}

    def finish(planned):
        # What was made has UUIDs now.
        return {"after": dump(lvm.observe(seen["host"]).groups, seen["host"])} if planned.changed else {}

    run(module, parse=parse, observe=observe, plan=plan, handlers=HANDLERS, result=result, finish=finish)


if __name__ == "__main__":
    main()
