# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scheduler_extender
short_description: A scheduler's configuration and static pod with an extender
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Adds an extender to what a scheduler reads, or takes it away, and leaves everything else as it is.
positional: config, extender, path, wanted
options:
  _input:
    description: The manifest of the scheduler's static pod.
    type: dict
    required: true
  config:
    description: The scheduler's present configuration, empty if it has none.
    type: dict
    required: true
  extender:
    description: The extender, as in a KubeSchedulerConfiguration; its C(urlPrefix) tells it from others.
    type: dict
    required: true
  path:
    description: Where the configuration goes if the scheduler has none yet.
    type: str
    required: true
  wanted:
    description: Whether it is to be there.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show the scheduler's configuration with an extender
  ansible.builtin.debug:
    msg: "{{ (manifest | cairn.storage.scheduler_extender({}, extender, '/etc/kubernetes/scheduler-config.yaml')).config }}"
"""

RETURN = r"""
_value:
  description:
    - C(path), where the configuration stands.
    - C(config), the configuration, and C(pod), the manifest of the static pod.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.csi import scheduler


def scheduler_extender(pod: dict, config: dict, extender: dict, path: str, wanted: bool = True) -> dict:
    """Configuration and pod with the extender."""
    try:
        scheduler.told(pod, config)
        where = scheduler.config_path(pod) or path
        made = scheduler.configuration(config or None, extender, scheduler.kubeconfig(pod), wanted)
        # Who has no configuration needs none to go without an extender.
        reads = bool(wanted or scheduler.config_path(pod))
        return {"path": where, "config": made if reads else {}, "pod": scheduler.pod(pod, where) if reads else pod}
    except CairnError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """The filter C(cairn.storage.scheduler_extender)."""

    def filters(self) -> dict:
        return {"scheduler_extender": scheduler_extender}
