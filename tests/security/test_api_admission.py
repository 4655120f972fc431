"""Whoever has one node has the tokens of its pods: with those of our provisioners he writes volumes of that node, and touches no other's."""

from __future__ import annotations

import copy
import json
import subprocess
import time
import uuid
from collections.abc import Iterator

import pytest
from cluster_play import kubectl, play
from impersonated import as_account, as_node
from kube_faces import define_snapshots

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


def driven(name: str, *terms: dict, driver: str = DRIVER, **source: object) -> dict:
    """As the provisioner makes it for a claim: named after the claim's UID."""
    uid = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "default", "name": name, "uid": uid}
    return volume(f"pvc-{uid}", *terms, csi={"driver": driver, "volumeHandle": f"h/{name}/{name}", **source}, claimRef=claim)


def local(name: str, *terms: dict) -> dict:
    return volume(name, *terms, local={"path": f"/opt/{name}"}, storageClassName="cairn-admission")


def delete() -> None:
    kubectl("delete", "persistentvolume", "-l", "cairn-admission=yes", "--ignore-not-found", "--timeout=60s")
    kubectl("delete", "node", MINE, OTHER, RENAMED, "--ignore-not-found")


@pytest.fixture(scope="module", autouse=True)
def roles() -> Iterator[None]:
    """Both provisioners, as their roles make them; a node whose label is another than its name is known before."""
    delete()
    define_snapshots()
    for name, label in ((MINE, MINE), (OTHER, OTHER), (RENAMED, "another-name")):
        kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {HOSTNAME: label}}}))
    results = play(*tasks())
    assert not any(result.get("failed") for result in results), results
    # The API server has to have read a policy before it asks it.
    for _turn in range(60):
        if create(LVM, MINE, driven("probe", rule(TOPOLOGY, OTHER)))[0] == create(LOCAL, MINE, local("probe", rule(HOSTNAME, OTHER)))[0] == 403:
            break
        kubectl("delete", "persistentvolume", "-l", "cairn-admission=yes", "--ignore-not-found")
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

        others = json.loads(kubectl("get", "pvc", "cairn-admission", "-o", "json"))["metadata"]["annotations"]
        del others["volume.kubernetes.io/selected-node"]
        assert put(MINE, finalizers=[]) == 403, "what protects a claim that a pod uses"
        assert put(MINE, annotations={**others, "volume.kubernetes.io/selected-node": MINE}) == 403, "a claim of another node, drawn to one's own"
        assert put(MINE, annotations=others) == 403, "a claim of another node, given back"
        assert (
            put(MINE, finalizers=["kubernetes.io/pvc-protection", "provisioner.storage.kubernetes.io/cloning-protection"]) == 200
        ), "a source of a clone"
        assert put(MINE, finalizers=["kubernetes.io/pvc-protection"]) == 200
        assert put(OTHER, annotations=others) == 200, "given back by its own node"
    finally:
        kubectl("delete", "pvc", "cairn-admission", "--ignore-not-found", "--wait=false")


def test_of_pods_of_its_own_node_one_annotation_is_changed() -> None:
    """By it kubelet sees that a claim grows; who has one node moves no other's pods, and gives none another image, address or label."""
    grown, pods = {"metadata": {"annotations": {f"{DRIVER}/grown": "pvc-1 2Gi"}}}, "/api/v1/namespaces/default/pods"
    try:
        for node in (MINE, OTHER):
            spec = {"nodeName": node, "containers": [{"name": "a", "image": "a"}], "automountServiceAccountToken": False}
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"cairn-{node}", "namespace": "default"}, "spec": spec}
            kubectl("apply", "-f", "-", stdin=json.dumps(pod))

        def patch(node: str, change: dict, sub: str = "/status", token: str | None = MINE) -> int:
            return as_account(*LVM, token, "PATCH", f"{pods}/cairn-{node}{sub}", change)[0]

        assert patch(MINE, grown) == patch(MINE, {**grown, "spec": {"containers": [{"name": "a", "image": "b"}]}}) == 200
        seen = json.loads(kubectl("get", "pod", f"cairn-{MINE}", "--output", "json"))
        assert seen["metadata"]["annotations"][f"{DRIVER}/grown"] == "pvc-1 2Gi" and seen["spec"]["containers"][0]["image"] == "a"
        # Nor is a pod of another node read by a change that changes nothing.
        assert [patch(OTHER, grown), patch(OTHER, {}), patch(MINE, grown, token=None), patch(MINE, grown, token=OTHER)] == [403] * 4
        for change in (
            {"metadata": {"annotations": {"other": "a"}}}, {"metadata": {"labels": {"app": "b"}}}, {"metadata": {"finalizers": ["a.example.com/b"]}},
            {"status": {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]}}, {"status": {"conditions": [{"type": "Ready", "status": "True"}]}},
        ):  # fmt: skip
            assert patch(MINE, change) == 403, change
        assert [patch(MINE, grown, sub) for sub in ("", "/ephemeralcontainers", "/resize")] == [403] * 3
        assert [as_account(*LVM, MINE, *asked)[0] for asked in (("GET", pods), ("DELETE", f"{pods}/cairn-{MINE}"))] == [403] * 2
    finally:
        kubectl("delete", "pod", f"cairn-{MINE}", f"cairn-{OTHER}", "--ignore-not-found", "--grace-period=0", "--force")


def test_a_kubelet_reads_no_secret_that_a_volume_of_its_driver_names() -> None:
    """The node authorizer lets kubelet read what the volumes of its pods name, in any namespace."""
    for field in ("controllerPublishSecretRef", "controllerExpandSecretRef", "nodeStageSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"):
        manifest = driven(f"secret-{field}".lower(), rule(TOPOLOGY, MINE), **{field: {"namespace": "kube-system", "name": "crown"}})
        code, told = create(LVM, MINE, manifest)
        assert code == 403, (field, told)
    # Nor does one that is there come to name one. The API server itself keeps most of these fields.
    manifest = driven("secret-later", rule(TOPOLOGY, MINE))
    assert create(LVM, MINE, manifest)[0] == 201
    path = f"{PATH}/{manifest['metadata']['name']}"
    later = {"spec": {"csi": {"nodeExpandSecretRef": {"namespace": "kube-system", "name": "crown"}, "controllerExpandSecretRef": None}}}
    assert as_account(*LVM, MINE, "PATCH", path, later)[0] in (403, 422)
    assert as_account(*LVM, MINE, "PATCH", path, {"spec": {"mountOptions": ["suid"]}})[0] == 403
    # A second source beside the local one.
    manifest = local("secret-local", rule(HOSTNAME, MINE))
    manifest["spec"]["csi"] = {"driver": DRIVER, "volumeHandle": "a", "nodePublishSecretRef": {"namespace": "kube-system", "name": "crown"}}
    assert create(LOCAL, MINE, manifest)[0] in (403, 422)


def test_no_volume_takes_somebodys_claim() -> None:
    claim = {"namespace": "default", "name": "theirs"}
    code, told = create(LOCAL, MINE, volume("taken-1", rule(HOSTNAME, MINE), local={"path": "/opt/a"}, claimRef=claim))
    assert code == 403, told
    refused = []
    # By its name alone, under another name than the provisioner's, and for whoever comes.
    for change in (
        lambda spec, head: spec["claimRef"].pop("uid"),
        lambda spec, head: head.update(name="taken-2"),
        lambda spec, head: spec.pop("claimRef"),
    ):
        manifest = driven("taken", rule(TOPOLOGY, MINE))
        change(manifest["spec"], manifest["metadata"])
        refused.append(create(LVM, MINE, manifest)[0])
    assert refused == [403, 403, 403]
    manifest = driven("taken-later", rule(TOPOLOGY, MINE))
    assert create(LVM, MINE, manifest)[0] == 201
    for spec in ({"claimRef": {"name": "theirs", "uid": None}}, {"claimRef": None}):
        code, told = as_account(*LVM, MINE, "PATCH", f"{PATH}/{manifest['metadata']['name']}", {"spec": spec})
        assert code == 403, told


OWNER = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "nobody", "uid": "11111111-2222-3333-4444-555555555555"}]


def test_claims_of_others_are_not_deleted_by_an_owner_that_is_not_there() -> None:
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "cairn-owned", "namespace": "default", "annotations": {"a": "b"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}},
    }  # fmt: skip
    path = "/api/v1/namespaces/default/persistentvolumeclaims/cairn-owned"
    kubectl("apply", "-f", "-", stdin=json.dumps(claim))
    try:
        live = json.loads(kubectl("get", "pvc", "cairn-owned", "-o", "json"))
        for field, value in (
            ("metadata", {"ownerReferences": OWNER}),
            ("metadata", {"labels": {"app": "another"}}),
            ("metadata", {"annotations": {**live["metadata"]["annotations"], "a": "c"}}),
            ("metadata", {"annotations": {**live["metadata"]["annotations"], "volume.kubernetes.io/storage-provisioner": DRIVER}}),
            ("metadata", {"annotations": {}}),
            ("metadata", {"annotations": {**live["metadata"]["annotations"], "volume.kubernetes.io/selected-node": ""}}),
            ("spec", {"volumeName": "theirs"}),
        ):
            changed = copy.deepcopy(live)
            changed[field].update(value)
            code, told = as_account(*LVM, MINE, "PUT", path, changed)
            assert code == 403, (value, told)
    finally:
        kubectl("delete", "pvc", "cairn-owned", "--ignore-not-found", "--wait=false")


SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1"
RESTORING = "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection"
MANAGED_BY = "snapshot.storage.kubernetes.io/managed-by"


def test_snapshots_keep_all_but_the_protection_of_a_restore() -> None:
    manifest = {
        "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot",
        "metadata": {"name": "cairn-admission", "namespace": "default", "finalizers": ["cairn.storage/kept"], "annotations": {"a": "b"}},
        "spec": {"source": {"persistentVolumeClaimName": "a"}, "volumeSnapshotClassName": "one"},
    }  # fmt: skip
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    try:

        def put(field: str, **value: object) -> int:
            changed = json.loads(kubectl("get", "volumesnapshot", "cairn-admission", "-o", "json"))
            changed[field].update(value)
            return as_account(*LVM, MINE, "PUT", f"{SNAPSHOTS}/namespaces/default/volumesnapshots/cairn-admission", changed)[0]

        assert put("metadata", ownerReferences=OWNER) == 403
        assert put("metadata", labels={"a": "b"}) == 403
        assert put("metadata", annotations={"a": "c"}) == 403
        assert put("metadata", finalizers=[]) == 403
        assert put("spec", volumeSnapshotClassName="another") == 403
        assert put("metadata", finalizers=["cairn.storage/kept", RESTORING]) == 200, "the source of a restore"
        assert put("metadata", finalizers=["cairn.storage/kept"]) == 200
    finally:
        kubectl("patch", "volumesnapshot", "cairn-admission", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
        kubectl("delete", "volumesnapshot", "cairn-admission", "--ignore-not-found")


def test_contents_of_snapshots_stay_with_their_node_and_their_snapshot() -> None:
    being = "snapshot.storage.kubernetes.io/volumesnapshot-being-created"
    bound = "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection"
    manifest = {
        "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotContent",
        "metadata": {"name": "cairn-admission", "labels": {MANAGED_BY: MINE}, "finalizers": [bound]},
        "spec": {"driver": DRIVER, "deletionPolicy": "Retain", "source": {"volumeHandle": "h/a/a"},
                 "volumeSnapshotRef": {"namespace": "default", "name": "a", "uid": OWNER[0]["uid"]}},
    }  # fmt: skip
    path = f"{SNAPSHOTS}/volumesnapshotcontents/cairn-admission"
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    try:

        def patch(node: str, body: dict, part: str = "") -> int:
            return as_account(*LVM, node, "PATCH", path + part, body)[0]

        assert patch(OTHER, {"metadata": {"annotations": {being: "yes"}}}) == 403, "another node's"
        assert patch(MINE, {"metadata": {"labels": {MANAGED_BY: OTHER}}}) == 403, "given to another node"
        assert patch(MINE, {"metadata": {"ownerReferences": OWNER}}) == 403
        assert patch(MINE, {"metadata": {"annotations": {"snapshot.storage.kubernetes.io/deletion-secret-name": "crown"}}}) == 403
        assert patch(MINE, {"spec": {"volumeSnapshotRef": {"name": "theirs"}}}) == 403
        assert patch(MINE, {"spec": {"deletionPolicy": "Delete"}}) == 403
        assert patch(MINE, {"metadata": {"finalizers": [bound, "example.com/more"]}}) == 403
        assert patch(MINE, {"metadata": {"annotations": {being: "yes"}}}) == 200
        assert patch(MINE, {"status": {"readyToUse": True, "snapshotHandle": "h/a/s"}}, "/status") == 200
        assert patch(OTHER, {"status": {"readyToUse": False}}, "/status") == 403
        assert patch(MINE, {"metadata": {"annotations": {being: None}, "finalizers": []}}) == 200
    finally:
        kubectl("patch", "volumesnapshotcontent", "cairn-admission", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
        kubectl("delete", "volumesnapshotcontent", "cairn-admission", "--ignore-not-found")


def test_snapshots_of_groups_are_nobodys() -> None:
    allowed = kubectl("auth", "can-i", "--list", "--as", f"system:serviceaccount:{':'.join(LVM)}")
    assert "volumesnapshotcontents" in allowed and "volumegroupsnapshot" not in allowed


def test_a_node_tells_its_own_capacity() -> None:
    path = f"/apis/storage.k8s.io/v1/namespaces/{LVM[0]}/csistoragecapacities"

    def of(name: str, labels: dict | None) -> dict:
        topology = {"nodeTopology": {"matchLabels": labels}} if labels is not None else {}
        return {"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "metadata": {"name": name}, "storageClassName": "a",
                "capacity": "1Gi", **topology}  # fmt: skip

    for labels in ({TOPOLOGY: OTHER}, {}, None):
        code, told = as_account(*LVM, MINE, "POST", path, of("theirs", labels))
        assert code == 403, told
    assert as_account(*LVM, MINE, "POST", path, of("mine", {TOPOLOGY: MINE}))[0] == 201
    assert as_account(*LVM, OTHER, "PATCH", f"{path}/mine", {"capacity": "0"})[0] == 403
    assert as_account(*LVM, OTHER, "DELETE", f"{path}/mine")[0] == 403
    assert as_account(*LVM, MINE, "PATCH", f"{path}/mine", {"capacity": "2Gi"})[0] == 200
    assert as_account(*LVM, MINE, "DELETE", f"{path}/mine")[0] == 200


@pytest.mark.parametrize("label, owner", [(OTHER, OTHER), ("another-name", RENAMED)], ids=["another node's name", "another node's label"])
def test_a_node_that_wears_anothers_label_stops_the_role(label: str, owner: str) -> None:
    code, told = as_node(MINE, "PATCH", f"/api/v1/nodes/{MINE}", {"metadata": {"labels": {HOSTNAME: label}}})
    assert code == 200, told
    try:
        with pytest.raises(AssertionError, match=f"{HOSTNAME}={label}, which is the name or the label of node") as refused:
            play(tasks()[1])
        assert f"Node {MINE} has" in str(refused.value) or f"of node {MINE} as well" in str(refused.value)
        assert f"Node {owner} has" in str(refused.value) or f"of node {owner} as well" in str(refused.value)
    finally:
        kubectl("label", "node", MINE, f"{HOSTNAME}={MINE}", "--overwrite")


def test_others_are_not_asked() -> None:
    manifest = driven("others-1", rule(TOPOLOGY, OTHER))
    done = subprocess.run(("kubectl", "apply", "-f", "-"), input=json.dumps(manifest), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Whoever has no rights has none: the account of the central pod may patch volumes and not make them.
    assert as_account(LVM[0], "lvm-csi-controller", MINE, "POST", PATH, driven("others-2", rule(TOPOLOGY, MINE)))[0] == 403
