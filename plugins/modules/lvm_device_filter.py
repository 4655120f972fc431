#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lvm_device_filter
short_description: Keep LVM away from devices whose content belongs to guests
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - A guest may keep volume groups of its own on a disk that the machine gives it. LVM on the machine is not to scan or activate them.
  - Where LVM uses a devices file, the devices are taken out of it. Otherwise they are rejected by C(global_filter) in C(/etc/lvm/lvmlocal.conf),
    which LVM ignores where it has a devices file.
  - Logical volumes are not looked into either (C(scan_lvs)).
  - A change that would hide a disk of a volume group that the machine uses is refused. It counts as used if one of its volumes is open,
    or if the machine ever changed it. After the change LVM has to see these volume groups as before, else the configuration is put back.
  - Programs that look at disks before the root file system is there read a copy of the configuration, where there is one. It is not brought up to date
    by this.
requirements:
  - lvm2 2.03 or later
extends_documentation_fragment:
  - cairn.storage.host_attributes
options:
  reject:
    description:
      - Regular expressions, found anywhere in one of a device's names below C(/dev).
      - LVM knows C(.), C(*), C(+), C(?), C(|), C(^), C($), parentheses, brackets, and a backslash before those that stand for themselves.
        Anything else is refused.
    type: list
    elements: str
    required: true
  disks:
    description:
      - Disks that guests have whole, by their names in C(/dev/disk/by-id). Their partitions are rejected with them,
        those that a guest has yet to make as well.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Leave network block devices and one disk to guests
  cairn.storage.lvm_device_filter:
    reject: [^/dev/rbd, ^/dev/nbd]
    disks: [/dev/disk/by-id/wwn-0x5000c500a1b2c3d4]
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order; each with C(verb), C(kind), C(name), C(loses) and C(steps).
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.cairn.storage.plugins.module_utils._lvm.filters import Wanted, plan_filter
from ansible_collections.cairn.storage.plugins.module_utils._lvm.filters_io import HANDLERS, observe
from ansible_collections.cairn.storage.plugins.module_utils._lvm.patterns import parse_disks, parse_patterns
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, run


def main():
    run(
        AnsibleModule(
            argument_spec={
                "reject": {"type": "list", "elements": "str", "required": True},
                "disks": {"type": "list", "elements": "str", "default": []},
            },
            supports_check_mode=True,
        ),
        parse=lambda params: Wanted(parse_patterns(params["reject"], "reject"), parse_disks(params["disks"], "disks")),
        observe=observe,
        plan=plan_filter,
        handlers=HANDLERS,
    )


if __name__ == "__main__":
    main()
