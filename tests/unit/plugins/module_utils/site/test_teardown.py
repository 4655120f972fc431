"""What goes when a site is taken down, and what stands in its way."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._site.teardown import teardown

BASE = "/var/lib/cairn-storage/local-volumes"
FOLDERS = {"node1": BASE, "node2": "/srv/volumes"}
CLUSTERS = [{"namespace": "storage", "name": "blocks"}, {"namespace": "team", "name": "b.ocks"}]
LABELS = {"app.kubernetes.io/name": "storage-cluster", "app.kubernetes.io/instance": "blocks"}


def volume(name: str = "pv", node: str = "node1", path: str = f"{BASE}/local-block/wwn-1", phase: str = "Bound", namespace: str = "storage",
           claim: str = "disk-blocks-0", local: bool = True) -> dict:
    return {"name": name, "node": node, "path": path, "phase": phase, "namespace": namespace, "claim": claim, "local": local}


def claim(namespace: str = "storage", name: str = "disk-blocks-0", of: str = "pv", labels: Any = None) -> dict:
    return {"namespace": namespace, "name": name, "volume": of, "labels": LABELS if labels is None else labels}


@pytest.mark.parametrize(("volumes", "claims", "ours"), [
    ([volume()], [claim()], True),
    # Left by a scale-down, and still the cluster's.
    ([volume(claim="disk-blocks-7")], [claim(name="disk-blocks-7")], True),
    # Of the same name in another namespace, even with the same labels; or of that name without being the controller's.
    ([volume(namespace="other-team")], [claim("other-team")], False),
    ([volume(namespace="other-team")], [claim("other-team"), claim()], False),
    ([volume(claim="disk-blocks-7")], [claim(name="disk-blocks-7", labels={})], False),
    ([volume()], [claim(labels={**LABELS, "app.kubernetes.io/instance": "other"})], False),
    ([volume()], [claim(labels={**LABELS, "app.kubernetes.io/name": "database"})], False),
    ([volume(claim="disk-blocks-x")], [claim(name="disk-blocks-x")], False),
    ([volume(claim="my-disk-blocks-0")], [claim(name="my-disk-blocks-0")], False),
    # A name is no pattern.
    ([volume(namespace="team", claim="disk-blocks-0")], [claim("team", labels={**LABELS, "app.kubernetes.io/instance": "b.ocks"})], False),
    # The claim is bound to another volume, or nobody knows it.
    ([volume()], [claim(of="other")], False),
    ([volume()], [], False),
])
def test_whose_claim_it_is(volumes: list, claims: list, ours: bool) -> None:
    found = teardown({"volumes": volumes, "claims": claims}, CLUSTERS, FOLDERS)
    path = f"{volumes[0]['namespace']}/{volumes[0]['claim']}"
    assert [f"{each['namespace']}/{each['name']}" for each in found["claims"]] == ([path] if ours else [])
    assert found["foreign"] == ([] if ours else [f"{path} on pv"])


@pytest.mark.parametrize(("changes", "goes"), [
    ({}, True),
    ({"phase": "Released"}, True),
    ({"node": "node2", "path": "/srv/volumes/local-block/wwn-1"}, True),
    ({"node": "node2"}, False),
    ({"node": "node3"}, False),
    ({"node": None}, False),
    ({"path": f"{BASE}-of-others/local-block/wwn-1"}, False),
    ({"path": f"{BASE}/../../../etc"}, False),
    ({"path": f"{BASE}/local-block/.."}, False),
    ({"path": f"{BASE}/./local-block"}, False),
    ({"path": f"{BASE}/a\nb"}, False),
    ({"path": None}, False),
    ({"local": False}, False),
])
def test_whose_volume_it_is(changes: dict, goes: bool) -> None:
    found = teardown({"volumes": [volume(**changes)], "claims": [claim()]}, CLUSTERS, FOLDERS)
    assert bool(found["volumes"]) is goes and not found["foreign"]


def test_what_is_to_be_confirmed() -> None:
    nothing: dict = {"volumes": [], "claims": []}
    assert teardown(nothing, CLUSTERS[::-1], FOLDERS)["confirm"] == "storage/blocks,team/b.ocks"
    assert teardown(nothing, [], FOLDERS)["confirm"] == "no storage clusters"
