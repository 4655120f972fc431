"""Bad input for storage_statefulset is refused before anything is asked of the API server; what the gate's answers mean; who fits where."""

from __future__ import annotations

import copy
import importlib
from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset import execute, gate, waves, wish
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.model import Ask, Gate
from statefulsets import blocks, pod

module = importlib.import_module("ansible_collections.cairn.storage.plugins.modules.storage_statefulset")


def params(item: dict | None = None, **more: Any) -> dict:
    """Parameters as AnsibleModule hands them over."""
    one = {name: option.get("default") for name, option in module.SET.items()} | {"object": blocks()} | (item or {})
    whole = {"sets": [one], "state": "present", "wait_timeout": 300, "on_conflict": "fail", "nodes_away": [], "pending": [], "allow_data_loss": {}}
    return whole | more


def changed(**spec: Any) -> dict:
    return {**blocks(), "spec": {**blocks()["spec"], **spec}}


def canary(**item: Any) -> dict:
    return {"strategy": "canary", **item}


def asks(**given: Any) -> dict:
    return canary(gate={name: option.get("default") for name, option in module.GATE.items()} | given)


NOWHERE = copy.deepcopy(blocks())
del NOWHERE["metadata"]["namespace"]


@pytest.mark.parametrize(("code", "parameter", "item", "more"), [
    ("set-kind", "sets[0].object", {"object": {**blocks(), "kind": "Deployment"}}, {}),
    ("set-kind", "sets[0].object", {"object": {**blocks(), "apiVersion": "v1"}}, {}),
    ("object-metadata", "sets[0].object", {"object": {"apiVersion": "apps/v1", "kind": "StatefulSet"}}, {}),
    ("namespace-missing", "sets[0].object", {"object": NOWHERE}, {}),
    ("set-template", "sets[0].object", {"object": {**blocks(), "spec": {}}}, {}),
    ("set-selector", "sets[0].object.spec.selector", {"object": changed(selector={})}, {}),
    ("set-selector", "sets[0].object.spec.selector", {"object": changed(selector={"matchLabels": {"app": "other"}})}, {}),
    ("set-selector", "sets[0].object.spec.selector", {"object": changed(selector=["app"])}, {}),
    ("set-selector", "sets[0].object.spec.selector", {"object": changed(selector={"matchLabels": "app"})}, {}),
    ("set-field", "sets[0].object.spec.updateStrategy", {"object": changed(updateStrategy="OnDelete")}, {}),
    ("set-field", "sets[0].object.spec.ordinals", {"object": changed(ordinals=1)}, {}),
    ("set-claims", "sets[0].object.spec.volumeClaimTemplates", {"object": changed(volumeClaimTemplates={"disk": "1Gi"})}, {}),
    ("set-claims", "sets[0].object.spec.volumeClaimTemplates", {"object": changed(volumeClaimTemplates=[{"spec": {}}])}, {}),
    ("set-claims", "sets[0].object.spec.volumeClaimTemplates", {"object": changed(volumeClaimTemplates=[{"metadata": {"name": "disk"}}])}, {}),
    ("set-replicas", "sets[0].object.spec.replicas", {"object": changed(replicas=-1)}, {}),
    ("set-replicas", "sets[0].object.spec.replicas", {"object": changed(replicas="3")}, {}),
    ("wave-form", "sets[0].waves", canary(waves=["half"]), {}),
    ("wave-form", "sets[0].waves", canary(waves=["0"]), {}),
    ("wave-form", "sets[0].waves", canary(waves=["²"]), {}),
    ("wave-form", "sets[0].waves", canary(waves=["120%"]), {}),
    ("wave-order", "sets[0].waves", canary(waves=["2", "1"]), {}),
    ("wave-order", "sets[0].waves", canary(waves=["50%", "50%"]), {}),
    ("waves-unused", "sets[0].waves", {"waves": ["1"]}, {}),
    ("gate-unused", "sets[0].gate", {"gate": {"restarts": 0}}, {}),
    ("gate-range", "sets[0].gate.restarts", asks(restarts=-1), {}),
    ("gate-range", "sets[0].gate.hold", asks(hold=-5), {}),
    ("gate-container", "sets[0].gate.container", asks(container="c"), {}),
    ("gate-command", "sets[0].gate.command", asks(command=["sh", ""]), {}),
    ("gate-path", "sets[0].gate.http.path", asks(http={"port": 80, "path": "healthz", "scheme": "http"}), {}),
    ("gate-port", "sets[0].gate.http.port", asks(http={"port": 0, "path": "/", "scheme": "http"}), {}),
    ("gate-url", "sets[0].gate.promql.url", asks(promql={"url": "prometheus:9090", "query": "up"}), {}),
    ("gate-query", "sets[0].gate.promql.query", asks(promql={"url": "http://prometheus", "query": " "}), {}),
    ("canary-on-delete", "sets[0].object", canary(object=changed(updateStrategy={"type": "OnDelete"})), {}),
    ("replace-alone", "sets[0].replace_pod", canary(replace_pod="blocks-1"), {}),
    ("replace-alone", "sets[0].replace_pod", {"replace_pod": "blocks-1"}, {"state": "aborted"}),
    ("consent-form", "allow_data_loss", {}, {"allow_data_loss": {"storage/disk-blocks-1": 7}}),
    ("wait-timeout-range", "wait_timeout", {}, {"wait_timeout": 0}),
])
def test_bad_input_names_its_parameter(code: str, parameter: str, item: dict, more: dict) -> None:
    with pytest.raises(CairnError) as refused:
        wish.parse(params(item, **more))
    assert (refused.value.code, refused.value.parameter) == (code, parameter) and refused.value.fix, refused.value


def test_bad_input_of_more_than_one_set() -> None:
    twice = params()
    twice["sets"] *= 2
    with pytest.raises(CairnError) as refused:
        wish.parse(twice)
    assert (refused.value.code, refused.value.parameter) == ("object-duplicate", "sets[1].object")
    other = copy.deepcopy(params({"replace_pod": "blocks-0"}))
    other["sets"].append(copy.deepcopy(params()["sets"][0]))
    other["sets"][1]["object"]["metadata"]["name"] = "more"
    with pytest.raises(CairnError) as refused:
        wish.parse(other)
    assert refused.value.code == "replace-alone"


def test_a_canary_has_one_pod_first_unless_told_otherwise() -> None:
    assert wish.parse(params(canary()))[0][0].waves == ("1", "100%")
    assert wish.parse(params())[0][0].waves == ()


@pytest.mark.parametrize(("given", "count", "floor", "parts"), [
    (("1", "100%"), 3, 0, [2, 0]), (("1", "50%", "100%"), 10, 0, [9, 5, 0]), (("1", "50%", "100%"), 1, 0, [0]), (("25%",), 3, 0, [2]),
    (("5",), 3, 0, [0]), (("1", "100%"), 3, 1, [2, 1]), (("1", "100%"), 3, 3, [3]), (("1", "100%"), 0, 0, [0]),
])
def test_waves_are_partitions(given: tuple, count: int, floor: int, parts: list) -> None:
    assert waves.partitions(given, count, floor) == parts


def sample(*values: str) -> dict:
    return {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, value]} for value in values]}}


@pytest.mark.parametrize(("answer", "said"), [
    (sample("1"), ""), (sample("1", "0.5"), ""), (sample("1", "0"), "1 samples of 0"), (sample("NaN"), "1 samples of 0 or NaN"),
    (sample(), "finds nothing"),
    ({"status": "success", "data": {"resultType": "scalar", "result": [0, "1"]}}, ""),
    ({"status": "error", "error": "parse error"}, "parse error"),
])
def test_what_prometheus_says(answer: dict, said: str) -> None:
    found = gate.verdict(answer, "up")
    assert (said in found) if said else not found


class Pages:
    """A client whose pods answer with text, with JSON, or not at all."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.asked: list[str] = []

    def get(self, path: str, accept: str) -> dict:
        self.asked.append(path)
        if self.problem:
            raise self.problem
        return {}


@pytest.mark.parametrize(("problem", "said"), [(None, ""), (CairnError("no JSON", code="api-no-api"), ""),
                                               (CairnError("GET failed", found="HTTP status 500"), "HTTP status 500")])
def test_a_page_of_each_pod(problem: Exception | None, said: str) -> None:
    client = Pages(problem)
    step = Ask("key", Gate(http={"port": 8080, "path": "/healthz", "scheme": "http"}), (pod(1), pod(2)))
    found = gate.ask(client, step, lambda *_args: (0, ""))
    assert (said in found and "blocks-1" in found) if said else found == ""
    assert client.asked[0] == "/api/v1/namespaces/storage/pods/http:blocks-1:8080/proxy/healthz"


def test_a_command_in_each_pod() -> None:
    ran = []

    def execute(where: Any, container: str, argv: Any) -> tuple:
        ran.append((where["metadata"]["name"], container, list(argv)))
        return (0, "") if where["metadata"]["name"] == "blocks-1" else (3, "the device is gone\n")

    found = gate.ask(Pages(), Ask("key", Gate(command=("check", "-a"), container="c"), (pod(1), pod(2))), execute)
    assert found == "pod blocks-2: check ended with 3: the device is gone"
    assert ran == [("blocks-1", "c", ["check", "-a"]), ("blocks-2", "c", ["check", "-a"])]


@pytest.mark.parametrize("problem", [ValueError("invalid literal for int(): 'executable file not found'"), TypeError("none"), KeyError("details")])
def test_a_command_that_cannot_be_started_is_a_no(problem: Exception) -> None:
    class Said:
        @property
        def returncode(self) -> int:
            raise problem

        def read_all(self) -> str:
            return ""

    code, told = execute.ended(Said())
    assert code == 126 and str(problem) in told
