"""A StatefulSet whose pods no kubelet takes: this thread reports for them what a kubelet and a storage driver would."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

from cluster_play import kubectl, objects, play

SPACE = "cairn-sets"
GOOD, BETTER, BROKEN = "registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.11", "registry.example.com/broken:1"
DRIVEN, BY_HAND = "cairn-sets-driven", "cairn-sets-by-hand"


def stateful_set(name: str, image: str = GOOD, replicas: int = 3, size: str = "1Gi", storage_class: str = DRIVEN, **spec: Any) -> dict:
    """One whose pods ask for a node that does not exist."""
    labels = {"app": name}
    containers = [{"name": "c", "image": image}]
    template = {"metadata": {"labels": labels}, "spec": {"nodeSelector": {"no": "such"}, "terminationGracePeriodSeconds": 0,
                                                         "containers": containers}}
    claims = [{"metadata": {"name": "disk"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": storage_class,
                                                     "resources": {"requests": {"storage": size}}}}]
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "namespace": SPACE},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "serviceName": name, "template": template,
                     "volumeClaimTemplates": claims, **spec}}


def volume(name: str, storage_class: str = DRIVEN, size: str = "1Gi", policy: str = "Retain", claim: str = "") -> dict:
    """A volume that nothing stands behind."""
    spec: dict = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": storage_class,
                  "persistentVolumeReclaimPolicy": policy,
                  "hostPath": {"path": "/nowhere"}}
    if claim:
        spec["claimRef"] = {"namespace": SPACE, "name": claim}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name, "labels": {"cairn-sets": "yes"}}, "spec": spec}


def storage_class(name: str, **more: Any) -> dict:
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}, "volumeBindingMode": "Immediate", **more}


def run_set(manifest: dict, check: bool = False, module: dict | None = None, **options: Any) -> dict:
    """A task for one set."""
    return {"cairn.storage.storage_statefulset": {"sets": [{"object": manifest, **options}], "wait_timeout": 60, **(module or {})},
            "check_mode": check, "diff": True}


def listed(kind: str, name: str) -> list[dict]:
    """The objects of a set by their label, or claims by their name, in order."""
    items = json.loads(kubectl("get", kind, "-n", SPACE, "-o", "json"))["items"]
    mine = [item for item in items if (item["metadata"].get("labels") or {}).get("app") == name]
    return sorted(mine, key=lambda item: item["metadata"]["name"])


def live(name: str) -> dict:
    return json.loads(kubectl("get", "statefulset", name, "-n", SPACE, "-o", "json"))


def images(name: str) -> list[str]:
    return [pod["spec"]["containers"][0]["image"] for pod in listed("pods", name)]


def uids(name: str) -> list[str]:
    return [pod["metadata"]["uid"] for pod in listed("pods", name)]


class Kubelet(threading.Thread):
    """Pods run, unless their image is broken; claims get the size that they ask for. ``seen`` are the images of each look, as they change."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, list[list[str]]] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.3):
            try:
                self._look()
            except AssertionError:
                # The API server is being restarted, or a pod went meanwhile.
                continue

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def _look(self) -> None:
        found = json.loads(kubectl("get", "pods,pvc", "-n", SPACE, "-o", "json"))["items"]
        now: dict[str, list[str]] = {}
        bound = {item["metadata"]["name"] for item in found if item["kind"] == "PersistentVolumeClaim" and item["status"].get("phase") == "Bound"
                 and not item["metadata"].get("deletionTimestamp")}
        for pod in sorted((item for item in found if item["kind"] == "Pod"), key=lambda item: item["metadata"]["name"]):
            image = pod["spec"]["containers"][0]["image"]
            now.setdefault(pod["metadata"]["labels"].get("app", ""), []).append(image)
            needed = {each["persistentVolumeClaim"]["claimName"] for each in pod["spec"].get("volumes") or () if "persistentVolumeClaim" in each}
            # No pod starts without its claims, and only for a pod that is pending a claim that is gone is made anew.
            if "containerStatuses" not in pod["status"] and not pod["metadata"].get("deletionTimestamp") and needed <= bound:
                self._report(pod["metadata"]["name"], image)
        for name, looks in now.items():
            history = self.seen.setdefault(name, [])
            if not history or history[-1] != looks:
                history.append(looks)
        for claim in (item for item in found if item["kind"] == "PersistentVolumeClaim"):
            asked, has = claim["spec"]["resources"]["requests"]["storage"], (claim["status"].get("capacity") or {}).get("storage")
            if claim["status"].get("phase") == "Bound" and claim["spec"]["storageClassName"] == DRIVEN and asked != has:
                patch = json.dumps({"status": {"capacity": {"storage": asked}}})
                kubectl("patch", "pvc", claim["metadata"]["name"], "-n", SPACE, "--subresource=status", "--type=merge", "-p", patch)

    @staticmethod
    def _report(name: str, image: str) -> None:
        good = image != BROKEN
        state = {"running": {"startedAt": "2026-11-21T10:00:00Z"}} if good else {"waiting": {"reason": "ImagePullBackOff",
                                                                                             "message": "no such image"}}
        container = {"name": "c", "image": image, "imageID": "", "ready": good, "restartCount": 0, "state": state}
        status = {"phase": "Running" if good else "Pending", "containerStatuses": [container],
                  "conditions": [{"type": "Ready", "status": "True" if good else "False", "lastTransitionTime": "2026-11-21T10:00:00Z"}]}
        kubectl("patch", "pod", name, "-n", SPACE, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))


@contextlib.contextmanager
def surroundings() -> Iterator[Kubelet]:
    """A namespace, two classes and a kubelet of sorts, until the end."""
    wanted = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
              storage_class(DRIVEN, provisioner="lab.cairn.storage/by-test", allowVolumeExpansion=True),
              storage_class(BY_HAND, provisioner="kubernetes.io/no-provisioner")]
    (made,) = play(objects(wanted))
    assert not made.get("failed"), made
    thread = Kubelet()
    thread.start()
    yield thread
    thread.stop()
    (gone,) = play(objects(wanted, state="absent", wait_timeout=120))
    kubectl("delete", "pv", "-l", "cairn-sets=yes", "--wait=false")
    assert not gone.get("failed"), gone


def give_volumes(name: str, count: int, of: str = DRIVEN) -> None:
    """A volume for each claim of a set."""
    for number in range(count):
        kubectl("apply", "-f", "-", stdin=json.dumps(volume(f"{SPACE}-{name}-{number}", of, claim=f"disk-{name}-{number}")))


def bring_up(name: str, **options: Any) -> dict:
    """A set with bound claims whose pods are all ready."""
    wanted = stateful_set(name, **options)
    give_volumes(name, wanted["spec"]["replicas"], wanted["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"])
    (made,) = play(run_set(wanted))
    assert not made.get("failed") and made["changed"], made
    return wanted
