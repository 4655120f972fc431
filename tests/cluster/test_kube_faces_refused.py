"""Wishes of the modules for one kind that cannot be met, by what a real API server holds; nothing changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cluster_play import kubectl, look, objects, play, seen, typed
from kube_faces import RWO, define_snapshots, named, nfs_volume

SPACE = "cairn-refused"
DRIVER = "refused.cairn.storage"
CLASS = {"name": "cairn-refused", "provisioner": "lab.cairn.storage/by-hand"}
BOUND = {"namespace": SPACE, "name": "bound", "storage_class": "cairn-refused", "size": "1Gi"}
NEW = {"namespace": SPACE, "name": "new", "storage_class": "cairn-refused"}
PVC, PV, SC, VS, VSC, CD = (("persistent_volume_claim", "claims"), ("persistent_volume", "volumes"), ("storage_class", "classes"),
                            ("volume_snapshot", "snapshots"),
                            ("volume_snapshot_class", "classes"), ("csi_driver", "drivers"))
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user", "namespace": SPACE}, "spec": {
    "nodeSelector": {"no": "such"}, "containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}],
    "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "bound"}}]}}
STATIC = {"name": "cairn-refused-static", "provisioner": "kubernetes.io/no-provisioner", "volume_binding_mode": "WaitForFirstConsumer"}
#: A claim that waits: nothing is as large.
WAITS = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "waits", "namespace": SPACE}, "spec": {
    "accessModes": RWO, "storageClassName": "cairn-refused-static", "resources": {"requests": {"storage": "100Gi"}}}}
OBJ = ("kube_objects", "objects")


def waits(size: str) -> dict:
    return {**WAITS, "spec": {**WAITS["spec"], "resources": {"requests": {"storage": size}}}}


PRESENT = [*named("v1", "PersistentVolumeClaim", ["bound", "waits"], SPACE),
           *named("v1", "PersistentVolume", ["cairn-refused-a", "cairn-refused-b", "cairn-refused-s"]),
           *named("storage.k8s.io/v1", "StorageClass", ["cairn-refused", "cairn-refused-static"]), *named("storage.k8s.io/v1", "CSIDriver", [DRIVER])]
SNAPSHOT = {"namespace": SPACE, "name": "new"}

REFUSED = [
    # module, code, what the message must say, item
    (PVC, "claim-shrink", "1Gi", {**BOUND, "size": "512Mi"}),
    (PVC, "claim-class-fixed", "allow_volume_expansion: true", {**BOUND, "size": "2Gi"}),
    (PVC, "immutable-field", "only spec.resources.requests can grow", {**BOUND, "storage_class": "other"}),
    (PVC, "claim-in-use", "user", {"namespace": SPACE, "name": "bound", "state": "absent"}),
    (PVC, "claim-source-missing", "bound", {**NEW, "from_claim": "nothing"}),
    (PVC, "claim-source-missing", "VolumeSnapshot nothing", {**NEW, "from_snapshot": "nothing"}),
    (PVC, "claim-source-mode", "volume_mode: Filesystem", {**NEW, "from_claim": "bound", "volume_mode": "Block"}),
    (PVC, "claim-source-larger", "3Gi", {**NEW, "from_claim": "bound", "size": "1Gi"}),
    (PVC, "volume-in-use", f"{SPACE}/bound", {**NEW, "volume": "cairn-refused-a"}),
    (PVC, "volume-misfit", "ReadWriteMany", {**NEW, "volume": "cairn-refused-b", "access_modes": ["ReadWriteMany"]}),
    (PVC, "rebind-consent-missing", "other/claim", {**NEW, "volume": "cairn-refused-b"}),
    (PVC, "claim-size-missing", "claims[0].size", NEW),
    (PVC, "namespace-not-found", "no-such-space", {**NEW, "namespace": "no-such-space", "size": "1Gi"}),
    (PVC, "claim-class-unknown", "cairn-refused-static", {**NEW, "storage_class": "cairn-refused-sttaic", "size": "1Gi"}),
    (PVC, "claim-no-volume-size", "cairn-refused-s with 3Gi", {**NEW, "storage_class": "cairn-refused-static", "size": "100Gi"}),
    (PVC, "claim-no-volume-mode", "set volume_mode: Filesystem",
     {**NEW, "storage_class": "cairn-refused-static", "volume_mode": "Block", "size": "1 Gi"}),
    (PVC, "size-unit", "write 10GiB", {**NEW, "size": "10gib"}),
    (OBJ, "immutable-field", "is not bound, and until then its size is fixed", waits("200Gi")),
    (OBJ, "quantity-form", "objects[0].spec.resources.requests.storage", waits("10GB")),
    (PV, "volume-claimed", "delete the claim first", {"name": "cairn-refused-a", "state": "absent"}),
    (PV, "volume-shrink", "3Gi", {"name": "cairn-refused-a", "capacity": "1Gi"}),
    (PV, "immutable-field", "the source and mode of a volume are fixed", {"name": "cairn-refused-a", "nfs": {"server": "nowhere", "path": "/b"}}),
    (PV, "volume-source-missing", "correct the name", {"name": "cairn-refused-c", "reclaim_policy": "Retain"}),
    (PV, "volume-in-use", f"{SPACE}/bound", {"name": "cairn-refused-a", "claim": "other/claim"}),
    (PV, "api-invalid", "metadata.name", {"name": "Cairn_Refused", "capacity": "1Gi", "access_modes": RWO, "node": "n", "local": {"path": "/a"}}),
    (SC, "recreate-consent-missing", ".reclaimPolicy", {**CLASS, "reclaim_policy": "Retain"}),
    (SC, "api-invalid", "provisioner", {"name": "cairn-refused-x", "provisioner": "not a name"}),
    (VS, "snapshot-source-kind", "cairn-refused-a", {**SNAPSHOT, "claim": "bound"}),
    (VS, "snapshot-source-missing", "nothing", {**SNAPSHOT, "claim": "nothing"}),
    (VS, "snapshot-content-missing", "nothing", {**SNAPSHOT, "content": "nothing"}),
    (VSC, "snapshot-class-driver", "driver", {"name": "cairn-refused", "deletion_policy": "Delete"}),
    (CD, "recreate-consent-missing", ".spec.attachRequired", {"name": DRIVER, "attach_required": False}),
    (CD, "token-expiration", "at least 600", {"name": DRIVER, "token_requests": [{"audience": "", "expiration_seconds": 1}]}),
]


@pytest.fixture(scope="module")
def answers() -> Iterator[list[dict]]:
    """One playbook run for all of them: what was there before stays as it was."""
    define_snapshots()
    kubectl("create", "namespace", SPACE)
    try:
        made = play(typed(*SC, [CLASS, STATIC]), typed(*CD, [{"name": DRIVER, "attach_required": True}]),
                    typed(*PV, [nfs_volume("cairn-refused-a", "cairn-refused", claim=f"{SPACE}/bound"),
                                nfs_volume("cairn-refused-b", "cairn-refused", claim="other/claim"),
                                nfs_volume("cairn-refused-s", "cairn-refused-static")]),
                    # Documents without content are passed over.
                    typed(*PVC, [BOUND], wait_timeout=60), objects([None, POD, WAITS, None], wait=False))
        assert not any(result.get("failed") for result in made), made
        before, *told, after = play(look(PRESENT), *(typed(*module, [item]) for module, _code, _text, item in REFUSED), look(PRESENT))
        assert seen(before) == seen(after)
        yield told
    finally:
        kubectl("delete", "namespace", SPACE, "--timeout=90s")
        kubectl("delete", "pv", "cairn-refused-a", "cairn-refused-b", "cairn-refused-s", "--ignore-not-found")
        kubectl("delete", "storageclass/cairn-refused", "storageclass/cairn-refused-static", f"csidriver/{DRIVER}", "--ignore-not-found")


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=lambda number: f"{REFUSED[number][0][0]}-{REFUSED[number][1]}-{number}")
def test_refused(number: int, answers: list[dict]) -> None:
    (module, *_rest), code, text, _item = REFUSED[number]
    answer = answers[number]
    assert answer["failed"] and not answer["changed"] and answer["error"]["code"] == code, answer
    assert text in answer["msg"], answer
    # The modules about one kind of object name their own option, and none of the module that they are made of.
    assert (answer["error"]["parameter"].partition("[")[0] == "objects") is (module == "kube_objects"), answer
