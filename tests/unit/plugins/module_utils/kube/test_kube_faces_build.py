"""From an item of a module for one kind to a manifest."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._kube import quantity
from ansible_collections.cairn.storage.plugins.module_utils._kube.faces.frame import Face
from kube_wishes import CLAIMS, CLASSES, DRIVERS, SNAPSHOT_CLASSES, SNAPSHOTS, VOLUMES, build, parse

NODE1 = {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node1"]}]}]}}
RWO = ["ReadWriteOnce"]


@pytest.mark.parametrize(("face", "item", "content"), [
    (CLAIMS, {"namespace": "s", "name": "a", "size": "10GiB", "storage_class": "lvm"},
     {"spec": {"accessModes": RWO, "storageClassName": "lvm", "resources": {"requests": {"storage": "10Gi"}}}}),
    (CLAIMS, {"namespace": "s", "name": "a", "size": "1", "storage_class": "", "volume_mode": "Block", "match_labels": {"disk": "fast"},
              "attributes_class": "gold"},
     {"spec": {"accessModes": RWO, "storageClassName": "", "volumeMode": "Block", "volumeAttributesClassName": "gold",
               "resources": {"requests": {"storage": "1"}},
               "selector": {"matchLabels": {"disk": "fast"}}}}),
    (CLAIMS, {"namespace": "s", "name": "a", "from_snapshot": "n"},
     {"spec": {"accessModes": RWO, "dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "n"}}}),
    (CLAIMS, {"namespace": "s", "name": "a", "from_claim": "b", "access_modes": ["ReadWriteMany", "ReadOnlyMany"]},
     {"spec": {"accessModes": ["ReadWriteMany", "ReadOnlyMany"], "dataSource": {"kind": "PersistentVolumeClaim", "name": "b"}}}),
    (CLASSES, {"name": "a", "provisioner": "d"}, {"provisioner": "d"}),
    (CLASSES, {"name": "a", "provisioner": "d", "parameters": {"x": "1"}, "reclaim_policy": "Retain", "volume_binding_mode": "WaitForFirstConsumer",
               "allow_volume_expansion": False, "mount_options": ["noatime"], "allowed_topologies": [{"key": "zone", "values": ["a", "b"]}]},
     {"provisioner": "d", "parameters": {"x": "1"}, "reclaimPolicy": "Retain", "volumeBindingMode": "WaitForFirstConsumer",
      "allowVolumeExpansion": False,
      "mountOptions": ["noatime"], "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a", "b"]}]}]}),
    (VOLUMES, {"name": "a", "capacity": "1TB", "access_modes": RWO, "node": "node1", "local": {"path": "/mnt/a", "fs_type": "xfs"}, "claim": "s/a"},
     {"spec": {"capacity": {"storage": "976562500Ki"}, "accessModes": RWO, "nodeAffinity": NODE1, "local": {"path": "/mnt/a", "fsType": "xfs"},
               "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "s", "name": "a"}}}),
    (VOLUMES, {"name": "a", "capacity": "1Gi", "access_modes": RWO, "storage_class": "x", "reclaim_policy": "Retain", "iscsi": {
        "portal": "10.0.0.1:3260", "portals": ["10.0.1.1:3260"], "iqn": "iqn.2026-11.org.example:a", "lun": 3, "chap_session": True, "secret": {"name": "chap"}}},
     {"spec": {"capacity": {"storage": "1Gi"}, "accessModes": RWO, "storageClassName": "x", "persistentVolumeReclaimPolicy": "Retain", "iscsi": {
         "targetPortal": "10.0.0.1:3260", "portals": ["10.0.1.1:3260"], "iqn": "iqn.2026-11.org.example:a", "lun": 3, "chapAuthSession": True,
         "secretRef": {"name": "chap"}}}}),
    (VOLUMES, {"name": "a", "capacity": "1Gi", "access_modes": ["ReadWriteMany"], "mount_options": ["nfsvers=4.2"],
               "nfs": {"server": "h", "path": "/e", "read_only": True}},
     {"spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "mountOptions": ["nfsvers=4.2"],
               "nfs": {"server": "h", "path": "/e", "readOnly": True}}}),
    (VOLUMES, {"name": "a", "capacity": "1Gi", "access_modes": RWO, "volume_mode": "Block", "csi": {
        "driver": "d", "volume_handle": "h", "attributes": {"a": "b"}, "node_stage_secret": {"name": "k", "namespace": "s"}}},
     {"spec": {"capacity": {"storage": "1Gi"}, "accessModes": RWO, "volumeMode": "Block", "csi": {
         "driver": "d", "volumeHandle": "h", "volumeAttributes": {"a": "b"}, "nodeStageSecretRef": {"name": "k", "namespace": "s"}}}}),
    (SNAPSHOTS, {"namespace": "s", "name": "n", "claim": "a", "snapshot_class": "c"},
     {"spec": {"source": {"persistentVolumeClaimName": "a"}, "volumeSnapshotClassName": "c"}}),
    (SNAPSHOTS, {"namespace": "s", "name": "n", "content": "k"}, {"spec": {"source": {"volumeSnapshotContentName": "k"}}}),
    (SNAPSHOT_CLASSES, {"name": "c", "driver": "d", "deletion_policy": "Retain", "parameters": {"a": "b"}},
     {"driver": "d", "deletionPolicy": "Retain", "parameters": {"a": "b"}}),
    (DRIVERS, {"name": "d.example.org", "attach_required": False, "volume_lifecycle_modes": ["Persistent", "Ephemeral"], "fs_group_policy": "None",
               "token_requests": [{"audience": "", "expiration_seconds": 600}], "registered_on": {"a": "b"}},
     {"spec": {"attachRequired": False, "volumeLifecycleModes": ["Persistent", "Ephemeral"], "fsGroupPolicy": "None",
               "tokenRequests": [{"audience": "", "expirationSeconds": 600}]}}),
])
def test_manifests(face: Face, item: dict, content: dict) -> None:
    made = build(face, **item)
    assert {key: value for key, value in made.items() if key not in ("apiVersion", "kind", "metadata")} == content
    assert (made["apiVersion"], made["kind"]) == (face.api_version, face.kind)
    assert made["metadata"] == {key: item[key] for key in ("name", "namespace") if key in item}


def test_what_a_kind_puts_into_metadata_comes_on_top() -> None:
    made = build(VOLUMES, name="a", capacity="1Gi", access_modes=RWO, nfs={"server": "h", "path": "/e"}, provisioned_by="p", annotations={"b": "c"},
                 labels={"d": "e"})
    assert made["metadata"] == {"name": "a", "annotations": {"b": "c", "pv.kubernetes.io/provisioned-by": "p"}, "labels": {"d": "e"}}


@pytest.mark.parametrize("face", [CLASSES, SNAPSHOT_CLASSES])
@pytest.mark.parametrize(("default", "mark"), [(True, "true"), (False, "false"), (None, None)])
def test_the_mark_of_a_default(face: Face, default: bool | None, mark: str | None) -> None:
    own = {"provisioner": "d"} if face is CLASSES else {"driver": "d", "deletion_policy": "Delete"}
    marks = build(face, name="a", default=default, **own)["metadata"].get("annotations", {})
    assert list(marks.values()) == ([mark] if mark else [])


def test_what_is_to_go_needs_its_name_alone() -> None:
    for face in (CLAIMS, VOLUMES, CLASSES, SNAPSHOTS, SNAPSHOT_CLASSES, DRIVERS):
        space = {"namespace": "s"} if face.namespaced else {}
        wish = parse(face, {"name": "a", "state": "absent", **space})
        assert [thing["metadata"] for thing in wish.unwanted] == [{"name": "a", **space}] and wish.wanted == ()


@pytest.mark.parametrize(("size", "text"), [
    ("10Gi", "10Gi"), ("10GiB", "10Gi"), ("10GB", "9765625Ki"), ("10G", "9765625Ki"), ("1.5Gi", "1536Mi"), ("1073741824", "1Gi"), (1, "1"), ("1e3", "1000"),
    ("1k", "1000"),
])
def test_sizes_are_taken_in_both_ways_of_writing(size: object, text: str) -> None:
    assert quantity.written(size, "size") == text
