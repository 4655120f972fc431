"""Modules for Kubernetes objects against a real API server: (create, modify, delete) x (check, apply, check again, apply again)."""

from __future__ import annotations

import copy
import time
from pathlib import Path

import pytest
import yaml
from cluster_play import get, info, kubectl, look, objects, play, requests_since, seen, twelve

SPACE = "cairn-everything"
MANIFESTS = list(yaml.safe_load_all((Path(__file__).parent / "manifests" / "everything.yml").read_text(encoding="utf-8")))


def absent() -> None:
    kubectl("delete", "-f", "-", "--ignore-not-found", "--wait=true", "--timeout=60s", stdin=yaml.safe_dump_all(
        [wanted for wanted in MANIFESTS if wanted["kind"] != "Shelf"], sort_keys=False))


@pytest.fixture(scope="module", autouse=True)
def clean():
    absent()
    yield
    absent()


def modified() -> list[dict]:
    """Every kind that can be changed, changed: values, added and removed keys, quantities."""
    wanted = {manifest["kind"]: manifest for manifest in copy.deepcopy(MANIFESTS)}
    wanted["CustomResourceDefinition"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["color"] = {"type": "string"}
    wanted["Shelf"]["spec"] = {"size": "20Gi", "color": "green"}
    wanted["Namespace"]["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "baseline"}
    wanted["ServiceAccount"].pop("automountServiceAccountToken")
    wanted["ClusterRole"]["rules"][0]["verbs"].append("patch")
    wanted["ClusterRoleBinding"]["subjects"].pop()
    wanted["ConfigMap"]["data"] = {"a": "2", "c": "new"}
    wanted["Secret"]["stringData"] = {"password": "another-battery-staple"}
    wanted["StorageClass"]["allowVolumeExpansion"] = True
    wanted["CSIDriver"]["metadata"]["labels"] = {"changed": "yes"}
    wanted["PersistentVolume"]["spec"]["capacity"] = {"storage": "3Gi"}
    wanted["PersistentVolumeClaim"]["metadata"]["annotations"] = {"changed": "yes"}
    wanted["Service"]["spec"]["ports"].pop(0)
    wanted["PodDisruptionBudget"]["spec"]["maxUnavailable"] = 2
    wanted["NetworkPolicy"]["spec"]["ingress"][0]["ports"][0]["port"] = 3261
    container = wanted["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]
    container["resources"] = {"requests": {"cpu": "200m"}}
    container["env"].pop(0)
    wanted["StatefulSet"]["spec"]["template"]["spec"].pop("tolerations")
    wanted["DaemonSet"]["spec"]["updateStrategy"] = {"type": "OnDelete"}
    wanted["Deployment"]["spec"]["template"]["metadata"]["labels"]["new"] = "label"
    return list(wanted.values())


def matrix(manifests: list[dict], state: str = "present") -> None:
    """Check, apply, check again, apply again; the API is asked in between."""
    _after, again, last = twelve(objects(manifests, state=state, wait_timeout=60), MANIFESTS, len(manifests))
    if state == "present":
        reads = len({(wanted["kind"], wanted["metadata"].get("namespace")) for wanted in manifests})
        # Discovery (2), one read per kind, the storage classes for a claim that waits for its first pod; no dry run.
        assert again["requests"] == reads + 2
        assert last["requests"] == reads + 3


def test_create() -> None:
    matrix(MANIFESTS)
    assert get(MANIFESTS[1])["spec"]["slots"] == 4, "an object of a kind that the same list defines"


def test_modify() -> None:
    matrix(modified())
    (found,) = play(look(MANIFESTS))
    live = {kind: thing for (kind, _name), thing in seen(found).items()}
    assert live["ConfigMap"]["data"] == {"a": "2", "c": "new"}, "a key that is no longer wanted has to go"
    assert live["Service"]["spec"]["ports"][0]["name"] == "dns-tcp"
    assert "tolerations" not in live["StatefulSet"]["spec"]["template"]["spec"]
    assert live["Namespace"]["metadata"]["labels"]["kubernetes.io/metadata.name"] == SPACE, "what others set stays"


def test_what_others_add_stays_and_is_no_change() -> None:
    kubectl("annotate", "configmap", "settings", "-n", SPACE, "somebody=else")
    (result,) = play(objects(modified()))
    assert not result["changed"]
    assert get(next(wanted for wanted in MANIFESTS if wanted["kind"] == "ConfigMap"))["metadata"]["annotations"] == {"somebody": "else"}


def test_secret_values_are_nowhere_in_the_result() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden", "namespace": SPACE}, "stringData": {"key": "first-value", "other": "same-value"}}
    changed = copy.deepcopy(secret)
    changed["stringData"]["key"] = "second-value"
    first, second = play(objects([secret]), objects([changed]))
    for result in (first, second):
        assert result["changed"]
        assert not any(word in str(result) for word in ("first-value", "second-value", "same-value", "Zmlyc3QtdmFsdWU", "c2Vjb25kLXZhbHVl", "c2FtZS12YWx1ZQ"))
    assert second["diff"]["after"][f"Secret {SPACE}/hidden"]["data"] == {"key": "(hidden, changed)", "other": "(hidden)"}


def test_thirty_unchanged_objects_cost_one_request_per_kind_and_namespace() -> None:
    spaces = [f"{SPACE}-{number}" for number in range(3)]
    many = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}} for space in spaces]
    for space in spaces:
        for number in range(3):
            head = {"metadata": {"name": f"many-{number}", "namespace": space}}
            many += [{"apiVersion": "v1", "kind": "ConfigMap", **head, "data": {"n": str(number)}},
                     {"apiVersion": "v1", "kind": "ServiceAccount", **head},
                     {"apiVersion": "v1", "kind": "Service", **head, "spec": {"clusterIP": "None", "selector": {"app": "x"}, "ports": [{"port": 3260}]}}]
    assert len(many) == 30
    try:
        (made,) = play(objects(many))
        assert made["changed"], made
        begin = time.time()
        (again,) = play(objects(many))
        assert not again["changed"]
        assert again["requests"] == requests_since(begin) == 1 + 1 + 3 * 3, "discovery of the core group, one list of namespaces, three kinds in three namespaces"
    finally:
        (gone,) = play(objects(many, state="absent", wait_timeout=60))
    assert gone["changed"] and not gone.get("failed"), gone


def test_objects_in_a_namespace_still_to_come() -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{SPACE}-later"}}
    inside = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "inside", "namespace": f"{SPACE}-later"}, "data": {"a": "b"}}
    first, without = play(objects([space], check=True), objects([inside], check=True))
    assert without["error"]["code"] == "namespace-not-found"
    (planned,) = play(objects([inside], check=True, pending=first["after"]))
    assert planned["changed"] and planned["after"][0]["data"] == {"a": "b"}
    assert get(space) is None


def test_relations() -> None:
    (result,) = play(info(namespace=SPACE, query="relations[?claim=='claim'].claim_phase"))
    assert result["result"] == ["Pending"] and result["requests"] == 6
    volume = next(volume for volume in result["volumes"] if volume["name"] == SPACE)
    assert volume["capacity_bytes"] == 3 * 1024**3 and volume["path"] == "/mnt/nowhere" and volume["local"]
    assert {"class": SPACE, "entry": "nowhere", "volume": SPACE, "phase": "Available", "path": "/mnt/nowhere"} in result["published"]["nowhere"]


def test_delete() -> None:
    matrix(modified(), state="absent")
