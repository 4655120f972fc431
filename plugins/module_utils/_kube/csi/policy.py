# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A driver that provisions on each node: its account may write every volume of the cluster, so the API server holds each pod to those of its node.

The token of a pod says on which node the pod runs (KEP-4193, since Kubernetes 1.30 by default); policies of admission read it (KEP-3488).
Without the policy whoever has one node could delete the volumes of all others, or tie one of his own to another node's claim.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List

API = "admissionregistration.k8s.io/v1"
#: The label by which upstream's snapshotter on a node knows its contents (external-snapshotter, distributed snapshotting).
_MANAGED_BY = "snapshot.storage.kubernetes.io/managed-by"
_SELECTED = "volume.kubernetes.io/selected-node"
_CLONING = "provisioner.storage.kubernetes.io/cloning-protection"
#: What the token is bound to.
NODE = "request.userInfo.?extra[?'authentication.kubernetes.io/node-name'][?0].orValue('')"


def tied(volume: str, key: str, value: str) -> str:
    """CEL: a PersistentVolume can be used where a label of the node has a value, and nowhere else."""
    terms = f"{volume}.spec.?nodeAffinity.?required.?nodeSelectorTerms.orValue([])"
    rule = f"rule.key == {json.dumps(key)} && rule.operator == 'In' && rule.?values.orValue([]) == [{value}]"
    # Each term is a further place.
    return f"size({terms}) > 0 && {terms}.all(term, term.?matchExpressions.orValue([]).exists(rule, {rule}))"


def policy(name: str, account: str, rules: List[Dict[str, Any]], variables: List[Dict[str, str]], validations: List[Dict[str, str]],
           labels: Dict[str, str]) -> List[dict]:
    """A ValidatingAdmissionPolicy about what one account writes, and its binding."""
    metadata = {"name": name, "labels": labels}
    given = [
        {"expression": "variables.node != ''",
         "message": "the token of this account says of no node; pods have such tokens since Kubernetes 1.30 (ServiceAccountTokenPodNodeInfo)."},
        *validations,
    ]
    return [
        {
            "apiVersion": API, "kind": "ValidatingAdmissionPolicy", "metadata": metadata,
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": rules},
                "matchConditions": [{"name": "account", "expression": f"request.userInfo.username == {json.dumps(account)}"}],
                "variables": [{"name": "node", "expression": NODE}, *variables],
                "validations": [{**each, "reason": "Forbidden"} for each in given],
            },
        },
        {"apiVersion": API, "kind": "ValidatingAdmissionPolicyBinding", "metadata": metadata,
         "spec": {"policyName": name, "validationActions": ["Deny"]}},
    ]  # fmt: skip


def writes(group: str, resources: List[str], operations: List[str]) -> Dict[str, Any]:
    """A rule of a policy, for all versions of the API."""
    return {"apiGroups": [group], "apiVersions": ["*"], "operations": operations, "resources": resources}


def of_driver(driver: str, topology: str, name: str, account: str, labels: Dict[str, str]) -> List[dict]:
    """For the account of a driver's pods on the nodes; ``topology`` is the key by which its volumes are tied to a node."""
    own = f"{tied('object', topology, 'variables.node')} && object.spec.?csi.?driver.orValue('') == {json.dumps(driver)}"
    was = f"{tied('oldObject', topology, 'variables.node')} && oldObject.spec.?csi.?driver.orValue('') == {json.dumps(driver)}"
    kind = "request.resource.resource"
    label = f"oldObject.metadata.?labels[?{json.dumps(_MANAGED_BY)}].orValue('')"

    def annotation(thing: str) -> str:
        return f"{thing}.metadata.?annotations[?{json.dumps(_SELECTED)}].orValue('')"

    def finalizers(thing: str) -> str:
        return f"{thing}.metadata.?finalizers.orValue([]).filter(each, each != {json.dumps(_CLONING)})"

    chosen = f"{annotation('object')} == {annotation('oldObject')} || ({annotation('object')} == '' && {annotation('oldObject')} == variables.node)"
    return policy(
        name, account,
        [
            writes("", ["persistentvolumes", "persistentvolumes/*"], ["CREATE", "UPDATE", "DELETE"]),
            writes("", ["persistentvolumeclaims", "persistentvolumeclaims/*"], ["UPDATE"]),
            writes("snapshot.storage.k8s.io", ["volumesnapshotcontents", "volumesnapshotcontents/*"], ["UPDATE", "DELETE"]),
        ],
        [],
        [
            {"expression": f"{kind} != 'persistentvolumes' || object == null || ({own})",
             "message": f"pods of this account write volumes of {driver} that are tied to their own node, and no others."},
            {"expression": f"{kind} != 'persistentvolumes' || oldObject == null || ({was})",
             "message": f"pods of this account change and delete volumes of {driver} that are tied to their own node, and no others."},
            {"expression": f"{kind} != 'persistentvolumeclaims' || (({chosen}) && {finalizers('object')} == {finalizers('oldObject')})",
             "message": "pods of this account may give a claim of their node back to the scheduler, and take away no finalizer of others."},
            {"expression": f"{kind} != 'volumesnapshotcontents' || {label} == variables.node",
             "message": "pods of this account change contents of snapshots on their own node, and no others."},
        ],
        labels,
    )  # fmt: skip
