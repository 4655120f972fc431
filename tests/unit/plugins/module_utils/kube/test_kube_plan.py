"""From what is there and what is wanted to ordered requests."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Refused
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent, Plan
from ansible_collections.cairn.storage.plugins.module_utils._kube import apply
from ansible_collections.cairn.storage.plugins.module_utils._kube.apply import Desired, Found, Observed
from ansible_collections.cairn.storage.plugins.module_utils._kube.discovery import Resource
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import ref

CLUSTER_WIDE = ("Namespace", "PersistentVolume", "StorageClass", "CustomResourceDefinition", "ClusterRole")


def thing(kind: str, name: str = "a", space: str = "b", **content: object) -> dict:
    metadata = {"name": name, "uid": f"uid-{name}"} | ({} if kind in CLUSTER_WIDE else {"namespace": space})
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}


def found(manifest: dict, live: bool, predicted: bool) -> Found:
    what = ref(manifest)
    return Found(what, Resource("", "v1", what.kind, what.kind.lower() + "s", bool(what.namespace)), manifest if live else None, manifest, manifest if predicted else None)


def plan(*things: Found, present: bool = True, consent: dict | None = None, claims: tuple = (), volumes: tuple = ()) -> Plan:
    desired = Desired(tuple(thing.wanted for thing in things), present, Consent("allow_data_loss", consent or {}))
    stake = {"PersistentVolumeClaim": claims, "PersistentVolume": volumes}
    return apply.plan(Observed(things if present else (), (), stake, () if present else things), desired)


KINDS = ("Pod", "ValidatingWebhookConfiguration", "PersistentVolumeClaim", "Shelf", "Namespace", "StatefulSet", "Secret", "StorageClass", "Service", "PersistentVolume",
         "CustomResourceDefinition", "ServiceAccount")
ORDER = ["CustomResourceDefinition", "Namespace", "Secret", "ServiceAccount", "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "Shelf", "Service",
         "Pod", "StatefulSet", "ValidatingWebhookConfiguration"]


def test_objects_are_made_in_the_order_in_which_they_need_each_other() -> None:
    made = plan(*(found(thing(kind), False, True) for kind in KINDS))
    assert [action.kind for action in made.actions] == ORDER
    assert [live["kind"] for live in made.after] == list(KINDS), "results stand in the order given"


def test_and_deleted_the_other_way_round() -> None:
    gone = plan(*(found(thing(kind), True, False) for kind in KINDS), present=False)
    assert [action.kind for action in gone.actions if action.kind not in ("Pod", "StatefulSet", "Secret", "ServiceAccount")] == [
        kind for kind in reversed(ORDER) if kind not in ("Pod", "StatefulSet", "Secret", "ServiceAccount")]
    assert gone.after == ()


def test_nothing_to_do() -> None:
    assert not plan(found(thing("Pod"), True, False)).changed
    assert not plan(found(thing("Pod"), False, False), present=False).changed


def test_a_definition_is_awaited_before_its_objects() -> None:
    (action,) = plan(found(thing("CustomResourceDefinition"), False, True)).actions
    assert [str(step) for step in action.steps] == ["PATCH /api/v1/customresourcedefinitions/a", "wait until CustomResourceDefinition a is established"]


@pytest.mark.parametrize(("kind", "policy"), [("StatefulSet", "Foreground"), ("Pod", "Foreground"), ("ConfigMap", "Background")])
def test_a_deletion_names_the_very_object_and_waits_for_pods(kind: str, policy: str) -> None:
    (action,) = plan(found(thing(kind), True, False), present=False).actions
    assert action.steps[0].body["preconditions"] == {"uid": "uid-a"}
    assert action.steps[0].body["propagationPolicy"] == policy


def test_what_is_being_deleted_is_not_deleted_again() -> None:
    live = thing("Pod")
    live["metadata"]["deletionTimestamp"] = "2026-11-21T10:00:00Z"
    assert not plan(found(live, True, False), present=False).changed


def test_a_secret_is_not_in_the_plan() -> None:
    made = plan(found(thing("Secret", data={"key": "aHVzaA=="}), False, True))
    assert "aHVzaA==" not in str(made.describe()) + str(made.diff())


CLAIM = thing("PersistentVolumeClaim", "disk-set-0", spec={"volumeName": "pv"})
SET = thing("StatefulSet", "set", spec={"volumeClaimTemplates": [{"metadata": {"name": "disk"}}], "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}})
KEEPING_SET = {**SET, "spec": {**SET["spec"], "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain"}}}


def volume(policy: str, phase: str = "Bound") -> dict:
    spec = {"persistentVolumeReclaimPolicy": policy, "claimRef": {"namespace": "b", "name": "disk-set-0"}}
    return thing("PersistentVolume", "pv", spec=spec, status={"phase": phase})


@pytest.mark.parametrize("live", [CLAIM, SET, thing("Namespace", "b")], ids=lambda live: live["kind"])
def test_data_is_not_deleted_without_consent(live: dict) -> None:
    around = {"claims": (CLAIM,), "present": False}
    with pytest.raises(Refused) as refused:
        plan(found(live, True, False), volumes=(volume("Delete"),), **around)
    assert refused.value.code == "consent-missing" and '{"b/disk-set-0": "pv"}' in refused.value.fix
    with pytest.raises(Refused) as refused:
        plan(found(live, True, False), volumes=(volume("Delete"),), consent={"b/disk-set-0": "another"}, **around)
    assert refused.value.code == "consent-differs"
    (action,) = plan(found(live, True, False), volumes=(volume("Delete"),), consent={"b/disk-set-0": "pv"}, **around).actions
    assert action.loses == "pv"
    kept = plan(found(live, True, False), volumes=(volume("Retain"),), consent={"b/disk-set-0": "pv"}, **around)
    assert kept.actions[0].loses == "" and "was not needed" in kept.warnings[0]


@pytest.mark.parametrize("live", [KEEPING_SET, thing("Namespace", "another"), thing("ConfigMap")], ids=lambda live: live["kind"])
def test_deletions_that_leave_the_claim_need_no_consent(live: dict) -> None:
    assert plan(found(live, True, False), present=False, claims=(CLAIM,), volumes=(volume("Delete"),)).changed


def test_a_volume_does_not_go_before_its_claim() -> None:
    with pytest.raises(Refused) as refused:
        plan(found(volume("Retain"), True, False), present=False)
    assert refused.value.code == "volume-claimed" and "b/disk-set-0" in refused.value.found
    assert plan(found(volume("Retain", "Released"), True, False), present=False).changed
    both = plan(found(volume("Retain"), True, False), found(CLAIM, True, False), present=False)
    assert [action.kind for action in both.actions] == ["PersistentVolumeClaim", "PersistentVolume"]
