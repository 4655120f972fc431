"""Is a live object what is wanted? Held against what a real API server made of tests/cluster/manifests/everything.yml."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible_collections.cairn.storage.plugins.module_utils._kube import manifest
from ansible_collections.cairn.storage.plugins.module_utils._kube.compare import differences

HERE = Path(__file__).parent
LIVE = {live["kind"]: live for live in json.loads((HERE / "recordings" / "everything.json").read_text(encoding="utf-8"))["live"]}
WANTED = {wanted["kind"]: wanted for wanted in manifest.parse(
    yaml.safe_load_all((HERE.parents[3] / "cluster" / "manifests" / "everything.yml").read_text(encoding="utf-8")), "objects")}
US = "cairn.storage"


def container(wanted: dict) -> dict:
    return wanted["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("kind", sorted(LIVE))
def test_what_was_applied_is_unchanged(kind: str) -> None:
    assert differences(WANTED[kind], LIVE[kind], US) == []


def test_an_empty_spec_leaves_all_to_the_server() -> None:
    """A CSIDriver that asks for nothing: nobody manages a field of its spec, and a dry run on every run would tell nothing new."""
    live = {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "spec": {"attachRequired": True}, "metadata": {"name": "d", "managedFields": [
        {"manager": "cairn.storage", "operation": "Apply", "apiVersion": "storage.k8s.io/v1", "fieldsV1": {}}]}}
    wanted = {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "d"}}
    assert differences({**wanted, "spec": {}}, live, "cairn.storage") == []
    assert differences({**wanted, "spec": {"podInfoOnMount": True}}, live, "cairn.storage") != []
    custom = {**live, "apiVersion": "example.org/v1", "metadata": {"name": "d"}}
    assert differences({**wanted, "apiVersion": "example.org/v1", "spec": {}}, custom, "cairn.storage") != [], "of other kinds nothing is known"


@pytest.mark.parametrize(("kind", "path", "change"), [
    ("ConfigMap", ".data.a", lambda wanted: wanted["data"].update(a="2")),
    ("ConfigMap", ".data.c", lambda wanted: wanted["data"].update(c="new")),
    ("ConfigMap", ".data.b", lambda wanted: wanted["data"].pop("b")),
    ("ConfigMap", ".data", lambda wanted: wanted.pop("data")),
    ("ConfigMap", ".metadata.labels", lambda wanted: wanted["metadata"].update(labels={"a": "b"})),
    ("Secret", ".data.password", lambda wanted: wanted["data"].update(password="b3RoZXI=")),
    ("Namespace", ".metadata.labels", lambda wanted: wanted["metadata"].pop("labels")),
    ("ServiceAccount", ".automountServiceAccountToken", lambda wanted: wanted.update(automountServiceAccountToken=0)),
    ("ClusterRole", ".rules[0].verbs", lambda wanted: wanted["rules"][0]["verbs"].append("patch")),
    ("ClusterRole", ".rules[0].verbs[0]", lambda wanted: wanted["rules"][0]["verbs"].reverse()),
    ("ClusterRoleBinding", ".subjects", lambda wanted: wanted["subjects"].pop()),
    ("StorageClass", ".allowVolumeExpansion", lambda wanted: wanted.update(allowVolumeExpansion=True)),
    ("StorageClass", ".mountOptions", lambda wanted: wanted.pop("mountOptions")),
    ("PersistentVolume", ".spec.capacity.storage", lambda wanted: wanted["spec"]["capacity"].update(storage="2Gi1")),
    ("PersistentVolumeClaim", ".spec.resources.requests.storage", lambda wanted: wanted["spec"]["resources"]["requests"].update(storage="2Gi")),
    ("Service", ".spec.ports[port=3260,protocol=TCP]", lambda wanted: wanted["spec"]["ports"].pop(0)),
    ("Service", ".spec.ports[port=54]", lambda wanted: wanted["spec"]["ports"][1].update(port=54)),
    ("Service", ".spec.ports (order)", lambda wanted: wanted["spec"]["ports"].reverse()),
    ("Service", ".spec.ports[port=3260].name", lambda wanted: wanted["spec"]["ports"][0].update(name="other")),
    ("NetworkPolicy", ".spec.ingress[0].ports[0].port", lambda wanted: wanted["spec"]["ingress"][0]["ports"][0].update(port=3261)),
    ("StatefulSet", ".spec.replicas", lambda wanted: wanted["spec"].update(replicas=1)),
    ("StatefulSet", ".spec.template.spec.tolerations", lambda wanted: wanted["spec"]["template"]["spec"].pop("tolerations")),
    ("StatefulSet", ".spec.template.spec.tolerations[0].operator", lambda wanted: wanted["spec"]["template"]["spec"]["tolerations"][0].pop("operator")),
    ("StatefulSet", ".spec.template.spec.initContainers (order)", lambda wanted: wanted["spec"]["template"]["spec"]["initContainers"].reverse()),
    ("StatefulSet", ".spec.template.spec.containers[name=target].env[name=A].value", lambda wanted: container(wanted)["env"][0].update(value="2")),
    ("StatefulSet", ".spec.template.spec.containers[name=target].env[name=A]", lambda wanted: container(wanted)["env"].pop(0)),
    ("StatefulSet", ".spec.template.spec.containers[name=target].command", lambda wanted: container(wanted)["command"].append("-v")),
    ("StatefulSet", ".spec.template.spec.containers[name=target].resources.limits.cpu", lambda wanted: container(wanted)["resources"]["limits"].pop("cpu")),
    ("StatefulSet", ".spec.template.spec.containers[name=other]", lambda wanted: container(wanted).update(name="other")),
    ("StatefulSet", ".spec.volumeClaimTemplates[0].spec.volumeMode", lambda wanted: wanted["spec"]["volumeClaimTemplates"][0]["spec"].update(volumeMode="Block")),
    ("StatefulSet", ".spec.template.spec.volumes[name=settings].configMap.items[0].path",
     lambda wanted: wanted["spec"]["template"]["spec"]["volumes"][1]["configMap"]["items"][0].update(path="b")),
    ("Deployment", ".spec.template.spec.securityContext.seLinuxOptions", lambda wanted: wanted["spec"]["template"]["spec"].update(securityContext={"seLinuxOptions": {}})),
    ("DaemonSet", ".spec.updateStrategy.rollingUpdate", lambda wanted: wanted["spec"].update(updateStrategy={"type": "OnDelete"})),
])
def test_every_change_is_seen(kind: str, path: str, change: Callable[[dict], Any]) -> None:
    wanted = copy.deepcopy(WANTED[kind])
    change(wanted)
    assert path in differences(wanted, LIVE[kind], US)


@pytest.mark.parametrize(("kind", "change"), [
    ("PersistentVolume", lambda wanted: wanted["spec"]["capacity"].update(storage="2Gi")),
    ("PersistentVolumeClaim", lambda wanted: wanted["spec"]["resources"]["requests"].update(storage=1024**3)),
    ("StatefulSet", lambda wanted: container(wanted)["resources"]["requests"].update(cpu="100m")),
    ("StatefulSet", lambda wanted: wanted["spec"]["template"]["spec"]["volumes"][0]["emptyDir"].update(sizeLimit="1Mi")),
    ("Service", lambda wanted: wanted["spec"]["ports"][0].update(protocol="TCP")),
], ids=["capacity", "requests", "cpu", "emptyDir", "protocol"])
def test_the_same_in_other_words_is_unchanged(kind: str, change: Callable[[dict], Any]) -> None:
    wanted = copy.deepcopy(WANTED[kind])
    change(wanted)
    assert differences(wanted, LIVE[kind], US) == []


def test_quantities_are_only_quantities_where_kubernetes_says_so() -> None:
    live = {**copy.deepcopy(LIVE["PersistentVolumeClaim"]), "apiVersion": "example.org/v1"}
    assert differences({**WANTED["PersistentVolumeClaim"], "apiVersion": "example.org/v1", "metadata": live["metadata"]}, live, "somebody")
    config = copy.deepcopy(LIVE["ConfigMap"])
    config["data"]["requests"] = "1000m"
    assert ".data.requests" in differences({**WANTED["ConfigMap"], "data": {**WANTED["ConfigMap"]["data"], "requests": "1"}}, config, US)


def test_fields_of_others_are_theirs() -> None:
    live = copy.deepcopy(LIVE["ConfigMap"])
    live["data"]["theirs"] = "x"
    live["metadata"]["managedFields"].append({"manager": "other", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:theirs": {}}}})
    assert differences(WANTED["ConfigMap"], live, US) == []
    assert ".data.b" in differences(WANTED["ConfigMap"] | {"data": {"a": "1"}}, live, US)
    assert differences(WANTED["ConfigMap"] | {"data": {"a": "1"}}, live, "a manager that has applied nothing") == []


def test_ownership_in_another_version_is_a_doubt() -> None:
    live = copy.deepcopy(LIVE["Deployment"])
    for entry in live["metadata"]["managedFields"]:
        entry["apiVersion"] = "apps/v1beta1"
    assert differences(WANTED["Deployment"], live, US) == [".apiVersion"]
