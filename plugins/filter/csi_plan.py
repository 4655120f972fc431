# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: csi_plan
short_description: The objects that a CSI driver needs in a cluster
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Turns the descriptor of a CSI driver into Kubernetes objects, with its sidecars, their permissions, and its classes.
positional: options, images
options:
  _input:
    description: The descriptor, as the catalogue of the role C(cairn.storage.csi_driver) has them.
    type: dict
    required: true
  options:
    description: What is wanted of the driver, under the names of the role's variables without their prefix.
    type: dict
    required: true
  images:
    description: Image of each sidecar, as P(cairn.storage.csi_sidecars#lookup) tells them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what a driver would need
  ansible.builtin.debug:
    msg: "{{ descriptor | cairn.storage.csi_plan(options, lookup('cairn.storage.csi_sidecars', '1.35')) }}"
"""

RETURN = r"""
_value:
  description:
    - C(objects), the manifests of all but the CSIDriver.
    - C(defined), the kinds among them that are no part of Kubernetes itself.
    - C(driver), the CSIDriver as M(cairn.storage.csi_driver) takes it.
    - C(daemon_sets), namespace and name of those that are brought to a new template node by node.
    - C(pool_label), the label that says to which group of nodes a node belongs.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.csi.choose import plan


def csi_plan(descriptor: dict, options: dict, images: dict) -> dict:
    """The plan; what is wrong is told by its parameter."""
    try:
        return plan(descriptor, options, images)
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """The filter C(cairn.storage.csi_plan)."""

    def filters(self) -> dict:
        return {"csi_plan": csi_plan}
