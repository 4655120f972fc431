"""Check mode on a cluster that has not even the namespace: what a site run plans before anything is there."""

from __future__ import annotations

from typing import Any

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import NotFound
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset import observe
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.drive import Predicted, drive
from statefulsets import blocks, desired

SETS = {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [
    {"resource": "statefulsets", "scope": "Namespaced", "verbs": ["get", "patch", "delete", "list", "watch"], "responseKind": {"kind": "StatefulSet"}}]}]}
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "storage"}}


class Empty:
    """An API server with nothing in it. It answers a dry run in a namespace that is not there with what it says of every request there."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, path: str, query: Any = None, accept: str = "") -> dict:
        self.asked.append(f"GET {path}")
        if path == "/apis":
            return {"kind": "APIGroupDiscoveryList", "items": [SETS]}
        raise NotFound("it is not there.", code="api-not-found")

    def list(self, path: str, query: Any = None) -> tuple:
        self.asked.append(f"LIST {path}")
        return [], "1"

    def request(self, method: str, path: str, query: Any = None, body: Any = None, content: str = "", accept: str = "") -> dict:
        self.asked.append(f"{method} {path}")
        raise NotFound("the namespace storage does not exist.", code="namespace-not-found")


def test_the_set_is_planned_with_its_namespace_pending() -> None:
    manifest = blocks()
    for name in ("updateStrategy", "replicas"):
        manifest["spec"].pop(name)
    client, wish = Empty(), desired(manifest)
    seen = observe.first(client, [wish], (NAMESPACE,))
    actions, reached = drive(Predicted(seen), [wish])
    assert [str(action) for action in actions] == ["create StatefulSet storage/blocks"]
    assert actions[0].before is None and actions[0].after["spec"]["template"] == manifest["spec"]["template"]
    assert [pod["metadata"]["name"] for pod in reached[wish.ref].pods] == ["blocks-0"]
    assert not [line for line in client.asked if line.startswith("LIST /api/v1/persistentvolumes")], "volumes decide nothing yet"
