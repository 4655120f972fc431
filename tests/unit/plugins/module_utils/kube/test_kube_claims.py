"""Claims: growth, recovery, copies, volumes given to them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._kube import immutable
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import ref
from kube_wishes import CLAIMS, live_claim, live_class, live_volume, plan, thing

A = {"namespace": "s", "name": "a"}
USUAL = live_class("usual", default="true")
GROWING = live_class(allowVolumeExpansion=True)


def steps(planned: Any) -> list[str]:
    return [str(action) for action in planned.actions]


@pytest.mark.parametrize(("wanted", "there", "actions"), [
    ({"size": "1Gi", "storage_class": "lvm"}, [live_class()], ["create PersistentVolumeClaim s/a"]),
    ({"size": "1Gi"}, [live_claim()], []),
    ({"size": "1024Mi", "storage_class": "lvm"}, [live_claim()], []),
    ({"size": "2Gi"}, [live_claim(), GROWING], ["update PersistentVolumeClaim s/a"]),
    ({"size": "2Gi"}, [live_claim(size="2Gi"), GROWING], []),
    # KEP-1790: a growth that has not come about is taken back to anything above what there is.
    ({"size": "2Gi"}, [live_claim(size="4Gi")], ["update PersistentVolumeClaim s/a"]),
    ({"from_claim": "b"}, [live_claim("b"), USUAL], ["create PersistentVolumeClaim s/a"]),
    # What a claim was made from is history, which may be gone.
    ({"from_claim": "b"}, [live_claim(dataSource={"kind": "PersistentVolumeClaim", "name": "b"})], []),
    ({"size": "1Gi"}, [live_claim(dataSource={"kind": "PersistentVolumeClaim", "name": "b"}, ours={"f:dataSource": {}})], []),
    ({"volume": "pv"}, [live_claim(), live_volume(claim="s/a", phase="Bound")], []),
    ({"state": "absent"}, [], []),
    ({"state": "absent"}, [live_claim(), live_volume(claim="s/a", phase="Bound")], ["delete PersistentVolumeClaim s/a"]),
])
def test_plans(wanted: dict, there: list[dict], actions: list[str]) -> None:
    assert steps(plan(CLAIMS, {**A, **wanted}, there=tuple(there))) == actions


def test_a_copy_takes_size_and_mode_of_its_source() -> None:
    made = plan(CLAIMS, {**A, "from_claim": "b"}, there=(live_claim("b", size="1Gi", has="3Gi", volumeMode="Block"), USUAL)).after[0]["spec"]
    assert made["resources"] == {"requests": {"storage": "3Gi"}} and made["volumeMode"] == "Block"
    snapshot = thing("VolumeSnapshot", "n", "s", "snapshot.storage.k8s.io/v1", spec={}, status={"readyToUse": True, "restoreSize": "5Gi"})
    assert plan(CLAIMS, {**A, "from_snapshot": "n"}, there=(snapshot, USUAL)).after[0]["spec"]["resources"] == {"requests": {"storage": "5Gi"}}


@pytest.mark.parametrize(("volume", "consent"), [
    (live_volume(), {}),
    (live_volume(claim="s/a", phase="Released"), {}),
    (live_volume(claim="old/b", phase="Released"), {"pv": "old/b"}),
    (live_volume(claim="old/b"), {"pv": "old/b"}),
])
def test_a_volume_is_given_before_the_claim_is_made(volume: dict, consent: dict) -> None:
    planned = plan(CLAIMS, {**A, "volume": "pv"}, there=(volume,), allow_rebind=consent)
    assert steps(planned) == ["update PersistentVolume pv", "create PersistentVolumeClaim s/a"]
    (request,) = planned.actions[0].steps
    claim = request.body["spec"]["claimRef"]
    assert (claim["namespace"], claim["name"], claim["uid"]) == ("s", "a", None), "null removes what ties it to the claim that is gone"
    assert request.body["metadata"] == {"resourceVersion": "7"} and request.content == "application/merge-patch+json"
    made = planned.after[0]["spec"]
    assert (made["volumeName"], made["storageClassName"], made["resources"]) == ("pv", "lvm", {"requests": {"storage": "1Gi"}})
    assert planned.warnings == ()


def test_a_volume_that_is_reserved_already_is_left_alone() -> None:
    assert steps(plan(CLAIMS, {**A, "volume": "pv"}, there=(live_volume(claim="s/a"),))) == ["create PersistentVolumeClaim s/a"]


def test_a_consent_that_nothing_needed_is_told() -> None:
    (warning,) = plan(CLAIMS, {**A, "size": "1Gi"}, there=(USUAL,), allow_rebind={"pv": "s/b"}).warnings
    assert "allow_rebind" in warning and "not needed" in warning


def test_pods_that_have_ended_or_use_other_claims_hold_nothing() -> None:
    ended = thing("Pod", "p", "s", spec={"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "a"}}]}, status={"phase": "Succeeded"})
    other = thing("Pod", "q", "s", spec={"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "b"}}, {"name": "w", "emptyDir": {}}]})
    assert steps(plan(CLAIMS, {**A, "state": "absent"}, there=(live_claim(), ended, other))) == ["delete PersistentVolumeClaim s/a"]


def test_some_are_made_while_others_go() -> None:
    planned = plan(CLAIMS, {**A, "size": "1Gi"}, {"namespace": "s", "name": "b", "state": "absent"}, there=(live_claim("b"), USUAL))
    assert steps(planned) == ["create PersistentVolumeClaim s/a", "delete PersistentVolumeClaim s/b"]


def test_a_size_that_cannot_change_yet_is_told_as_that() -> None:
    waits = live_claim(phase="Pending", has=None)
    said = immutable.refusal(ref(waits), waits, [".spec.resources.requests.storage"], "spec is immutable")
    assert "is not bound, and until then its size is fixed" in str(said) and "can grow" not in str(said) and said.code == "immutable-field"
    assert "can grow and not shrink" in immutable.refusal(ref(waits), live_claim(), [".spec.resources.requests.storage"], "less").fix
    assert "make a new claim" in immutable.refusal(ref(waits), live_claim(), [".spec.volumeMode"], "fixed").fix
