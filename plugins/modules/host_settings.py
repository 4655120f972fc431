#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_settings
short_description: Kernel modules, blocks in configuration files and services of a storage node
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Sets up what storage on a node stands on, in one call.
requirements:
  - systemd
extends_documentation_fragment:
  - cairn.storage.host_attributes
options:
  kernel_modules:
    description: Kernel modules to load now and at boot. Those of earlier calls stay, so that several roles may ask for theirs.
    type: list
    elements: str
    default: []
  blocks:
    description: Lines of ours in configuration files; what else stands in them is left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file. It is made if missing, with its folder.
        type: path
        required: true
      text:
        description: The lines, put between marks at the file's end.
        type: str
        required: true
      reload:
        description: A service to reload when the lines change, if it runs.
        type: str
        default: ""
  services:
    description: Services to enable and start.
    type: list
    elements: str
    default: []
  packages:
    description: Packages by family of distributions. They are not installed by this, but told of in RV(missing_packages).
    type: dict
    default: {}
    suboptions:
      Debian: &packages
        description: Packages of this family.
        type: list
        elements: str
        default: []
      RedHat: *packages
"""

EXAMPLES = r"""
- name: Load thin provisioning, watch thin pools, keep multipath away from guests' disks
  cairn.storage.host_settings:
    kernel_modules: [dm_thin_pool]
    blocks:
      - path: /etc/multipath/conf.d/guests.conf
        text: 'blacklist { devnode "^rbd" }'
        reload: multipathd.service
    services: [lvm2-monitor]
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order; each with C(verb), C(kind), C(name), C(loses) and C(steps).
  returned: success
  type: list
  elements: dict
missing_packages:
  description: Those of O(packages) for this machine's family that are not installed, for M(ansible.builtin.package).
  returned: success
  type: list
  elements: str
"""

from ansible_collections.cairn.storage.plugins.module_utils._host.observe import HANDLERS, observe
from ansible_collections.cairn.storage.plugins.module_utils._host.plan import Block, Desired, plan_settings
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, run


def parse(params):
    """The wish as plain values."""
    return Desired(
        tuple(params["kernel_modules"]),
        tuple(Block(**block) for block in params["blocks"]),
        tuple(params["services"]),
        {family: tuple(names) for family, names in params["packages"].items()},
    )


def main():
    names = {"type": "list", "elements": "str", "default": []}
    block = {"path": {"type": "path", "required": True}, "text": {"type": "str", "required": True}, "reload": {"type": "str", "default": ""}}
    run(
        AnsibleModule(
            argument_spec={
                "kernel_modules": names,
                "blocks": {"type": "list", "elements": "dict", "default": [], "options": block},
                "services": names,
                "packages": {"type": "dict", "default": {}, "options": {"Debian": names, "RedHat": names}},
            },
            supports_check_mode=True,
        ),
        parse=parse,
        observe=observe,
        plan=plan_settings,
        handlers=HANDLERS,
        result=lambda planned: {"missing_packages": list(planned.after)},
    )


if __name__ == "__main__":
    main()
