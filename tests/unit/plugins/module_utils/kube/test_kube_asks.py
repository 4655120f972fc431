"""What users of other automation asked for about Kubernetes objects and did not get: a test for each, where plain values can show it.

The numbers are those of the public threads; the others are shown against a real API server in tests/cluster.
"""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError, Refused
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent
from ansible_collections.cairn.storage.plugins.module_utils._kube import apply, immutable, losses, manifest
from ansible_collections.cairn.storage.plugins.module_utils._kube.compare import differences
from ansible_collections.cairn.storage.plugins.module_utils._kube.condition import Expression
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import ref
from ansible_collections.cairn.storage.plugins.module_utils._kube.model import Desired, Found, Observed
from ansible_collections.cairn.storage.plugins.module_utils._kube.ready import Surroundings, state
from kube_wishes import CLAIMS, CLASSES, DRIVERS, SNAPSHOTS, VOLUMES, live_claim, live_class, live_volume, plan, resource, thing

A = {"namespace": "s", "name": "a"}


def stateful(partition: int | None = None, kind: str = "RollingUpdate", **status: object) -> dict:
    strategy = {"type": kind, **({"rollingUpdate": {"partition": partition}} if partition is not None else {})}
    return thing("StatefulSet", "set", "s", "apps/v1", spec={"replicas": 3, "updateStrategy": strategy, "selector": {"matchLabels": {"a": "b"}}},
                 status={"replicas": 3, "availableReplicas": 3, **status})


def test_wait_for_any_field_kubernetes_core_66_201_511() -> None:
    service = thing("Service", "s", "b", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}})
    assert Expression("status.loadBalancer.ingress[].ip", "x").state(service, Surroundings()).name == "ready"


def test_a_job_that_failed_ends_the_wait_kubernetes_core_1201() -> None:
    job = thing("Job", "j", "s", "batch/v1", spec={}, status={"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]})
    assert state(job, Surroundings()).name == "failed"


@pytest.mark.parametrize(("live", "wanted"), [
    (stateful(kind="OnDelete", updatedReplicas=0), "ready"),
    (stateful(partition=2, updatedReplicas=1, currentRevision="1", updateRevision="2"), "ready"),
    (stateful(partition=1, updatedReplicas=1), "waiting"),
    (stateful(updatedReplicas=2), "waiting"),
])
def test_on_delete_and_partitions_hold_pods_back_on_purpose_kubernetes_core_376_503(live: dict, wanted: str) -> None:
    assert state(live, Surroundings()).name == wanted


def test_scaling_down_waits_for_the_last_pod_kubernetes_core_203_579() -> None:
    live = stateful(updatedReplicas=3)
    live["status"]["replicas"] = 4
    assert state(live, Surroundings()).name == "waiting"


def test_claim_templates_cannot_be_changed_and_it_is_said_what_it_takes_kubernetes_69041_68737() -> None:
    error = immutable.refusal(ref(stateful()), stateful(), [".spec.volumeClaimTemplates"], "updates to statefulset spec are forbidden")
    assert "--cascade=orphan" in error.fix and "volumeClaimTemplates" in error.message


def test_a_bound_claim_grows_by_its_request_alone_k8s_handle_124() -> None:
    live = live_claim(ours={"f:resources": {}, "f:storageClassName": {}})
    (action,) = plan(CLAIMS, {**A, "size": "2Gi"}, there=(live, live_class(allowVolumeExpansion=True))).actions
    assert action.verb == "update" and action.after["spec"]["storageClassName"] == "lvm"
    assert action.after["spec"]["resources"] == {"requests": {"storage": "2Gi"}}


def test_a_secret_is_shown_nowhere_kubernetes_core_88() -> None:
    (secret,) = manifest.parse([{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k", "namespace": "s"}, "stringData": {"p": "word"}}],
                               "objects")
    found = Found(ref(secret), resource("Secret", True), None, secret, secret)
    made = apply.plan(Observed((found,)), Desired((secret,), True, Consent("allow_data_loss", {})))
    assert "word" not in str(made.diff()) + str(made.describe())
    assert secret["data"] == {"p": "d29yZA=="}, "stringData is data: it compares (community.kubernetes#282)"


def test_a_diff_has_no_noise_kubernetes_core_426() -> None:
    live = thing("ConfigMap", "c", "s", data={"a": "b"}, annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}"})
    assert manifest.essence(live) == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "s"}, "data": {"a": "b"}}


def test_the_status_alone_is_compared_and_written() -> None:
    (part,) = manifest.parse([{**live_claim(), "status": {"capacity": {"storage": "2Gi"}}}], "objects", "status")
    live = live_claim()
    live["metadata"]["managedFields"] = [{"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "subresource": "status",
                                          "fieldsV1": {"f:status": {"f:capacity": {"f:storage": {}}, "f:phase": {}}}}]
    assert "spec" not in part and differences(part, live, "cairn.storage", "status") == [".status.capacity.storage"]
    live["status"]["capacity"]["storage"] = "2048Mi"
    assert differences(part, live, "cairn.storage", "status") == []
    request = apply.apply_request(resource("PersistentVolumeClaim", True), part, ref(part),
                                  Desired((part,), True, Consent("x", {}), subresource="status"))
    assert request.path.endswith("/a/status")


def test_what_changed_is_told_for_each_object_community_kubernetes_71() -> None:
    same = live_claim("same")
    planned = plan(CLAIMS, {**A, "size": "1Gi"}, {**A, "name": "same", "size": "1Gi"}, {**A, "name": "gone", "state": "absent"},
                   there=(same, live_claim("gone"), live_class("usual", default="true")))
    assert [(action["verb"], action["name"]) for action in planned.describe()] == [("create", "s/a"), ("delete", "s/gone")]
    assert sorted(planned.diff()["after"]) == ["PersistentVolumeClaim s/a"] and sorted(planned.diff()["before"]) == ["PersistentVolumeClaim s/gone"]


# From here on: users of storage drivers (storage.md of the references, section 5).


def test_a_volume_is_never_deleted_before_its_claim_external_provisioner_546() -> None:
    with pytest.raises(Refused) as refused:
        plan(VOLUMES, {"name": "pv", "state": "absent"}, there=(live_volume(claim="s/a", phase="Bound"),))
    assert refused.value.code == "volume-claimed"


def test_a_provisioner_that_lost_its_volumes_gets_them_back_local_static_provisioner_209() -> None:
    live = live_volume(annotations={"pv.kubernetes.io/provisioned-by": "local-volume-provisioner-node1-old"})
    (action,) = plan(VOLUMES, {"name": "pv", "provisioned_by": "local-volume-provisioner-node1-new"}, there=(live,)).actions
    assert action.verb == "update" and action.after["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"].endswith("new")


@pytest.mark.parametrize(("condition", "stage", "name", "said"), [
    ("FileSystemResizePending", "NodeResizePending", "waiting", "when a pod mounts it"),
    ("Resizing", "ControllerResizeInProgress", "waiting", "ControllerResizeInProgress"),
    ("ControllerResizeError", "ControllerResizeInfeasible", "failed", "ControllerResizeInfeasible"),
    ("NodeResizeError", "NodeResizeInfeasible", "failed", "NodeResizeInfeasible"),
])
def test_a_growth_says_where_it_stands_external_resizer_414_kubernetes_131402(condition: str, stage: str, name: str, said: str) -> None:
    live = live_claim(size="2Gi")
    live["status"].update(conditions=[{"type": condition, "status": "True"}], allocatedResourceStatuses={"storage": stage})
    found = state(live, Surroundings())
    assert found.name == name and said in found.reason


def test_a_claim_that_asked_for_too_much_is_taken_back_kep_1790() -> None:
    live = live_claim(size="20Ti")
    live["status"]["allocatedResourceStatuses"] = {"storage": "ControllerResizeInfeasible"}
    assert plan(CLAIMS, {**A, "size": "2Gi"}, there=(live,)).changed


def test_a_driver_is_made_again_only_for_fixed_fields_ceph_csi_3397_aws_ebs_csi_1390() -> None:
    live = thing("CSIDriver", "d", api="storage.k8s.io/v1", spec={"attachRequired": True, "podInfoOnMount": False})
    (action,) = plan(DRIVERS, {"name": "d", "pod_info_on_mount": True}, there=(live,)).actions
    assert action.verb == "update"
    planned = plan(DRIVERS, {"name": "d", "attach_required": False}, there=(live,), fixed=(".spec.attachRequired",), allow_recreate={"d": "uid-d"})
    assert [one.verb for one in planned.actions] == ["delete", "create"] and "made again for .spec.attachRequired" in planned.warnings[0]


def test_a_class_is_made_again_and_its_volumes_stay() -> None:
    planned = plan(CLASSES, {"name": "lvm", "provisioner": "e"}, there=(live_class(), live_volume(claim="s/a", phase="Bound", policy="Delete")),
                   fixed=(".provisioner",),
                   allow_recreate={"lvm": "uid-lvm"})
    assert {one.kind for one in planned.actions} == {"StorageClass"} and not any(one.loses for one in planned.actions)


def test_a_snapshot_that_cannot_work_is_refused_at_once_external_snapshotter_349() -> None:
    with pytest.raises(CairnError) as refused:
        plan(SNAPSHOTS, {"namespace": "s", "name": "n", "claim": "a", "snapshot_class": "deleted"},
             there=(live_claim(), live_volume(csi={"driver": "d"})))
    assert refused.value.code == "snapshot-class-missing"


def test_a_snapshot_that_fails_says_why_external_snapshotter_1305() -> None:
    live = thing("VolumeSnapshot", "n", "s", "snapshot.storage.k8s.io/v1", spec={},
                 status={"readyToUse": False, "error": {"message": "the pool is full"}})
    assert state(live, Surroundings()).name == "stuck" and "the pool is full" in state(live, Surroundings()).reason


def test_a_namespace_does_not_take_snapshots_along_without_consent() -> None:
    space = thing("Namespace", "s")
    snapshot = thing("VolumeSnapshot", "n", "s", spec={}, status={"boundVolumeSnapshotContentName": "k"})
    content = thing("VolumeSnapshotContent", "k", spec={"deletionPolicy": "Delete"})
    assert [held for _thing, held, _loss in losses.data_lost(space, {"VolumeSnapshot": (snapshot,), "VolumeSnapshotContent": (content,)})] == ["k"]


@pytest.mark.parametrize(("kind", "named"), [("VolumeSnapshot", "s/n"), ("VolumeSnapshotContent", "k"), ("VolumeSnapshotClass", "")])
def test_nor_does_the_definition_of_their_kind(kind: str, named: str) -> None:
    definition = thing("CustomResourceDefinition", f"{kind.lower()}s.snapshot.storage.k8s.io", spec={
        "group": "snapshot.storage.k8s.io", "names": {"kind": kind, "plural": f"{kind.lower()}s"}})
    stake: dict = {"VolumeSnapshot": (thing("VolumeSnapshot", "n", "s", spec={}, status={"boundVolumeSnapshotContentName": "k"}),),
                   "VolumeSnapshotContent": (thing("VolumeSnapshotContent", "k", spec={"deletionPolicy": "Delete"}),)}
    needed = losses.reads_needed(definition)
    assert losses.SNAPSHOT in needed or kind != "VolumeSnapshot"
    lost = losses.data_lost(definition, {read: stake[read] for _version, read in needed})
    assert [one for one, _held, _loss in lost] == ([named] if named else [])


def test_a_recycled_volume_is_scrubbed_so_its_claim_needs_consent() -> None:
    claim = thing("PersistentVolumeClaim", "a", "s", spec={"volumeName": "v"})
    volume = thing("PersistentVolume", "v", spec={"persistentVolumeReclaimPolicy": "Recycle"})
    stake = {"PersistentVolumeClaim": (claim,), "PersistentVolume": (volume,)}
    assert [(one, held) for one, held, _loss in losses.data_lost(claim, stake)] == [("s/a", "v")]


@pytest.mark.parametrize(("before", "after", "phase", "asked"), [
    ("Retain", "Delete", "Released", True), ("Retain", "Delete", "Failed", True), ("Retain", "Delete", "Bound", False),
    ("Delete", "Retain", "Released", False), ("Delete", "Delete", "Released", False),
])
def test_a_released_volume_gets_no_policy_that_destroys_it_without_consent(before: str, after: str, phase: str, asked: bool) -> None:
    live = live_volume(claim="s/a", phase=phase, policy=before, csi={"driver": "d", "volumeHandle": "vol-7"})
    item = {"name": live["metadata"]["name"], "reclaim_policy": after}
    if not asked:
        assert not any(action.loses for action in plan(VOLUMES, item, there=(live,)).actions)
        return
    with pytest.raises(CairnError) as refused:
        plan(VOLUMES, item, there=(live,))
    assert refused.value.code == "consent-missing" and "vol-7" in refused.value.fix
    (action,) = plan(VOLUMES, item, there=(live,), allow_data_loss={item["name"]: "vol-7"}).actions
    assert action.loses == "vol-7"
