"""Waiting for many objects at once: what an event makes of one that was ready is seen through."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any, Iterator

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Timeout
from ansible_collections.cairn.storage.plugins.module_utils._kube.discovery import Resource
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import Ref
from ansible_collections.cairn.storage.plugins.module_utils._kube.wait import Target, wait
from kube_wishes import thing

SPACE = "/api/v1/namespaces/b"
CLAIM = thing("PersistentVolumeClaim", "c", "b", spec={"storageClassName": "late"}, status={"phase": "Pending"})
POD = thing("Pod", "p", "b", spec={}, status={"phase": "Pending"})
READY = {**POD, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}


def warning() -> dict:
    """An event of just now: old ones say nothing, and tests may be collected a while before they run."""
    return {
        "metadata": {"name": "e", "namespace": "b", "creationTimestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")},
        "involvedObject": {"uid": CLAIM["metadata"]["uid"]},
        "reason": "ProvisioningFailed",
        "message": "rpc error: code = ResourceExhausted desc = no room",
    }


class Server:
    """An API server that has these collections, and no news. Events take their time, as a busy server's do."""

    def __init__(self, collections: dict[str, list[dict]]) -> None:
        self._collections = {**collections, "/apis/storage.k8s.io/v1/storageclasses": [
            {"metadata": {"name": "late"}, "volumeBindingMode": "WaitForFirstConsumer"}]}

    def list(self, path: str, query: Any = None) -> tuple[list[dict], str]:
        if path.endswith("/events"):
            time.sleep(0.2)
        return self._collections[path], "7"

    def watch(self, path: str, query: Any, seconds: int) -> Iterator[dict]:
        time.sleep(0.05)
        return iter(())


def targets() -> list[Target]:
    return [Target(Ref("", live["kind"], "b", live["metadata"]["name"]), Resource("", "v1", live["kind"], plural, True), True, live)
            for live, plural in ((CLAIM, "persistentvolumeclaims"), (POD, "pods"))]


def test_a_claim_that_failed_once_and_is_bound_since_ends_the_wait() -> None:
    bound = {**CLAIM, "status": {"phase": "Bound"}}
    server = Server({f"{SPACE}/persistentvolumeclaims": [bound], f"{SPACE}/pods": [READY], f"{SPACE}/events": [warning()]})
    assert [item.state.name for item in wait(server, targets(), 5)] == ["ready", "ready"]  # type: ignore[arg-type]


def test_a_claim_that_goes_on_failing_is_told() -> None:
    server = Server({f"{SPACE}/persistentvolumeclaims": [CLAIM], f"{SPACE}/pods": [READY], f"{SPACE}/events": [warning()]})
    with pytest.raises(Timeout) as error:
        wait(server, targets(), 1)  # type: ignore[arg-type]
    assert "PersistentVolumeClaim b/c" in error.value.found and "no room" in error.value.found
