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
from typing import Any, Dict, List, Sequence

API = "admissionregistration.k8s.io/v1"
#: The label by which upstream's snapshotter on a node knows its contents (external-snapshotter, distributed snapshotting).
_MANAGED_BY = "snapshot.storage.kubernetes.io/managed-by"
_SELECTED = "volume.kubernetes.io/selected-node"
#: What the provisioner (external-provisioner 6.1) puts on a claim and on a snapshot while it makes a volume of them.
_CLONING = ("provisioner.storage.kubernetes.io/cloning-protection",)
_RESTORING = ("provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection",)
#: What the snapshotter (external-snapshotter 8) notes at a content, and what it takes away once the snapshot is gone.
_SNAPSHOTTING = ("snapshot.storage.kubernetes.io/volumesnapshot-being-created", "snapshot.storage.kubernetes.io/volumesnapshot-being-deleted")
_CONTENT = ("snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection",)
#: Kubelet may read a Secret that the volume of one of its pods names, so whoever names one gives it away.
_SECRETS = ("controllerPublishSecretRef", "controllerExpandSecretRef", "nodeStageSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef")
#: What a driver on a node may do with pods where the policy below holds: change one annotation of those of its node. By the status, since whoever
#: may write a pod itself may give it another image.
POD_RULE = {"apiGroups": [""], "resources": ["pods/status"], "verbs": ["patch"]}
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


def named(arguments: Sequence[str]) -> str:
    """CEL: a new volume has the name that a provisioner with such arguments gives to the volume of a claim."""
    told = {flag.lstrip("-"): value for flag, _equals, value in (str(each).partition("=") for each in arguments)}
    length = told.get("volume-name-uuid-length", "")
    uid = "object.spec.?claimRef.?uid.orValue('')"
    part = f"{uid}.replace('-', '').substring(0, {int(length)})" if length.isdigit() else uid
    return f"{uid} != '' && object.metadata.name == {json.dumps(told.get('volume-name-prefix', 'pvc') + '-')} + {part}"


def _field(thing: str, field: str, empty: str) -> str:
    return f"{thing}.metadata.?{field}.orValue({empty})"


def _kept(*fields: str) -> str:
    """CEL: an UPDATE leaves the specification, the owners and further fields of the head as they are."""
    # The garbage collector deletes what belongs to an owner that is not there.
    same = [f"{_field('object', each, empty)} == {_field('oldObject', each, empty)}"
            for each, empty in (("ownerReferences", "[]"), *((field, "{}") for field in fields))]
    return " && ".join(["object.spec == oldObject.spec", *same])


def _finalizers(own: Sequence[str]) -> str:
    """CEL: an UPDATE adds and takes away no finalizers but its own."""
    rest = f".filter(each, !(each in {json.dumps(own)}))"
    return f"{_field('object', 'finalizers', '[]')}{rest} == {_field('oldObject', 'finalizers', '[]')}{rest}"


def _annotations(own: Sequence[str]) -> str:
    """CEL: an UPDATE changes no annotations but its own."""
    now, was, ours = _field("object", "annotations", "{}"), _field("oldObject", "annotations", "{}"), json.dumps(own)
    return (f"{was}.all(key, key in {ours} || (key in {now} && {now}[key] == {was}[key]))"
            f" && {now}.all(key, key in {ours} || key in {was})")  # fmt: skip


def of_driver(driver: str, topology: str, name: str, account: str, labels: Dict[str, str], arguments: Sequence[str] = ()) -> List[dict]:
    """For the account of a driver's pods on the nodes.

    ``topology`` is the key by which its volumes are tied to a node, ``arguments`` are those of its provisioner.
    """
    woken = f"object.status == oldObject.status && {_kept('labels')} && {_annotations([driver + '/grown'])} && {_finalizers([])}"

    def both(expression: str) -> str:
        """What holds for an object as it will be, and for one as it is."""
        return " && ".join(f"({thing} == null || ({expression.replace('THING', thing)}))" for thing in ("object", "oldObject"))

    def only(resource: str, expression: str, operation: str = "") -> str:
        when = f"request.resource.resource != {json.dumps(resource)}" + (f" || request.operation != {json.dumps(operation)}" if operation else "")
        return f"{when} || ({expression})"

    own = f"{tied('THING', topology, 'variables.node')} && THING.spec.?csi.?driver.orValue('') == {json.dumps(driver)}"
    selected = [f"{thing}.metadata.?annotations[?{json.dumps(_SELECTED)}]" for thing in ("object", "oldObject")]
    chosen = f"{selected[0]} == {selected[1]} || (!{selected[0]}.hasValue() && {selected[1]}.orValue('') == variables.node)"
    given_back = f"({chosen}) && {_annotations([_SELECTED])} && {_finalizers(_CLONING)} && {_kept('labels')}"
    label = f"THING.metadata.?labels[?{json.dumps(_MANAGED_BY)}].orValue('') == variables.node"
    capacity = f"THING.?nodeTopology.?matchLabels[?{json.dumps(topology)}].orValue('') == variables.node"
    snapshots = "snapshot.storage.k8s.io"
    return policy(
        name, account,
        [
            writes("", ["persistentvolumes", "persistentvolumes/*"], ["CREATE", "UPDATE", "DELETE"]),
            writes("", ["persistentvolumeclaims", "persistentvolumeclaims/*"], ["UPDATE"]),
            writes("", ["pods", "pods/*"], ["UPDATE"]),
            writes(snapshots, ["volumesnapshots", "volumesnapshots/*"], ["UPDATE"]),
            writes(snapshots, ["volumesnapshotcontents", "volumesnapshotcontents/*"], ["UPDATE", "DELETE"]),
            writes("storage.k8s.io", ["csistoragecapacities"], ["CREATE", "UPDATE", "DELETE"]),
        ],
        [],
        [
            {"expression": only("persistentvolumes", both(own)),
             "message": f"pods of this account write volumes of {driver} that are tied to their own node, and no others."},
            {"expression": only("persistentvolumes", " && ".join(f"!has(object.spec.csi.{each})" for each in _SECRETS), "CREATE"),
             "message": "pods of this account make no volumes that name a Secret."},
            {"expression": only("persistentvolumes", named(arguments), "CREATE"),
             "message": "pods of this account make volumes for one claim each, named after its UID."},
            {"expression": only("persistentvolumes", "object.spec == oldObject.spec", "UPDATE"),
             "message": "pods of this account change the specification of no volume."},
            {"expression": only("persistentvolumeclaims", given_back),
             "message": "pods of this account give a claim of their node back to the scheduler and protect a clone's source, and change no more."},
            {"expression": only("pods", f"object.spec.?nodeName.orValue('') == variables.node && {woken}"),
             "message": f"pods of this account change the annotation {driver}/grown of pods of their own node, and no more of pods."},
            {"expression": only("volumesnapshots", f"{_kept('labels', 'annotations')} && {_finalizers(_RESTORING)}"),
             "message": "pods of this account may protect a snapshot that a volume is made from; they change nothing else."},
            {"expression": only("volumesnapshotcontents", both(label)),
             "message": "pods of this account change contents of snapshots on their own node, and no others."},
            {"expression": only("volumesnapshotcontents", f"{_kept('labels')} && {_annotations(_SNAPSHOTTING)} && {_finalizers(_CONTENT)}", "UPDATE"),
             "message": "pods of this account tell the state of a content, and change neither what it is nor whose."},
            {"expression": only("csistoragecapacities", both(capacity)),
             "message": "pods of this account tell the capacity of their own node, and of no other."},
        ],
        labels,
    )  # fmt: skip
