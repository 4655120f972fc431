"""Wishes that cannot be met: one clear error, told before anything changed, by the answers of a real API server."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from cluster_play import get, info, kubectl, objects, play

SPACE = "cairn-refusals"
POD = {"metadata": {"labels": {"app": "set"}}, "spec": {"nodeSelector": {"no": "such"}, "containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}]}}


def thing(api_version: str, kind: str, space: str | None = SPACE, **content: Any) -> dict:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "refused"} | ({"namespace": space} if space else {}), **content}


CLASS = thing("storage.k8s.io/v1", "StorageClass", None, provisioner="kubernetes.io/no-provisioner", parameters={"a": "b"})
DRIVER = thing("storage.k8s.io/v1", "CSIDriver", None, spec={"attachRequired": True})
CONFIG = thing("v1", "ConfigMap", data={"a": "ours", "b": "ours"})
FIXED = {**thing("v1", "ConfigMap", immutable=True, data={"a": "b"}), "metadata": {"name": "fixed", "namespace": SPACE}}
CLAIM = thing("v1", "PersistentVolumeClaim", spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "manual", "resources": {"requests": {"storage": "1Gi"}}})
SET = thing("apps/v1", "StatefulSet", spec={"replicas": 0, "serviceName": "set", "selector": {"matchLabels": {"app": "set"}}, "template": POD,
                                            "volumeClaimTemplates": [{"metadata": {"name": "disk"}, "spec": CLAIM["spec"]}]})
PRESENT = [CLASS, DRIVER, CONFIG, FIXED, CLAIM, SET]


def changed(wanted: dict, change: Callable[[dict], Any]) -> dict:
    wanted = copy.deepcopy(wanted)
    change(wanted)
    return wanted


REFUSALS = [
    # code, what the message must say, task
    ("immutable-field", ".parameters.a", objects([changed(CLASS, lambda it: it["parameters"].update(a="c"))])),
    ("immutable-field", "keep them", objects([changed(DRIVER, lambda it: it["spec"].update(attachRequired=False))])),
    ("immutable-field", "new name", objects([changed(FIXED, lambda it: it["data"].update(a="c"))])),
    ("immutable-field", "only spec.resources.requests can grow", objects([changed(CLAIM, lambda it: it["spec"].update(storageClassName="other"))])),
    ("immutable-field", "--cascade=orphan", objects([changed(SET, lambda it: it["spec"]["volumeClaimTemplates"][0]["spec"].update(storageClassName="other"))])),
    ("immutable-field", "volumeClaimTemplates", objects([changed(SET, lambda it: it["spec"]["volumeClaimTemplates"][0]["spec"].update(storageClassName="other"))], check=True)),
    ("field-conflict", "kubectl", objects([changed(CONFIG, lambda it: it["data"].update(a="new"))])),
    ("field-unknown", "spec.replica", objects([changed(SET, lambda it: it["spec"].update(replica=1))])),
    ("api-invalid", "expected numeric", objects([changed(SET, lambda it: it["spec"].update(replicas="one"))])),
    ("api-invalid", "spec.ports", objects([thing("v1", "Service", spec={})])),
    ("quantity-form", "storage", objects([changed({**CLAIM, "metadata": {"name": "other", "namespace": SPACE}},
                                                   lambda it: it["spec"].update(resources={"requests": {"storage": "1GB"}}))])),
    ("namespace-not-found", "no-such-space", objects([thing("v1", "ConfigMap", "no-such-space")])),
    ("namespace-missing", "needs a namespace", objects([thing("v1", "ConfigMap", None)])),
    ("namespace-unwanted", "no namespace", objects([thing("storage.k8s.io/v1", "StorageClass", SPACE, provisioner="a")])),
    ("kind-unknown", "Shelves", objects([thing("v1", "Shelves")])),
    ("kind-unknown", "apps/v1beta1", objects([thing("apps/v1beta1", "StatefulSet")])),
    ("kind-not-kept", "create", objects([thing("authorization.k8s.io/v1", "SubjectAccessReview", None)])),
    ("object-duplicate", "given twice", objects([CONFIG, CONFIG])),
    ("object-generate-name", "each run", objects([{"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "x-"}}])),
    ("object-label-type", "quotes", objects([{**CONFIG, "metadata": {"name": "a", "labels": {"version": 1}}}])),
    ("secret-encoding", "stringData", objects([thing("v1", "Secret", data={"a": "plain text"})])),
    ("field-manager", "two words", objects([CONFIG], field_manager="two words")),
    ("wait-timeout-range", "wait: false", objects([CONFIG], wait_timeout=0)),
    ("context-unknown", "no context nowhere", objects([CONFIG], context="nowhere")),
    ("kubeconfig-missing", "no such kubeconfig", objects([CONFIG], kubeconfig="/no/such/file")),
    ("label-selector", "app=blocks", info(label_selector="a==b==c")),
    ("query-syntax", "jmespath.org", info(query="relations[")),
    ("namespace-name", "lower-case", info(namespace="Upper")),
]


@pytest.fixture(scope="module")
def answers() -> list[dict]:
    """One playbook run for all refusals: what was there before stays as it was."""
    space = thing("v1", "Namespace", None) | {"metadata": {"name": SPACE}}
    (made,) = play(objects([space, *PRESENT], wait=False))
    assert made["changed"], made
    kubectl("patch", "configmap", "refused", "-n", SPACE, "--type=merge", "-p", '{"data": {"a": "theirs"}}')
    before = [get(wanted)["metadata"]["resourceVersion"] for wanted in PRESENT]
    try:
        told = play(*(task for _code, _text, task in REFUSALS))
        assert [get(wanted)["metadata"]["resourceVersion"] for wanted in PRESENT] == before
        yield told
    finally:
        play(objects([space, *PRESENT], state="absent", wait_timeout=60))


@pytest.mark.parametrize("number", range(len(REFUSALS)), ids=lambda number: f"{REFUSALS[number][0]}-{number}")
def test_refused(number: int, answers: list[dict]) -> None:
    code, text, _task = REFUSALS[number]
    answer = answers[number]
    assert answer["failed"] and not answer["changed"], answer
    assert answer["error"]["code"] == code and text in answer["msg"] + answer["error"]["found"], answer
    assert "actions" not in answer and answer["error"]["parameter"]


def test_distinct_refusals() -> None:
    assert len({code for code, _text, _task in REFUSALS}) >= 20


def test_a_conflict_can_be_won(answers: list[dict]) -> None:
    wanted = changed(CONFIG, lambda it: it["data"].update(a="taken"))
    (checked,) = play(objects([wanted], on_conflict="take", check=True))
    assert checked["diff"]["before"][f"ConfigMap {SPACE}/refused"]["data"]["a"] == "theirs"
    taken, again = play(objects([wanted], on_conflict="take"), objects([wanted]))
    assert taken["changed"] and not again["changed"] and not again.get("failed")
    assert get(wanted)["data"]["a"] == "taken"
