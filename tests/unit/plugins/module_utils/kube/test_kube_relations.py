"""How pods, claims, volumes, nodes and disks hang together."""

from __future__ import annotations

from ansible_collections.cairn.storage.plugins.module_utils._kube import relations
from ansible_collections.cairn.storage.plugins.module_utils._kube.relations import Disks, Lists
from ansible_collections.cairn.storage.plugins.module_utils._kube.table import render

BASE = "/var/lib/cairn-storage/local-volumes"


def pod(name: str, *claims: str, node: str | None = "node1") -> dict:
    volumes = [{"name": f"v{number}", "persistentVolumeClaim": {"claimName": claim}} for number, claim in enumerate(claims)]
    return {"metadata": {"namespace": "s", "name": name}, "spec": {"nodeName": node, "volumes": [{"name": "config", "configMap": {}}, *volumes]}, "status": {"phase": "Running"}}


def claim(name: str, volume: str | None = None, storage_class: str = "block") -> dict:
    return {"metadata": {"namespace": "s", "name": name}, "status": {"phase": "Bound" if volume else "Pending"},
            "spec": {"volumeName": volume, "storageClassName": storage_class, "resources": {"requests": {"storage": "1Gi"}}}}


def local(name: str, host: str, entry: str, storage_class: str = "block", used_by: str | None = None) -> dict:
    rule = {"key": "kubernetes.io/hostname", "operator": "In", "values": [host]}
    spec = {"capacity": {"storage": "2Gi"}, "storageClassName": storage_class, "local": {"path": f"{BASE}/{storage_class}/{entry}"}, "volumeMode": "Block",
            "persistentVolumeReclaimPolicy": "Retain", "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}}}
    return {"metadata": {"name": name}, "status": {"phase": "Bound" if used_by else "Available"},
            "spec": spec | ({"claimRef": {"namespace": "s", "name": used_by}} if used_by else {})}


def node(name: str, host: str) -> dict:
    return {"metadata": {"name": name, "labels": {"kubernetes.io/hostname": host}}, "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            "spec": {"taints": [{"key": "new", "effect": "NoSchedule"}]}}


CSI = {"metadata": {"name": "csi"}, "status": {"phase": "Bound"}, "spec": {"csi": {}, "capacity": {"storage": "1500m"}, "claimRef": {"namespace": "s", "name": "data"}}}
LISTS = Lists(
    pods=[pod("z", "gone", node=None), pod("a", "disk", "data"), pod("stateless")],
    claims=[claim("disk", "pv1"), claim("data", "csi", "fast"), claim("waiting")],
    volumes=[local("pv1", "host-1", "wwn-0x1", used_by="disk"), local("pv2", "host-1", "uuid-2", "fs"), CSI],
    nodes=[node("node1", "host-1")],
    classes=[{"metadata": {"name": "block", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "p"}],
    attachments=[{"spec": {"source": {"persistentVolumeName": "csi"}}, "status": {"attached": True}}],
)
DEVICES = [{"id": "/dev/disk/by-id/scsi-1", "ids": ["/dev/disk/by-id/scsi-1", "/dev/disk/by-id/wwn-0x1"], "signatures": []},
           {"id": "/dev/disk/by-id/scsi-2", "ids": ["/dev/disk/by-id/scsi-2"], "signatures": [{"type": "xfs", "uuid": "uuid-2"}]}]


def test_rows() -> None:
    rows = relations.rows(LISTS, Disks({"node1": DEVICES}))
    keys = ("pod", "claim", "volume", "node", "device", "attached", "capacity_bytes")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("a", "disk", "pv1", "node1", "/dev/disk/by-id/scsi-1", None, 2**31),
        ("a", "data", "csi", "node1", None, True, 2),
        ("z", "gone", None, None, None, None, None),
        (None, "waiting", None, None, None, None, None),
        (None, None, "pv2", "node1", "/dev/disk/by-id/scsi-2", None, 2**31),
    ]


def test_rows_of_pods_or_claims_only() -> None:
    assert [row["pod"] for row in relations.rows(LISTS, Disks({}), pods_only=True)] == ["a", "a", "z"]
    assert [row["claim"] for row in relations.rows(LISTS, Disks({}), claimed_only=True)] == ["disk", "data", "gone", "waiting"]


def test_entries_name_devices_that_no_disk_shows() -> None:
    entries = [{"class": "fs", "name": "uuid-2", "device": "/dev/fast/fs-0"}, {"class": "block", "name": None, "device": "/dev/fast/new"}]
    assert relations.rows(LISTS, Disks({"node1": [*entries, *DEVICES]}))[-1]["device"] == "/dev/fast/fs-0"


def test_generic_ephemeral_volumes() -> None:
    live = pod("p")
    live["spec"]["volumes"].append({"name": "scratch", "ephemeral": {}})
    assert [row["claim"] for row in relations.rows(Lists(pods=[live]), Disks({}))] == ["p-scratch"]


def test_published() -> None:
    assert relations.published(relations.volumes(LISTS)) == {"node1": [
        {"class": "block", "entry": "wwn-0x1", "volume": "pv1", "phase": "Bound", "path": f"{BASE}/block/wwn-0x1"},
        {"class": "fs", "entry": "uuid-2", "volume": "pv2", "phase": "Available", "path": f"{BASE}/fs/uuid-2"}]}


def test_nodes_and_classes() -> None:
    assert relations.nodes(LISTS) == [{"name": "node1", "ready": True, "labels": {"kubernetes.io/hostname": "host-1"}, "taints": [{"key": "new", "effect": "NoSchedule"}]}]
    assert relations.classes(LISTS) == [{"name": "block", "provisioner": "p", "reclaim_policy": "Delete", "binding_mode": "Immediate", "allow_expansion": False, "default": True}]


def test_a_volume_of_several_nodes_is_tied_to_none() -> None:
    shared = local("pv", "host-1", "e")
    shared["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]["values"].append("host-2")
    assert relations.volumes(Lists(volumes=[shared]))[0]["node"] is None


def test_the_table_is_aligned() -> None:
    table = render(relations.rows(LISTS, Disks({"node1": DEVICES})))
    assert table.splitlines()[:2] == [
        "POD  PHASE    CLAIM      CLASS  VOLUME  STATE      SIZE  NODE   DISK",
        "s/a  Running  disk       block  pv1     Bound      2GiB  node1  /dev/disk/by-id/scsi-1"]
    assert table.splitlines()[-1].split() == ["-", "-", "-", "fs", "pv2", "Available", "2GiB", "node1", "/dev/disk/by-id/scsi-2"]
