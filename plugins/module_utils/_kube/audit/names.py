# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Names of iSCSI targets that pods serve: two disks of one name are two paths of one disk to an initiator with multipath."""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from ..basics import Object
from .model import Finding, Index, key

_POD = "$(POD_NAME)"
_MANAGER = "app.kubernetes.io/managed-by"
_MOVE = (
    "log its initiators out, run site.yml with state: absent for it, which leaves claims and data, and again without: it gets a name of its own."
)


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    cluster = next((live["metadata"]["uid"] for live in index.world.namespaces if live["metadata"]["name"] == "kube-system"), "")
    owners: Dict[str, List[Tuple[Object, str]]] = {}
    for live in index.world.stateful_sets:
        for name in _targets(live):
            owners.setdefault(name.replace(_POD, live["metadata"]["name"]), []).append((live, name))
    for expanded, found in owners.items():
        paths = ["/".join(key(live)) for live, _name in found]
        for live, name in found:
            path = "/".join(key(live))
            ours = (live["metadata"].get("labels") or {}).get(_MANAGER) == "cairn.storage"
            others = [each for each in paths if each != path]
            if others and ours:
                yield Finding(
                    "target-name-twice",
                    "critical",
                    "StatefulSet",
                    path,
                    f"Its disks have the name of those of {', '.join(others)}; an initiator that sees both writes to both as if they were one disk.",
                    f"If {', '.join(others)} should not be called so, take it down. Otherwise: {_MOVE}",
                    {"name": expanded},
                )
            elif ours and cluster and f"{cluster}.{key(live)[0]}." not in name:
                yield Finding(
                    "target-name-not-unique",
                    "warning",
                    "StatefulSet",
                    path,
                    "Its disks have names that another Kubernetes cluster or namespace can give as well.",
                    f"When it may be interrupted: {_MOVE}",
                    {"name": expanded},
                )


def _targets(live: Object) -> List[str]:
    containers = ((live["spec"].get("template") or {}).get("spec") or {}).get("containers") or ()
    values = {str(each.get("value") or "") for container in containers for each in container.get("env") or ()}
    return sorted(value for value in values if value.startswith("iqn."))
