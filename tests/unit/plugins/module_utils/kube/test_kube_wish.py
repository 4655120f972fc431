"""Options of kube_objects and storage_info, and errors of a connection that cannot be made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._kube import condition, connection, survey, wish

PARAMS = {"objects": [], "state": "present", "wait": True, "wait_timeout": 300, "wait_for": [], "field_manager": "cairn.storage", "on_conflict": "fail", "pending": [],
          "allow_data_loss": {}, "subresource": None, "prune": None, "allow_prune": {}, "optional": [], "src": None,
          "wait_condition": None}
ONE = {"api_version": "v1", "kind": "PersistentVolume", "namespace": None, "name": "a", "condition": None}
SET = {"labels": {"app": "x"}, "kinds": [], "namespaces": []}
BARE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}}
READY = {"type": "Ready", "status": "True", "reason": None}


@pytest.mark.parametrize(("code", "params"), [
    ("wait-timeout-range", {"wait_timeout": 0}),
    ("wait-timeout-range", {"wait_timeout": -5}),
    ("field-manager", {"field_manager": ""}),
    ("field-manager", {"field_manager": "two words"}),
    ("field-manager", {"field_manager": "x" * 129}),
    ("wait-for-unused", {"wait_for": [ONE], "state": "absent"}),
    ("object-duplicate", {"wait_for": [ONE, ONE]}),
    ("object-name", {"wait_for": [{**ONE, "name": "a/b"}]}),
    ("consent-form", {"allow_data_loss": {"": "pv"}}),
    ("consent-form", {"allow_data_loss": {"a/b": ""}}),
    ("consent-form", {"allow_prune": {"ConfigMap a/b": 5}}),
    ("query-syntax", {"wait_for": [{**ONE, "condition": "status["}]}),
    ("subresource-unused", {"subresource": "status", "state": "absent"}),
    ("prune-unused", {"prune": SET, "state": "absent"}),
    ("prune-unused", {"allow_prune": {"ConfigMap a/b": "uid"}}),
    ("prune-subresource", {"prune": SET, "subresource": "status"}),
    ("prune-labels", {"prune": {**SET, "labels": {}}}),
    ("prune-labels", {"prune": {**SET, "labels": {"version": 1}}}),
    ("prune-secrets", {"prune": {**SET, "kinds": [{"api_version": "v1", "kind": "Secret"}]}}),
    ("prune-label-missing", {"prune": SET, "objects": [BARE]}),
    ("status-missing", {"subresource": "status", "objects": [BARE]}),
    ("consent-form", {"allow_data_loss": {"a/b": ["pv"]}}),
    ("object-metadata", {"pending": [{"apiVersion": "v1", "kind": "Namespace"}]}),
    ("object-yaml", {"objects": "a: ["}),
    ("object-type", {"objects": "just words"}),
    ("object-duplicate", {"objects": [BARE, None, BARE]}),
    ("src-unreadable", {"src": "/no/such/file"}),
    ("wait-condition-unused", {"wait_condition": READY, "state": "absent"}),
    ("wait-condition-unused", {"wait_condition": READY, "wait": False}),
    ("wait-condition-word", {"wait_condition": {**READY, "type": "a' || 'b"}}),
    ("optional-unused", {"optional": [{"api_version": "v1", "kind": "ConfigMap"}]}),
])
def test_refused(code: str, params: dict) -> None:
    with pytest.raises(InvalidRequest) as refused:
        wish.parse({**PARAMS, **params})
    assert refused.value.code == code and re.split(r"[.[]", refused.value.parameter)[0] in params


def test_what_an_earlier_task_leaves_behind_is_accepted_with_its_hidden_secrets() -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "a"}, "data": {"key": "(hidden)"}}
    assert wish.parse({**PARAMS, "pending": [secret, space]}).pending == (space,)
    assert wish.parse({**PARAMS, "pending": [space, space]}).pending == (space,), "several tasks may tell of the same"


TEXT = """
# A file as people write them.
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: b}}
---
# nothing here
---
"""


@pytest.mark.parametrize("objects", [BARE, [BARE], [None, BARE, None], TEXT, [TEXT], (BARE,), json.dumps(BARE), f"[{json.dumps(BARE)}]"])
def test_objects_in_all_forms_that_people_have_them_in(objects: object) -> None:
    assert wish.parse({**PARAMS, "objects": objects}).objects == (BARE,)


def test_objects_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "objects.yml"
    file.write_text(TEXT, encoding="utf-8")
    assert wish.parse({**PARAMS, "objects": None, "src": str(file)}).objects == (BARE,)
    file.write_text(TEXT + "{kind: Secret}", encoding="utf-8")
    with pytest.raises(InvalidRequest) as refused:
        wish.parse({**PARAMS, "objects": None, "src": str(file)})
    assert refused.value.parameter == "src[2]"


def test_text_that_is_no_yaml_is_told_by_its_place_alone() -> None:
    with pytest.raises(InvalidRequest) as refused:
        wish.parse({**PARAMS, "objects": "kind: Secret\ndata: {password: hush\n"})
    assert "line 3" in refused.value.found and "hush" not in str(refused.value)


@pytest.mark.parametrize(("conditions", "name"), [([], "waiting"), ([{"type": "Ready", "status": "False"}], "waiting"),
                                                  ([{"type": "Ready", "status": "True"}], "ready")])
def test_a_condition_of_every_object(conditions: list[dict], name: str) -> None:
    (found,) = wish.parse({**PARAMS, "objects": [BARE], "wait_condition": READY}).conditions.values()
    assert found.state({"status": {"conditions": conditions}}, None).name == name


def test_no_wait() -> None:
    assert wish.parse({**PARAMS, "wait": False}).wait is None


@pytest.mark.parametrize(("code", "params"), [
    ("namespace-name", {"namespace": "A"}),
    ("namespace-name", {"namespace": ""}),
    ("query-syntax", {"query": "relations["}),
    ("query-syntax", {"query": "unknown(@"}),
    ("hosts-form", {"hosts": {"node1": "sda"}}),
    ("hosts-form", {"hosts": {"node1": ["sda"]}}),
    ("about-empty", {"about": {}}),
    ("about-several", {"about": {"node": "a", "volume": "b"}}),
])
def test_information_refused(code: str, params: dict) -> None:
    with pytest.raises(InvalidRequest) as refused:
        survey.read({"namespace": None, "label_selector": None, "query": None, "about": None, "hosts": {}, **params})
    assert refused.value.code == code


CONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: one, context: {cluster: c, user: u}}]
current-context: one
"""


@pytest.mark.parametrize(("code", "text", "params"), [
    ("kubeconfig-missing", None, {}),
    ("kubeconfig-invalid", "{", {}),
    ("kubeconfig-invalid", "a: b", {}),
    ("kubeconfig-invalid", CONFIG.replace("current-context: one", "current-context: two"), {}),
    ("context-unknown", CONFIG, {"context": "two"}),
])
def test_kubeconfig_refused(code: str, text: str | None, params: dict, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRequest) as refused:
        connection.connect({"kubeconfig": str(file), "context": None, **params})
    assert refused.value.code == code and refused.value.parameter in ("kubeconfig", "context")


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(CONFIG, encoding="utf-8")
    client = connection.connect({"kubeconfig": str(file), "context": "one"})
    with pytest.raises(Exception) as refused:
        client.get("/api")
    assert refused.value.code == "api-unreachable" and client.requests == 1


def test_an_expression_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        condition.find(condition.compile_query("sum(volumes[].name)", "query", "x"), {"volumes": [{"name": "a"}]}, "query")
    assert refused.value.code == "query-value" and refused.value.parameter == "query"
    assert condition.find(None, {}, "query") is None
