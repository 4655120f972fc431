"""Which local volumes have grown, and what the cluster is to be told of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.filter.grown_volumes import grown_volumes
from ansible_collections.cairn.storage.plugins.module_utils._local.naming import pv_name
from ansible_collections.cairn.storage.plugins.module_utils._site.growth import grown

GIB = 1024**3
NAME = pv_name("wwn-1", "a", "local-block")


def entry(gib: float = 3, **more: Any) -> dict:
    return {"a": [{"class": "local-block", "name": "wwn-1", "size_bytes": int(gib * GIB), **more}]}


def known(volume: int = 2, phase: str = "Bound", asked: int = 1, has: int = 2, grows: bool = True, pod: str | None = "p-0", **more: Any) -> dict:
    row = {"name": NAME, "local": True, "phase": phase, "storage_class": "local-block", "capacity_bytes": volume * GIB, "namespace": "s",
           "claim": "c", **more}
    return {"volumes": [row], "classes": [{"name": "local-block", "allow_expansion": grows}],
            "claims": [{"namespace": "s", "name": "c", "requested_bytes": asked * GIB, "capacity_bytes": has * GIB}],
            "relations": [{"namespace": "s", "claim": "c", "pod": pod, "phase": "Running"}]}


def row(gib: int = 3, claim: str = "c", mounted: bool = True) -> dict:
    return {"name": NAME, "namespace": "s" if claim else "", "claim": claim, "mounted": mounted, "size_bytes": gib * GIB}


@pytest.mark.parametrize(("entries", "cluster", "names", "found"), [
    (entry(), known(), [], [row()]),
    (entry(), known(), [NAME], [row()]),
    (entry(2), known(), [], []),
    # Smaller than recorded: nothing shrinks.
    (entry(1), known(), [], []),
    (entry(), known(phase="Available"), [], [row(claim="", mounted=False)]),
    (entry(), known(pod=None), [], [row(mounted=False)]),
    (entry(), known(phase="Released"), [], []),
    (entry(), known(local=False), [], []),
    (entry(degraded=True), known(), [], []),
    (entry(name=None), known(), [], []),
    (entry(), known(name="local-pv-other"), [], []),
    # Rounded down as the provisioner does: a little more is nothing.
    (entry(2.0000001), known(), [], []),
    (entry(12.5), known(12, asked=12, has=12), [], []),
    # An interrupted run has told of the volume, not of the claim.
    (entry(), known(3), [], [row()]),
    # A claim that asks for all of it already needs no permission of its class.
    (entry(), known(3, asked=3, grows=False), [], [row()]),
])
def test_what_has_grown(entries: dict, cluster: dict, names: list, found: list) -> None:
    volumes, problems = grown(entries, cluster, names)
    assert (volumes, problems) == (found, [])


@pytest.mark.parametrize(("code", "cluster", "names"), [("class-no-expansion", known(grows=False), []),
                                                        ("volume-unknown", known(), ["local-pv-typo"])])
def test_what_is_refused(code: str, cluster: dict, names: list) -> None:
    _volumes, problems = grown(entry(), cluster, names)
    assert [problem.code for problem in problems] == [code] and problems[0].fix


def test_sizes_are_told_as_kubernetes_writes_them() -> None:
    assert grown_volumes(entry(), known())["volumes"][0]["quantity"] == "3Gi"
