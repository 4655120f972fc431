"""Nodes as hosts: their variables and groups."""

from __future__ import annotations

import audit_world

from ansible_collections.cairn.storage.plugins.module_utils._kube.node_hosts import hosts
from ansible_collections.cairn.storage.plugins.module_utils._kube.objects import Lists


def node() -> dict:
    live = audit_world.node("node1")
    live["metadata"]["labels"].update({"node-role.kubernetes.io/control-plane": "", "topology.kubernetes.io/zone": "a", "disk": "nvme"})
    live["spec"] = {"unschedulable": True, "taints": [{"key": "k", "effect": "NoSchedule"}]}
    live["status"].update(
        addresses=[
            {"type": "Hostname", "address": "node1"},
            {"type": "InternalIP", "address": "192.0.2.11"},
            {"type": "InternalIP", "address": "2001:db8::11"},
        ],
        capacity={
            "cpu": "7500m",
            "memory": "1Gi",
            "ephemeral-storage": "10G",
            "pods": "110",
            "hugepages-2Mi": "0",
            "example.com/gpu": "2",
            "odd": "x",
        },
        nodeInfo={
            "kernelVersion": "6.1",
            "osImage": "Debian",
            "architecture": "amd64",
            "kubeletVersion": "v1.35.4",
            "containerRuntimeVersion": "containerd://1.7",
            "bootID": "x",
        },
    )
    return live


CLUSTER = audit_world.Cluster()
CLUSTER.volumes.append(audit_world.volume("pv-free", None, **audit_world.local("local-block", "wwn-0x3")))
FOUND = hosts(
    Lists(nodes=[node(), audit_world.node("node2")], volumes=CLUSTER.volumes, attachments=CLUSTER.attachments),
    CLUSTER.csi_nodes,
    ["ExternalIP", "InternalIP"],
)


def test_variables() -> None:
    told = FOUND["node1"]["variables"]
    assert FOUND["node1"]["address"] == "192.0.2.11"
    assert told["capacity"] == {
        "cpu": 7.5,
        "memory_bytes": 2**30,
        "ephemeral_storage_bytes": 10**10,
        "pods": 110,
        "hugepages_2Mi_bytes": 0,
        "example.com/gpu": 2,
    }
    assert told["allocatable"] == {} and told["unschedulable"] and told["ready"]
    assert told["info"] == {"kernel": "6.1", "os": "Debian", "architecture": "amd64", "kubelet": "v1.35.4", "runtime": "containerd://1.7"}
    assert [(volume["name"], volume["phase"], volume["claim"]) for volume in told["volumes"]] == [
        ("pv-block", "Bound", "disk-blocks-0"),
        ("pv-fs", "Bound", "files"),
        ("pv-free", "Available", None),
    ]
    assert told["storage_bytes"] == {"local-block": {"capacity": 2**32, "free": 2**31}, "local-fs": {"capacity": 2**31, "free": 0}}
    assert told["attached"] == [] and told["drivers"] == {}


def test_groups() -> None:
    assert FOUND["node1"]["groups"] == ["nodes", "ready", "unschedulable", "role_control-plane", "zone_a", "class_local-block", "class_local-fs"]
    assert FOUND["node2"]["groups"] == ["nodes", "ready", "driver_lvm.csi.example.com"]


def test_a_node_with_neither_address_nor_disks() -> None:
    host = FOUND["node2"]
    assert host["address"] is None and host["variables"]["volumes"] == [] and host["variables"]["drivers"] == {"lvm.csi.example.com": None}
    assert host["variables"]["attached"] == [{"volume": "pv-csi", "driver": "lvm.csi.example.com", "attached": True}]
