"""A scheduler gets an extender, keeps everything else, and loses it again."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.cairn.storage.plugins.filter.scheduler_extender import scheduler_extender
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.csi.scheduler import API, configuration, pod

EXTENDER = {"urlPrefix": "http://x:23000/scheduler", "filterVerb": "predicates", "weight": 10}
OTHER = {"urlPrefix": "http://other/", "filterVerb": "f"}
PATH = "/etc/kubernetes/ours.yaml"
#: As kubeadm writes it, shortened.
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "kube-scheduler", "namespace": "kube-system"}, "spec": {
    "hostNetwork": True,
    "containers": [{"name": "kube-scheduler", "command": ["kube-scheduler", "--kubeconfig=/etc/kubernetes/scheduler.conf", "--leader-elect=true"],
                    "volumeMounts": [{"name": "kubeconfig", "mountPath": "/etc/kubernetes/scheduler.conf", "readOnly": True}]}],
    "volumes": [{"name": "kubeconfig", "hostPath": {"path": "/etc/kubernetes/scheduler.conf", "type": "FileOrCreate"}}]}}


def test_a_scheduler_without_configuration_gets_one() -> None:
    before = copy.deepcopy(POD)
    made = scheduler_extender(POD, {}, EXTENDER, PATH)
    assert before == POD and made["path"] == PATH
    assert made["config"] == {"apiVersion": API, "kind": "KubeSchedulerConfiguration",
                              "clientConnection": {"kubeconfig": "/etc/kubernetes/scheduler.conf"}, "leaderElection": {"leaderElect": True},
                              "extenders": [EXTENDER]}
    spec = made["pod"]["spec"]
    assert spec["containers"][0]["command"] == [*POD["spec"]["containers"][0]["command"], f"--config={PATH}"]
    assert spec["dnsPolicy"] == "ClusterFirstWithHostNet" and len(spec["volumes"]) == len(spec["containers"][0]["volumeMounts"]) == 2
    again = scheduler_extender(made["pod"], made["config"], EXTENDER, "/somewhere/else")
    assert again == made, "what is there is found where it is, and stays"


def test_a_configuration_keeps_what_else_is_in_it() -> None:
    present = {"apiVersion": API, "kind": "KubeSchedulerConfiguration", "profiles": [{"schedulerName": "a"}],
               "extenders": [{**EXTENDER, "weight": 1}, OTHER]}
    assert configuration(present, EXTENDER, "") == {**present, "extenders": [EXTENDER, OTHER]}
    assert configuration(present, EXTENDER, "", wanted=False) == {**present, "extenders": [OTHER]}
    only = {**present, "extenders": [EXTENDER]}
    assert "extenders" not in configuration(only, EXTENDER, "", wanted=False)


def test_a_folder_that_is_mounted_already_is_not_mounted_again() -> None:
    mounted = copy.deepcopy(POD)
    mounted["spec"]["containers"][0]["volumeMounts"].append({"name": "all", "mountPath": "/etc/kubernetes/"})
    made = pod(mounted, PATH)
    assert made["spec"]["volumes"] == POD["spec"]["volumes"] and f"--config={PATH}" in made["spec"]["containers"][0]["command"]


def test_nothing_is_taken_from_a_scheduler_that_has_nothing() -> None:
    assert scheduler_extender(POD, {}, EXTENDER, PATH, wanted=False) == {"path": PATH, "config": {}, "pod": POD}


def test_what_is_no_scheduler_is_refused() -> None:
    other = {"spec": {"containers": [{"name": "kube-apiserver", "command": ["x"]}]}}
    with pytest.raises(CairnError) as error:
        pod(other, PATH)
    assert (error.value.code, error.value.parameter) == ("scheduler-pod", "csi_driver_scheduler_manifest") and "kube-apiserver" in error.value.found
    with pytest.raises(CairnError) as error:
        configuration({"apiVersion": "kubescheduler.config.k8s.io/v1beta3", "kind": "KubeSchedulerConfiguration"}, EXTENDER, "")
    assert error.value.code == "scheduler-config"
