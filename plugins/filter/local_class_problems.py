# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: local_class_problems
short_description: What forbids to configure the local volume provisioner
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Finds classes that were renamed, that share a discovery directory, or that are gone while their volumes exist.
positional: live, base_dir
options:
  _input:
    description: The classes, each with C(name) and where it is not below O(base_dir) under that name its C(directory).
    type: list
    elements: dict
    required: true
  live:
    description: The C(volumes) of M(cairn.storage.storage_info).
    type: list
    elements: dict
    required: true
  base_dir:
    description: The folder that holds the discovery directories.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse classes that would publish a disk twice
  ansible.builtin.assert:
    that: classes | cairn.storage.local_class_problems(cluster.volumes, '/var/lib/cairn-storage/local-volumes') == []
"""

RETURN = r"""
_value:
  description: One text for each reason to refuse.
  type: list
  elements: str
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.classes import class_problems
from ansible_collections.cairn.storage.plugins.module_utils._site.volumes import told_volumes


def local_class_problems(classes: list, live: list, base_dir: str) -> list:
    """Problems as text."""
    try:
        return [str(problem) for problem in class_problems(classes, told_volumes(live), base_dir)]
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter C(cairn.storage.local_class_problems)."""

    def filters(self) -> dict:
        return {"local_class_problems": local_class_problems}
