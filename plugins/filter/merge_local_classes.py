# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: merge_local_classes
short_description: Local volume classes of all hosts, each once
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
positional: class_options
description:
  - Hosts may offer different disks for a class, but its volume mode is one for all nodes.
options:
  _input:
    description: The C(local_volumes_classes) of each host, by host name.
    type: dict
    required: true
  class_options:
    description: What else holds for a class in the cluster, by its name, as C(local_static_provisioner_classes) takes it.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: List the classes of a site
  ansible.builtin.debug:
    msg: "{{ {'node1': classes_of_node1, 'node2': classes_of_node2} | cairn.storage.merge_local_classes }}"
"""

RETURN = r"""
_value:
  description: The classes with C(name), C(volume_mode) and their options.
  type: list
  elements: dict
"""

from types import MappingProxyType

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.classes import merge_classes, told_classes


def merge_local_classes(by_host: dict, class_options: dict = MappingProxyType({})) -> list:
    """The classes of all hosts; an error where hosts disagree."""
    try:
        return merge_classes(told_classes(by_host), class_options)
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter C(cairn.storage.merge_local_classes)."""

    def filters(self) -> dict:
        return {"merge_local_classes": merge_local_classes}
