"""What the benchmarks of the CSI driver make in a cluster, and take away."""

from __future__ import annotations

import functools
import json
import sys
import time

from node import call

SPACE = "bench-csi"


def ssh(node: str, script: str) -> str:
    """Output of a shell script on a node."""
    return call("lab/lab", "ssh", node, script)


def kubectl(*words: str) -> str:
    return call("lab/lab", "kubectl", *words)


def apply(objects: list[dict]) -> None:
    """Create or change objects, all in one request of kubectl."""
    call("lab/lab", "exec", "--", "sh", "-c", 'echo "$0" | kubectl apply -f - >/dev/null', json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


@functools.cache
def pause() -> str:
    """An image that every node has."""
    return next(name for name in json.loads(call("lab/lab", "images")) if "/pause:" in name)


def claim(name: str, storage_class: str, size: str, mode: str = "Filesystem") -> dict:
    spec = {"storageClassName": storage_class, "accessModes": ["ReadWriteOncePod"], "volumeMode": mode, "resources": {"requests": {"storage": size}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": SPACE}, "spec": spec}


def pod(name: str, mode: str = "Filesystem") -> dict:
    """A pod that does nothing with its claim, which has its name."""
    mounted = {"volumeMounts": [{"name": "volume", "mountPath": "/volume"}]}
    use = mounted if mode == "Filesystem" else {"volumeDevices": [{"name": "volume", "devicePath": "/dev/volume"}]}
    spec = {
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "containers": [{"name": "user", "image": pause(), **use}],
        "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": name}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": SPACE}, "spec": spec}


def clear() -> None:
    """The namespace goes with all that is in it, and the driver's volumes."""
    kubectl("delete", "namespace", SPACE, "--timeout=600s")
    deadline = time.monotonic() + 600
    while "pvc-" in kubectl("get", "persistentvolumes", "--output", "name"):
        if time.monotonic() > deadline:
            sys.exit("the driver's volumes do not go")
        time.sleep(1)
