"""Modules for one kind against a real API server: (create, modify, delete) x (check, apply, check again, apply again)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cluster_play import kubectl, play, twelve, typed
from kube_faces import RWO, define_snapshots, named, nfs_volume

SPACE = "cairn-matrix"
SNAPSHOT_API = "snapshot.storage.k8s.io/v1"
DRIVER = "matrix.cairn.storage"
CSI = {"driver": DRIVER, "volume_handle": "h"}


@dataclass(frozen=True)
class Row:
    """One module: its items, the same modified, and what the API must hold then, by a path in dots."""

    module: str
    option: str
    api: str
    kind: str
    items: list[dict]
    modified: list[dict]
    shows: dict[str, Any]
    options: dict[str, Any]

    @property
    def manifests(self) -> list[dict]:
        return named(self.api, self.kind, [item["name"] for item in self.items], self.items[0].get("namespace", ""))


def row(module: str, option: str, api: str, kind: str, items: list[dict], change: dict, shows: dict, **options: Any) -> Row:
    return Row(module, option, api, kind, items, [{**item, **change} for item in items], shows, options)


def claims(*names: str, **content: object) -> list[dict]:
    return [{"namespace": SPACE, "name": name, "size": "1Gi", "storage_class": "cairn-matrix", **content} for name in names]


ROWS = [
    row("storage_class", "classes", "storage.k8s.io/v1", "StorageClass",
        [{"name": "cairn-matrix-a", "provisioner": "kubernetes.io/no-provisioner", "volume_binding_mode": "WaitForFirstConsumer"},
         {"name": "cairn-matrix-b", "provisioner": DRIVER, "parameters": {"a": "b"}, "reclaim_policy": "Retain", "mount_options": ["noatime"],
          "allowed_topologies": [{"key": "zone", "values": ["a"]}]}],
        {"allow_volume_expansion": True, "labels": {"new": "label"}}, {"allowVolumeExpansion": True, "metadata.labels.new": "label"}),
    row("csi_driver", "drivers", "storage.k8s.io/v1", "CSIDriver",
        [{"name": "a.matrix.cairn.storage"}, {"name": "b.matrix.cairn.storage", "attach_required": False, "volume_lifecycle_modes": ["Persistent"],
                                              "fs_group_policy": "File",
                                              "token_requests": [{"audience": "a", "expiration_seconds": 700}]}],
        {"pod_info_on_mount": True, "storage_capacity": True}, {"spec.podInfoOnMount": True, "spec.storageCapacity": True}),
    row("persistent_volume", "volumes", "v1", "PersistentVolume",
        [nfs_volume("cairn-matrix-nfs", "none"),
         {"name": "cairn-matrix-local", "capacity": "1GiB", "access_modes": RWO, "node": "nowhere", "volume_mode": "Block",
          "local": {"path": "/dev/disk/a"}},
         {"name": "cairn-matrix-iscsi", "capacity": "1Gi", "access_modes": RWO, "claim": f"{SPACE}/later", "iscsi": {
             "portal": "10.0.0.1:3260", "iqn": "iqn.2026-11.org.example:a", "lun": 0, "fs_type": "xfs", "chap_session": True, "secret": {"name": "chap"}}},
         {"name": "cairn-matrix-csi", "capacity": "1Gi", "access_modes": RWO, "csi": {**CSI, "attributes": {"a": "b"}},
          "provisioned_by": "somebody"}],
        {"capacity": "4Gi", "reclaim_policy": "Delete"}, {"spec.capacity.storage": "4Gi", "spec.persistentVolumeReclaimPolicy": "Delete"}),
    row("persistent_volume_claim", "claims", "v1", "PersistentVolumeClaim", claims("a", "b"), {"size": "2GiB", "annotations": {"new": "note"}},
        {"spec.resources.requests.storage": "2Gi", "metadata.annotations.new": "note"}),
    row("volume_snapshot_class", "classes", SNAPSHOT_API, "VolumeSnapshotClass",
        [{"name": "cairn-matrix-a", "driver": DRIVER, "deletion_policy": "Delete", "parameters": {"a": "b"}},
         {"name": "cairn-matrix-b", "driver": "other.cairn.storage", "deletion_policy": "Delete", "default": False}],
        {"deletion_policy": "Retain"}, {"deletionPolicy": "Retain"}),
    row("volume_snapshot", "snapshots", SNAPSHOT_API, "VolumeSnapshot",
        [{"namespace": SPACE, "name": name, "claim": "snapped", "snapshot_class": "cairn-snapped"} for name in ("a", "b")],
        {"labels": {"new": "label"}}, {"metadata.labels.new": "label"}, wait=False),
]


@pytest.fixture(scope="module", autouse=True)
def surroundings() -> Iterator[None]:
    """A class whose claims may grow, volumes for claims, and a claim of a CSI driver that can be snapshot."""
    define_snapshots()
    kubectl("create", "namespace", SPACE)
    prepared = play(
        typed("storage_class", "classes", [{"name": "cairn-matrix", "provisioner": "lab.cairn.storage/by-hand", "allow_volume_expansion": True}]),
        typed("persistent_volume", "volumes", [nfs_volume(f"cairn-matrix-{number}", "cairn-matrix") for number in range(2)] + [
            {"name": "cairn-snapped", "capacity": "1Gi", "access_modes": RWO, "storage_class": "cairn-snapped", "claim": f"{SPACE}/snapped",
             "csi": CSI}]),
        typed("persistent_volume_claim", "claims", claims("snapped", storage_class="cairn-snapped")),
        typed("volume_snapshot_class", "classes", [{"name": "cairn-snapped", "driver": DRIVER, "deletion_policy": "Retain"}]))
    assert not any(result.get("failed") for result in prepared), prepared
    yield
    kubectl("delete", "namespace", SPACE, "--timeout=60s")
    kubectl("delete", "pv", "cairn-matrix-0", "cairn-matrix-1", "cairn-snapped", "--ignore-not-found")
    kubectl("delete", "storageclass", "cairn-matrix")
    kubectl("delete", "volumesnapshotclass", "cairn-snapped")


def value(live: dict, path: str) -> Any:
    for name in path.split("."):
        live = live.get(name, {})
    return live


@pytest.mark.parametrize("subject", ROWS, ids=lambda subject: subject.module)
def test_twelve_steps(subject: Row) -> None:
    def task(items: list[dict]) -> dict:
        return typed(subject.module, subject.option, items, wait_timeout=60, **subject.options)

    count = len(subject.items)
    made, again, _last = twelve(task(subject.items), subject.manifests, count)
    assert len(made) == count and again["requests"] == 2, "discovery, and the LIST of the kind"
    changed, _again, _last = twelve(task(subject.modified), subject.manifests, count)
    for live in changed.values():
        assert {path: value(live, path) for path in subject.shows} == subject.shows, json.dumps(live)
    gone = [{"name": item["name"], "state": "absent", **({"namespace": item["namespace"]} if "namespace" in item else {})} for item in subject.items]
    left, _again, _last = twelve(task(gone), subject.manifests, count)
    assert left == {}
