"""Kubernetes quantities."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._kube import quantity


@pytest.mark.parametrize(("one", "other"), [
    ("1024Mi", "1Gi"), ("0.5", "500m"), (1, "1"), ("1e3", "1k"), ("1E3", "1000"), ("1.5Gi", "1536Mi"), ("+2", 2), (".5", "500m"), ("3.", 3), ("1000000n", "1m"),
    ("1Ei", 1024**6), ("1E", 10**18), ("1000u", "1m"),
])
def test_equal(one: object, other: object) -> None:
    assert quantity.parse(one) == quantity.parse(other) is not None


@pytest.mark.parametrize("value", ["", "1KB", "one", "1 Gi", True, None, "1Kib", "-", "1e", "0x10", "1Gi "])
def test_no_quantity(value: object) -> None:
    assert quantity.parse(value) is None


@pytest.mark.parametrize(("value", "size"), [("2Gi", 2**31), ("1500m", 2), (7, 7), (None, None)])
def test_bytes_round_up(value: object, size: int | None) -> None:
    assert quantity.in_bytes(value) == size


@pytest.mark.parametrize(("value", "size"), [("10 Gi", "10Gi"), ("10Gi", "10Gi"), ("10 GiB", "10Gi"), (" 1G ", "1000000000"), ("1.5Gi", "1536Mi")])
def test_sizes_as_the_api_writes_them(value: str, size: str) -> None:
    assert quantity.parse(quantity.written(value, "size")) == quantity.parse(size)


def test_thousandths_are_told() -> None:
    with pytest.raises(InvalidRequest, match="a million is M"):
        quantity.written("500m", "size")
