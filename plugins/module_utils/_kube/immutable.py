# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Fields that can only be set when an object is made, and what it takes to change them all the same."""

from __future__ import annotations

from typing import Any, List, Mapping

from .._core.errors import Conflict
from . import basics
from .manifest import Ref

_DELETE = "delete it (state: absent) and run again"
#: By group and kind. Sources: ValidateUpdate of each kind in the API server (pkg/apis/*/validation).
_NEEDED = {
    ("", "PersistentVolumeClaim"): "of a claim only spec.resources.requests can grow; for anything else make a new claim and copy the data.",
    ("", "PersistentVolume"): "the source and mode of a volume are fixed; make a new volume. Deleting this one keeps what is on its disk.",
    ("", "Service"): f"{_DELETE}: its cluster address changes.",
    ("apps", "DaemonSet"): f"{_DELETE}: its pods are replaced.",
    ("apps", "Deployment"): f"{_DELETE}: its pods are replaced.",
    ("apps", "StatefulSet"): "delete the StatefulSet and leave its pods (kubectl delete --cascade=orphan), then run again: it takes its pods back. "
                             "Claims that exist keep their size; grow them one by one.",
    ("batch", "Job"): f"{_DELETE}: the Job runs once more.",
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): f"{_DELETE}.",
    ("rbac.authorization.k8s.io", "RoleBinding"): f"{_DELETE}.",
    ("storage.k8s.io", "CSIDriver"): f"{_DELETE}: pods that use volumes of the driver keep them.",
    ("storage.k8s.io", "StorageClass"): f"{_DELETE}: volumes that were made from it stay as they are.",
}


def refusal(ref: Ref, live: Mapping[str, Any], paths: List[str], said: str, parameter: str = "objects") -> Conflict:
    """The error for a wish to change ``paths``, with the API server's own words in ``said``."""
    needed = _NEEDED.get((ref.group, ref.kind), f"{_DELETE}, or leave the field as it is.")
    if (ref.group, ref.kind) == ("", "PersistentVolumeClaim") and all(path.startswith(".spec.resources") for path in paths):
        if basics.phase(live) != "Bound":
            return Conflict(f"{ref} is not bound, and until then its size is fixed.", code="immutable-field", parameter=parameter,
                            found=f"phase {basics.phase(live)}, {basics.stated(live)}",
                            fix="wait until it is Bound, or delete it (state: absent) and run again.")
        needed = "its size can grow and not shrink; make a smaller claim and copy the data, or leave the size as it is."
    if live.get("immutable"):
        needed = "it was made with immutable: true; give the new content a new name."
    return Conflict(f"{ref}: {', '.join(paths)} cannot be changed.", code="immutable-field", parameter=parameter, found=said, fix=needed)
