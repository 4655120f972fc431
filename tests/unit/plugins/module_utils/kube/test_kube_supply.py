"""Claims that nothing can satisfy, told before they are made; and those that something can."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube import basics
from ansible_collections.cairn.storage.plugins.module_utils._kube.faces import supply
from kube_wishes import CLAIMS, live_claim, live_class, live_volume, parse, plan

A = {"namespace": "s", "name": "a", "size": "1Gi"}
STATIC = {**live_class("local"), "provisioner": basics.NO_PROVISIONER}
MADE = live_class("made")


def volume(name: str = "pv", size: str = "2Gi", **more: Any) -> dict:
    return live_volume(name, size=size, of=more.pop("of", "local"), **more)


def tell(claims: list[dict], *there: dict, may_list: bool = True) -> bool:
    """What ``supply`` says of new claims, as the module would have made their manifests."""
    new = [(f"claims[{index}]", manifest) for index, manifest in enumerate(parse(CLAIMS, *claims).objects)]
    classes, volumes = ([each for each in there if each["kind"] == kind] for kind in ("StorageClass", "PersistentVolume"))
    return supply.refuse_unmet(new, classes, volumes if may_list else None)


LOCAL = {**A, "storage_class": "local"}
DEFAULT = live_class("usual", default="true")

MET = [
    ([{**A, "storage_class": "made"}], [MADE]),
    ([{**A, "storage_class": "made", "size": "100Ti", "volume_mode": "Block"}], [MADE]),
    ([LOCAL], [STATIC, volume()]),
    ([{**LOCAL, "size": "2Gi"}], [STATIC, volume()]),
    ([{**LOCAL, "volume_mode": "Block"}], [STATIC, volume(), volume("raw", volumeMode="Block")]),
    # Given to this very claim by its name.
    ([LOCAL], [STATIC, volume(claim="s/a")]),
    ([{**LOCAL, "match_labels": {"kind": "fast"}}], [STATIC, {**volume(), "metadata": {"name": "pv", "labels": {"kind": "fast"}}}]),
    # A class of volumes need not exist as an object.
    ([{**A, "storage_class": "hand"}], [volume(of="hand")]),
    ([A], [DEFAULT]),
    ([A], [volume(of="")]),
    ([{**A, "storage_class": ""}], [DEFAULT, volume(of="")]),
    # The small one goes to the claim that the large one is too large for, whatever the order.
    ([{**LOCAL, "name": "b"}, {**LOCAL, "size": "4Gi"}], [STATIC, volume("x", "1Gi"), volume("y", "4Gi")]),
    ([{**LOCAL, "size": "4Gi"}, {**LOCAL, "name": "b"}], [STATIC, volume("x", "1Gi"), volume("y", "4Gi")]),
    ([{**LOCAL}, {**LOCAL, "name": "b", "match_labels": {"k": "v"}}],
     [STATIC, {**volume("x", "1Gi"), "metadata": {"name": "x", "labels": {"k": "v"}}}, volume("y", "2Gi")]),
]


@pytest.mark.parametrize(("claims", "there"), MET)
def test_what_something_can_satisfy(claims: list[dict], there: list[dict]) -> None:
    assert tell(claims, *there) is True


UNMET = [
    ("claim-class-unknown", "storage_class", "the classes local, made", [{**A, "storage_class": "locla"}], [STATIC, MADE]),
    ("claim-no-default-class", "storage_class", "the classes local", [A], [STATIC, volume()]),
    ("claim-no-default-class", "storage_class", "(none)", [A], []),
    ("claim-no-volume", "storage_class", "none", [LOCAL], [STATIC]),
    ("claim-no-volume", "storage_class", "none", [{**A, "storage_class": ""}], [DEFAULT]),
    ("claim-no-free-volume", "storage_class", "1 volumes", [LOCAL], [STATIC, volume(claim="s/b", phase="Bound")]),
    ("claim-no-free-volume", "storage_class", "1 volumes", [LOCAL], [STATIC, volume(claim="s/a", phase="Released")]),
    ("claim-no-volume-mode", "volume_mode", "each Filesystem", [{**LOCAL, "volume_mode": "Block"}], [STATIC, volume()]),
    ("claim-no-volume-mode", "volume_mode", "each Block", [LOCAL], [STATIC, volume(volumeMode="Block")]),
    ("claim-no-volume-access", "access_modes", "ReadWriteOnce", [{**LOCAL, "access_modes": ["ReadWriteMany"]}], [STATIC, volume()]),
    ("claim-no-volume-labels", "match_labels", "1 free", [{**LOCAL, "match_labels": {"a": "b"}}], [STATIC, volume()]),
    ("claim-no-volume-size", "size", "the largest is y with 4Gi", [{**LOCAL, "size": "100Gi"}], [STATIC, volume("x"), volume("y", "4Gi")]),
    ("claim-volumes-short", "", "x", [LOCAL, {**LOCAL, "name": "b"}], [STATIC, volume("x"), volume("z", volumeMode="Block")]),
    ("claim-volumes-short", "", "x, y", [LOCAL, {**LOCAL, "name": "b"}, {**LOCAL, "name": "c"}], [STATIC, volume("x"), volume("y")]),
]


@pytest.mark.parametrize(("code", "option", "found", "claims", "there"), UNMET)
def test_what_nothing_can_satisfy(code: str, option: str, found: str, claims: list[dict], there: list[dict]) -> None:
    with pytest.raises(CairnError) as refused:
        tell(claims, *there)
    error = refused.value
    assert error.code == code and error.parameter.partition(".")[2] == option and found in error.found and error.fix, error


def test_what_may_not_be_read_is_not_taken_for_nothing() -> None:
    assert tell([{**A, "storage_class": "made"}], MADE, may_list=False) is True
    assert tell([LOCAL], STATIC, may_list=False) is False
    assert tell([{**A, "storage_class": "locla"}], STATIC, may_list=False) is False


def test_a_claim_that_is_there_is_left_alone() -> None:
    assert not plan(CLAIMS, LOCAL, there=(live_claim(of="local", phase="Pending", volume="", has=None),)).actions
    with pytest.raises(CairnError, match="there is no storage class local"):
        plan(CLAIMS, LOCAL, there=(MADE,))
