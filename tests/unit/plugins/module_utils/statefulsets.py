"""Plain values of a StatefulSet named blocks in the namespace storage, and what surrounds it."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import ref
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.model import REVISION, Desired, Observed, Run

LABELS = {"app": "blocks"}
OLD, NEW = "blocks-old", "blocks-new"


def template(image: str = "one") -> dict:
    return {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": image}]}}


def blocks(image: str = "one", replicas: int = 3, size: str = "1Gi", part: int = 0, **spec: Any) -> dict:
    """The set as the API server holds it, without its status."""
    claims = [{"metadata": {"name": "disk"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "volumeMode": "Block",
                                                     "resources": {"requests": {"storage": size}}}}]
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "blocks", "namespace": "storage", "uid": "uid-set", "generation": 1},
            "spec": {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": template(image), "volumeClaimTemplates": claims,
                     "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": part}}, **spec}}


def running(image: str = "one", replicas: int = 3, current: str = OLD, update: str = OLD, seen: bool = True, **more: Any) -> dict:
    """The same with the status of a controller that has seen it."""
    made = blocks(image, replicas, **more)
    made["status"] = {"observedGeneration": 1 if seen else 0, "currentRevision": current, "updateRevision": update}
    return made


def pod(number: int, revision: str = OLD, ready: bool = True, waiting: str = "", restarts: int = 0, going: bool = False) -> dict:
    container = {"name": "c", "restartCount": restarts, "state": {"waiting": {"reason": waiting}} if waiting else {"running": {}}}
    metadata = {"name": f"blocks-{number}", "namespace": "storage", "uid": f"uid-pod-{number}", "labels": {**LABELS, REVISION: revision}}
    if going:
        metadata["deletionTimestamp"] = "2026-11-21T10:00:00Z"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "c"}]},
            "status": {"phase": "Running" if ready else "Pending", "containerStatuses": [container],
                       "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}}


def claim(number: int, asked: str = "1Gi", has: str = "1Gi", phase: str = "Bound", **status: Any) -> dict:
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": f"disk-blocks-{number}", "namespace": "storage", "uid": f"uid-claim-{number}", "labels": LABELS},
            "spec": {"storageClassName": "fast", "volumeName": f"pv-{number}", "resources": {"requests": {"storage": asked}}},
            "status": {"phase": phase, "capacity": {"storage": has}, **status}}


def volume(name: str, phase: str = "Bound", policy: str = "Retain", node: str = "a", size: str = "1Gi", owner: str = "", local: bool = False) -> dict:
    spec: dict = {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "volumeMode": "Block", "capacity": {"storage": size},
                  "persistentVolumeReclaimPolicy": policy,
                  "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                      {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]}}}
    if local:
        spec["local"] = {"path": "/somewhere"}
    if owner:
        spec["claimRef"] = {"namespace": "storage", "name": owner}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec, "status": {"phase": phase}}


def storage_class(grows: bool = True, provisioner: str = "csi.example.com") -> dict:
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}, "provisioner": provisioner,
            "allowVolumeExpansion": grows}


def revision(name: str, image: str) -> dict:
    return {"metadata": {"name": name, "namespace": "storage"}, "data": {"spec": {"template": {**template(image), "$patch": "replace"}}}}


REVISIONS = (revision(OLD, "one"), revision(NEW, "two"))


def observed(live: dict | None, target: dict, pods: Any = (), claims: Any = (), volumes: Any = (), grows: bool = True,
             provisioner: str = "csi.example.com", capacities: Any = (), old: str | None = "one", **run: Any) -> Observed:
    return Observed(live, target, tuple(pods), tuple(claims), REVISIONS, {each["metadata"]["name"]: each for each in volumes},
                    {"fast": storage_class(grows, provisioner)}, tuple(capacities), Run(old_template=template(old) if old else None, **run))


def desired(target: dict, consent: dict | None = None, **more: Any) -> Desired:
    manifest = copy.deepcopy(target)
    for name in ("uid", "generation"):
        manifest["metadata"].pop(name, None)
    return Desired(ref(target), manifest, consent=Consent("allow_data_loss", consent or {}), **more)
