"""A healthy cluster with a bit of everything, in which tests break one thing at a time."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ansible_collections.cairn.storage.plugins.module_utils._kube import hosts
from ansible_collections.cairn.storage.plugins.module_utils._kube.audit.model import World
from ansible_collections.cairn.storage.plugins.module_utils._kube.objects import Lists

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc).timestamp()
LONG_AGO, JUST_NOW = "2026-01-01T12:00:00Z", "2026-01-01T23:59:30Z"
BASE = "/var/lib/cairn-storage/local-volumes"
GIB = 2**30
DISK, LUN = "/dev/disk/by-id/wwn-0x1", "/dev/disk/by-id/wwn-0x9"
TARGET = "iqn.2026-01.com.example:db"
#: What names of disks begin with, and the UID of the cluster's kube-system.
IQN, CLUSTER = "iqn.2026-01.storage.cairn", "uid-Namespace-kube-system"
SNAPSHOTS = "snapshot.storage.k8s.io/v1"


def thing(kind: str, name: str, space: str | None = None, spec: Any = None, status: Any = None, api: str = "v1", labels: Any = None, **more: Any) -> dict:
    metadata = {"name": name, "uid": f"uid-{kind}-{name}", "creationTimestamp": LONG_AGO, **({"namespace": space} if space else {}),
                **({"labels": labels} if labels else {})}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": metadata,
        **({"spec": spec} if spec is not None else {}),
        **({"status": status} if status is not None else {}),
        **more,
    }


def node(name: str) -> dict:
    live = thing("Node", name, spec={}, status={"conditions": [{"type": "Ready", "status": "True"}]})
    live["metadata"]["labels"] = {"kubernetes.io/hostname": name}
    return live


def claim(name: str, volume: str | None, storage_class: str = "local-block", size: str = "2Gi") -> dict:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": storage_class, "volumeName": volume, "resources": {"requests": {"storage": size}}}
    live = thing("PersistentVolumeClaim", name, "s", spec, {"phase": "Bound", "capacity": {"storage": size}} if volume else {"phase": "Pending"})
    live["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    return live


def volume(name: str, used_by: str | None, storage_class: str = "local-block", host: str | None = "node1", **source: Any) -> dict:
    spec = {"capacity": {"storage": "2Gi"}, "storageClassName": storage_class, "persistentVolumeReclaimPolicy": "Retain", **source}
    if used_by:
        spec["claimRef"] = {"namespace": "s", "name": used_by, "uid": f"uid-PersistentVolumeClaim-{used_by}"}
    if host:
        rule = {"key": "kubernetes.io/hostname", "operator": "In", "values": [host]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}}
    live = thing("PersistentVolume", name, spec=spec, status={"phase": "Bound" if used_by else "Available"})
    live["metadata"].update(
        finalizers=["kubernetes.io/pv-protection"], annotations={"pv.kubernetes.io/provisioned-by": f"local-volume-provisioner-{host}"}
    )
    return live


def pod(name: str, claim_name: str, on: str = "node1") -> dict:
    return thing(
        "Pod", name, "s", {"nodeName": on, "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": claim_name}}]}, {"phase": "Running"}
    )


def local(storage_class: str, entry: str) -> dict:
    return {"local": {"path": f"{BASE}/{storage_class}/{entry}"}, "volumeMode": "Block" if storage_class == "local-block" else "Filesystem"}


def storage_class(name: str, provisioner: str = "kubernetes.io/no-provisioner", mode: str = "WaitForFirstConsumer") -> dict:
    return thing("StorageClass", name, api="storage.k8s.io/v1", provisioner=provisioner, volumeBindingMode=mode)


def entry(name: str, kind: str, device: str, disk: str) -> dict:
    return {"class": kind, "name": name, "path": f"{BASE}/{kind}/{name}", "device": device, "disks": [disk], "size_bytes": 2 * GIB, "degraded": False}


def disk(device: str) -> dict:
    return {
        "id": device,
        "ids": [device],
        "kernel_name": "sda",
        "signatures": [],
        "use": "local volume",
        "readable": True,
        "read_only": False,
        "health": {"state": "running", "io_errors": 2, "io_timeouts": 0},
        "holders": [],
        "mounts": [],
        "serial": "1",
        "model": "m",
    }


def logical(name: str, kind: str = "linear", **more: Any) -> dict:
    return {
        "name": name,
        "path": f"/dev/fast/{name}",
        "uuid": f"u-{name}",
        "type": kind,
        "size_bytes": 2 * GIB,
        "active": True,
        "open": True,
        "health": "",
        "thin_pool": "",
        **more,
    }


def session() -> dict:
    return {"target": TARGET, "portal": "10.0.0.9:3260", "iface": "default", "state": "LOGGED_IN", "startup": "automatic"}


def facts() -> dict:
    group = {
        "name": "fast",
        "uuid": "VG",
        "free_bytes": 4 * GIB,
        "physical_volumes": [{"device": "/dev/disk/by-id/wwn-0x2", "missing": False, "readable": True}],
        "logical_volumes": [
            logical("fs-0"),
            logical("pool", "thin-pool", size_bytes=10 * GIB, data_percent=30.0, metadata_percent=10.0, monitored=True, check_needed=False),
            *(logical(f"thin-{number}", "thin", thin_pool="pool", size_bytes=8 * GIB) for number in range(2)),
        ],
    }
    taken = [entry(f"thin-{number}", "other", f"/dev/fast/thin-{number}", "/dev/disk/by-id/wwn-0x2") | {"degraded": True} for number in range(2)]
    path = {"target": TARGET, "portal": "10.0.0.9:3260", "iface": "default", "lun": 0, "kernel_name": "sdx", "state": "up"}
    return {
        "node1": {
            "block_device_info": {"devices": [disk(DISK), disk("/dev/disk/by-id/wwn-0x2")]},
            "local_volumes": {
                "entries": [
                    entry("wwn-0x1", "local-block", DISK, DISK),
                    entry("uuid-0", "local-fs", "/dev/fast/fs-0", "/dev/disk/by-id/wwn-0x2"),
                    *taken,
                ],
                "degraded": [],
                "actions": [],
            },
            "lvm_info": {"volume_groups": [group], "lost": [], "physical_volumes": []},
            "iscsi_info": {"targets": [], "sessions": [], "logged_out": [], "devices": []},
        },
        "node2": {
            "block_device_info": {"devices": [disk(LUN)]},
            "local_volumes": {"entries": [], "degraded": []},
            "lvm_info": {"volume_groups": [], "lost": []},
            "iscsi_info": {
                "sessions": [session()],
                "logged_out": [{**session(), "startup": "manual"}],
                "devices": [{"id": LUN, "state": "up", "used": "", "paths": [path, {**path, "portal": "10.0.1.9:3260"}]}],
                "targets": [{"name": "iqn.other", "drift": [], "degraded": [], "running": {"backstores": [], "tpgs": []}, "saved": None}],
            },
        },
    }


@dataclass
class Cluster:
    """Everything by kind, to be changed; ``world`` is what an audit sees of it."""

    pods: list = field(default_factory=lambda: [pod("blocks-0", "disk-blocks-0"), pod("db", "db", "node2"), pod("files", "files")])
    claims: list = field(
        default_factory=lambda: [
            claim("disk-blocks-0", "pv-block"),
            claim("files", "pv-fs", "local-fs"),
            claim("db", "pv-csi", "fast"),
            claim("later", None),
        ]
    )
    volumes: list = field(
        default_factory=lambda: [
            volume("pv-block", "disk-blocks-0", **local("local-block", "wwn-0x1")),
            volume("pv-fs", "files", "local-fs", **local("local-fs", "uuid-0")),
            volume("pv-csi", "db", "fast", None, csi={"driver": "lvm.csi.example.com", "volumeHandle": "fast/csi-1"}),
        ]
    )
    nodes: list = field(default_factory=lambda: [node("node1"), node("node2")])
    classes: list = field(
        default_factory=lambda: [storage_class("local-block"), storage_class("local-fs"), storage_class("fast", "lvm.csi.example.com", "Immediate")]
    )
    attachments: list = field(
        default_factory=lambda: [
            thing(
                "VolumeAttachment",
                "csi-1",
                api="storage.k8s.io/v1",
                status={"attached": True},
                spec={"attacher": "lvm.csi.example.com", "nodeName": "node2", "source": {"persistentVolumeName": "pv-csi"}},
            )
        ]
    )
    sets: list = field(
        default_factory=lambda: [
            thing(
                "StatefulSet",
                "blocks",
                "s",
                {
                    "replicas": 1,
                    "template": {"spec": {"containers": [{"name": "tgt", "env": [{"name": "TARGET_IQN", "value": f"{IQN}:{CLUSTER}.s.$(POD_NAME)"}]}]}},
                    "volumeClaimTemplates": [
                        {"metadata": {"name": "disk"}, "spec": {"storageClassName": "local-block", "resources": {"requests": {"storage": "2048Mi"}}}}
                    ],
                },
                {},
                "apps/v1",
                labels={"app.kubernetes.io/managed-by": "cairn.storage"},
            )
        ]
    )
    namespaces: list = field(
        default_factory=lambda: [
            thing("Namespace", name, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"}) for name in ("s", "kube-system")
        ]
    )
    csi_nodes: list = field(
        default_factory=lambda: [thing("CSINode", "node2", api="storage.k8s.io/v1", spec={"drivers": [{"name": "lvm.csi.example.com"}]})]
    )
    snapshots: list = field(
        default_factory=lambda: [
            thing(
                "VolumeSnapshot",
                "before",
                "s",
                {"source": {"persistentVolumeClaimName": "db"}, "volumeSnapshotClassName": "snap"},
                {"readyToUse": True, "boundVolumeSnapshotContentName": "content-1"},
                SNAPSHOTS,
            )
        ]
    )
    contents: list = field(
        default_factory=lambda: [
            thing(
                "VolumeSnapshotContent",
                "content-1",
                api=SNAPSHOTS,
                status={"readyToUse": True},
                spec={
                    "driver": "lvm.csi.example.com",
                    "deletionPolicy": "Delete",
                    "volumeSnapshotClassName": "snap",
                    "volumeSnapshotRef": {"namespace": "s", "name": "before", "uid": "uid-VolumeSnapshot-before"},
                },
            )
        ]
    )
    snapshot_classes: list = field(default_factory=lambda: [thing("VolumeSnapshotClass", "snap", api=SNAPSHOTS)])
    events: list = field(default_factory=list)
    hosts: dict = field(default_factory=facts)

    def world(self, **more: Any) -> World:
        """What the audit sees."""
        lists = Lists(self.pods, self.claims, self.volumes, self.nodes, self.classes, self.attachments)
        return World(
            lists,
            hosts.parse(copy.deepcopy(self.hosts)),
            self.sets,
            self.namespaces,
            self.csi_nodes,
            self.snapshots,
            self.contents,
            self.snapshot_classes,
            self.events,
            NOW,
            **more,
        )

    def warn(self, live: dict, reason: str, message: str) -> None:
        """An event about an object."""
        self.events.append(
            {"metadata": {}, "lastTimestamp": LONG_AGO, "reason": reason, "message": message, "involvedObject": {"uid": live["metadata"]["uid"]}}
        )


def delete(live: dict, *finalizers: str, when: str = LONG_AGO) -> dict:
    """The same object, deleted and held."""
    live["metadata"]["deletionTimestamp"] = when
    if finalizers:
        live["metadata"]["finalizers"] = list(finalizers)
    return live
