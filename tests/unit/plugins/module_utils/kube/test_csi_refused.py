"""What is wrong in a descriptor, or in what is asked of it, is told by its name."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._kube.csi.choose import plan
from csi_catalogue import ASKED, DRIVERS, descriptor, render

GOOD = descriptor("lvm.csi.cairn.storage")
REMOVED = object()


def changed(path: str, value: Any) -> dict:
    """The LVM driver's descriptor with something else at ``path``, keys and positions with dots between them."""
    made = copy.deepcopy(GOOD)
    *way, last = [int(each) if each.isdigit() else each for each in path.split(".")]
    place: Any = made
    for each in way:
        place = place[each]
    if value is REMOVED:
        del place[last]
    else:
        place[last] = value
    return made


@pytest.mark.parametrize(("path", "value", "code", "parameter"), [
    ("name", REMOVED, "csi-key-missing", "name"),
    ("name", "no_such.name!", "csi-name", "name"),
    ("name", 7, "csi-type", "name"),
    ("short_name", "LVM", "csi-name", "short_name"),
    ("colour", "red", "csi-key-unknown", "colour"),
    ("image", REMOVED, "csi-key-missing", "image"),
    ("kubernetes", "1.35", "csi-type", "kubernetes"),
    ("kubernetes.to", 1.36, "csi-type", "kubernetes.to"),
    ("kubernetes.from", "new", "csi-name", "kubernetes.from"),
    ("proven", "yes", "csi-choice", "proven"),
    ("driver.fs_group_policy", "Files", "csi-choice", "driver.fs_group_policy"),
    ("driver.volume_lifecycle_modes", ["Forever"], "csi-choice", "driver.volume_lifecycle_modes"),
    ("driver.attach", True, "csi-key-unknown", "driver.attach"),
    ("workloads", [], "csi-workloads", "workloads"),
    ("workloads", ["node"], "csi-map", "workloads[0]"),
    ("workloads.1.name", "node", "csi-workload-twice", "workloads"),
    ("workloads.0.kind", "ReplicaSet", "csi-choice", "workloads[0].kind"),
    ("workloads.0.host_pid", "yes", "csi-type", "workloads[0].host_pid"),
    ("workloads.0.first_port", True, "csi-type", "workloads[0].first_port"),
    ("workloads.0.sidecars.healthmonitor", None, "csi-sidecar-unknown", "workloads[0].sidecars"),
    ("workloads.0.sidecars.resizer", None, "csi-sidecar-on-nodes", "workloads[0].sidecars"),
    ("workloads.0.sidecars.snapshotter", {"capacity": True}, "csi-capacity-of", "workloads[0].sidecars.snapshotter.capacity"),
    ("workloads.0.sidecars.snapshotter", {"args": []}, "csi-key-unknown", "workloads[0].sidecars.snapshotter.args"),
    ("workloads.0.containers", [], "csi-containers", "workloads[0].containers"),
    ("workloads.0.containers.0.mounts", [{"path": "relative"}], "csi-mount-path", "workloads[0].containers[0].mounts[0].path"),
    ("workloads.0.containers.0.mounts", [{"path": "/a", "propagation": "Both"}], "csi-choice", "workloads[0].containers[0].mounts[0].propagation"),
    ("workloads.0.containers", [{"name": "a"}, {"name": "a"}], "csi-container-twice", "workloads[0].containers"),
    ("scheduler_extender", {"weight": 1}, "csi-extender-url", "scheduler_extender.urlPrefix"),
    ("storage_classes", [{"parameters": {}}], "csi-class-name", "storage_classes[0].name"),
    ("storage_classes", [{"name": "a"}, {"name": "a"}], "csi-class-twice", "storage_classes"),
    ("storage_classes.0.reclaim_policy", "Keep", "csi-choice", "storage_classes[0].reclaim_policy"),
])
def test_a_wrong_descriptor(path: str, value: Any, code: str, parameter: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        render(changed(path, value))
    assert (error.value.code, error.value.parameter) == (code, f"csi_driver_descriptor.{parameter}") and error.value.fix


@pytest.mark.parametrize(("asked", "code", "parameter"), [
    ({"timeout": 0}, "csi-timeout", "csi_driver_timeout"),
    ({"kubelet_dir": "kubelet"}, "csi-kubelet-dir", "csi_driver_kubelet_dir"),
    ({"arguments": {"nodes": []}}, "csi-arguments-of", "csi_driver_arguments.nodes"),
    ({"pools": [{"name": "A", "arguments": []}]}, "csi-name", "csi_driver_pools[0].name"),
    ({"pools": [{"name": "a"}]}, "csi-key-missing", "csi_driver_pools[0].arguments"),
    ({"pools": [{"name": "a", "arguments": []}] * 2}, "csi-pool-twice", "csi_driver_pools"),
    ({"namespace": None}, "csi-key-missing", "csi_driver.namespace"),
    ({"storage_classes": [{"name": "a", "parameters": {"stripes": 2}}]}, "value-not-text", "storage_classes[0].parameters"),
    ({"snapshot_classes": [{"name": "a"}]}, "snapshot-class-deletion-policy", "snapshot_classes[0].deletion_policy"),
    ({"attributes_classes": [{"name": "a"}]}, "csi-attributes-empty", "attributes_classes.a.parameters"),
])
def test_a_wrong_wish(asked: dict, code: str, parameter: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        render(GOOD, **asked)
    assert (error.value.code, error.value.parameter) == (code, parameter)


def test_an_attacher_that_is_not_there() -> None:
    with pytest.raises(InvalidRequest) as error:
        render("nfs.csi.k8s.io", attach=True)
    assert (error.value.code, error.value.parameter) == ("csi-attach-none", "csi_driver_attach")


@pytest.mark.parametrize("name", DRIVERS)
@pytest.mark.parametrize(("least", "most"), [("1.36", "1.36"), ("1.9", "1.34"), ("1.100", "1.101")])
def test_a_kubernetes_that_a_driver_is_not_for(name: str, least: str, most: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        render({**descriptor(name), "kubernetes": {"from": least, "to": most}})
    assert error.value.code == "csi-kubernetes" and least in error.value.fix and most in error.value.fix


def test_a_sidecar_without_an_image() -> None:
    with pytest.raises(InvalidRequest) as error:
        plan(GOOD, ASKED, {"livenessprobe": "a"})
    assert error.value.code == "csi-sidecar-image" and "provisioner" in error.value.found
