# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: whole_run
short_description: Hosts of a play, if the playbook runs as a whole
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Returns what it is given, a pattern of hosts, and fails where this run of a playbook leaves out tasks (C(--tags), C(--skip-tags always),
    C(--start-at-task)), or where Ansible is configured in a way that the collection's playbooks cannot do with.
  - For C(hosts) of a play. That is worked out for every play of a run, be it one that begins at a later task.
options:
  _terms:
    description: Patterns of hosts.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse to run in part
  hosts: "{{ lookup('cairn.storage.whole_run', 'all') }}"
  gather_facts: false
"""

RETURN = r"""
_raw:
  description: The patterns.
  type: list
  elements: str
"""

from ansible import constants, context
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.run import refuse_part_of_a_run

SETTINGS = ("INJECT_FACTS_AS_VARS", "DEFAULT_STRATEGY", "DEFAULT_PRIVATE_ROLE_VARS")
#: Of a playbook that is only looked at, nothing is run.
LOOKING = ("syntax", "listhosts", "listtasks", "listtags")


class LookupModule(LookupBase):
    """Patterns of hosts, in a run of a whole playbook."""

    def run(self, terms: list, variables: dict | None = None, **kwargs: object) -> list:
        self.set_options(var_options=variables, direct=kwargs)
        options = context.CLIARGS
        if not any(options.get(each) for each in LOOKING):
            try:
                refuse_part_of_a_run(options, {name: constants.config.get_config_value(name) for name in SETTINGS})
            except CairnError as error:
                raise AnsibleLookupError(str(error)) from None
        return terms
