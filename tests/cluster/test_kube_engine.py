"""kube_objects beyond creating and deleting: pruning, the status alone, conditions, what others own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from cluster_play import get, kubectl, objects, play, set_status
from kube_faces import meanwhile, read, until

SPACE = "cairn-engine"
LABELS = {"app.kubernetes.io/part-of": "cairn-engine"}


def config(name: str, **content: object) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": SPACE, "labels": LABELS}, **content}


@pytest.fixture(scope="module", autouse=True)
def space() -> Iterator[None]:
    kubectl("create", "namespace", SPACE)
    yield
    kubectl("delete", "namespace", SPACE, "--timeout=60s")
    kubectl("delete", "pv", "cairn-engine", "--ignore-not-found")


def test_what_is_not_in_the_list_any_more_goes_with_consent() -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "old", "namespace": SPACE, "labels": LABELS}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "old", "namespace": SPACE, "labels": LABELS}, "stringData": {"a": "b"}}
    stranger = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stranger", "namespace": SPACE}}
    (made,) = play(objects([config("kept"), config("old"), account, secret, stranger]))
    assert not made.get("failed"), made
    prune = {"labels": LABELS, "kinds": [{"kind": "ServiceAccount"}]}
    (refused,) = play(objects([config("kept")], prune=prune))
    assert refused["error"]["code"] == "prune-consent-missing" and not refused["changed"], refused
    assert refused["error"]["found"] == f"ConfigMap {SPACE}/old, ServiceAccount {SPACE}/old", refused
    consent = {f"{kind} {SPACE}/old": read(kind, "old", SPACE)["metadata"]["uid"] for kind in ("ConfigMap", "ServiceAccount")}
    checked, done, again = play(*(objects([config("kept")], prune=prune, allow_prune=consent, check=check) for check in (True, False, False)))
    for result in (checked, done, again):
        assert not result.get("failed"), result
    for result in (checked, done):
        assert sorted(action["kind"] for action in result["actions"]) == ["ConfigMap", "ServiceAccount"]
    assert not again["changed"] and len(again["warnings"]) == 2, "used up consents are told"
    assert get(config("old")) is None and get(account) is None and get(config("kept")) and get(stranger) and get(secret)


def test_the_status_alone_is_written() -> None:
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "grown", "namespace": SPACE},
             "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "volumeName": "cairn-engine",
                      "resources": {"requests": {"storage": "1Gi"}}}}
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "cairn-engine"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "none", "capacity": {"storage": "1Gi"}, "nfs": {"server": "h", "path": "/a"},
        "claimRef": {"namespace": SPACE, "name": "grown"}}}
    (made,) = play(objects([volume, claim], wait_timeout=60))
    assert not made.get("failed"), made
    grown = {**claim, "status": {"capacity": {"storage": "2Gi"}}}
    take = {"subresource": "status", "on_conflict": "take"}
    conflict, checked, done, again = play(objects([grown], subresource="status"), *(objects([grown], check=check, **take) for check in (True, False, False)))
    assert conflict["error"]["code"] == "field-conflict" and ".status.capacity.storage" in conflict["msg"], conflict
    assert checked["changed"] and done["changed"] and not again["changed"], again
    assert done["diff"]["before"][f"PersistentVolumeClaim {SPACE}/grown"]["status"]["capacity"] == {"storage": "1Gi"}
    assert done["actions"][0]["steps"] == [f"PATCH /api/v1/namespaces/{SPACE}/persistentvolumeclaims/grown/status"]
    live = read("pvc", "grown", SPACE)
    assert live["status"]["capacity"] == {"storage": "2Gi"} and live["status"]["phase"] == "Bound"
    assert live["spec"]["resources"]["requests"] == {"storage": "1Gi"}
    missing, = play(objects([{**grown, "metadata": {"name": "nothing", "namespace": SPACE}}], subresource="status"))
    assert missing["error"]["code"] == "subresource-object-missing", missing


def test_an_object_is_waited_for_by_an_expression() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "gateway", "namespace": SPACE},
               "spec": {"type": "LoadBalancer", "selector": {"a": "b"}, "ports": [{"port": 80}]}}

    def balance() -> None:
        until(lambda: get(service), "the service")
        set_status("service", SPACE, "gateway", {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}})

    wait_for = [{"kind": "Service", "namespace": SPACE, "name": "gateway", "condition": "status.loadBalancer.ingress[0].ip"}]
    thread = meanwhile(balance)
    (done,) = play(objects([service], wait_for=wait_for, wait_timeout=60))
    thread.join()
    assert not done.get("failed") and [item["state"] for item in done["readiness"]] == ["ready", "ready"], done
    (never,) = play(objects([service], wait_for=[{**wait_for[0], "condition": "status.loadBalancer.ingress[0].hostname"}], wait_timeout=2))
    assert never["error"]["code"] == "wait-timeout" and "status.loadBalancer.ingress[0].hostname is None" in never["msg"], never


def test_what_helm_made_is_taken_over_field_by_field() -> None:
    kubectl("apply", "--server-side", "--field-manager=helm", "-f", "-", stdin=json.dumps(config("helm", data={"a": "1", "b": "2"})))
    wanted = config("helm", data={"a": "3"})
    refused, taken, again = play(objects([wanted]), objects([wanted], on_conflict="take"), objects([wanted]))
    assert refused["error"]["code"] == "field-conflict" and refused["error"]["found"] == "helm: .data.a", refused
    assert taken["changed"] and not again["changed"]
    assert get(wanted)["data"] == {"a": "3", "b": "2"}, "what is not in the manifest stays with its manager"


def test_a_manifest_too_large_for_annotations_kubernetes_core_584() -> None:
    large = config("large", data={"a": "x" * 300_000})
    made, again = play(objects([large]), objects([large]))
    assert made["changed"] and not again["changed"], made.get("msg")


def test_a_field_that_a_custom_kind_does_not_know_kubernetes_core_490() -> None:
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "drawers.lab.cairn.storage"},
                  "spec": {
        "group": "lab.cairn.storage", "scope": "Namespaced", "names": {"kind": "Drawer", "plural": "drawers", "singular": "drawer"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
            "type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "string"}}}}}}}]}}
    drawer = {"apiVersion": "lab.cairn.storage/v1", "kind": "Drawer", "metadata": {"name": "a", "namespace": SPACE}, "spec": {"size": "1"}}
    try:
        together, wrong = play(objects([drawer, definition]), objects([{**drawer, "spec": {"size": "1", "colour": "red"}}]))
        assert together["changed"] and len(together["actions"]) == 2, "kind and object in one list, in any order (kubernetes.core#351)"
        assert wrong["error"]["code"] == "field-unknown" and "spec.colour" in wrong["msg"] and not wrong["changed"], wrong
    finally:
        kubectl("delete", "crd", "drawers.lab.cairn.storage", "--ignore-not-found", "--timeout=60s")
