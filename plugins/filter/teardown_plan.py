# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: teardown_plan
short_description: What goes when a site is taken down, and what of it is somebody else's
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Tells which volumes and claims are the site's, by node and folder, namespace and owner, and which claims of others use its volumes.
positional: clusters, folders
options:
  _input:
    description: Result of M(cairn.storage.storage_info).
    type: dict
    required: true
  clusters:
    description: The storage clusters, each with its C(name) and C(namespace), as P(cairn.storage.claim_plan#filter) returns them.
    type: list
    elements: dict
    required: true
  folders:
    description: For each node of the site, the folder that its local volumes stand in.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would go
  ansible.builtin.debug:
    msg: "{{ storage | cairn.storage.teardown_plan(clusters, {'node1': '/var/lib/cairn-storage/local-volumes'}) }}"
"""

RETURN = r"""
_value:
  description:
    - C(volumes), the entries of the site's volumes.
    - C(claims), the claims of its storage clusters, each with C(namespace), C(name) and C(volume).
    - C(foreign), the claims of others that are bound to its volumes, as text.
    - C(confirm), the names of the storage clusters in one line, which a person repeats to confirm.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.teardown import teardown, told


def teardown_plan(known: dict, clusters: list, folders: dict) -> dict:
    """What goes, and what of it is somebody else's."""
    try:
        return teardown(told(known), clusters, folders)
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter C(cairn.storage.teardown_plan)."""

    def filters(self) -> dict:
        return {"teardown_plan": teardown_plan}
