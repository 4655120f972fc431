"""Relations asked from either end, and nodes as an inventory, against a real API server."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cluster_play import info, kubectl, play, requests_since
from played import REPO, environment

SPACE = "cairn-relations"
NODE = "cairn-relations-node"
DISK = "/dev/disk/by-id/wwn-0x1"
ENTRY = {"class": SPACE, "name": "uuid-0", "path": "/mnt/uuid-0", "device": "/dev/fast/fs-0", "disks": [DISK], "size_bytes": 2**30}
FACTS = {
    NODE: {
        "block_device_info": {"devices": [{"id": DISK, "ids": [DISK], "signatures": [], "mounts": []}]},
        "local_volumes": {"entries": [ENTRY], "degraded": []},
        "lvm_info": {
            "volume_groups": [
                {
                    "name": "fast",
                    "uuid": "v",
                    "physical_volumes": [{"device": DISK}],
                    "logical_volumes": [
                        {"name": "fs-0", "uuid": "w", "path": "/dev/fast/fs-0"},
                        {"name": "spare", "uuid": "x", "path": "/dev/fast/spare"},
                    ],
                }
            ]
        },
        "iscsi_info": {
            "targets": [],
            "devices": [{"id": DISK, "paths": [{"target": "iqn.2026-01.com.example:a", "portal": "10.0.0.9:3260", "lun": 0, "state": "up"}]}],
        },
    }
}
VOLUME_SPEC = {
    "capacity": {"storage": "1Gi"},
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": SPACE,
    "persistentVolumeReclaimPolicy": "Retain",
    "local": {"path": "/mnt/uuid-0"},
    "claimRef": {"namespace": SPACE, "name": "data"},
    "nodeAffinity": {
        "required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}]}]}
    },
}
THINGS = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": SPACE}},
    {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE,
            "labels": {"kubernetes.io/hostname": NODE, "node-role.kubernetes.io/storage": "", "topology.kubernetes.io/zone": "a", SPACE: "yes"},
        },
        "spec": {"taints": [{"key": SPACE, "effect": "NoSchedule"}]},
    },
    {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": SPACE, "labels": {"app": "a"}}, "spec": VOLUME_SPEC},
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": SPACE, "labels": {"app": "a"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": SPACE, "volumeName": SPACE, "resources": {"requests": {"storage": "1Gi"}}},
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "user", "namespace": SPACE, "labels": {"app": "a"}},
        "spec": {
            "nodeSelector": {"no": "such"},
            "containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}],
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    },
]


def absent() -> None:
    kubectl(
        "delete",
        "-f",
        "-",
        "--ignore-not-found",
        "--wait=true",
        "--timeout=60s",
        stdin=yaml.safe_dump_all([each for each in THINGS if each["kind"] != "ServiceAccount"], sort_keys=False),
    )


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    absent()
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=yaml.safe_dump_all(THINGS, sort_keys=False))
    kubectl("wait", "--for=jsonpath={.status.phase}=Bound", "pvc/data", "-n", SPACE, "--timeout=60s")
    yield
    absent()


def test_from_either_end() -> None:
    begin = time.time()
    volume, node, disk, target, pod = play(
        *(
            info(hosts=FACTS, about=about)
            for about in ({"volume": SPACE}, {"node": NODE}, {"disk": "wwn-0x1"}, {"target": "iqn.2026-01.com.example:a"}, {"pod": f"{SPACE}/user"})
        )
    )
    assert volume["requests"] == 6 and requests_since(begin) == 30
    for result in (volume, node, disk, target, pod):
        assert not result.get("failed"), result
        assert result["affected"]["pods"] == [f"{SPACE}/user"] and result["affected"]["volumes"] == [SPACE]
        (row,) = result["relations"]
        assert (row["device"], row["volume_group"], row["logical_volume"], row["disks"], row["tied_to"]) == (
            "/dev/fast/fs-0",
            "fast",
            "fs-0",
            [DISK],
            NODE,
        )
        assert row["sessions"] == [{"target": "iqn.2026-01.com.example:a", "portal": "10.0.0.9:3260", "state": "up"}]
        assert len(result["table"].splitlines()) == 2
    assert node["affected"]["unreachable"] == [SPACE]
    assert disk["affected"]["logical_volumes"] == ["/dev/fast/fs-0", "/dev/fast/spare"]


def test_label_selectors_and_queries() -> None:
    pods, claims, volumes, none, bad, unknown = play(
        info(label_selector="app=a", query="relations[].pod"),
        info(claim_label_selector="app=a", query="relations[].claim"),
        info(volume_label_selector="app=a", query="relations[].volume"),
        info(claim_label_selector="app=none"),
        info(volume_label_selector="a==b==c"),
        info(about={"node": "nobody"}),
    )
    assert (pods["result"], claims["result"], volumes["result"]) == (["user"], ["data"], [SPACE])
    assert none["relations"] == [] and volumes["published"] is None
    assert bad["error"]["code"] == "label-selector" and bad["error"]["parameter"] == "volume_label_selector"
    assert unknown["error"]["code"] == "about-unknown"


def inventory(tmp_path: Path, **options: object) -> subprocess.CompletedProcess:
    file = tmp_path / "lab.kube_nodes.yml"
    file.write_text(yaml.safe_dump({"plugin": "cairn.storage.kube_nodes", "label_selector": f"{SPACE}=yes", **options}), encoding="utf-8")
    return subprocess.run(
        ("ansible-inventory", "-i", str(file), "--list"),
        cwd=REPO,
        env={**environment(), "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nodes_as_an_inventory(tmp_path: Path) -> None:
    begin = time.time()
    done = inventory(
        tmp_path,
        groups={"storage_nodes": "'storage' in kube_labels | join"},
        keyed_groups=[{"key": "kube_labels['topology.kubernetes.io/zone']", "prefix": "rack"}],
        compose={"capacity": "kube_storage_bytes.values() | map(attribute='capacity') | sum"},
    )
    assert done.returncode == 0, done.stderr
    # What comes from the API server is never a template, and Ansible says so of each text.
    told = json.loads(done.stdout, object_hook=lambda value: value.get("__ansible_unsafe", value))
    assert requests_since(begin) == 4
    host = told["_meta"]["hostvars"][NODE]
    assert host["kube_labels"][SPACE] == "yes" and host["capacity"] == 2**30 and host["kube_ready"] is False
    assert host["kube_volumes"] == [
        {
            "name": SPACE,
            "storage_class": SPACE,
            "volume_mode": "Filesystem",
            "capacity_bytes": 2**30,
            "phase": "Bound",
            "path": "/mnt/uuid-0",
            "namespace": SPACE,
            "claim": "data",
        }
    ]
    for group in (
        "kube_nodes",
        "kube_not_ready",
        "kube_role_storage",
        "kube_zone_a",
        f"kube_class_{SPACE.replace('-', '_')}",
        "rack_a",
        "storage_nodes",
    ):
        assert told[group]["hosts"] == [NODE], group


@pytest.mark.parametrize(
    "options, text",
    [
        ({"label_selector": "a==b==c"}, "label_selector: not a label selector"),
        ({"kubeconfig": "/no/such/file"}, "kubeconfig: there is no such kubeconfig"),
        ({"context": "nowhere"}, "context: the kubeconfig has no context nowhere"),
    ],
)
def test_an_inventory_that_cannot_be_read_says_why(options: dict, text: str, tmp_path: Path) -> None:
    done = inventory(tmp_path, **options)
    assert done.returncode != 0 and text in " ".join(done.stderr.split()), done.stderr
