# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: discovered_disks
short_description: Unused disks of a site, written down for a person to choose from
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Gives the content of the file that C(cairn.storage.discover) writes. Answers that the file has already stay as they are.
positional: known
options:
  _input:
    description: RV(cairn.storage.block_device_info#module:devices) by host.
    type: dict
    required: true
  known:
    description: The content of the file so far.
    type: raw
"""

EXAMPLES = r"""
- name: Show what there is to choose from
  ansible.builtin.debug:
    msg: "{{ {'node1': disks_of_node1.devices} | cairn.storage.discovered_disks }}"
"""

RETURN = r"""
_value:
  description: C(storage_disks), the lists of disks by host, each with what the disk is and an empty C(use).
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.disks import told_devices, write_down


def discovered_disks(found: dict, known: object = None) -> dict:
    """The file's content."""
    try:
        return write_down(told_devices(found), known)
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter C(cairn.storage.discovered_disks)."""

    def filters(self) -> dict:
        return {"discovered_disks": discovered_disks}
