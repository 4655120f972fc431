#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iscsi_target
short_description: One iSCSI target of the kernel (LIO), as one object
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes a target what it is said to be, with its backstores, portal groups, LUNs, portals and ACLs. What is not listed of this target is removed.
  - It works on the running kernel and on the saved configuration of targetcli and targetctl, and tells in RV(drift) where the two differed.
    Of the saved file nothing but this target and its backstores changes. Other targets and other fabrics are never touched.
  - An initiator that is logged in does not lose its session, a LUN or a portal without consent, see O(allow_disconnect).
  - A block device that grows, such as a logical volume, makes its LUN grow without this module. Initiators see it after a rescan.
  - A backstore that has to change, or whose device's name came to mean another disk, is made anew with its LUNs, and nothing else of the target.
  - Targets are brought back at boot by the unit that M(cairn.storage.iscsi_target_host) sets up.
notes:
  - Attributes and parameters that are left out stay as they are.
  - The file of a fileio backstore stays when the backstore goes. The content of a RAM disk goes with it, and at every boot.
  - iSER is set as asked, but the tests of this collection have no hardware for it.
requirements:
  - a kernel with LIO (target_core_mod, iscsi_target_mod); neither targetcli nor rtslib
extends_documentation_fragment:
  - cairn.storage.host_attributes
options:
  name:
    description: The target's iSCSI name, in lower case, like V(iqn.2026-01.com.example:disks), or an EUI or NAA name.
    type: str
    required: true
  state:
    description: V(absent) removes the target and the backstores that no other target has LUNs of.
    type: str
    choices: [present, absent]
    default: present
  backstores:
    description: What LUNs stand on. Each belongs to this target alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the backstore, one of its type on the machine.
        type: str
        required: true
      type:
        description: V(block) is a disk, partition or logical volume; V(fileio) a file; V(ramdisk) loses its content at every boot.
        type: str
        choices: [block, fileio, ramdisk]
        default: block
      device:
        description: The device of V(block), by its path in C(/dev/disk/by-id) or as a logical volume. It must not be in use here.
        type: str
      path:
        description: The file of V(fileio). It is made if missing, sparse.
        type: str
      size:
        description: Size of V(fileio) and V(ramdisk), like V(10GiB). It is fixed once the backstore is made.
        type: str
      write_back:
        description: Let V(fileio) tell initiators that data is written when it is in memory. A power cut then loses what they did not flush.
        type: bool
        default: false
      read_only:
        description: Open the device of V(block) for reading alone.
        type: bool
        default: false
      serial:
        description:
          - Serial number of the LUN, from which its WWN is made. Its first 25 hexadecimal digits have to differ between backstores.
          - Left out, it stays as it is, and a new backstore gets one that follows from the names of target and backstore.
        type: str
      attributes:
        description: Attributes of the kernel, as in its folder C(attrib).
        type: dict
      alua_groups:
        description: Target port groups for asymmetric access (ALUA).
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the group.
            type: str
            required: true
          id:
            description: Its number, from 1.
            type: int
            required: true
          state:
            description: How paths through it are accessed.
            type: str
            choices: [optimized, nonoptimized, standby, unavailable, offline]
            default: optimized
          preferred:
            description: Whether initiators are told to prefer it.
            type: bool
            default: false
  tpgs:
    description: Target portal groups. Most targets have one.
    type: list
    elements: dict
    default: []
    suboptions:
      tag:
        description: Its tag.
        type: int
        default: 1
      enabled:
        description: Whether initiators may log in.
        type: bool
        default: true
      portals:
        description: Where it listens.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description: IPv4 or IPv6 address of this machine, or V(0.0.0.0) or V(::) for all.
            type: str
            required: true
          port:
            description: TCP port.
            type: int
            default: 3260
          iser:
            description: Whether it speaks iSER (RDMA).
            type: bool
            default: false
      luns:
        description: Its LUNs.
        type: list
        elements: dict
        default: []
        suboptions:
          lun:
            description: Number of the LUN.
            type: int
            required: true
          backstore:
            description: Name of one of O(backstores).
            type: str
            required: true
          alua_group:
            description: One of the backstore's ALUA groups; the kernel's own if left out.
            type: str
      acls:
        description: Initiators that may log in.
        type: list
        elements: dict
        default: []
        suboptions:
          initiator:
            description: Name of the initiator.
            type: str
            required: true
          luns:
            description: What it sees. Left out, all LUNs of the group under their own numbers.
            type: list
            elements: dict
            suboptions:
              lun:
                description: Number of the LUN in the group.
                type: int
                required: true
              mapped_lun:
                description: Number that the initiator sees, the same if left out.
                type: int
              read_only:
                description: Whether it may only read.
                type: bool
                default: false
          chap:
            description: CHAP for this initiator. In one group all use it or none.
            type: dict
            suboptions: &chap
              user:
                description: User that the initiator gives.
                type: str
                required: true
              password:
                description: Its password, of 12 to 255 characters.
                type: str
                required: true
              mutual_user:
                description: User that the target gives in turn.
                type: str
              mutual_password:
                description: The target's password, another one.
                type: str
          attributes:
            description: Attributes of the kernel, as in the ACL's folder C(attrib).
            type: dict
          depth:
            description: How many commands it may have under way. To change it the kernel ends the session.
            type: int
      demo_mode:
        description: What initiators without an ACL may do with all LUNs of the group.
        type: str
        choices: [none, read_only, read_write]
        default: none
      chap:
        description: CHAP for initiators without an ACL, with O(tpgs[].demo_mode).
        type: dict
        suboptions: *chap
      attributes:
        description: Attributes of the kernel, as in the group's folder C(attrib).
        type: dict
      parameters:
        description: Parameters of RFC 7143 that are offered to initiators, as in the group's folder C(param).
        type: dict
  allow_disconnect:
    description:
      - Consent to cut off initiators, by name, each with the address that it is connected from, as the refusal tells it.
    type: dict
    default: {}
  pending:
    description:
      - What an earlier task makes, RV(cairn.storage.lvm_layout#module:after), so that check mode can plan targets on logical volumes to come.
    type: dict
    default: {}
  base_dir:
    description: Folder of the discovery directories of local volumes. A device that is given out there is refused.
    type: path
    default: /var/lib/cairn-storage/local-volumes
"""

EXAMPLES = r"""
- name: A logical volume for two initiators, one of which only reads
  cairn.storage.iscsi_target:
    name: iqn.2026-01.com.example:db
    backstores:
      - {name: db, device: /dev/fast/db}
    tpgs:
      - portals: [{address: 192.0.2.10}, {address: "2001:db8::10"}]
        luns: [{lun: 0, backstore: db}]
        acls:
          - initiator: iqn.2026-01.com.example:node1
            chap: {user: node1, password: "{{ vault_chap_node1 }}"}
          - initiator: iqn.2026-01.com.example:backup
            chap: {user: backup, password: "{{ vault_chap_backup }}"}
            luns: [{lun: 0, read_only: true}]

- name: A file of fixed size
  cairn.storage.iscsi_target:
    name: iqn.2026-01.com.example:scratch
    backstores:
      - {name: scratch, type: fileio, path: /srv/scratch.img, size: 10GiB}
    tpgs:
      - portals: [{address: 192.0.2.10}]
        luns: [{lun: 0, backstore: scratch}]
        acls: [{initiator: "iqn.2026-01.com.example:node1"}]

- name: Remove a target although an initiator is logged in
  cairn.storage.iscsi_target:
    name: iqn.2026-01.com.example:scratch
    state: absent
    allow_disconnect: {"iqn.2026-01.com.example:node1": 192.0.2.21}
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order; each with C(verb), C(kind), C(name), C(loses) and C(steps).
  returned: success
  type: list
  elements: dict
target:
  description: The target as it is, or in check mode will be, in the words of the options; without passwords.
  returned: success
  type: dict
drift:
  description: Where the running target was not as saved, each with C(object), C(running) and C(saved); null for what was not there.
  returned: success
  type: list
  elements: dict
degraded:
  description: Backstores whose device is gone although they still run, as C(type/name).
  returned: success
  type: list
  elements: str
"""

from ansible_collections.cairn.storage.plugins.module_utils._block.options import BASE_DIR
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.apply import HANDLERS
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.observe import observe
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.options import BACKSTORE, TPG
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.parse import parse
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.plan import confirm, plan
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, run


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "backstores": {"type": "list", "elements": "dict", "default": [], "options": BACKSTORE},
            "tpgs": {"type": "list", "elements": "dict", "default": [], "options": TPG},
            "allow_disconnect": {"type": "dict", "default": {}},
            "pending": {"type": "dict", "default": {}},
            "base_dir": {"type": "path", "default": BASE_DIR},
        },
        supports_check_mode=True,
    )
    seen = {}

    def look(wish):
        seen["wish"] = wish
        return observe(wish.target, module.params["base_dir"])

    def result(planned):
        outcome = planned.after
        return {"target": outcome.target.show(), "drift": list(outcome.drift), "degraded": list(outcome.degraded)}

    def finish(planned):
        if planned.changed:
            confirm(plan(look(seen["wish"]), seen["wish"]))
        return {}

    run(module, parse=parse, observe=look, plan=plan, handlers=HANDLERS, result=result, finish=finish)


if __name__ == "__main__":
    main()
