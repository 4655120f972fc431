# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How modules reach the API server."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig on the host that the task runs on.
      - Without it, the environment variables E(K8S_AUTH_KUBECONFIG) and E(KUBECONFIG) and the file C(~/.kube/config) are tried,
        and in a pod its service account.
    type: path
  context:
    description: The context to use; without it, the kubeconfig's current one.
    type: str
requirements:
  - Kubernetes 1.27 or later
  - kubernetes >= 24.2.0 (Python)
"""

    ENGINE = r"""
options:
  wait:
    description: Wait until the objects are ready, or gone.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait at most for all of them together, in seconds.
    type: int
    default: 300
  field_manager:
    description: The name under which the API server records which fields are ours.
    type: str
    default: cairn.storage
  on_conflict:
    description:
      - What to do when another field manager has set a field to another value.
      - V(fail) names field and manager, V(take) sets the field and owns it from now on.
    type: str
    choices: [fail, take]
    default: fail
  pending:
    description:
      - Objects that earlier tasks would have made in the same check run, from their RV(ignore:after).
      - Namespaces and custom resource definitions among them count as being there, as do volumes, claims, classes and snapshots that others refer to.
    type: list
    elements: dict
    default: []
"""

    WRITING = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return what would change without changing anything.
  diff_mode:
    support: full
    description: Returns what would change or has changed in diff mode.
  idempotent:
    support: full
    description: Running it again on an unchanged cluster changes nothing.
  action_group:
    support: full
    membership: [cairn.storage.kube]
    description: Use C(group/cairn.storage.kube) in C(module_defaults) to give O(kubeconfig) and O(context) once.
  platform:
    support: full
    platforms: posix
    description: Operating systems it runs on.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode; it only reads.
  diff_mode:
    support: N/A
    description: Returns what would change or has changed in diff mode.
  idempotent:
    support: N/A
    description: Running it again on an unchanged cluster changes nothing.
  action_group:
    support: full
    membership: [cairn.storage.kube]
    description: Use C(group/cairn.storage.kube) in C(module_defaults) to give O(kubeconfig) and O(context) once.
  platform:
    support: full
    platforms: posix
    description: Operating systems it runs on.
"""
