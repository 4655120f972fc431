"""A node plugin's rollout against a real API server and its DaemonSet controller; a thread makes pods ready as kubelets would."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from cluster_play import kubectl, objects, play
from kube_faces import until

SPACE, DRIVER = "cairn-plugin", "plugin.cairn.storage"
NODES = ["cairn-plugin-1", "cairn-plugin-2", "cairn-plugin-3"]
ROOM = {"pods": "10", "cpu": "4", "memory": "4Gi"}
READY = {"type": "Ready", "status": "True", "reason": "Test", "message": ""}


def daemon_set(image: str) -> dict:
    labels = {"app": "cairn-plugin"}
    template = {"metadata": {"labels": labels}, "spec": {"nodeSelector": {"cairn-plugin": "yes"}, "terminationGracePeriodSeconds": 0,
                                                         "tolerations": [{"operator": "Exists"}], "containers": [{"name": "driver", "image": image}]}}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "plugin", "namespace": SPACE, "labels": labels},
            "spec": {"selector": {"matchLabels": labels}, "updateStrategy": {"type": "OnDelete"}, "template": template}}


def renew(check: bool = False, **options: object) -> dict:
    given = {"namespace": SPACE, "daemon_sets": ["plugin"], "driver": DRIVER, "canary_nodes": [NODES[1]], "wait_timeout": 20, **options}
    return {"cairn.storage.csi_node_plugin": given, "check_mode": check, "diff": True}


def write(image: str, check: bool = False) -> dict:
    return objects([daemon_set(image)], check=check, wait=False)


def pods() -> dict[str, tuple[str, str]]:
    """Node -> (image, UID) of the pod there."""
    found = json.loads(kubectl("get", "pods", "-n", SPACE, "-o", "json"))["items"]
    placed = [each for each in found if each["spec"].get("nodeName")]
    return {each["spec"]["nodeName"]: (each["spec"]["containers"][0]["image"], each["metadata"]["uid"]) for each in placed}


class Kubelets(threading.Thread):
    """Says of nodes that they are there, and of pods, unless their image is ``broken``, that they are ready."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.5):
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            for node in NODES:
                ready = {**READY, "lastHeartbeatTime": now, "lastTransitionTime": now}
                self._say("node", node, {"conditions": [ready], "capacity": ROOM, "allocatable": ROOM})
            listed = subprocess.run(("kubectl", "get", "pods", "-n", SPACE, "-o", "json"), capture_output=True, text=True, check=False).stdout
            for pod in json.loads(listed or '{"items": []}')["items"]:
                known = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
                if known.get("Ready") != "True" and pod["spec"].get("nodeName") and pod["spec"]["containers"][0]["image"] != "broken":
                    self._say("pod", pod["metadata"]["name"], {"phase": "Running", "conditions": [{**READY, "lastTransitionTime": now}]}, "-n", SPACE)

    @staticmethod
    def _say(kind: str, name: str, status: dict, *more: str) -> None:
        # What has just gone needs no status.
        subprocess.run(("kubectl", "patch", kind, name, *more, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status})),
                       capture_output=True, check=False)


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    kubectl("create", "namespace", SPACE)
    for node in NODES:
        manifest = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node, "labels": {"cairn-plugin": "yes"}}}
        registered = {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": node},
                      "spec": {"drivers": [{"name": DRIVER, "nodeID": node, "topologyKeys": []}]}}
        kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [manifest, registered]}))
    kubelets = Kubelets()
    kubelets.start()
    made, renewed = play(write("one"), renew())
    assert not made.get("failed") and not renewed.get("failed") and not renewed["changed"], (made, renewed)
    assert [each["node"] for each in renewed["nodes"]] == NODES and all(each["ready"] and each["registered"] for each in renewed["nodes"])
    yield
    kubectl("delete", "namespace", SPACE, "--timeout=90s")
    kubelets.ended.set()
    kubelets.join()
    kubectl("delete", "node", *NODES)
    kubectl("delete", "csinode", *NODES, "--ignore-not-found")


def test_a_new_template_comes_node_by_node() -> None:
    before = pods()
    coming, foreseen, written, stale, renewed, again = play(
        write("two", check=True), renew(True, pending="{{ result_0.after }}"), write("two"), renew(True), renew(), renew())
    assert coming["changed"] and written["changed"]
    told = [each["name"] for each in foreseen["actions"]]
    assert told == [each["name"] for each in stale["actions"]] == [each["name"] for each in renewed["actions"]] and len(told) == 3
    assert foreseen["diff"]["before"][f"Pod {told[0]}"]["node"] == NODES[1], "the canary first"
    after = pods()
    assert {image for image, _uid in after.values()} == {"two"} and all(before[node] != after[node] for node in NODES)
    assert not again["changed"] and all(each["updated"] for each in again["nodes"])


def test_a_broken_image_stops_at_the_canary_and_goes_back() -> None:
    before = pods()
    written, renewed, settled = play(write("broken"), renew(), renew())
    assert written["changed"] and renewed["error"]["code"] == "plugin-failed" and NODES[1] in renewed["error"]["found"], renewed
    assert [each["verb"] for each in renewed["actions"]] == ["delete", "restore", "delete"]
    until(lambda: len(pods()) == 3, "the pods are back")
    after = pods()
    assert {image for image, _uid in after.values()} == {"two"}
    assert all(after[node] == before[node] for node in NODES if node != NODES[1]), "no other node was touched"
    assert not settled.get("failed") and not settled["changed"]
    # What the role writes next is taken without a quarrel about whose fields these are.
    again, renewed = play(write("three"), renew())
    assert not again.get("failed") and len(renewed["actions"]) == 3, (again, renewed)


def test_a_driver_that_kubelet_does_not_know_stops_it_at_the_canary() -> None:
    before = pods()
    written, renewed = play(write("four"), renew(driver="other.cairn.storage", on_failure="stop", wait_timeout=4))
    assert written["changed"] and renewed["error"]["code"] == "plugin-stopped"
    assert "has not registered other.cairn.storage" in renewed["error"]["found"]
    after = pods()
    assert after[NODES[1]][0] == "four" and all(after[node] == before[node] for node in NODES if node != NODES[1])


def test_a_canary_that_is_no_node() -> None:
    (refused,) = play(renew(canary_nodes=["nowhere"]))
    assert (refused["error"]["code"], refused["error"]["parameter"]) == ("canary-node", "canary_nodes") and not refused["changed"]
