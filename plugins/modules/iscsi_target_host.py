#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iscsi_target_host
short_description: What all iSCSI targets of a machine share, restoring them at boot and discovery authentication
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Sets up a unit that restores at boot what is saved, with a small program of its own. It restores each target by itself, never clears anything,
    and leaves a LUN whose device is missing for later without holding back the others.
  - The distribution's own unit restores the same file, but clears everything first and again when it is stopped. It is masked, and not stopped.
    What it would have restored is restored by ours, other fabrics with the help of rtslib.
  - Sets discovery authentication, which is one for all targets of a machine.
requirements:
  - systemd 244 or later
extends_documentation_fragment:
  - cairn.storage.host_attributes
options:
  discovery_auth:
    description: CHAP for those that ask what targets there are. Left out, anybody may ask.
    type: dict
    suboptions:
      user:
        description: User that initiators give.
        type: str
        required: true
      password:
        description: Its password, of 12 to 255 characters.
        type: str
        required: true
      mutual_user:
        description: User that the machine gives in turn.
        type: str
      mutual_password:
        description: The machine's password, another one.
        type: str
"""

EXAMPLES = r"""
- name: Restore targets at boot, tell them to those that know the password
  cairn.storage.iscsi_target_host:
    discovery_auth: {user: discovery, password: "{{ vault_discovery }}"}
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order; each with C(verb), C(kind), C(name), C(loses) and C(steps).
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.cairn.storage.plugins.module_utils._iscsi.chap import OPTIONS
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.host import HANDLERS, observe, program
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.plan_host import parse, plan
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, run


def main():
    run(
        AnsibleModule(argument_spec={"discovery_auth": {"type": "dict", "options": OPTIONS}}, supports_check_mode=True),
        parse=lambda params: parse(params["discovery_auth"], program()),
        observe=observe,
        plan=plan,
        handlers=HANDLERS,
    )


if __name__ == "__main__":
    main()
