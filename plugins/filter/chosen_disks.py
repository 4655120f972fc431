# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: chosen_disks
short_description: Disk rules from the disks that a person chose
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Turns the answers in the file of C(cairn.storage.discover) into disk rules for one host. What the rules say otherwise does not count then,
    but that a machine may have none (C(at_least=0)).
positional: known, host
options:
  _input:
    description: Disk rules; their names are kept, with no disk where none was chosen.
    type: list
    elements: dict
    required: true
  known:
    description: The content of the file.
    type: dict
    required: true
  host:
    description: The host's name in the inventory.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show which disks are chosen
  ansible.builtin.debug:
    msg: "{{ storage_disk_rules | cairn.storage.chosen_disks(lookup('ansible.builtin.file', storage_disks_file) | from_yaml, inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: Disk rules, each with C(name) and C(disks).
  type: list
  elements: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.disks import chosen


def chosen_disks(rules: list, known: dict, host: str) -> list:
    """Disk rules for one host."""
    try:
        return chosen(rules, known, host)
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter C(cairn.storage.chosen_disks)."""

    def filters(self) -> dict:
        return {"chosen_disks": chosen_disks}
