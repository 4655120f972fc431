"""Each filter, with hostile values in each place that a host or the API server writes: it answers, or tells one clear error."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, Callable

import hostile
import pytest
from ansible.errors import AnsibleError

REPO = Path(__file__).resolve().parents[3]
PLUGINS = "ansible_collections.cairn.storage.plugins.filter"

ENTRY = {"class": "fast", "name": "wwn-0x1", "volume_mode": "Block", "size_bytes": 2**34, "degraded": False, "device": "/dev/disk/by-id/wwn-0x1"}
ENTRIES = {"node1": [ENTRY, {**ENTRY, "name": None, "volume_mode": "Filesystem"}]}
VOLUME = {
    "name": "local-pv-1f2e3d4c", "node": "node1", "storage_class": "fast", "volume_mode": "Block", "capacity_bytes": 2**33, "phase": "Bound",
    "namespace": "storage", "claim": "disk-blocks-0", "path": "/mnt/fast/wwn-0x1", "local": True,
}  # fmt: skip
KNOWN = {
    "volumes": [VOLUME, {**VOLUME, "name": "local-pv-2", "phase": "Available", "claim": None, "namespace": None}],
    "claims": [{"namespace": "storage", "name": "disk-blocks-0", "capacity_bytes": 2**33, "requested_bytes": 2**33}],
    "classes": [{"name": "fast", "allow_expansion": True}],
    "relations": [{"namespace": "storage", "claim": "disk-blocks-0", "pod": "blocks-0", "phase": "Running"}],
}
DEVICE = {
    "id": "/dev/disk/by-id/wwn-0x1", "ids": ["/dev/disk/by-id/wwn-0x1"], "size_bytes": 2**31, "rotational": False, "model": "Model", "serial": "1",
    "use": "", "found": "", "vacant": True,
}  # fmt: skip
CHOSEN = {"storage_disks": {"node1": [{"id": "/dev/disk/by-id/wwn-0x1", "size_bytes": 2**31, "found": "", "model": "M", "use": "fast"}]}}
HOSTVARS = [
    {
        "inventory_hostname": "node1", "ansible_host": "192.0.2.11", "iscsi_initiator_name": "iqn.2026-01.com.example:node1",
        "iscsi_portals": ["192.0.2.11:3260"], "lvm_volume_groups": [{"name": "data", "logical_volumes": [{"name": "a", "size": "1GiB"}]}],
    },
    {"inventory_hostname": "node2"},
]  # fmt: skip
EXPORTS = [{"name": "db", "host": "node1", "volume_group": "data", "size": "1GiB", "initiators": ["node1"], "persistent_volume": {"fs_type": "xfs"}}]
OFFERED = [{"name": "local-pv-1", "node": "node1", "storage_class": "fast", "volume_mode": "Block", "capacity_bytes": 2**33, "claim": ""}]
CLUSTERS = [{"name": "blocks", "namespace": "storage", "engine": "e", "replicas": 1, "spread": "x", "initiators": ["ALL"], "disk": {"class": "fast", "size": "max"}}]
LABELS = {"app.kubernetes.io/name": "storage-cluster", "app.kubernetes.io/instance": "blocks"}
CLAIMS = [{"namespace": "storage", "name": "disk-blocks-0", "volume": "local-pv-1f2e3d4c", "labels": LABELS}]
SETS = {
    "cluster_uid": "0a0b0c0d-0000-4000-8000-000000000000",
    "stateful_sets": [
        {"namespace": "storage", "name": "blocks", "exists": True, "labels": {"app.kubernetes.io/managed-by": "cairn.storage"}, "environment": {"N": "iqn"}}
    ],
}
ENGINES = {"e": {"image": "i", "identity": {"variable": "N", "prefix": "iqn"}, "ports": [1], "probes": {"a": 1}, "disk": {"volume_mode": "Block", "path": "/dev/disk"}}}
POD = {
    "apiVersion": "v1", "kind": "Pod",
    "spec": {
        "containers": [
            {"name": "kube-scheduler",
             "command": ["kube-scheduler", "--config=/etc/kubernetes/a.yaml", "--kubeconfig=/etc/kubernetes/scheduler.conf"],
             "volumeMounts": [{"name": "k", "mountPath": "/etc/kubernetes"}]}
        ],
        "volumes": [{"name": "k", "hostPath": {"path": "/etc/kubernetes"}}],
    },
}  # fmt: skip
CONFIG = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration", "extenders": [{"urlPrefix": "http://a"}]}

#: Filter -> the arguments of a call that is well, and which of them are the words of a host or of the API server.
CALLS: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "by_host": ([[{"inventory_hostname": "node1", "facts": {"devices": [DEVICE]}}], "facts.devices"], ()),
    "by_node": ([[{"inventory_hostname": "box1", "storage_node_name": "node1", "facts": {"devices": [DEVICE]}}], "facts.devices"], ()),
    "chosen_disks": ([[{"name": "fast"}], CHOSEN, "node1"], (1,)),
    "claim_plan": ([CLUSTERS, OFFERED, ENGINES, {}, SETS], (1, 4)),
    # A descriptor, options and images: all of them are an administrator's.
    "csi_plan": ([{}, {}, {}], ()),
    "discovered_disks": ([{"node1": [DEVICE]}, CHOSEN], (0, 1)),
    "grown_volumes": ([ENTRIES, KNOWN, []], (0, 1)),
    "iscsi_exports": ([EXPORTS, HOSTVARS, "iqn.2026-01.com.example", "node1"], (1,)),
    "local_class_problems": ([[{"name": "fast", "volume_mode": "Block"}], [VOLUME], "/mnt"], (1,)),
    "local_pv_name": (["wwn-0x1", "node1", "fast"], (0, 1, 2)),
    "merge_local_classes": (
        [{"node1": [{"name": "fast", "volume_mode": "Block", "state": "present"}]}, {"fast": {"reclaim_policy": "Delete"}}],
        (0,),
    ),
    "scheduler_extender": ([POD, CONFIG, {"urlPrefix": "http://b"}, "/etc/kubernetes/b.yaml"], (0, 1)),
    "site_volumes": ([ENTRIES, [VOLUME]], (0, 1)),
    # All of it is the inventory's.
    "taking_part": ([{"node1": {}, "api": {}}, {"all": ["node1", "api"], "kube_api": ["api"], "storage_nodes": ["node1"]}, None, ["node1", "api"]], ()),
    "teardown_plan": ([{**KNOWN, "claims": CLAIMS}, CLUSTERS, {"node1": "/mnt/fast"}], (0,)),
}
#: What comes out goes into manifests, names and files: of these filters every text is printable.
CLEAN = {"claim_plan", "discovered_disks", "grown_volumes", "local_class_problems", "local_pv_name", "merge_local_classes", "site_volumes",
         "teardown_plan"}


def filters() -> dict[str, Callable]:
    found: dict[str, Callable] = {}
    for file in sorted((REPO / "plugins" / "filter").glob("*.py")):
        found |= importlib.import_module(f"{PLUGINS}.{file.stem}").FilterModule().filters()
    return found


FILTERS = filters()


def test_every_filter_is_tried() -> None:
    assert set(CALLS) == set(FILTERS), "a filter without a call in CALLS has not been tried with hostile values"


@pytest.mark.parametrize("name", sorted(name for name, (_arguments, foreign) in CALLS.items()))
def test_a_call_that_is_well_is_answered(name: str) -> None:
    if name != "csi_plan":
        assert FILTERS[name](*CALLS[name][0]) is not None


@pytest.mark.parametrize("name, index", [(name, index) for name, (_arguments, foreign) in sorted(CALLS.items()) for index in foreign])
def test_hostile_values(name: str, index: int) -> None:
    arguments = CALLS[name][0]
    for where, variant in hostile.variants(arguments[index]):
        call = [*arguments[:index], variant, *arguments[index + 1 :]]
        try:
            told = FILTERS[name](*call)
        except AnsibleError as error:
            said = str(error)
            assert all(line.isprintable() for line in said.split("\n")) and len(said) < 5000, (where, said[:300])
        except Exception as problem:
            raise AssertionError(f"{name}, argument {index}, {where}: {type(problem).__name__}: {problem}"[:600]) from problem
        else:
            # Of the file that a person has filled in, answers stay as they are.
            if name in CLEAN and arguments[index] is not CHOSEN:
                assert all(line.isprintable() for text in hostile.texts(told) for line in text.split("\n")), (where, str(told)[:300])
                json.dumps(told).encode()
