"""A logical volume of one node becomes the disk of a pod on another; the pod goes, comes back on a third node, and its data is there."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "hosts"))

from cluster_play import kubectl  # noqa: E402
from host_play import nodes, peer, shell  # noqa: E402
from iscsi_site import LOG_OUT, SECRET, Site, site  # noqa: E402

HERE, *THERE = nodes()
NAME, SPACE = "podtest", "cairn-podtest"
VOLUME = {"initiators": THERE, "persistent_volume": {"fs_type": "ext4"}}
DATA = "/data/token"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with peer(), site(tmp_path_factory.mktemp("site"), NAME, HERE, THERE[0], ("10.90.1.11", "10.90.2.11"), 9) as made:
        yield made
        kubectl("delete", "namespace", SPACE, "--ignore-not-found", "--wait")
        kubectl("delete", "pv", NAME, "--ignore-not-found", "--wait")
        kubectl("delete", "secret", "--namespace", "kube-system", f"iscsi-{NAME}", "--ignore-not-found")
        shell(THERE[1], LOG_OUT.format(target=made.target))


def eventually(what: str, check: Callable[[], bool], seconds: int = 120) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s\n{kubectl('describe', 'pods', '--namespace', SPACE)}"
        time.sleep(1)


def pod(node: str, script: str) -> str:
    """What ``script`` prints in a pod on ``node`` that has the claim; the pod is deleted once it is done."""
    image = next(line for line in shell(node, "ctr -n k8s.io images ls -q").split() if "local-volume-provisioner" in line and "@" not in line)
    spec = {
        "nodeSelector": {"kubernetes.io/hostname": node},
        "restartPolicy": "Never",
        "containers": [
            {
                **{"name": "c", "image": image, "imagePullPolicy": "Never", "command": ["/usr/bin/sh", "-c", script]},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            }
        ],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": NAME}}],
    }
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "writer", "namespace": SPACE}, "spec": spec}
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    phase = lambda: kubectl("get", "pod", "writer", "--namespace", SPACE, "-o", "jsonpath={.status.phase}")  # noqa: E731
    eventually(f"the pod on {node} is done", lambda: phase() in ("Succeeded", "Failed"))
    said = kubectl("logs", "writer", "--namespace", SPACE)
    assert phase() == "Succeeded", said
    kubectl("delete", "pod", "writer", "--namespace", SPACE, "--wait")
    return said.strip()


def test_a_pod_finds_its_data_on_another_node(three: Site) -> None:
    foreseen, _said = three.run("--check", playbook="iscsi_static_pv", **VOLUME)
    assert foreseen[HERE] and foreseen["kube-api"] and not kubectl("get", "pv", NAME, "--ignore-not-found")
    _made, said = three.run("-vvv", playbook="iscsi_static_pv", **VOLUME)
    assert SECRET not in said
    again, _said = three.run(playbook="iscsi_static_pv", **VOLUME)
    assert set(again.values()) == {0}
    claim = {
        **{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": NAME, "namespace": SPACE}},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "iscsi-static", "resources": {"requests": {"storage": "64Mi"}}},
    }
    kubectl("create", "namespace", SPACE)
    kubectl("apply", "-f", "-", stdin=json.dumps(claim))
    written = pod(
        THERE[0],
        f"dd if=/dev/urandom of=/data/bulk bs=1M count=4 conv=fsync 2>/dev/null; echo token-{time.time()} > {DATA}; read line < {DATA}; echo $line",
    )
    assert written.startswith("token-")
    assert pod(THERE[1], f"read line < {DATA}; echo $line") == written
    eventually("nobody is logged in any more", lambda: not three.exported()["initiators"], 60)
    after, _said = three.run(playbook="iscsi_static_pv", **VOLUME)
    assert set(after.values()) == {0}, "what Kubernetes did is no drift"
