"""Whoever has one node has the tokens of its pods: with those of our provisioners he writes volumes of that node, and touches no other's."""

from __future__ import annotations

import copy
import json
import subprocess
import time
from collections.abc import Iterator

import pytest
from cluster_play import kubectl, play
from impersonated import as_account

LVM, LOCAL = ("cairn-lvm-csi", "lvm-csi-node"), ("cairn-local-volumes", "local-static-provisioner")
MINE, OTHER, RENAMED = "node-mine", "node-other", "node-renamed"
PATH = "/api/v1/persistentvolumes"
DRIVER, TOPOLOGY, HOSTNAME = "lvm.csi.cairn.storage", "lvm.csi.cairn.storage/node", "kubernetes.io/hostname"


def rule(key: str, *values: str, operator: str = "In") -> dict:
    return {"matchExpressions": [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}]}


def volume(name: str, *terms: dict, **spec: object) -> dict:
    return {
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {"cairn-admission": "yes"}, "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER}},
        "spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Delete",
            **({"nodeAffinity": {"required": {"nodeSelectorTerms": list(terms)}}} if terms else {}), **spec,
        },
    }  # fmt: skip


def driven(name: str, *terms: dict, driver: str = DRIVER) -> dict:
    return volume(name, *terms, csi={"driver": driver, "volumeHandle": f"h/{name}/{name}"})


def local(name: str, *terms: dict) -> dict:
    return volume(name, *terms, local={"path": f"/opt/{name}"}, storageClassName="cairn-admission")


def delete() -> None:
    kubectl("delete", "persistentvolume", "-l", "cairn-admission=yes", "--ignore-not-found", "--timeout=60s")
    kubectl("delete", "node", MINE, OTHER, RENAMED, "--ignore-not-found")


@pytest.fixture(scope="module", autouse=True)
def roles() -> Iterator[None]:
    """Both provisioners, as their roles make them; a node whose label is another than its name is known before."""
    delete()
    for name, label in ((MINE, MINE), (OTHER, OTHER), (RENAMED, "another-name")):
        kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {HOSTNAME: label}}}))
    results = play(*tasks())
    assert not any(result.get("failed") for result in results), results
    # The API server has to have read a policy before it asks it.
    for _turn in range(60):
        if create(LVM, MINE, driven("probe", rule(TOPOLOGY, OTHER)))[0] == create(LOCAL, MINE, local("probe", rule(HOSTNAME, OTHER)))[0] == 403:
            break
        kubectl("delete", "persistentvolume", "probe", "--ignore-not-found")
        time.sleep(1)
    yield
    # A driver with volumes stays.
    delete()
    results = play(*tasks("absent"))
    assert not any(result.get("failed") for result in results), results
    left = kubectl("get", "validatingadmissionpolicies,validatingadmissionpolicybindings", "-o", "name")
    delete()
    kubectl("delete", "namespace", LVM[0], LOCAL[0], "--ignore-not-found", "--wait=false")
    assert "cairn-" not in left


def tasks(state: str = "present") -> list[dict]:
    csi = {"lvm_csi_state": state, "lvm_csi_volume_groups": ["fast"], "lvm_csi_wait": False, "lvm_csi_snapshot_classes": []}
    static = {"local_static_provisioner_state": state, "local_static_provisioner_classes": [{"name": "cairn-admission"}],
              "local_static_provisioner_wait_for_pods": False}  # fmt: skip
    return [{"ansible.builtin.include_role": {"name": f"cairn.storage.{name}"}, "vars": variables}
            for name, variables in (("lvm_csi", csi), ("local_static_provisioner", static))]  # fmt: skip


def create(account: tuple[str, str], node: str | None, manifest: dict) -> tuple[int, dict]:
    return as_account(*account, node, "POST", PATH, manifest)


OURS = [
    ("lvm", LVM, MINE, driven("ours-1", rule(TOPOLOGY, MINE))),
    ("lvm, two terms", LVM, MINE, driven("ours-2", rule(TOPOLOGY, MINE), rule(TOPOLOGY, MINE))),
    ("local", LOCAL, MINE, local("ours-3", rule(HOSTNAME, MINE))),
    ("local, another label", LOCAL, RENAMED, local("ours-4", rule(HOSTNAME, "another-name"))),
]
THEIRS = [
    ("another node", rule("KEY", OTHER)),
    ("one's own and another node", rule("KEY", MINE, OTHER)),
    ("one's own or another node", rule("KEY", MINE), rule("KEY", OTHER)),
    ("every node but another", rule("KEY", OTHER, operator="NotIn")),
    ("every node", rule("KEY", operator="Exists")),
    ("another key", rule("example.com/key", MINE)),
    ("no node",),
]


@pytest.mark.parametrize("account, node, manifest", [each[1:] for each in OURS], ids=[each[0] for each in OURS])
def test_volumes_of_its_own_node_are_written_and_deleted(account: tuple, node: str, manifest: dict) -> None:
    """As upstream's provisioners do it: made with what ties it, changed by finalizers, deleted."""
    code, told = create(account, node, manifest)
    assert code == 201, told
    path = f"{PATH}/{manifest['metadata']['name']}"
    if account == LVM:
        code, told = as_account(*account, node, "PATCH", path, {"metadata": {"finalizers": ["external-provisioner.volume.kubernetes.io/finalizer"]}})
        assert code == 200, told
        code, told = as_account(*account, node, "PATCH", path, {"metadata": {"finalizers": None}})
        assert code == 200, told
    code, told = as_account(*account, node, "DELETE", path)
    assert code == 200, told


@pytest.mark.parametrize("where, terms", [(each[0], each[1:]) for each in THEIRS], ids=[each[0] for each in THEIRS])
@pytest.mark.parametrize("account, key, make", [(LVM, TOPOLOGY, driven), (LOCAL, HOSTNAME, local)], ids=["lvm", "local"])
def test_no_volume_of_another_node_is_made(account: tuple, key: str, make: object, where: str, terms: tuple) -> None:
    named = json.loads(json.dumps(terms).replace("KEY", key))
    code, told = create(account, MINE, make("theirs", *named))
    # Without any affinity the API server itself may refuse a local volume.
    assert code in ((403, 422) if make is local and not terms else (403,)), told


@pytest.mark.parametrize("account, key, make", [(LVM, TOPOLOGY, driven), (LOCAL, HOSTNAME, local)], ids=["lvm", "local"])
def test_a_token_of_no_node_writes_nothing(account: tuple, key: str, make: object) -> None:
    for node in (None, ""):
        code, told = create(account, node, make("theirs", rule(key, MINE)))
        assert code == 403 and "token" in told["message"], told
        code, told = create(account, node, make("theirs", rule(key, "")))
        assert code in (403, 422), told


@pytest.mark.parametrize("account, key, make", [(LVM, TOPOLOGY, driven), (LOCAL, HOSTNAME, local)], ids=["lvm", "local"])
def test_volumes_of_others_are_neither_changed_nor_deleted(account: tuple, key: str, make: object) -> None:
    manifest = make(f"kept-{account[1]}", rule(key, OTHER))
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    path = f"{PATH}/{manifest['metadata']['name']}"
    for method, body in (
        ("DELETE", None),
        ("PATCH", {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}),
        ("PATCH", {"metadata": {"finalizers": None}}),
    ):
        code, told = as_account(*account, MINE, method, path, body)
        assert code == 403, told
    assert (
        kubectl("get", "pv", manifest["metadata"]["name"], "-o", "jsonpath={.metadata.deletionTimestamp}{.spec.persistentVolumeReclaimPolicy}")
        == "Delete"
    )


def test_no_volume_of_another_kind_is_made() -> None:
    for account, manifest in ((LVM, local("theirs", rule(TOPOLOGY, MINE))), (LVM, driven("theirs", rule(TOPOLOGY, MINE), driver="csi.example.com")),
                              (LVM, volume("theirs", rule(TOPOLOGY, MINE), hostPath={"path": "/"})), (LOCAL, driven("theirs", rule(HOSTNAME, MINE))),
                              (LOCAL, volume("theirs", rule(HOSTNAME, MINE), hostPath={"path": "/"}))):  # fmt: skip
        code, told = create(account, MINE, manifest)
        assert code == 403, told


def test_claims_keep_what_others_have_put_there() -> None:
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "cairn-admission", "namespace": "default", "annotations": {"volume.kubernetes.io/selected-node": OTHER}},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}},
    }  # fmt: skip
    path = "/api/v1/namespaces/default/persistentvolumeclaims/cairn-admission"
    kubectl("apply", "-f", "-", stdin=json.dumps(claim))
    try:

        def put(node: str, **metadata: object) -> int:
            live = json.loads(kubectl("get", "pvc", "cairn-admission", "-o", "json"))
            changed = copy.deepcopy(live)
            changed["metadata"].update(metadata)
            return as_account(*LVM, node, "PUT", path, changed)[0]

        assert put(MINE, finalizers=[]) == 403, "what protects a claim that a pod uses"
        assert put(MINE, annotations={"volume.kubernetes.io/selected-node": MINE}) == 403, "a claim of another node, drawn to one's own"
        assert put(MINE, annotations={}) == 403, "a claim of another node, given back"
        assert (
            put(MINE, finalizers=["kubernetes.io/pvc-protection", "provisioner.storage.kubernetes.io/cloning-protection"]) == 200
        ), "a source of a clone"
        assert put(MINE, finalizers=["kubernetes.io/pvc-protection"]) == 200
        assert put(OTHER, annotations={}) == 200, "given back by its own node"
    finally:
        kubectl("delete", "pvc", "cairn-admission", "--ignore-not-found", "--wait=false")


def test_others_are_not_asked() -> None:
    manifest = driven("others-1", rule(TOPOLOGY, OTHER))
    done = subprocess.run(("kubectl", "apply", "-f", "-"), input=json.dumps(manifest), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Whoever has no rights has none: the account of the central pod may patch volumes and not make them.
    assert as_account(LVM[0], "lvm-csi-controller", MINE, "POST", PATH, driven("others-2", rule(TOPOLOGY, MINE)))[0] == 403
