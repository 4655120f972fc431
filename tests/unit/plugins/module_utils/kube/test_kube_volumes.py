"""Static volumes: whose they are, who looks after them, what becomes of them."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Refused
from kube_wishes import VOLUMES, live_claim, live_volume, plan

KEPT = {"name": "pv"}


def test_what_is_left_out_stays_as_it_is() -> None:
    ours = {"f:capacity": {"f:storage": {}}, "f:claimRef": {"f:name": {}, "f:namespace": {}}, "f:mountOptions": {}}
    live = live_volume(claim="s/a", phase="Bound", mountOptions=["ro"], ours=ours)
    assert not plan(VOLUMES, KEPT, there=(live,)).changed
    wanted = plan(VOLUMES, {**KEPT, "reclaim_policy": "Delete"}, there=(live,)).after[0]["spec"]
    assert wanted == {"persistentVolumeReclaimPolicy": "Delete", "capacity": {"storage": "1Gi"}, "mountOptions": ["ro"],
                      "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "s", "name": "a"}}


def test_a_policy_that_endangers_data_is_warned_about() -> None:
    (warning,) = plan(VOLUMES, {**KEPT, "reclaim_policy": "Delete"}, there=(live_volume(),)).warnings
    assert "pv" in warning and "goes with its claim" in warning
    assert plan(VOLUMES, {**KEPT, "reclaim_policy": "Retain"}, there=(live_volume(policy="Delete"),)).warnings == ()


def test_a_released_volume_is_given_to_another_claim() -> None:
    planned = plan(VOLUMES, {**KEPT, "claim": "s/b"}, there=(live_volume(claim="s/a", phase="Released"),), allow_rebind={"pv": "s/a"})
    (action,) = planned.actions
    assert action.before == {"claimRef": {"namespace": "s", "name": "a", "uid": "uid-old"}}
    assert action.after == {"claimRef": {"namespace": "s", "name": "b"}}
    again = live_volume(claim="s/b")
    assert not plan(VOLUMES, {**KEPT, "claim": "s/b"}, there=(again,)).changed


def test_policy_and_claim_change_in_one_run() -> None:
    live = live_volume(claim="s/a", phase="Released", policy="Delete")
    planned = plan(VOLUMES, {**KEPT, "claim": "s/b", "reclaim_policy": "Retain"}, there=(live,), allow_rebind={"pv": "s/a"})
    first, second = planned.actions
    assert first.after["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert "metadata" not in second.steps[0].body, "the first change gives it another version"


def test_the_identity_of_its_provisioner_is_changed_and_kept() -> None:
    live = live_volume(annotations={"pv.kubernetes.io/provisioned-by": "old"})
    assert not plan(VOLUMES, KEPT, there=(live,)).changed
    (action,) = plan(VOLUMES, {**KEPT, "provisioned_by": "local-volume-provisioner-node1-uid"}, there=(live,)).actions
    assert action.after["metadata"]["annotations"] == {"pv.kubernetes.io/provisioned-by": "local-volume-provisioner-node1-uid"}


def test_a_volume_that_takes_its_data_along_needs_consent() -> None:
    """KEP-2644: since Kubernetes 1.33 the provisioner's finalizer makes a deleted volume of policy Delete take its data along."""
    live = live_volume(claim="s/a", phase="Released", policy="Delete", csi={"driver": "d", "volumeHandle": "h"})
    assert plan(VOLUMES, {**KEPT, "state": "absent"}, there=(live,)).changed, "without the finalizer the data stays"
    live["metadata"]["finalizers"] = ["external-provisioner.volume.kubernetes.io/finalizer"]
    with pytest.raises(Refused) as refused:
        plan(VOLUMES, {**KEPT, "state": "absent"}, there=(live,))
    assert refused.value.code == "consent-missing" and '{"pv": "h"}' in refused.value.fix
    (action,) = plan(VOLUMES, {**KEPT, "state": "absent"}, there=(live,), allow_data_loss={"pv": "h"}).actions
    assert action.loses == "h"


def test_volumes_and_claims_do_not_mix() -> None:
    assert plan(VOLUMES, {**KEPT, "state": "absent"}, there=(live_volume(claim="s/a", phase="Released"), live_claim())).changed
