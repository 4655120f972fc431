"""Faults planted at a real API server are found with their chain, a clean one has none, and a user who may only look can ask."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cluster_play import kubectl, play, requests_since
from kube_faces import define_snapshots
from played import REPO, environment

SPACE = "cairn-audit"
SNAPSHOTS = "snapshot.storage.k8s.io"
ROLE = REPO / "playbooks" / "rbac" / "audit.yml"
HOLD = "example.com/hold"


def thing(api: str, kind: str, name: str, space: str | None = SPACE, finalizers: tuple[str, ...] = (), **content: object) -> dict:
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "finalizers": list(finalizers)} | ({"namespace": space} if space else {}),
        **content,
    }


def volume(name: str, node: str, finalizers: tuple[str, ...] = (), **spec: object) -> dict:
    rule = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    return thing(
        "v1",
        "PersistentVolume",
        name,
        None,
        finalizers,
        spec={
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "cairn-audit",
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": f"/mnt/{name}"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [rule]}},
            **spec,
        },
    )


def claim(name: str, finalizers: tuple[str, ...] = (), **spec: object) -> dict:
    return thing(
        "v1",
        "PersistentVolumeClaim",
        name,
        SPACE,
        finalizers,
        spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "cairn-audit", "resources": {"requests": {"storage": "1Gi"}}, **spec},
    )


def of_set(claim_: dict) -> dict:
    """The claim with the labels that the controller of the set below puts on each of its own."""
    return {**claim_, "metadata": {**claim_["metadata"], "labels": {"app": "set"}}}


CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "cairn-audit"},
    "provisioner": "kubernetes.io/no-provisioner",
    "volumeBindingMode": "Immediate",
}
DEFAULTS = [
    {**CLASS, "metadata": {"name": f"cairn-audit-{name}", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}} for name in "ab"
]


def pod(name: str, claim_name: str, **spec: object) -> dict:
    return thing(
        "v1",
        "Pod",
        name,
        spec={
            "containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}],
            "terminationGracePeriodSeconds": 0,
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": claim_name}}],
            **spec,
        },
    )


SET = thing(
    "apps/v1",
    "StatefulSet",
    "set",
    spec={
        "replicas": 0,
        "serviceName": "set",
        "selector": {"matchLabels": {"app": "set"}},
        "template": {"metadata": {"labels": {"app": "set"}}, "spec": {"containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}]}},
        "volumeClaimTemplates": [{"metadata": {"name": "disk"}, "spec": claim("x")["spec"]}],
    },
)
#: Without any node the scheduler looks at no pod at all; this one no pod is placed on.
NODE = thing("v1", "Node", "cairn-audit-node", None, spec={"taints": [{"key": SPACE, "effect": "NoSchedule"}]})
BASE = [thing("v1", "Namespace", SPACE, None), thing("v1", "ServiceAccount", "default"), CLASS, NODE]
PLANTED = [
    *DEFAULTS,
    volume(
        "cairn-audit-released",
        "node-of-nobody",
        claimRef={"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": SPACE, "name": "gone", "uid": "a-uid"},
    ),
    volume("cairn-audit-held", "node-of-nobody", (HOLD,), storageClassName="cairn-audit-other"),
    claim("lost", volumeName="cairn-audit-none")
    | {"metadata": {"name": "lost", "namespace": SPACE, "annotations": {"pv.kubernetes.io/bind-completed": "yes"}}},
    claim("waits"),
    claim("used"),
    pod("user", "waits"),
    pod("placed", "used", nodeName="cairn-audit-node"),
    SET,
    of_set(claim("disk-set-3")),
    thing(
        "storage.k8s.io/v1",
        "VolumeAttachment",
        "cairn-audit-stale",
        None,
        spec={"attacher": "csi.example.com", "nodeName": "node-of-nobody", "source": {"persistentVolumeName": "cairn-audit-none"}},
    ),
    thing("v1", "Namespace", f"{SPACE}-stuck", None),
    {**thing("v1", "ConfigMap", "held", f"{SPACE}-stuck", (HOLD,)), "data": {}},
]
CUSTOM = [
    thing(f"{SNAPSHOTS}/v1", "VolumeSnapshot", "empty", spec={"source": {"volumeSnapshotContentName": "cairn-audit-none"}}),
    thing(
        f"{SNAPSHOTS}/v1",
        "VolumeSnapshotContent",
        "cairn-audit-alone",
        None,
        spec={
            "driver": "csi.example.com",
            "deletionPolicy": "Retain",
            "source": {"snapshotHandle": "h"},
            "volumeSnapshotRef": {"namespace": SPACE, "name": "nobody"},
        },
    ),
]
DELETED = [("persistentvolume", "cairn-audit-held", ()), ("persistentvolumeclaim", "used", ("-n", SPACE)), ("namespace", f"{SPACE}-stuck", ())]
#: What the nodes told: one disk that fails, one that nobody knows, a full pool, a target that would not come back.
FACTS = {
    "node-a": {
        "block_device_info": {
            "devices": [{"id": "/dev/disk/by-id/wwn-0x1", "ids": [], "use": "mounted", "readable": False, "health": {"state": "offline"}}]
        },
        "lvm_info": {
            "lost": [{"name": "old", "uuid": "u"}],
            "volume_groups": [
                {
                    "name": "fast",
                    "uuid": "v",
                    "free_bytes": 0,
                    "physical_volumes": [],
                    "logical_volumes": [
                        {
                            "name": "pool",
                            "type": "thin-pool",
                            "size_bytes": 1,
                            "data_percent": 97.0,
                            "metadata_percent": 1.0,
                            "active": True,
                            "monitored": True,
                        }
                    ],
                }
            ],
        },
        "local_volumes": {
            "entries": [{"class": "c", "name": "n", "path": "/mnt/unpublished", "device": "/dev/disk/by-id/wwn-0x2", "size_bytes": 1}],
            "degraded": [],
        },
        "iscsi_info": {
            "sessions": [],
            "logged_out": [],
            "devices": [],
            "targets": [{"name": "iqn.2026-01.com.example:a", "drift": [{"object": "portal"}], "degraded": []}],
        },
    }
}
EXPECTED = {
    ("default-class-several", "cairn-audit-a, cairn-audit-b"),
    ("volume-released", "cairn-audit-released"),
    ("volume-of-lost-node", "cairn-audit-released"),
    ("volume-of-lost-node", "cairn-audit-held"),
    ("volume-stuck-deleting", "cairn-audit-held"),
    ("claim-lost", f"{SPACE}/lost"),
    ("claim-stuck-pending", f"{SPACE}/waits"),
    ("claim-stuck-deleting", f"{SPACE}/used"),
    ("claim-left-by-scale-down", f"{SPACE}/disk-set-3"),
    ("claim-stuck-pending", f"{SPACE}/disk-set-3"),
    ("attachment-stale", "cairn-audit-stale"),
    ("namespace-stuck-deleting", f"{SPACE}-stuck"),
    ("snapshot-without-content", f"{SPACE}/empty"),
    ("content-without-snapshot", "cairn-audit-alone"),
    ("disk-failed", "node-a:/dev/disk/by-id/wwn-0x1"),
    ("volume-group-lost", "node-a:old"),
    ("pool-data-full", "node-a:/dev/fast/pool"),
    ("entry-not-published", "node-a:/mnt/unpublished"),
    ("target-drift", "node-a:iqn.2026-01.com.example:a"),
    ("pod-waits-for-storage", f"{SPACE}/user"),
}


def audit(**options: object) -> dict:
    return {"cairn.storage.storage_audit": options}


def apply(*manifests: dict) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(manifests, sort_keys=False))


def absent() -> None:
    for kind, name, space in (("persistentvolume", "cairn-audit-held", ()), ("configmap", "held", ("-n", f"{SPACE}-stuck"))):
        subprocess.run(
            ("kubectl", "patch", kind, name, *space, "--type=merge", "-p", '{"metadata": {"finalizers": null}}'), capture_output=True, check=False
        )
    things = [each for each in (*PLANTED, *CUSTOM, *BASE) if each["kind"] != "ServiceAccount"]
    kubectl("delete", "-f", "-", "--ignore-not-found", "--wait=true", "--timeout=60s", stdin=yaml.safe_dump_all(things, sort_keys=False))


@pytest.fixture(scope="module", autouse=True)
def clean() -> Iterator[None]:
    define_snapshots()
    absent()
    yield
    absent()


def found(result: dict) -> set[tuple[str, str]]:
    return {(finding["code"], finding["name"]) for finding in result["findings"]}


def test_nothing_is_found_on_a_clean_cluster() -> None:
    # This file is the first of its folder: others leave things behind that an audit rightly finds.
    begin = time.time()
    clean_run, checked = play(audit(), {**audit(), "check_mode": True})
    for result in (clean_run, checked):
        assert not result.get("failed") and not result["changed"] and result["findings"] == [] and result["worst"] is None, result
    assert clean_run["requests"] + checked["requests"] == requests_since(begin) == 2 * 14, "discovery, and one list for each of thirteen kinds"


@pytest.fixture(scope="module")
def planted() -> dict:
    """The result of an audit after everything has been planted."""
    apply(*BASE, *PLANTED, *CUSTOM)
    for kind, name in (("volumesnapshot", "empty"), ("volumesnapshotcontent", "cairn-audit-alone")):
        kubectl("patch", kind, name, "-n", SPACE, "--subresource=status", "--type=merge", "-p", '{"status": {"readyToUse": true}}')
    for kind, name, space in DELETED:
        kubectl("delete", kind, name, *space, "--wait=false")
    # Controllers have to see it all: the volume released, the claim lost, the pod not placed, the namespace not empty.
    for _turn in range(20):
        (result,) = play(
            audit(hosts=FACTS, patience=0, fail_on="critical", query="findings[?severity=='critical'].code", ignore=["disk-failed nobody*"])
        )
        if found(result) >= EXPECTED and f"{HOLD} in" in result["report"]:
            break
        time.sleep(1)
    return result


@pytest.mark.parametrize("code, name", sorted(EXPECTED))
def test_a_planted_fault_is_found(code: str, name: str, planted: dict) -> None:
    assert (code, name) in found(planted), sorted(found(planted))


def test_twenty_faults_and_no_more(planted: dict) -> None:
    assert len(EXPECTED) >= 20
    assert found(planted) == EXPECTED


def test_chains_and_severity(planted: dict) -> None:
    told = {(finding["code"], finding["name"]): finding for finding in planted["findings"]}
    assert (
        told["claim-stuck-deleting", f"{SPACE}/used"]["why"][0]
        == f"kubernetes.io/pvc-protection holds it while the pod {SPACE}/placed on cairn-audit-node uses it"
    )
    assert told["volume-stuck-deleting", "cairn-audit-held"]["evidence"]["finalizers"] == [HOLD]
    assert any(HOLD in reason for reason in told["namespace-stuck-deleting", f"{SPACE}-stuck"]["why"])
    assert told["claim-stuck-pending", f"{SPACE}/waits"]["why"][0].startswith("no volume of the class cairn-audit is free")
    assert planted["failed"] and planted["error"]["code"] == "audit-failed" and planted["error"]["parameter"] == "fail_on"
    assert planted["worst"] == "critical" and set(planted["result"]) >= {"disk-failed", "claim-lost", "pool-data-full"}
    assert planted["unused_ignores"] == ["disk-failed nobody*"]
    assert all(finding["fix"] and finding["message"] for finding in planted["findings"])
    assert f"CRITICAL claim-lost: PersistentVolumeClaim {SPACE}/lost" in planted["report"]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig with which no more can be done than the role for audit.yml allows."""
    kubectl("apply", "-f", str(ROLE))
    account = [
        thing("v1", "ServiceAccount", "auditor", "default"),
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "cairn-storage-audit"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cairn-storage-audit"},
            "subjects": [{"kind": "ServiceAccount", "name": "auditor", "namespace": "default"}],
        },
    ]
    apply(*account)
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    config["users"] = [
        {"name": config["contexts"][0]["context"]["user"], "user": {"token": kubectl("create", "token", "auditor", "-n", "default").strip()}}
    ]
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(config), encoding="utf-8")
    yield file
    kubectl("delete", "-f", "-", "--ignore-not-found", stdin=yaml.safe_dump_all(account, sort_keys=False))
    kubectl("delete", "-f", str(ROLE), "--ignore-not-found")


def test_the_playbook_passes_with_the_least_rights_and_ends_by_severity(planted: dict, reader: Path, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(
        yaml.safe_dump(
            {
                "all": {
                    "children": {
                        "storage_nodes": {"hosts": {}},
                        "kube_api": {"hosts": {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}},
                    }
                }
            }
        ),
        encoding="utf-8",
    )

    def run(fail_on: str) -> subprocess.CompletedProcess:
        options = {"audit_fail_on": fail_on, "audit_patience": 0, "audit_report_dir": str(tmp_path)}
        return subprocess.run(
            ("ansible-playbook", "-i", str(inventory), "playbooks/audit.yml", "-e", json.dumps(options)),
            cwd=REPO,
            capture_output=True,
            text=True,
            env={**environment(), "KUBECONFIG": str(reader), "K8S_AUTH_KUBECONFIG": str(reader)},
            check=False,
        )

    fine, bad = run("never"), run("error")
    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert bad.returncode != 0 and "audit-failed" in bad.stdout
    told = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert ("claim-lost", f"{SPACE}/lost") in found(told) and told["summary"]["critical"] >= 2
    assert (tmp_path / "audit.txt").read_text(encoding="utf-8").startswith(f"{told['summary']['critical']} critical")
    refused = subprocess.run(
        ("kubectl", "--kubeconfig", str(reader), "delete", "pvc", "waits", "-n", SPACE), capture_output=True, text=True, check=False
    )
    assert "forbidden" in refused.stderr
