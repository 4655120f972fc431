"""Waiting for objects: all together, no longer than there is hope, telling what was reached.

Pods here ask for a node that does not exist, so no kubelet touches them: the tests write the states that kubelets and provisioners report.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from cluster_play import kubectl, objects, play, set_status

SPACE = "cairn-waits"
IMAGE = "registry.k8s.io/pause:3.10"


def thing(api_version: str, kind: str, name: str, spec: dict | None = None, space: str | None = SPACE) -> dict:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name} | ({"namespace": space} if space else {})} | ({"spec": spec} if spec else {})


def pod(name: str) -> dict:
    return thing("v1", "Pod", name, {"nodeSelector": {"no": "such"}, "containers": [{"name": "c", "image": IMAGE}]})


def deployment(name: str) -> dict:
    labels = {"app": name}
    return thing("apps/v1", "Deployment", name, {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod(name)["spec"]}})


def claim(name: str, storage_class: str = "cairn-waits-now") -> dict:
    return thing("v1", "PersistentVolumeClaim", name, {"accessModes": ["ReadWriteOnce"], "storageClassName": storage_class, "resources": {"requests": {"storage": "1Gi"}}})


def volume(name: str, for_claim: str) -> dict:
    return thing("v1", "PersistentVolume", name, {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "cairn-waits-now",
                                                  "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/nowhere"},
                                                  "claimRef": {"namespace": SPACE, "name": for_claim}}, None)


WHILE = {"conditions": [{"type": "Ready", "status": "True"}], "phase": "Running"}
PULL = {"phase": "Pending", "containerStatuses": [{"name": "c", "image": IMAGE, "imageID": "", "ready": False, "restartCount": 0,
                                                   "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}}]}


@pytest.fixture(scope="module", autouse=True)
def space() -> Iterator[None]:
    wanted = [thing("v1", "Namespace", SPACE, None, None),
              {**thing("storage.k8s.io/v1", "StorageClass", "cairn-waits-now", None, None), "provisioner": "lab.cairn.storage/by-hand"}]
    (made,) = play(objects(wanted))
    assert not made.get("failed"), made
    yield
    volumes = [volume(f"cairn-waits-{number}", "x") for number in range(30)]
    for gone in play(objects(wanted, state="absent", wait_timeout=90), objects(volumes, state="absent", wait_timeout=90)):
        assert not gone.get("failed"), gone


def meanwhile(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def exists(kind: str, name: str) -> str:
    """The name of the first object of ``kind`` whose name begins with ``name``, once there is one."""
    for _attempt in range(120):
        names = [line.partition("/")[2] for line in kubectl("get", kind, "-n", SPACE, "-o", "name").split()]
        found = next((one for one in names if one.startswith(name)), None)
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"no {kind} {name}")


def test_thirty_claims_that_become_bound_at_different_times() -> None:
    def bind() -> None:
        exists("pvc", "many-29")
        for number in range(30):
            kubectl("apply", "-f", "-", stdin=json.dumps(volume(f"cairn-waits-{number}", f"many-{number}")))

    thread = meanwhile(bind)
    (result,) = play(objects([claim(f"many-{number}") for number in range(30)], wait_timeout=120))
    thread.join()
    assert not result.get("failed") and {item["state"] for item in result["readiness"]} == {"ready"}, result
    # One list, discovery, 30 dry runs, 30 applies, classes, and a handful of watches: nothing polls.
    assert result["requests"] < 75
    assert all(item["status"]["phase"] == "Bound" for item in result["objects"])


def test_a_timeout_tells_what_was_reached() -> None:
    (result,) = play(objects([thing("v1", "ConfigMap", "there"), pod("lonely")], wait_timeout=4))
    assert result["failed"] and result["changed"] and result["error"]["code"] == "wait-timeout", result
    assert "Pod cairn-waits/lonely: Unschedulable" in result["msg"] or "Pod cairn-waits/lonely: phase Pending" in result["msg"]
    assert [item["state"] for item in result["readiness"]] == ["ready", "waiting"]
    assert len(result["actions"]) == 2 and len(result["objects"]) == 2


def test_a_pod_that_cannot_pull_its_image_ends_the_wait_early() -> None:
    def break_it() -> None:
        set_status("pod", SPACE, exists("pod", "broken"), PULL)

    thread = meanwhile(break_it)
    begin = time.time()
    (result,) = play(objects([deployment("broken")], wait_timeout=300))
    thread.join()
    assert time.time() - begin < 60
    assert result["error"]["code"] == "wait-failed" and "ImagePullBackOff: Back-off pulling image" in result["msg"], result
    assert result["changed"] and result["readiness"][0]["state"] == "stuck"


def test_failed_provisioning_ends_the_wait_with_the_events_text() -> None:
    def fail() -> None:
        exists("pvc", "hopeless")
        uid = kubectl("get", "pvc", "hopeless", "-n", SPACE, "-o", "jsonpath={.metadata.uid}")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        kubectl("create", "-f", "-", stdin=json.dumps({
            **thing("v1", "Event", "hopeless.1"), "type": "Warning", "reason": "ProvisioningFailed", "message": "volume group fast is full", "firstTimestamp": now,
            "lastTimestamp": now, "involvedObject": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "hopeless", "namespace": SPACE, "uid": uid}}))

    thread = meanwhile(fail)
    (result,) = play(objects([claim("hopeless")], wait_timeout=300))
    thread.join()
    assert result["error"]["code"] == "wait-failed" and "ProvisioningFailed: volume group fast is full" in result["msg"], result


def test_objects_of_others_and_a_restart_of_the_api_server() -> None:
    def restart() -> None:
        exists("pod", "patient")
        subprocess.run(("lab", "component", "stop", "kube-apiserver"), check=True)
        time.sleep(2)
        subprocess.run(("lab", "component", "start", "kube-apiserver"), check=True)
        for _attempt in range(60):
            if subprocess.run(("kubectl", "get", "--raw", "/readyz"), capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.5)
        kubectl("create", "configmap", "of-others", "-n", SPACE)
        set_status("pod", SPACE, "patient", WHILE)

    thread = meanwhile(restart)
    (result,) = play(objects([pod("patient")], wait_timeout=120, wait_for=[{"kind": "ConfigMap", "namespace": SPACE, "name": "of-others"}]))
    thread.join()
    assert not result.get("failed"), result
    assert [(item["name"], item["state"]) for item in result["readiness"]] == [("patient", "ready"), ("of-others", "ready")]


def test_a_deletion_says_what_holds_it() -> None:
    held = thing("v1", "ConfigMap", "held")
    held["metadata"]["finalizers"] = ["lab.cairn.storage/hold"]
    made, gone = play(objects([held]), objects([held], state="absent", wait_timeout=3))
    assert not made.get("failed")
    assert gone["error"]["code"] == "wait-timeout" and "held by the finalizers lab.cairn.storage/hold" in gone["msg"], gone
    (present,) = play(objects([held]))
    assert present["error"]["code"] == "object-terminating"
    kubectl("patch", "configmap", "held", "-n", SPACE, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
