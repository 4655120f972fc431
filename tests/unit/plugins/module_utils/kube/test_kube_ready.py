"""What "ready" means, kind by kind."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._kube.ready import Surroundings, removal, state

GROUPS = {"StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Deployment": "apps/v1", "ReplicaSet": "apps/v1", "Job": "batch/v1",
          "CustomResourceDefinition": "apiextensions.k8s.io/v1", "StorageClass": "storage.k8s.io/v1",
          "CSIDriver": "storage.k8s.io/v1", "VolumeAttachment": "storage.k8s.io/v1", "VolumeSnapshot": "snapshot.storage.k8s.io/v1",
          "VolumeSnapshotContent": "snapshot.storage.k8s.io/v1"}
LATE = {"binding_modes": {"late": "WaitForFirstConsumer", "now": "Immediate"}}


def live(kind: str, spec: dict | None = None, status: dict | None = None, **metadata: object) -> dict:
    return {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": {"name": "a", "namespace": "b", "uid": "u", "generation": 2, **metadata},
            "spec": spec or {}, "status": status or {}}


def condition(name: str, status: str = "True", **more: str) -> dict:
    return {"conditions": [{"type": name, "status": status, **more}]}


def claim(phase: str = "Pending", storage_class: str = "late", asked: str = "1Gi", **more: object) -> dict:
    status = {"phase": phase, **more.pop("status", {})}
    return live("PersistentVolumeClaim", {"storageClassName": storage_class, "resources": {"requests": {"storage": asked}}, **more.pop("spec", {})}, status, **more)


def workload(kind: str, spec: dict, **status: int) -> dict:
    return live(kind, {"selector": {"matchLabels": {"app": "x"}}, **spec}, {"observedGeneration": 2, **status})


def pod(name: str = "p", labels: dict | None = None, waiting: dict | None = None, created: str = "2026-11-21T10:00:00Z", **status: object) -> dict:
    containers = [{"name": "c", "state": {"waiting": waiting}, "lastState": {"terminated": {"exitCode": 7, "reason": "Error"}}}] if waiting else []
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "b", "uid": f"uid-{name}", "labels": {"app": "x", **(labels or {})}, "creationTimestamp": created},
            "spec": {}, "status": {"phase": "Pending", "containerStatuses": containers, **status}}


PULL = {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"no/such\""}


@pytest.mark.parametrize(("wanted", "said", "thing"), [
    ("ready", "", live("ConfigMap")),
    ("ready", "", live("StorageClass")),
    ("waiting", "being deleted", live("ConfigMap", deletionTimestamp="2026-11-21T10:00:00Z")),
    ("ready", "", live("Namespace", status={"phase": "Active"})),
    ("waiting", "phase", live("Namespace")),
    ("ready", "", live("CustomResourceDefinition", status=condition("Established"))),
    ("waiting", "not established", live("CustomResourceDefinition")),
    ("failed", "taken", live("CustomResourceDefinition", status=condition("NamesAccepted", "False", message="the plural is taken"))),
    ("ready", "WaitForFirstConsumer", claim()),
    ("waiting", "phase Pending", claim(storage_class="now")),
    ("waiting", "phase Pending", claim(spec={"volumeName": "pv"})),
    ("waiting", "node1 is chosen", claim(annotations={"volume.kubernetes.io/selected-node": "node1"})),
    ("ready", "", claim("Bound", status={"capacity": {"storage": "2Gi"}})),
    ("ready", "", claim("Bound", status={"capacity": {"storage": "1024Mi"}})),
    ("failed", "does not exist any more", claim("Lost")),
    ("waiting", "grows from 1Gi", claim("Bound", asked="2Gi", status={"capacity": {"storage": "1Gi"}})),
    ("waiting", "FileSystemResizePending", claim("Bound", asked="2Gi", status={"capacity": {"storage": "1Gi"}, **condition("FileSystemResizePending")})),
    ("failed", "ControllerResizeInfeasible", claim("Bound", asked="2Gi", status={"capacity": {"storage": "1Gi"},
                                                                                  "allocatedResourceStatuses": {"storage": "ControllerResizeInfeasible"}})),
    ("ready", "", live("PersistentVolume", status={"phase": "Available"})),
    ("ready", "Released", live("PersistentVolume", status={"phase": "Released"})),
    ("waiting", "Pending", live("PersistentVolume")),
    ("failed", "disk", live("PersistentVolume", status={"phase": "Failed", "message": "no such disk"})),
    ("ready", "", pod(phase="Running", **condition("Ready"))),
    ("ready", "", pod(phase="Succeeded")),
    ("failed", "Evicted", pod(phase="Failed", reason="Evicted")),
    ("waiting", "no nodes", pod(**condition("PodScheduled", "False", reason="Unschedulable", message="0/3 nodes: no nodes"))),
    ("waiting", "ContainerCreating", pod(waiting={"reason": "ContainerCreating"})),
    ("stuck", "no/such", pod(waiting=PULL)),
    ("stuck", "it ended with 7 (Error)", pod(waiting={"reason": "CrashLoopBackOff"})),
    ("ready", "", live("VolumeSnapshot", status={"readyToUse": True})),
    ("waiting", "no snapshot is made yet", live("VolumeSnapshot")),
    ("waiting", "content k is not ready", live("VolumeSnapshot", status={"boundVolumeSnapshotContentName": "k", "readyToUse": False})),
    ("stuck", "no space", live("VolumeSnapshot", status={"readyToUse": False, "error": {"message": "no space"}})),
    ("ready", "", live("VolumeSnapshot", status={"readyToUse": True, "error": {"message": "it went wrong once"}})),
    ("stuck", "no such handle", live("VolumeSnapshotContent", status={"error": {"message": "no such handle"}})),
    ("ready", "", live("VolumeAttachment", {"nodeName": "node1"}, {"attached": True})),
    ("waiting", "not attached to node node1", live("VolumeAttachment", {"nodeName": "node1"}, {"attached": False})),
    ("stuck", "is attached elsewhere", live("VolumeAttachment", {"nodeName": "node1"}, {"attached": False, "attachError": {"message": "it is attached elsewhere"}})),
    ("ready", "", live("CSIDriver")),
    ("ready", "", live("Job", {}, condition("Complete"))),
    ("failed", "BackoffLimitExceeded", live("Job", {}, condition("Failed", reason="BackoffLimitExceeded", message="too often"))),
    ("ready", "suspended", live("Job", {"suspend": True})),
    ("waiting", "0 of 3", live("Job", {"completions": 3})),
    ("waiting", "not seen", live("StatefulSet", {"replicas": 1}, {"observedGeneration": 1, "replicas": 1, "availableReplicas": 1, "updatedReplicas": 1})),
    ("ready", "", workload("StatefulSet", {"replicas": 3}, replicas=3, availableReplicas=3, updatedReplicas=3)),
    ("ready", "", workload("StatefulSet", {"replicas": 0})),
    ("waiting", "1 of 3 pods are updated", workload("StatefulSet", {"replicas": 3}, replicas=3, availableReplicas=3, updatedReplicas=1)),
    ("waiting", "4 of 3 pods exist", workload("StatefulSet", {"replicas": 3}, replicas=4, availableReplicas=3, updatedReplicas=3)),
    ("ready", "", workload("StatefulSet", {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
                           replicas=3, availableReplicas=3, updatedReplicas=1)),
    ("ready", "", workload("StatefulSet", {"replicas": 3, "updateStrategy": {"type": "OnDelete"}}, replicas=3, availableReplicas=3)),
    ("ready", "", workload("DaemonSet", {}, desiredNumberScheduled=2, numberAvailable=2, updatedNumberScheduled=2)),
    ("ready", "", workload("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, desiredNumberScheduled=2, numberAvailable=2)),
    ("waiting", "1 of 2 pods are updated", workload("DaemonSet", {}, desiredNumberScheduled=2, numberAvailable=2, updatedNumberScheduled=1)),
    ("ready", "", workload("Deployment", {"replicas": 2}, replicas=2, updatedReplicas=2, availableReplicas=2)),
    ("waiting", "3 of 2 pods exist", workload("Deployment", {"replicas": 2}, replicas=3, updatedReplicas=2, availableReplicas=3)),
    ("failed", "has timed out", live("Deployment", {"replicas": 1}, {"observedGeneration": 2, **condition(
        "Progressing", "False", reason="ProgressDeadlineExceeded", message="it has timed out")})),
    ("ready", "", workload("ReplicaSet", {"replicas": 2}, availableReplicas=2)),
])
def test_states(wanted: str, said: str, thing: dict) -> None:
    found = state(thing, Surroundings(**LATE))
    assert found.name == wanted and said in found.reason


def test_a_workload_says_what_its_pods_say() -> None:
    around = Surroundings([pod("p-0", **condition("PodScheduled", "False", reason="Unschedulable", message="no volume"))])
    found = state(workload("StatefulSet", {"replicas": 1}, replicas=1), around)
    assert found.name == "waiting" and "pod p-0: Unschedulable: no volume" in found.reason


def test_a_stuck_pod_makes_its_workload_stuck_and_the_event_tells_why() -> None:
    around = Surroundings([pod("p-0", waiting=PULL)], warnings={"uid-p-0": ("Failed", "no such host")})
    found = state(workload("StatefulSet", {"replicas": 1}, replicas=1), around)
    assert found.name == "stuck" and "pod p-0" in found.reason and "event Failed: no such host" in found.reason


def test_old_pods_of_a_deployment_do_not_count() -> None:
    old = pod("old", {"pod-template-hash": "1"}, PULL)
    new = pod("new", {"pod-template-hash": "2"}, created="2026-11-21T11:00:00Z")
    assert state(workload("Deployment", {"replicas": 1}, replicas=2), Surroundings([old, new])).name == "waiting"
    assert state(workload("StatefulSet", {"replicas": 1}, replicas=2), Surroundings([old, new])).name == "stuck"


def test_pods_of_others_do_not_count() -> None:
    stranger = pod("stranger", {"app": "y"}, PULL)
    assert state(workload("StatefulSet", {"replicas": 1}, replicas=1), Surroundings([stranger])).name == "waiting"


def test_a_failed_provisioning_is_told_by_its_event() -> None:
    found = state(claim(storage_class="now"), Surroundings(warnings={"u": ("ProvisioningFailed", "no space left in fast")}, **LATE))
    assert found.name == "stuck" and "no space left in fast" in found.reason
    static = {"u": ("ProvisioningFailed", 'storageclass "now": no volume plugin matched name: kubernetes.io/no-provisioner')}
    assert state(claim(storage_class="now"), Surroundings(warnings=static, **LATE)).name == "waiting"


@pytest.mark.parametrize(("code", "expected"), [("Aborted", "waiting"), ("ResourceExhausted", "waiting"), ("InvalidArgument", "stuck")])
def test_what_the_provisioner_tries_again_is_waited_for(code: str, expected: str) -> None:
    told = f'failed to provision volume with StorageClass "now": rpc error: code = {code} desc = the node is busy'
    found = state(claim(storage_class="now"), Surroundings(warnings={"u": ("ProvisioningFailed", told)}, **LATE))
    assert found.name == expected and "the node is busy" in found.reason


def test_a_growth_that_goes_wrong_is_told_by_its_event() -> None:
    growing = claim("Bound", asked="2Gi", status={"capacity": {"storage": "1Gi"}})
    found = state(growing, Surroundings(warnings={"u": ("VolumeResizeFailed", "the volume group is full")}))
    assert found.name == "waiting" and "grows from 1Gi; event VolumeResizeFailed: the volume group is full" in found.reason


@pytest.mark.parametrize(("said", "thing"), [
    ("kubernetes.io/pvc-protection", live("PersistentVolumeClaim", finalizers=["kubernetes.io/pvc-protection"])),
    ("2 claims remain", live("Namespace", {"finalizers": ["kubernetes"]}, condition("NamespaceContentRemaining", message="2 claims remain"))),
    ("not deleted", live("ConfigMap")),
])
def test_removal_says_what_holds_it(said: str, thing: dict) -> None:
    assert said in removal(thing).reason
