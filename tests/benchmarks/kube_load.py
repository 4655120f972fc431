"""Fills an API server with pods, claims, volumes and nodes; runs in the lab's network. Nothing runs: they are there to be listed.

usage: kube_load.py SCALE    (1000 pods, claims and volumes and 100 nodes for each; those of lower scales are there already)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import connect

SPACE = "bench-many"
PODS, NODES = 1000, 100
_ENVIRONMENT = [{"name": f"SETTING_{number}", "value": f"a value of some length, number {number}"} for number in range(20)]


def thing(kind: str, name: str, spec: dict, **metadata: object) -> dict:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def things(number: int) -> Iterator[tuple[str, dict]]:
    """The path and body of pod, claim and volume ``number``, and now and then a node."""
    each = PODS // NODES
    node, pod, claim, volume = f"bench-{number // each:04d}", f"blocks-{number:05d}", f"disk-blocks-{number:05d}", f"local-pv-{number:05d}"
    if number % each == 0:
        yield "/api/v1/nodes", thing("Node", node, {}, labels={"kubernetes.io/hostname": node})
    rule = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    size, modes = {"storage": "10Gi"}, ["ReadWriteOnce"]
    yield "/api/v1/persistentvolumes", thing(
        "PersistentVolume",
        volume,
        {
            "capacity": size,
            "accessModes": modes,
            "storageClassName": "bench",
            "local": {"path": f"/var/lib/local/bench/wwn-{number:05d}"},
            "claimRef": {"namespace": SPACE, "name": claim},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [rule]}},
        },
    )
    yield f"/api/v1/namespaces/{SPACE}/persistentvolumeclaims", thing(
        "PersistentVolumeClaim",
        claim,
        {"accessModes": modes, "storageClassName": "bench", "volumeName": volume, "resources": {"requests": size}},
        labels={"app": "blocks"},
    )
    container = {
        "image": "registry.example.com/storage/blocks:1.2.3",
        "env": _ENVIRONMENT,
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
        "volumeMounts": [{"name": "disk", "mountPath": "/disk"}],
    }
    yield f"/api/v1/namespaces/{SPACE}/pods", thing(
        "Pod",
        pod,
        {
            "nodeName": node,
            "automountServiceAccountToken": False,
            "containers": [{"name": name, **container} for name in ("blocks", "exporter")],
            "volumes": [{"name": "disk", "persistentVolumeClaim": {"claimName": claim}}],
        },
        labels={"app": "blocks"},
        annotations={"example.com/note": "x" * 200},
    )


def main() -> None:
    client = connect({"kubeconfig": None, "context": None})

    def make(path: str, body: dict) -> None:
        try:
            client.request("POST", path, body=body)
        except CairnError as error:
            if error.code != "api-exists":
                raise

    make("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
    make(f"/api/v1/namespaces/{SPACE}/serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})

    def fill(number: int) -> None:
        for path, body in things(number):
            make(path, body)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fill, range(int(sys.argv[1]) * PODS)))


if __name__ == "__main__":
    main()
