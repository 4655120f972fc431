"""A cluster of plain values that a node plugin's rollout goes through: its controllers do their part between two requests."""

from __future__ import annotations

import copy
from typing import Any, Iterator

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import NotFound

DRIVER = "d.example.com"


class Cluster:
    """Nodes with one DaemonSet, ``plugin``. A new pod takes its time, first to be ready and then to be registered.

    One of the image ``broken`` never gets ready, one of ``mute`` is never registered.
    """

    def __init__(self, nodes: int = 3, image: str = "one") -> None:
        self.nodes = [f"node{number}" for number in range(1, nodes + 1)]
        self.down: set[str] = set()
        self.seen = True
        self.image = image
        self.history = [image]
        self.pods = {node: image for node in self.nodes}
        self.made = dict.fromkeys(self.nodes, 0)
        self.since = dict.fromkeys(self.nodes, -100.0)
        #: What was written, in order, and who was not well at that moment.
        self.written: list[str] = []
        self.unwell: list[set[str]] = []
        self.clock = 0.0

    def update(self, image: str) -> None:
        """Another template, written by somebody."""
        self.image = image
        # A template that was there before gets a new number, not a new revision.
        self.history = [each for each in self.history if each != image] + [image]

    def ready(self, node: str) -> bool:
        return node not in self.down and self.pods[node] != "broken" and self.clock - self.since[node] >= 3

    def registered(self, node: str) -> bool:
        return self.pods[node] not in ("broken", "mute") and self.clock - self.since[node] >= 6

    # What a client is asked for.

    requests = 0

    def get(self, path: str) -> dict:
        if not path.endswith("/daemonsets/plugin"):
            raise NotFound("none", code="api-not-found")
        return self.daemon_set()

    def list(self, path: str) -> tuple[list[dict], str]:
        kind = path.rpartition("/")[2]
        return list(getattr(self, f"_{kind}")()), ""

    def request(self, method: str, path: str, query: Any = None, body: Any = None, content: str = "") -> dict:
        self.unwell.append({node for node in self.nodes if node not in self.down and not (self.ready(node) and self.registered(node))})
        if method == "DELETE":
            node = path.rpartition("/")[2].split("-")[1]
            self.written.append(f"delete {node}")
            self.pods[node] = self.image
            self.made[node] += 1
            self.since[node] = self.clock
        else:
            image = body["spec"]["template"]["spec"]["containers"][0]["image"]
            self.written.append(f"template {image}")
            self.update(image)
        return {}

    def daemon_set(self, image: str = "") -> dict:
        return {"apiVersion": "apps/v1", "kind": "DaemonSet",
                "metadata": {"name": "plugin", "namespace": "csi", "uid": "uid-set", "generation": 2, "labels": {"a": "b"}},
                "spec": {"selector": {"matchLabels": {"a": "b"}}, "updateStrategy": {"type": "OnDelete"}, "template": _template(image or self.image)},
                "status": {"observedGeneration": 2 if self.seen else 1, "desiredNumberScheduled": len(self.nodes)}}

    def _pods(self) -> Iterator[dict]:
        for node, image in self.pods.items():
            status: dict = {"conditions": [{"type": "Ready", "status": "True" if self.ready(node) else "False"}]}
            if image == "broken":
                status["containerStatuses"] = [{"name": "driver", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]
            yield {"apiVersion": "v1", "kind": "Pod", "spec": {"nodeName": node}, "status": status,
                   "metadata": {"name": f"plugin-{node}-{self.made[node]}", "namespace": "csi", "uid": f"uid-{node}-{self.made[node]}",
                                "labels": {"controller-revision-hash": f"hash-{image}"}, "ownerReferences": _owned()}}
        yield {"metadata": {"name": "stranger", "namespace": "csi", "uid": "s"}, "spec": {"nodeName": "node1"}, "status": {}}

    def _controllerrevisions(self) -> Iterator[dict]:
        for number, image in enumerate(self.history, 1):
            yield {"revision": number, "data": {"spec": {"template": {"$patch": "replace", **_template(image)}}},
                   "metadata": {"name": f"plugin-{image}", "labels": {"controller-revision-hash": f"hash-{image}"}, "ownerReferences": _owned()}}

    def _nodes(self) -> Iterator[dict]:
        for node in self.nodes:
            yield {"metadata": {"name": node}, "status": {"conditions": [{"type": "Ready", "status": "Unknown" if node in self.down else "True"}]}}

    def _csinodes(self) -> Iterator[dict]:
        for node in self.pods:
            yield {"metadata": {"name": node}, "spec": {"drivers": [{"name": DRIVER}] if self.registered(node) else []}}


def _template(image: str) -> dict:
    return copy.deepcopy({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "driver", "image": image}]}})


def _owned() -> list[dict]:
    return [{"kind": "DaemonSet", "name": "plugin", "uid": "uid-set", "controller": True}]
