"""Sizes as people write them."""

from __future__ import annotations

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._core.quantity import (
    MAX_BYTES,
    Extents,
    Percent,
    human,
    parse_bytes,
    parse_size,
    round_up,
)


@pytest.mark.parametrize(
    "text, size",
    [
        ("1", 1),
        (4096, 4096),
        ("10GiB", 10 * 1024**3),
        ("10GB", 10**10),
        ("1.5TiB", 1024**4 * 3 // 2),
        ("2 MiB", 2 * 1024**2),
        ("7B", 7),
        ("1kB", 1000),
        (str(MAX_BYTES), MAX_BYTES),
    ],
)
def test_bytes(text: object, size: int) -> None:
    assert parse_bytes(text, "size") == size


@pytest.mark.parametrize(
    "text, code",
    [
        (None, "size-type"),
        (True, "size-type"),
        ("-1GiB", "size-negative"),
        ("+512M", "size-relative"),
        ("ten", "size-syntax"),
        ("", "size-syntax"),
        ("10%", "size-syntax"),
        ("10G", "size-ambiguous"),
        ("10g", "size-ambiguous"),
        ("10Gi", "size-unit"),
        ("10 GIB", "size-unit"),
        ("3x", "size-unit"),
        ("0", "size-zero"),
        ("0GiB", "size-zero"),
        ("1.3B", "size-fraction"),
        ("9EiB", "size-overflow"),
        ("1e3", "size-syntax"),
        ("1" * 5000 + "GiB", "size-syntax"),
        ("0." + "1" * 5000 + "GiB", "size-syntax"),
    ],
)
def test_no_bytes(text: object, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_bytes(text, "volume_groups[0].size")
    assert (refused.value.code, refused.value.parameter) == (code, "volume_groups[0].size")
    assert refused.value.fix


@pytest.mark.parametrize(("text", "fix"), [("10Gi", "write 10GiB:"), ("10gib", "write 10GiB:"), ("10 GIB", "write 10GiB:"), ("10KB", "write 10kB:"),
                                           ("10mb", "write 10MB:"), ("10K", "write 10KiB (1024-based) or 10kB"), ("3x", "write it like")])
def test_a_unit_that_is_nearly_right_is_told_how_to_be_written(text: str, fix: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_bytes(text, "size")
    assert refused.value.fix.startswith(fix) and "Kubernetes" not in refused.value.fix


@pytest.mark.parametrize(
    "text, size",
    [
        ("80%VG", Percent(80, "VG")),
        ("33.3 %free", Percent(33.3, "FREE")),
        ("25 extents", Extents(25)),
        ("1 extent", Extents(1)),
        ("4MiB", 4 * 1024**2),
    ],
)
def test_sizes(text: str, size: object) -> None:
    assert parse_size(text, "size", shares=("VG", "FREE")) == size


@pytest.mark.parametrize(
    "text, code",
    [
        ("10%", "size-percent-of"),
        ("10%PVS", "size-percent-of"),
        ("0%VG", "size-percent-range"),
        ("101%FREE", "size-percent-range"),
        ("0 extents", "size-extents"),
        ("\N{SUPERSCRIPT TWO} extents", "size-extents"),
        ("1" * 5000 + " extents", "size-extents"),
        ("x extents", "size-extents"),
    ],
)
def test_no_sizes(text: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_size(text, "size", shares=("VG", "FREE"))
    assert refused.value.code == code


@pytest.mark.parametrize("size, text", [(1000, "1000B"), (2 * 1024**3, "2GiB"), (1024**4 * 3 // 2, "1.5TiB"), (2**63 - 1, "8EiB")])
def test_for_people(size: int, text: str) -> None:
    assert human(size) == text


def test_round_up() -> None:
    assert [round_up(value, 4) for value in (0, 1, 4, 5)] == [0, 4, 4, 8]
