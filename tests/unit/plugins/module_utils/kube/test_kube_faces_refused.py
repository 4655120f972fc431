"""Wishes of the modules for one kind that cannot be met: one clear error, before anything is touched."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.faces.frame import Face
from kube_wishes import CLAIMS, CLASSES, DRIVERS, SNAPSHOT_CLASSES, SNAPSHOTS, VOLUMES, live_claim, live_class, live_volume, parse, plan, thing

RWO = ["ReadWriteOnce"]
A = {"namespace": "s", "name": "a"}
LOCAL = {"name": "pv", "capacity": "1Gi", "access_modes": RWO, "node": "node1", "local": {"path": "/mnt/a"}}
ISCSI = {"portal": "h:3260", "iqn": "iqn.2026-11.org.example:a", "lun": 0}
CSI = {"driver": "d", "volume_handle": "h"}
SNAP = {"namespace": "s", "name": "n"}


def volume(**options: Any) -> dict:
    return {"name": "pv", "capacity": "1Gi", "access_modes": RWO, **options}


REFUSED = [
    # module, code, parameter, items, further options
    (CLAIMS, "claim-size-missing", "claims[0].size", [A], {}),
    (CLAIMS, "size-syntax", "claims[0].size", [{**A, "size": "much"}], {}),
    (CLAIMS, "size-negative", "claims[0].size", [{**A, "size": "-1GiB"}], {}),
    (CLAIMS, "size-zero", "claims[0].size", [{**A, "size": "-1Gi"}], {}),
    (CLAIMS, "size-fraction", "claims[0].size", [{**A, "size": "10m"}], {}),
    (CLAIMS, "size-zero", "claims[0].size", [{**A, "size": "0"}], {}),
    (CLAIMS, "size-unit", "claims[0].size", [{**A, "size": "10 bananas"}], {}),
    (CLAIMS, "claim-sources", "claims[0].from_claim", [{**A, "from_snapshot": "n", "from_claim": "b"}], {}),
    (CLAIMS, "claim-sources", "claims[0].volume", [{**A, "from_claim": "b", "volume": "pv"}], {}),
    (CLAIMS, "claim-own-source", "claims[0].from_claim", [{**A, "from_claim": "a"}], {}),
    (CLAIMS, "claim-source-class", "claims[0].storage_class", [{**A, "from_claim": "b", "storage_class": ""}], {}),
    (CLAIMS, "access-modes-missing", "claims[0].access_modes", [{**A, "size": "1Gi", "access_modes": []}], {}),
    (CLAIMS, "access-modes-alone", "claims[0].access_modes", [{**A, "size": "1Gi", "access_modes": ["ReadWriteOncePod", "ReadWriteOnce"]}], {}),
    (CLAIMS, "claim-selector", "claims[0].match_labels", [{**A, "volume": "pv", "match_labels": {"a": "b"}}], {}),
    (CLAIMS, "value-not-text", "claims[0].match_labels", [{**A, "size": "1Gi", "match_labels": {"a": 1}}], {}),
    (CLAIMS, "object-name", "claims[0]", [{**A, "size": "1Gi", "name": "a/b"}], {}),
    (CLAIMS, "object-namespace", "claims[0]", [{**A, "size": "1Gi", "namespace": "Upper"}], {}),
    (CLAIMS, "object-label-type", "claims[0]", [{**A, "size": "1Gi", "labels": {"a": True}}], {}),
    (CLAIMS, "object-duplicate", "claims", [{**A, "size": "1Gi"}, {**A, "state": "absent"}], {}),
    (CLAIMS, "consent-form", "allow_rebind", [{**A, "size": "1Gi"}], {"allow_rebind": {"pv": ["s/a"]}}),
    (CLAIMS, "consent-form", "allow_data_loss", [{**A, "state": "absent"}], {"allow_data_loss": {"s/a": 5}}),
    (CLAIMS, "wait-timeout-range", "wait_timeout", [{**A, "size": "1Gi"}], {"wait_timeout": 0}),
    (CLAIMS, "field-manager", "field_manager", [{**A, "size": "1Gi"}], {"field_manager": "a b"}),
    (CLAIMS, "object-kind", "pending[0]", [{**A, "size": "1Gi"}], {"pending": [{"apiVersion": "v1"}]}),
    (CLASSES, "provisioner-missing", "classes[0].provisioner", [{"name": "a"}], {}),
    (CLASSES, "value-not-text", "classes[0].parameters", [{"name": "a", "provisioner": "d", "parameters": {"thin": True}}], {}),
    (CLASSES, "topology-empty", "classes[0].allowed_topologies",
     [{"name": "a", "provisioner": "d", "allowed_topologies": [{"key": "zone", "values": []}]}], {}),
    (CLASSES, "class-default-twice", "", [{"name": name, "provisioner": "d", "default": True} for name in "ab"], {}),
    (CLASSES, "consent-form", "allow_recreate", [{"name": "a", "provisioner": "d"}], {"allow_recreate": {"a": True}}),
    (VOLUMES, "volume-sources", "volumes[0].nfs", [volume(node="n", local={"path": "/a"}, nfs={"server": "h", "path": "/e"})], {}),
    (VOLUMES, "volume-node-missing", "volumes[0].node", [volume(local={"path": "/a"})], {}),
    (VOLUMES, "path-form", "volumes[0].local.path", [volume(node="n", local={"path": "mnt/a"})], {}),
    (VOLUMES, "path-form", "volumes[0].nfs.path", [volume(nfs={"server": "h", "path": "/a/../b"})], {}),
    (VOLUMES, "fs-type-on-block", "volumes[0].csi.fs_type", [volume(volume_mode="Block", csi={**CSI, "fs_type": "xfs"})], {}),
    (VOLUMES, "mount-options-on-block", "volumes[0].mount_options", [volume(volume_mode="Block", csi=CSI, mount_options=["ro"])], {}),
    (VOLUMES, "iqn-form", "volumes[0].iscsi.iqn", [volume(iscsi={**ISCSI, "iqn": "target"})], {}),
    (VOLUMES, "lun-range", "volumes[0].iscsi.lun", [volume(iscsi={**ISCSI, "lun": 256})], {}),
    (VOLUMES, "chap-secret-missing", "volumes[0].iscsi.secret", [volume(iscsi={**ISCSI, "chap_session": True})], {}),
    (VOLUMES, "secret-namespace-missing", "volumes[0].csi.node_stage_secret", [volume(csi={**CSI, "node_stage_secret": {"name": "k"}})], {}),
    (VOLUMES, "value-not-text", "volumes[0].csi.attributes", [volume(csi={**CSI, "attributes": {"a": 1}})], {}),
    (VOLUMES, "claim-form", "volumes[0].claim", [volume(csi=CSI, claim="a")], {}),
    (VOLUMES, "access-modes-missing", "volumes[0].access_modes", [volume(csi=CSI, access_modes=[])], {}),
    (SNAPSHOTS, "snapshot-source", "snapshots[0].claim", [SNAP], {}),
    (SNAPSHOTS, "snapshot-source", "snapshots[0].claim", [{**SNAP, "claim": "a", "content": "k"}], {}),
    (SNAPSHOTS, "snapshot-class-unused", "snapshots[0].snapshot_class", [{**SNAP, "content": "k", "snapshot_class": "c"}], {}),
    (SNAPSHOT_CLASSES, "snapshot-class-driver", "classes[0].driver", [{"name": "c", "deletion_policy": "Delete"}], {}),
    (SNAPSHOT_CLASSES, "snapshot-class-deletion-policy", "classes[0].deletion_policy", [{"name": "c", "driver": "d"}], {}),
    (SNAPSHOT_CLASSES, "class-default-twice", "", [{"name": name, "driver": "d", "deletion_policy": "Delete", "default": True} for name in "ab"], {}),
    (DRIVERS, "lifecycle-modes-missing", "drivers[0].volume_lifecycle_modes", [{"name": "d", "volume_lifecycle_modes": []}], {}),
    (DRIVERS, "token-expiration", "drivers[0].token_requests[0].expiration_seconds",
     [{"name": "d", "token_requests": [{"audience": "", "expiration_seconds": 60}]}], {}),
    (DRIVERS, "token-audience-twice", "drivers[0].token_requests", [{"name": "d", "token_requests": [{"audience": "a"}, {"audience": "a"}]}], {}),
    (DRIVERS, "value-not-text", "drivers[0].registered_on", [{"name": "d", "registered_on": {"storage": True}}], {}),
]


@pytest.mark.parametrize(("face", "code", "parameter", "items", "options"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_refused(face: Face, code: str, parameter: str, items: list[dict], options: dict) -> None:
    with pytest.raises(CairnError) as refused:
        parse(face, *items, **options)
    error = refused.value
    assert error.code == code and error.fix and (error.parameter == parameter if parameter else error.parameter.endswith(".default")), error


ATTACHED = live_volume("pv-a", "s/a", "Bound", csi={"driver": "d"})
UNREADY = thing("VolumeSnapshot", "n", "s", spec={"volumeSnapshotClassName": "c"}, status={"error": {"message": "the disk is full"}})
DONE = thing("VolumeSnapshot", "n", "s", spec={}, status={"readyToUse": True, "restoreSize": "2Gi"})
CLASS = thing("VolumeSnapshotClass", "c", driver="other")
CONTENT = thing("VolumeSnapshotContent", "k", spec={"deletionPolicy": "Delete"})
POD = thing("Pod", "p", "s", spec={"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "a"}}]}, status={"phase": "Running"})
EPHEMERAL = thing("Pod", "p", "s", spec={"volumes": [{"name": "v", "ephemeral": {}}]}, status={"phase": "Pending"})

STANDS_IN_THE_WAY = [
    # module, code, item, what is there
    (CLAIMS, "claim-shrink", {**A, "size": "512Mi"}, [live_claim()]),
    (CLAIMS, "claim-recover-size", {**A, "size": "1Gi"}, [live_claim(size="4Gi")]),
    (CLAIMS, "claim-unbound", {**A, "size": "2Gi"}, [live_claim(phase="Pending", has=None)]),
    (CLAIMS, "claim-class-fixed", {**A, "size": "2Gi"}, [live_claim(), live_class()]),
    (CLAIMS, "claim-class-missing", {**A, "size": "2Gi"}, [live_claim()]),
    (CLAIMS, "claim-no-class", {**A, "size": "2Gi"}, [live_claim(of="")]),
    (CLAIMS, "claim-source-missing", {**A, "from_claim": "b"}, []),
    (CLAIMS, "claim-source-missing", {**A, "from_snapshot": "n"}, []),
    (CLAIMS, "claim-source-missing", {**A, "volume": "pv"}, []),
    (CLAIMS, "claim-source-unbound", {**A, "from_claim": "b"}, [live_claim("b", phase="Pending")]),
    (CLAIMS, "claim-source-mode", {**A, "from_claim": "b", "volume_mode": "Block"}, [live_claim("b")]),
    (CLAIMS, "claim-source-larger", {**A, "from_claim": "b", "size": "512Mi"}, [live_claim("b")]),
    (CLAIMS, "claim-source-larger", {**A, "from_snapshot": "n", "size": "1Gi"}, [DONE]),
    (CLAIMS, "claim-source-failed", {**A, "from_snapshot": "n"}, [UNREADY]),
    (CLAIMS, "claim-source-size", {**A, "from_snapshot": "n"}, [thing("VolumeSnapshot", "n", "s", spec={})]),
    (CLAIMS, "volume-misfit", {**A, "volume": "pv", "size": "2Gi"}, [live_volume()]),
    (CLAIMS, "volume-misfit", {**A, "volume": "pv", "storage_class": "other"}, [live_volume()]),
    (CLAIMS, "volume-misfit", {**A, "volume": "pv", "volume_mode": "Block"}, [live_volume()]),
    (CLAIMS, "volume-misfit", {**A, "volume": "pv", "access_modes": ["ReadWriteMany"]}, [live_volume()]),
    (CLAIMS, "volume-in-use", {**A, "volume": "pv"}, [live_volume(claim="s/b", phase="Bound")]),
    (CLAIMS, "volume-reclaimed", {**A, "volume": "pv"}, [live_volume(claim="s/b", phase="Released", policy="Delete")]),
    (CLAIMS, "rebind-consent-missing", {**A, "volume": "pv"}, [live_volume(claim="s/b", phase="Released")]),
    (CLAIMS, "rebind-consent-missing", {**A, "volume": "pv"}, [live_volume(claim="s/b")]),
    (CLAIMS, "claim-in-use", {**A, "state": "absent"}, [live_claim(), POD]),
    (CLAIMS, "claim-in-use", {"namespace": "s", "name": "p-v", "state": "absent"}, [live_claim("p-v"), EPHEMERAL]),
    (CLAIMS, "consent-missing", {**A, "state": "absent"}, [live_claim(), live_volume(claim="s/a", phase="Bound", policy="Delete")]),
    (VOLUMES, "volume-source-missing", {"name": "pv", "reclaim_policy": "Retain"}, []),
    (VOLUMES, "volume-capacity-missing", {"name": "pv", "access_modes": RWO, "csi": CSI}, []),
    (VOLUMES, "volume-access-modes-missing", {"name": "pv", "capacity": "1Gi", "csi": CSI}, []),
    (VOLUMES, "volume-shrink", {"name": "pv", "capacity": "512Mi"}, [live_volume(claim="s/a", phase="Bound")]),
    (VOLUMES, "volume-claimed", {"name": "pv", "state": "absent"}, [live_volume(claim="s/a", phase="Bound")]),
    (VOLUMES, "volume-in-use", {"name": "pv", "claim": "s/b"}, [live_volume(claim="s/a", phase="Bound")]),
    (VOLUMES, "rebind-consent-missing", {"name": "pv", "claim": "s/b"}, [live_volume(claim="s/a", phase="Released")]),
    (SNAPSHOTS, "snapshot-source-missing", {**SNAP, "claim": "a"}, []),
    (SNAPSHOTS, "snapshot-source-unbound", {**SNAP, "claim": "a"}, [live_claim(phase="Pending")]),
    (SNAPSHOTS, "snapshot-source-kind", {**SNAP, "claim": "a"}, [live_claim(), live_volume(local={"path": "/a"})]),
    (SNAPSHOTS, "snapshot-class-no-default", {**SNAP, "claim": "a"}, [live_claim(volume="pv-a"), ATTACHED, CLASS]),
    (SNAPSHOTS, "snapshot-class-missing", {**SNAP, "claim": "a", "snapshot_class": "d"}, [live_claim(volume="pv-a"), ATTACHED, CLASS]),
    (SNAPSHOTS, "snapshot-class-driver", {**SNAP, "claim": "a", "snapshot_class": "c"}, [live_claim(volume="pv-a"), ATTACHED, CLASS]),
    (SNAPSHOTS, "snapshot-content-missing", {**SNAP, "content": "k"}, []),
    (SNAPSHOTS, "consent-missing", {**SNAP, "state": "absent"}, [{**DONE, "status": {"boundVolumeSnapshotContentName": "k"}}, CONTENT]),
    (SNAPSHOT_CLASSES, "snapshot-class-in-use", {"name": "c", "state": "absent"}, [CLASS, UNREADY]),
    (DRIVERS, "driver-in-use", {"name": "d", "state": "absent"}, [thing("CSIDriver", "d", spec={}), ATTACHED]),
]


@pytest.mark.parametrize(("face", "code", "item", "there"), STANDS_IN_THE_WAY, ids=lambda value: value if isinstance(value, str) else "")
def test_refused_by_what_is_there(face: Face, code: str, item: dict, there: list[dict]) -> None:
    api = {"VolumeSnapshot": "snapshot.storage.k8s.io/v1", "VolumeSnapshotClass": "snapshot.storage.k8s.io/v1", "CSIDriver": "storage.k8s.io/v1"}
    found = tuple({**live, "apiVersion": api.get(live["kind"], live["apiVersion"])} for live in there)
    with pytest.raises(CairnError) as refused:
        plan(face, item, there=found)
    assert refused.value.code == code and refused.value.fix, refused.value


def test_there_are_many_of_them() -> None:
    codes = {row[1] for row in (*REFUSED, *STANDS_IN_THE_WAY)}
    assert len(codes) >= 50
    assert LOCAL and plan(VOLUMES, LOCAL).changed, "what is refused here differs from what works in one thing"
