"""Do the claims of storage clusters fit the volumes that nodes offer: tables of wishes, offers and answers."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._site.claims import claim_plan
from ansible_collections.cairn.storage.plugins.module_utils._site.volumes import Volume, pv_capacity, volumes

GIB = 1024**3
ENGINE = {"image": "x", "ports": [{"name": "x", "number": 1}], "probes": {"readiness": {}}}
ENGINES = {"tgt": {**ENGINE, "disk": {"volume_mode": "Block", "path": "/dev/x"}}, "files": {**ENGINE, "disk": {"volume_mode": "Filesystem", "path": "/x"}},
           "bare": {"disk": {"volume_mode": "Block", "path": "/dev/x"}}, "odd": {**ENGINE, "disk": {"volume_mode": "Tape", "path": "/x"}}}
DEFAULTS = {"namespace": "storage", "engine": "tgt", "spread": "one_per_node", "initiators": ["10.0.0.0/8"]}
KNOWN = {"cluster_uid": "1f2e3d4c-0000-4000-8000-000000000001", "stateful_sets": []}


def cluster(**changes: object) -> dict:
    return {"name": "blocks", "replicas": 2, "disk": {"class": "local-block", "size": "1GiB"}, **changes}


def block(node: str, gib: int = 2, claim: str | None = "", mode: str = "Block") -> Volume:
    return Volume(f"local-pv-{node}{gib}", node, "local-block", mode, gib * GIB, claim)


@pytest.mark.parametrize(("clusters", "offered", "code"), [
    ([cluster(disk={"class": "nope", "size": "1GiB"})], [block("a"), block("b")], "class-unknown"),
    ([cluster()], [], "class-unknown"),
    ([cluster(engine="nope")], [block("a"), block("b")], "engine-unknown"),
    ([cluster(name="Blocks")], [block("a"), block("b")], "cluster-name"),
    ([cluster(name="b" * 53)], [block("a"), block("b")], "cluster-name"),
    ([cluster(replicas=1), cluster(replicas=1)], [block("a"), block("b")], "cluster-duplicate"),
    ([cluster(disk={"class": "local-block", "size": "3GiB"})], [block("a"), block("b")], "claim-too-large"),
    ([cluster(disk={"class": "local-block", "size": "1G"})], [block("a"), block("b")], "size-ambiguous"),
    ([cluster(disk={"class": "local-block", "size": "0"})], [block("a"), block("b")], "size-zero"),
    ([cluster()], [block("a"), block("a", 3)], "volumes-missing"),
    ([cluster()], [block("a"), block("b", claim="other/data-x-0")], "volumes-missing"),
    ([cluster()], [block("a"), block("b", claim=None)], "volumes-missing"),
    ([cluster(replicas=1), cluster(name="more", replicas=2)], [block("a"), block("b")], "volumes-missing"),
    ([cluster()], [block("a", mode="Filesystem"), block("b", mode="Filesystem")], "class-mode"),
    ([cluster(engine="files")], [block("a"), block("b")], "class-mode"),
    ([cluster(engine="bare")], [block("a"), block("b")], "engine-incomplete"),
    ([cluster(engine="odd")], [block("a"), block("b")], "engine-incomplete"),
    ([cluster(disk={"class": "local-block", "size": "3GiB"})], [block("a", 4), block("b", 2, "storage/disk-blocks-1")], "claim-bound-smaller"),
    # The volume can grow, so that is said before that none is large enough.
    ([cluster(replicas=1, disk={"class": "local-block", "size": "3GiB"})], [block("a", 2, "storage/disk-blocks-0")], "claim-bound-smaller"),
    ([cluster(disk={"class": "local-block", "size": "max"})], [block("a")], "volumes-missing"),
])
def test_what_cannot_start_is_refused(clusters: list, offered: list, code: str) -> None:
    _planned, problems = claim_plan(clusters, offered, ENGINES, DEFAULTS, KNOWN)
    assert [problem.code for problem in problems] == [code]
    assert problems[0].parameter.startswith(("storage_cluster_clusters[", "storage_cluster_engines.")) and problems[0].fix


@pytest.mark.parametrize(("clusters", "offered", "sizes"), [
    ([cluster()], [block("a"), block("b")], [1]),
    ([cluster(spread="even")], [block("a"), block("a", 3)], [1]),
    ([cluster(engine="files")], [block("a", mode="Filesystem"), block("b", mode="Filesystem")], [1]),
    ([cluster(replicas=1), cluster(name="more", replicas=1)], [block("a"), block("b")], [1, 1]),
    ([cluster()], [block("a", claim="storage/disk-blocks-0"), block("b", claim="storage/disk-blocks-1")], [1]),
    ([cluster(disk={"class": "local-block", "size": "max"})], [block("a"), block("a", 5), block("b", 3), block("c", 4)], [4]),
    # The same once the claims are bound: a size that moved would be a change that no StatefulSet allows.
    ([cluster(disk={"class": "local-block", "size": "max"})], [block("a"), block("a", 5, "storage/disk-blocks-0"), block("b", 3), block("c", 4, "storage/disk-blocks-1")], [4]),
    ([cluster(state="absent", disk={"class": "gone", "size": "1GiB"})], [], [0]),
])
def test_what_fits_gets_its_size(clusters: list, offered: list, sizes: list) -> None:
    planned, problems = claim_plan(clusters, offered, ENGINES, DEFAULTS, KNOWN)
    assert not problems
    assert [item["disk"]["size_bytes"] for item in planned] == [size * GIB for size in sizes]
    assert all(item["namespace"] == "storage" for item in planned)


@pytest.mark.parametrize(("size", "capacity"), [
    (100 * GIB, 100 * GIB), (100 * GIB - 1, 99 * GIB), (10 * GIB - 1, 10 * GIB - 1024**2), (2 * GIB, 2 * GIB), (1000, 1000),
])
def test_capacity_is_rounded_as_the_provisioner_does(size: int, capacity: int) -> None:
    assert pv_capacity(size) == capacity


def test_a_site_offers_what_is_there_and_what_is_to_come() -> None:
    entries = {"a": [
        {"class": "local-block", "name": "wwn-1", "volume_mode": "Block", "size_bytes": 2 * GIB},
        {"class": "local-fs", "name": None, "volume_mode": "Filesystem", "size_bytes": 3 * GIB},
        {"class": "local-block", "name": "wwn-2", "volume_mode": "Block", "size_bytes": 0, "degraded": True},
    ]}
    first, second = volumes(entries)
    assert (first.name, first.node, first.claim) == ("local-pv-" + first.name.rpartition("-")[2], "a", "")
    assert (second.name, second.storage_class) == (None, "local-fs")
    live = {"name": first.name, "storage_class": "local-block", "volume_mode": "Block", "capacity_bytes": GIB, "phase": "Bound", "namespace": "storage",
            "claim": "disk-blocks-0", "node": "a"}
    elsewhere = {**live, "name": "local-pv-elsewhere", "node": "b", "phase": "Released"}
    gone = {**live, "name": "local-pv-gone"}
    assert [(item.name, item.node, item.capacity_bytes, item.claim) for item in volumes(entries, [live, elsewhere, gone])] == [
        (first.name, "a", GIB, "storage/disk-blocks-0"), (None, "a", 3 * GIB - 1024**2, ""), ("local-pv-elsewhere", "b", GIB, None)]
