"""The lab with volumes on demand, and what the tests of its driver's faults ask of it. Needs a lab with the images of CSI: make csi-faults."""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
from typing import Iterator

from outside import REPO, is_ready, kubectl, lab, run

NODE, DRIVERS = "node2", "cairn-lvm-csi"
#: The Molecule scenario's site, but with attachments, and NODE in a pool of its own.
_MORE = {"lvm_csi_attach": True, "lvm_csi_pools": [{"name": "own", "volume_groups": ["cs*"]}]}
PLAIN = ("ansible-playbook", "-i", "inventories/lab", "molecule/csi/converge.yml")
CONVERGE = (*PLAIN, "-e", json.dumps(_MORE))
#: What a pod runs to write a pattern once, and its checksum last.
PATTERN = "[ -e /volume/sum ] || { dd if=/dev/urandom of=/volume/pattern bs=1M count=8 conv=fsync && md5sum /volume/pattern >/volume/sum; }"


@functools.cache
def image() -> str:
    """One that has a shell, dd and md5sum, and that every node has."""
    return next(name for name in json.loads(lab("images")) if "/tgt:" in name)


def apply(*manifests: dict) -> None:
    """Create or change objects."""
    stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    subprocess.run(("kubectl", "apply", "--filename=-"), cwd=REPO, input=stdin, text=True, check=True)


def claim(space: str, name: str, storage_class: str, size: str = "64Mi") -> dict:
    """A claim for one pod."""
    spec = {"storageClassName": storage_class, "accessModes": ["ReadWriteOncePod"], "resources": {"requests": {"storage": size}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": space}, "spec": spec}


def pod(space: str, name: str, script: str, node: str = NODE) -> dict:
    """A pod on a node that runs ``script`` with the claim of its own name at /volume."""
    container = {"name": "user", "image": image(), "command": ["/usr/bin/sh", "-c", script], "volumeMounts": [{"name": "volume", "mountPath": "/volume"}]}
    spec = {
        "nodeSelector": {"kubernetes.io/hostname": node},
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "containers": [container],
        "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": name}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": space}, "spec": spec}


def ready(space: str, name: str) -> bool:
    """Whether a pod is."""
    return is_ready(kubectl("get", "pod", "-n", space, name))


def plugins() -> dict[str, dict]:
    """The driver's pod on each node, those of the pool with the others."""
    found = kubectl("get", "pods", "-n", DRIVERS, "--selector=app.kubernetes.io/component in (node, node-own)")["items"]
    return {each["spec"]["nodeName"]: each for each in found}


@contextlib.contextmanager
def site(space: str) -> Iterator[None]:
    """The driver rolled out, and a namespace until the end."""
    run("kubectl", "label", "--overwrite", "node", NODE, "cairn.storage/lvm-csi-pool=own")
    run(*CONVERGE)
    with namespace(space):
        yield


@contextlib.contextmanager
def namespace(space: str) -> Iterator[None]:
    """A namespace until the end."""
    run("kubectl", "create", "namespace", space)
    try:
        yield
    finally:
        run("kubectl", "delete", "namespace", space, "--timeout=300s")
