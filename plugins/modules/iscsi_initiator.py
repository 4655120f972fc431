#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iscsi_initiator
short_description: Sessions of an iSCSI initiator, each to one portal of one target
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Logs a machine in to iSCSI targets with open-iscsi, keeps its records in order, and logs it out again.
  - A session is what leads to one portal of one target through one interface. A second portal is a session of its own.
    Sessions and records that are not named are left alone.
  - Secrets are written to the files of open-iscsi's own records, readable by root alone. They are never arguments of a command.
  - A login that fails is an error with its reason, and leaves no record behind that was not there before.
  - A broken session is replaced if its portal answers and nothing depends on it. Otherwise it is reported in RV(degraded), and open-iscsi goes on trying.
  - Startup, times and credentials are changed in the records while a session is there. Credentials and digests count from its next login on.
requirements:
  - open-iscsi 2.1 or later, which Red Hat calls iscsi-initiator-utils
extends_documentation_fragment:
  - cairn.storage.host_attributes
options:
  name:
    description:
      - Name of the initiator, by which targets know it. It is left as it is if not given.
      - A change is refused while there are sessions.
    type: str
  sessions:
    description: The sessions.
    type: list
    elements: dict
    default: []
    suboptions:
      target:
        description: Name of the target.
        type: str
        required: true
      portal:
        description:
          - Where it listens, as C(ADDRESS), C(ADDRESS:PORT) or C([ADDRESS]:PORT) with an IP address. Port 3260 if left out.
          - Left out, there is a session to each portal that the portals of O(discovery) tell of, or with O(sessions[].state=absent) to none.
          - A session that names its portal counts more than one that does not.
        type: str
      iface:
        description: The interface of open-iscsi to use. V(default) leaves the choice to the routing table.
        type: str
        default: default
      startup:
        description:
          - Whether it is logged in at boot. V(onboot) is for the disk that the machine boots from.
          - Sessions that a CSI driver makes for its volumes have to be V(manual), or a boot brings back what is no longer there.
        type: str
        choices: [manual, automatic, onboot]
        default: automatic
      chap:
        description: Credentials. Left out, it logs in without any.
        type: dict
        suboptions: &chap
          user:
            description: Name that the initiator shows.
            type: str
            required: true
          password:
            description: Its secret, of at least 12 characters.
            type: str
            required: true
          mutual_user:
            description: Name that the target has to show in turn.
            type: str
          mutual_password:
            description: The target's secret, which has to be another.
            type: str
      mode:
        description:
          - Whether it is one of several paths to its LUNs that multipath joins, or the only one.
          - One of several fails after 15 seconds, so that another takes over. A single one waits for 300.
        type: str
        choices: [single, multipath]
        default: single
      timeouts:
        description: Times that are to differ from those of its O(sessions[].mode).
        type: dict
        suboptions:
          replacement:
            description: Seconds for which input and output wait for a broken session. For disks that multipathd joins, its own setting counts.
            type: int
          login:
            description: Seconds for one attempt to log in. V(5) if left out.
            type: int
          login_retries:
            description: Number of attempts. V(3) if left out.
            type: int
          ping_interval:
            description: Seconds without traffic after which the target is pinged. V(5) if left out, V(0) for never.
            type: int
          ping_timeout:
            description: Seconds for the answer. V(5) if left out.
            type: int
      header_digest:
        description: Protect headers with CRC32C.
        type: bool
        default: false
      data_digest:
        description: Protect data with CRC32C.
        type: bool
        default: false
      state:
        description: V(absent) logs out and forgets the session.
        type: str
        choices: [present, absent]
        default: present
  discovery:
    description:
      - Portals to ask for targets, for sessions that name no portal and for RV(discovered).
      - They are asked directly. This writes no records and changes none.
    type: list
    elements: dict
    default: []
    suboptions:
      portal:
        description: Where to ask, as in O(sessions[].portal).
        type: str
        required: true
      chap:
        description: Credentials for discovery, which are others than those of a target.
        type: dict
        suboptions: *chap
  rescan:
    description:
      - Ask the targets whether LUNs came or grew since the kernel looked, and have it look again where that is so, with the multipath maps above.
    type: bool
    default: false
  allow_disconnect:
    description:
      - Consent to log out of the last path to a LUN that is in use, C({stable id of the LUN, what uses it}).
      - The refusal tells both.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Two paths to one target
  cairn.storage.iscsi_initiator:
    name: iqn.2026-01.com.example:node7
    sessions:
      - {target: iqn.2026-01.com.example:disks, portal: 192.0.2.10, mode: multipath, chap: "{{ chap }}"}
      - {target: iqn.2026-01.com.example:disks, portal: 198.51.100.10, mode: multipath, chap: "{{ chap }}"}

- name: A session to each portal that the target has
  cairn.storage.iscsi_initiator:
    discovery:
      - portal: 192.0.2.10
    sessions:
      - {target: iqn.2026-01.com.example:disks, mode: multipath}

- name: Log out of all portals of a target, although one of its LUNs is mounted
  cairn.storage.iscsi_initiator:
    sessions:
      - {target: iqn.2026-01.com.example:old, state: absent}
    allow_disconnect:
      /dev/disk/by-id/wwn-0x60014050123456789abcdef012345678: mount /srv/old
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order; each with C(verb), C(kind), C(name), C(loses) and C(steps).
  returned: success
  type: list
  elements: dict
name:
  description: Name of the initiator.
  returned: success
  type: str
sessions:
  description: The wanted sessions, as they are or in check mode will be.
  returned: success
  type: list
  elements: dict
  contains:
    target:
      description: Name of the target.
      type: str
    portal:
      description: Its portal, with the port.
      type: str
    iface:
      description: Interface of open-iscsi.
      type: str
    state:
      description: As the kernel tells it, V(LOGGED_IN) if all is well.
      type: str
    recovery_seconds:
      description: For how long input and output wait when it breaks.
      type: int
    luns:
      description: Its LUNs. None yet of a session that is still to be made.
      type: list
      elements: dict
      contains:
        lun:
          description: Number of the LUN.
          type: int
        id:
          description: Stable name of the device, the same for all paths to it.
          type: str
        kernel_name:
          description: Name of this path's device for now.
          type: str
        size_bytes:
          description: Size in bytes.
          type: int
        state:
          description: State of the path, V(running) if all is well.
          type: str
        multipath:
          description: The multipath map that joins its paths; null if there is none.
          type: str
        used:
          description: What uses it, empty if nothing does.
          type: str
degraded:
  description: Wanted sessions that are broken and were left so, each with C(target), C(portal), C(iface) and C(reason).
  returned: success
  type: list
  elements: dict
discovered:
  description: What the portals of O(discovery) told, each with C(target) and C(portal).
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.cairn.storage.plugins.module_utils._iscsi import chap
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator import apply, sysfs
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.desired import parse
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.observe import observe
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.plan import plan
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.result import dump
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, run

CHAP = {"type": "dict", "options": chap.OPTIONS}
SECONDS = {"type": "int"}
SESSION = {
    "target": {"type": "str", "required": True},
    "portal": {"type": "str"},
    "iface": {"type": "str", "default": "default"},
    "startup": {"type": "str", "choices": ["manual", "automatic", "onboot"], "default": "automatic"},
    "chap": CHAP,
    "mode": {"type": "str", "choices": ["single", "multipath"], "default": "single"},
    "timeouts": {
        "type": "dict",
        "options": {"replacement": SECONDS, "login": SECONDS, "login_retries": SECONDS, "ping_interval": SECONDS, "ping_timeout": SECONDS},
    },
    "header_digest": {"type": "bool", "default": False},
    "data_digest": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main():
    seen = {}

    def observed(wish):
        seen["machine"] = observe(wish)
        return seen["machine"]

    def result(planned):
        outcome = planned.after
        return {
            "name": outcome.name,
            "sessions": dump(outcome.sessions, outcome.wanted),
            "degraded": [{"target": key.target, "portal": str(key.portal), "iface": key.iface, "reason": reason} for key, reason in outcome.degraded],
            "discovered": [{"target": offer.target, "portal": str(offer.portal)} for offer in seen["machine"].offers],
        }

    def finish(planned):
        # What was made has disks now, after a while.
        if not planned.changed:
            return {}
        apply.await_disks(planned.after.wanted)
        return {"sessions": dump(sysfs.sessions(), planned.after.wanted)}

    run(
        AnsibleModule(
            argument_spec={
                "name": {"type": "str"},
                "sessions": {"type": "list", "elements": "dict", "default": [], "options": SESSION},
                "discovery": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {"portal": {"type": "str", "required": True}, "chap": CHAP},
                },
                "rescan": {"type": "bool", "default": False},
                "allow_disconnect": {"type": "dict", "default": {}},
            },
            supports_check_mode=True,
        ),
        parse=parse,
        observe=observed,
        plan=plan,
        handlers=apply.HANDLERS,
        result=result,
        finish=finish,
    )


if __name__ == "__main__":
    main()
