"""How pods, claims, volumes, nodes and disks hang together."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube import about, hosts, objects, relations, slim
from ansible_collections.cairn.storage.plugins.module_utils._kube.objects import Lists
from ansible_collections.cairn.storage.plugins.module_utils._kube.places import Ground
from ansible_collections.cairn.storage.plugins.module_utils._kube.table import render

BASE = "/var/lib/cairn-storage/local-volumes"


def pod(name: str, *claims: str, node: str | None = "node1") -> dict:
    volumes = [{"name": f"v{number}", "persistentVolumeClaim": {"claimName": claim}} for number, claim in enumerate(claims)]
    return {
        "metadata": {"namespace": "s", "name": name},
        "spec": {"nodeName": node, "volumes": [{"name": "config", "configMap": {}}, *volumes]},
        "status": {"phase": "Running"},
    }


def claim(name: str, volume: str | None = None, storage_class: str = "block") -> dict:
    return {
        "metadata": {"namespace": "s", "name": name},
        "status": {"phase": "Bound" if volume else "Pending"},
        "spec": {"volumeName": volume, "storageClassName": storage_class, "resources": {"requests": {"storage": "1Gi"}}},
    }


def local(name: str, host: str, entry: str, storage_class: str = "block", used_by: str | None = None) -> dict:
    rule = {"key": "kubernetes.io/hostname", "operator": "In", "values": [host]}
    spec = {
        "capacity": {"storage": "2Gi"},
        "storageClassName": storage_class,
        "local": {"path": f"{BASE}/{storage_class}/{entry}"},
        "volumeMode": "Block",
        "persistentVolumeReclaimPolicy": "Retain",
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}},
    }
    return {
        "metadata": {"name": name},
        "status": {"phase": "Bound" if used_by else "Available"},
        "spec": spec | ({"claimRef": {"namespace": "s", "name": used_by}} if used_by else {}),
    }


def node(name: str, host: str) -> dict:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": host}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        "spec": {"taints": [{"key": "new", "effect": "NoSchedule"}]},
    }


CSI = {
    "metadata": {"name": "csi"},
    "status": {"phase": "Bound"},
    "spec": {"csi": {}, "capacity": {"storage": "1500m"}, "claimRef": {"namespace": "s", "name": "data"}},
}
LISTS = Lists(
    pods=[pod("z", "gone", node=None), pod("a", "disk", "data"), pod("stateless")],
    claims=[claim("disk", "pv1"), claim("data", "csi", "fast"), claim("waiting")],
    volumes=[local("pv1", "host-1", "wwn-0x1", used_by="disk"), local("pv2", "host-1", "uuid-2", "fs"), CSI],
    nodes=[node("node1", "host-1")],
    classes=[{"metadata": {"name": "block", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "p"}],
    attachments=[
        {
            "metadata": {"name": "csi-1"},
            "spec": {"attacher": "driver", "nodeName": "node1", "source": {"persistentVolumeName": "csi"}},
            "status": {"attached": True},
        }
    ],
)
DEVICES = [
    {"id": "/dev/disk/by-id/scsi-1", "ids": ["/dev/disk/by-id/scsi-1", "/dev/disk/by-id/wwn-0x1"], "signatures": []},
    {"id": "/dev/disk/by-id/scsi-2", "ids": ["/dev/disk/by-id/scsi-2"], "signatures": [{"type": "xfs", "uuid": "uuid-2"}]},
]


def rows(lists: Lists, given: dict, **options: bool) -> list[dict]:
    """Rows of ``lists`` with what hosts told, as a user gives it."""
    return relations.rows(lists.pods, objects.claims(lists), objects.volumes(lists), Ground(hosts.parse(given)), **options)


def test_rows() -> None:
    found = rows(LISTS, {"node1": DEVICES})
    keys = ("pod", "claim", "volume", "node", "device", "attached", "capacity_bytes")
    assert [tuple(row[key] for key in keys) for row in found] == [
        ("a", "disk", "pv1", "node1", "/dev/disk/by-id/scsi-1", None, 2**31),
        ("a", "data", "csi", "node1", None, True, 2),
        ("z", "gone", None, None, None, None, None),
        (None, "waiting", None, None, None, None, None),
        (None, None, "pv2", "node1", "/dev/disk/by-id/scsi-2", None, 2**31),
    ]


def test_rows_of_pods_or_claims_only() -> None:
    assert [row["pod"] for row in rows(LISTS, {}, pods_only=True)] == ["a", "a", "z"]
    assert [row["claim"] for row in rows(LISTS, {}, claimed_only=True)] == ["disk", "data", "gone", "waiting"]


def test_entries_name_devices_that_no_disk_shows() -> None:
    entries = [{"class": "fs", "name": "uuid-2", "device": "/dev/fast/fs-0"}, {"class": "block", "name": None, "device": "/dev/fast/new"}]
    assert rows(LISTS, {"node1": [*entries, *DEVICES]})[-1]["device"] == "/dev/fast/fs-0"


def test_generic_ephemeral_volumes() -> None:
    live = pod("p")
    live["spec"]["volumes"].append({"name": "scratch", "ephemeral": {}})
    assert [row["claim"] for row in rows(Lists(pods=[live]), {})] == ["p-scratch"]


def test_published() -> None:
    assert objects.published(objects.volumes(LISTS)) == {
        "node1": [
            {"class": "block", "entry": "wwn-0x1", "volume": "pv1", "phase": "Bound", "path": f"{BASE}/block/wwn-0x1"},
            {"class": "fs", "entry": "uuid-2", "volume": "pv2", "phase": "Available", "path": f"{BASE}/fs/uuid-2"},
        ]
    }


def test_nodes_and_classes() -> None:
    assert objects.nodes(LISTS) == [
        {"name": "node1", "ready": True, "labels": {"kubernetes.io/hostname": "host-1"}, "taints": [{"key": "new", "effect": "NoSchedule"}]}
    ]
    assert objects.classes(LISTS) == [
        {"name": "block", "provisioner": "p", "reclaim_policy": "Delete", "binding_mode": "Immediate", "allow_expansion": False, "default": True}
    ]


def test_a_volume_of_several_nodes_is_tied_to_none() -> None:
    shared = local("pv", "host-1", "e")
    shared["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]["values"].append("host-2")
    assert objects.volumes(Lists(volumes=[shared]))[0]["node"] is None


def test_the_table_is_aligned() -> None:
    table = render(rows(LISTS, {"node1": DEVICES}))
    assert table.splitlines()[:2] == [
        "POD  PHASE    CLAIM      CLASS  VOLUME  STATE      SIZE  NODE   DISK",
        "s/a  Running  disk       block  pv1     Bound      2GiB  node1  /dev/disk/by-id/scsi-1",
    ]
    assert table.splitlines()[-1].split() == ["-", "-", "-", "fs", "pv2", "Available", "2GiB", "node1", "/dev/disk/by-id/scsi-2"]


# One cluster with a bit of everything: a local volume upon a logical volume of two disks, one of them an iSCSI LUN; and a volume that is a LUN itself.
LUN = "/dev/disk/by-id/wwn-0x9"
GROUP = {
    "name": "fa-st",
    "uuid": "AAAA-BB",
    "physical_volumes": [{"device": "/dev/disk/by-id/wwn-0x1"}, {"device": LUN}],
    "logical_volumes": [
        {"name": "lv-0", "uuid": "CC-DD", "path": "/dev/fa-st/lv-0", "size_bytes": 1},
        {"name": "spare", "uuid": "EE-FF", "size_bytes": 1},
    ],
}
TARGET = "iqn.2026-01.com.example:db"
PATHS = [{"target": "iqn.2026-01.com.example:lun", "portal": "10.0.0.9:3260", "iface": "default", "lun": 0, "kernel_name": "sdx", "state": "up"}]
FACTS = {
    "node1": {
        "block_device_info": {"devices": [*DEVICES, {"id": LUN, "ids": [LUN], "kernel_name": "sdx", "signatures": []}]},
        "local_volumes": {"entries": [{"class": "fs", "name": "uuid-2", "device": "/dev/disk/by-id/dm-uuid-LVM-AAAABBCCDD"}], "degraded": []},
        "lvm_info": {"volume_groups": [GROUP]},
        "iscsi_info": {"sessions": [], "targets": [], "devices": [{"id": LUN, "paths": PATHS}]},
    },
    "node2": {"iscsi_info": {"devices": [{"id": "/dev/disk/by-id/wwn-0x7", "paths": [{**PATHS[0], "target": TARGET}]}]}},
    "server": {
        "lvm_info": {
            "volume_groups": [
                {
                    "name": "bulk",
                    "uuid": "U",
                    "physical_volumes": [{"device": "/dev/disk/by-id/wwn-0x5"}],
                    "logical_volumes": [{"name": "db", "uuid": "V", "path": "/dev/bulk/db"}],
                }
            ]
        },
        "iscsi_info": {
            "targets": [
                {
                    "name": TARGET,
                    "running": {
                        "backstores": [{"name": "db", "path": "/dev/bulk/db"}],
                        "tpgs": [{"tag": 1, "luns": [{"lun": 0, "backstore": "db"}]}],
                    },
                },
                {"name": "saved-only", "running": None},
            ]
        },
    },
}
ISCSI = {
    "metadata": {"name": "lun-pv"},
    "status": {"phase": "Bound"},
    "spec": {
        "capacity": {"storage": "1Gi"},
        "claimRef": {"namespace": "s", "name": "remote"},
        "iscsi": {"targetPortal": "10.0.0.9:3260", "iqn": TARGET, "lun": 0},
    },
}
ALL = Lists(
    pods=[*LISTS.pods, pod("db", "remote", node="node2")],
    claims=[*LISTS.claims, claim("remote", "lun-pv")],
    volumes=[*LISTS.volumes, ISCSI],
    nodes=[*LISTS.nodes, node("node2", "host-2")],
    classes=LISTS.classes,
    attachments=LISTS.attachments,
)


def test_from_a_volume_down_to_disks_and_sessions() -> None:
    found = {row["volume"]: row for row in rows(ALL, FACTS) if row["volume"]}
    assert {key: found["pv2"][key] for key in ("device", "volume_group", "logical_volume", "disks", "sessions", "tied_to", "served_by")} == {
        "device": "/dev/disk/by-id/dm-uuid-LVM-AAAABBCCDD",
        "volume_group": "fa-st",
        "logical_volume": "lv-0",
        "disks": ["/dev/disk/by-id/wwn-0x1", LUN],
        "sessions": [{"target": "iqn.2026-01.com.example:lun", "portal": "10.0.0.9:3260", "state": "up"}],
        "tied_to": "node1",
        "served_by": None,
    }
    assert {key: found["lun-pv"][key] for key in ("device", "volume_group", "logical_volume", "disks", "target", "tied_to", "served_by", "node")} == {
        "device": "/dev/disk/by-id/wwn-0x7",
        "volume_group": "bulk",
        "logical_volume": "db",
        "disks": ["/dev/disk/by-id/wwn-0x5"],
        "target": TARGET,
        "tied_to": None,
        "served_by": "server",
        "node": "node2",
    }
    assert found["csi"]["attached_to"] == ["node1"] and found["csi"]["disks"] == []


QUESTIONS = [
    ({"pod": "s/a"}, {"volumes": ["csi", "pv1"], "disks": ["/dev/disk/by-id/scsi-1"], "nodes": ["node1"]}),
    ({"pod": "s/stateless"}, {"volumes": [], "pods": []}),
    ({"claim": "s/disk"}, {"pods": ["s/a"], "volumes": ["pv1"]}),
    (
        {"volume": "lun-pv"},
        {
            "pods": ["s/db"],
            "claims": ["s/remote"],
            "nodes": ["node2", "server"],
            "targets": [TARGET],
            "logical_volumes": ["/dev/bulk/db"],
            "volume_groups": ["server/bulk"],
        },
    ),
    (
        {"volume": "pv2"},
        {"pods": [], "volume_groups": ["node1/fa-st"], "logical_volumes": ["/dev/fa-st/lv-0"], "targets": ["iqn.2026-01.com.example:lun"]},
    ),
    ({"node": "node1"}, {"pods": ["s/a", "s/stateless"], "unreachable": ["pv1", "pv2"], "volumes": ["csi", "pv1", "pv2"]}),
    ({"node": "server"}, {"pods": ["s/db"], "unreachable": ["lun-pv"]}),
    ({"node": "node2"}, {"pods": ["s/db"], "unreachable": [], "volumes": ["lun-pv"]}),
    (
        {"disk": "wwn-0x1"},
        {"pods": ["s/a"], "volumes": ["pv1", "pv2"], "volume_groups": ["node1/fa-st"], "logical_volumes": ["/dev/fa-st/lv-0", "/dev/fa-st/spare"]},
    ),
    ({"disk": LUN}, {"volumes": ["pv2"], "logical_volumes": ["/dev/fa-st/lv-0", "/dev/fa-st/spare"]}),
    ({"disk": "/dev/disk/by-id/wwn-0x5"}, {"pods": ["s/db"], "volumes": ["lun-pv"], "logical_volumes": ["/dev/bulk/db"]}),
    ({"disk": "scsi-2"}, {"volumes": [], "volume_groups": []}),
    ({"target": TARGET}, {"pods": ["s/db"], "volumes": ["lun-pv"]}),
    ({"target": "iqn.2026-01.com.example:lun"}, {"volumes": ["pv2"]}),
    ({"target": "saved-only"}, {"volumes": []}),
]


def ask(given: dict[str, Any], facts: dict) -> dict[str, list]:
    known = hosts.parse(facts)
    _rows, affected = about.answer(about.parse(given), rows(ALL, facts), ALL.pods, {"node1", "node2"}, known)
    return affected


@pytest.mark.parametrize("given, told", QUESTIONS, ids=str)
def test_questions_from_either_end(given: dict, told: dict) -> None:
    affected = ask(given, FACTS)
    assert {key: affected[key] for key in told} == told


REFUSED = [
    ("about-empty", {}, FACTS),
    ("about-empty", {"node": None}, FACTS),
    ("about-several", {"node": "a", "disk": "b"}, FACTS),
    ("about-form", {"pod": "a"}, FACTS),
    ("about-form", {"claim": "a/b/c"}, FACTS),
    ("about-unknown", {"volume": "nowhere"}, FACTS),
    ("about-unknown", {"node": "node9"}, FACTS),
    ("about-unknown", {"disk": "wwn-0x404"}, FACTS),
    ("about-unknown", {"disk": "sdx"}, FACTS),
    ("about-unknown", {"target": "iqn.none"}, FACTS),
    ("about-unknown", {"pod": "s/none"}, FACTS),
    ("about-needs-hosts", {"disk": "wwn-0x1"}, {}),
    ("hosts-form", {"node": "node1"}, {"node1": "text"}),
    ("hosts-form", {"node": "node1"}, {"node1": [1]}),
    ("hosts-form", {"node": "node1"}, {"node1": [{"what": 1}]}),
    ("hosts-form", {"node": "node1"}, {"node1": {"lvm_info": []}}),
    ("hosts-form", {"node": "node1"}, {"node1": {"lvm_info": {"volume_groups": {"a": 1}}}}),
    ("hosts-module", {"node": "node1"}, {"node1": {"setup": {}}}),
]


@pytest.mark.parametrize("code, given, facts", REFUSED)
def test_questions_without_an_answer(code: str, given: dict, facts: dict) -> None:
    with pytest.raises(CairnError) as refused:
        ask(given, facts)
    assert refused.value.code == code and refused.value.parameter.startswith(("about", "hosts")) and refused.value.fix


def test_of_a_pod_only_what_is_asked_for_is_held() -> None:
    live = {
        **pod("a", "disk"),
        "spec": {
            "nodeName": "n",
            "containers": [{"image": "x"}],
            "volumes": [{"name": "c", "configMap": {}}, {"name": "d", "persistentVolumeClaim": {}}],
        },
    }
    live["metadata"].update(managedFields=[1], annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "yes"})
    assert slim.pod(live) == {
        "metadata": {"namespace": "s", "name": "a", "annotations": {"mine": "yes"}},
        "status": {"phase": "Running"},
        "spec": {"nodeName": "n", "volumes": [{"name": "d", "persistentVolumeClaim": {}}]},
    }
    assert slim.node({"metadata": {"name": "n"}, "status": {"images": [1], "conditions": []}}) == {
        "metadata": {"name": "n"},
        "status": {"conditions": []},
    }


def test_a_volume_names_its_target_itself() -> None:
    assert ask({"target": TARGET}, {})["volumes"] == ["lun-pv"]
