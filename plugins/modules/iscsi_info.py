#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iscsi_info
short_description: iSCSI targets, sessions, disks and multipath maps as they are
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Tells what a machine exports, and what it is logged in to. A machine that does neither has empty lists.
  - It reads the kernel's files, the saved configuration of targets and open-iscsi's records, and asks multipathd once, if that runs.
    It runs no other command, however much there is, and never shows a password.
notes:
  - Whether anybody has a disk open for himself alone is not tried, since that may keep others from it for a moment.
extends_documentation_fragment:
  - cairn.storage.host_attributes.info
seealso:
  - module: cairn.storage.iscsi_target
  - module: cairn.storage.iscsi_initiator
"""

EXAMPLES = r"""
- name: See what is there
  cairn.storage.iscsi_info:
  register: iscsi

- name: Stop where a target is not as it was saved
  ansible.builtin.assert:
    that: iscsi.targets | map(attribute='drift') | flatten | length == 0

- name: Stop where a disk has lost a path
  ansible.builtin.assert:
    that: iscsi.devices | rejectattr('state', 'eq', 'up') | length == 0
"""

RETURN = r"""
targets:
  description: iSCSI targets of the kernel and of the saved configuration, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
    running:
      description: >-
        What runs, C(tpgs) and C(backstores) in the words of RV(cairn.storage.iscsi_target#module:target), with those attributes that are saved;
        null if it does not run.
      type: dict
    saved:
      description: The same as saved; null if it is not.
      type: dict
    drift:
      description: Where the two differ, each with C(object), C(running) and C(saved); null for what is not there.
      type: list
      elements: dict
    degraded:
      description: Backstores whose device is gone although they still run, as C(type/name).
      type: list
      elements: str
    initiators:
      description: Who is logged in.
      type: list
      elements: dict
      contains:
        initiator:
          description: Name.
          type: str
        tpg:
          description: Tag of the portal group.
          type: int
        address:
          description: Where it is connected from; null for one without an ACL.
          type: str
initiator:
  description: Name of the machine's own initiator; null if it has none.
  returned: success
  type: str
sessions:
  description: Sessions of open-iscsi, as RV(cairn.storage.iscsi_initiator#module:sessions) and with what their records say.
  returned: success
  type: list
  elements: dict
  contains:
    startup:
      description: Whether it is logged in at boot; null without a record, as are the two that follow.
      type: str
    chap:
      description: Whether it logs in with CHAP.
      type: bool
    timeouts:
      description: Seconds, and the number of attempts to log in, by the names of iscsi_initiator's options.
      type: dict
logged_out:
  description: Records without a session, each with C(target), C(portal), C(iface), C(startup), C(chap) and C(timeouts).
  returned: success
  type: list
  elements: dict
devices:
  description: Disks behind the sessions, by stable name.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Stable name, the same for all paths.
      type: str
      sample: /dev/disk/by-id/wwn-0x60014050123456789abcdef012345678
    size_bytes:
      description: Size in bytes.
      type: int
    state:
      description: V(up) if all paths are, V(degraded) if some are, else V(down).
      type: str
    multipath:
      description: The multipath map that joins its paths; null if there is none.
      type: str
    used:
      description: What uses it, empty if nothing does.
      type: str
    paths:
      description: Its paths, each with C(target), C(portal), C(iface), C(lun), C(kernel_name) and C(state), V(up) or V(down).
      type: list
      elements: dict
multipathd:
  description: Whether multipathd runs. If not, RV(maps) is empty.
  returned: success
  type: bool
maps:
  description: Multipath maps, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the map.
      type: str
    wwid:
      description: WWID of the disk.
      type: str
    kernel_name:
      description: Kernel name of the map for now.
      type: str
    paths:
      description: Its paths, those of the first group first.
      type: list
      elements: dict
      contains:
        kernel_name:
          description: Name of the path's disk for now.
          type: str
        group:
          description: Number of its group of paths.
          type: int
        priority:
          description: Its priority.
          type: int
        state:
          description: Whether the kernel uses it, V(active) or V(failed).
          type: str
        checked:
          description: What multipathd found when it last checked it, V(ready) if all is well.
          type: str
        device_state:
          description: State of the disk, V(running) if all is well.
          type: str
"""

from ansible_collections.cairn.storage.plugins.module_utils._core.lock import check_root
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator import info as initiator
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target import info as target
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, inform


def read(_params):
    """Targets and sessions; what is saved of them holds secrets, so that others than root see nothing."""
    check_root("the iSCSI targets and sessions of this machine")
    return {"targets": target.read(), **initiator.read()}


def main():
    inform(AnsibleModule(argument_spec={}, supports_check_mode=True), read)


if __name__ == "__main__":
    main()
