#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_version_info
short_description: Which Kubernetes an API server is of
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Asks the API server for its version, so that what goes with it can be chosen.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.info
seealso:
  - plugin: cairn.storage.csi_sidecars
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Ask the cluster for its version
  cairn.storage.kube_version_info:
  register: cluster

- name: Show the sidecars that go with it
  ansible.builtin.debug:
    msg: "{{ lookup('cairn.storage.csi_sidecars', cluster.minor) }}"
"""

RETURN = r"""
version:
  description: The release.
  returned: success
  type: str
  sample: v1.35.4
minor:
  description: Its minor release.
  returned: success
  type: str
  sample: "1.35"
requests:
  description: Number of requests sent to the API server.
  returned: success
  type: int
  sample: 1
"""

from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import ARGUMENTS, guard
from ansible_collections.cairn.storage.plugins.module_utils._kube.version import read
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, inform


def main():
    inform(guard(AnsibleModule(argument_spec=dict(ARGUMENTS), supports_check_mode=True)), read)


if __name__ == "__main__":
    main()
