# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What the pods of a CSI driver may do: one service account for each workload, with the rights of the sidecars that stand there and no others."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from .descriptor import Descriptor, Workload
from .pods import Options
from .policy import POD_RULE
from .sidecars import Rule, cluster_rules, own_rules

_RBAC = "rbac.authorization.k8s.io"


def access(descriptor: Descriptor, workload: Workload, options: Options, labels: Dict[str, str], guarded: bool = False) -> List[dict]:
    """ServiceAccount, ClusterRole and Role of a workload, with their bindings; no role without rules.

    ``guarded``: a policy of admission holds the account to its own node.
    """
    name = f"{descriptor.short}-{workload.name}"
    cluster: List[Rule] = [rule for sidecar in workload.sidecars for rule in cluster_rules(sidecar)]
    cluster += [dict(rule) for rule in descriptor.rules] if workload.account else []
    cluster += [POD_RULE] if guarded and workload.account and descriptor.wakes_kubelet else []
    own = [rule for sidecar, given in workload.sidecars.items() for rule in own_rules(sidecar, workload.kind, bool(given.get("capacity")))]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": options.namespace, "labels": labels}}
    # Names in the whole cluster say whose they are.
    return [account, *_role("ClusterRole", f"cairn-{name}", "", cluster, account, labels),
            *_role("Role", name, options.namespace, own, account, labels)]


def _role(kind: str, name: str, namespace: str, rules: Sequence[Rule], account: dict, labels: Dict[str, str]) -> List[dict]:
    if not rules:
        return []
    metadata: Dict[str, Any] = {"name": name, **({"namespace": namespace} if namespace else {}), "labels": labels}
    subject = {"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": account["metadata"]["namespace"]}
    api = f"{_RBAC}/v1"
    return [{"apiVersion": api, "kind": kind, "metadata": metadata, "rules": _merged(rules)},
            {"apiVersion": api, "kind": f"{kind}Binding", "metadata": metadata, "subjects": [subject],
             "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": name}}]


def _merged(rules: Sequence[Rule]) -> List[Rule]:
    """Each resource once, with the verbs of all that ask for it, so that a person sees what is allowed."""
    verbs: Dict[tuple, List[str]] = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found = verbs.setdefault((group, resource), [])
                found += [verb for verb in rule["verbs"] if verb not in found]
    return [{"apiGroups": [group], "resources": [resource], "verbs": sorted(allowed)} for (group, resource), allowed in sorted(verbs.items())]
