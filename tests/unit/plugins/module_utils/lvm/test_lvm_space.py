"""Extent arithmetic."""

from __future__ import annotations

import random

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.quantity import Extents, Percent
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.space import (
    METADATA_MAX,
    alignment,
    chunk_size,
    extents,
    metadata_extents,
    pool_layout,
    pv_extents,
    spare_extents,
    with_spare,
)

MIB = 1024**2
GIB = 1024**3
EXTENT = 4 * MIB


@pytest.mark.parametrize(
    "size, count",
    [
        (1, 1),
        (EXTENT, 1),
        (EXTENT + 1, 2),
        (Extents(7), 7),
        (Percent(50, "VG"), 511),
        (Percent(100, "VG"), 1022),
        (Percent(33.3, "VG"), 340),
        (Percent(100, "FREE"), 10),
        (Percent(99.9, "FREE"), 9),
    ],
)
def test_sizes_in_extents(size: object, count: int) -> None:
    assert extents(size, 1022, 10, EXTENT) == count


@pytest.mark.parametrize(
    "optimal, start",
    [
        ([0, 0], MIB),
        ([65536], MIB),
        ([MIB], MIB),
        ([3 * 64 * 1024], 3 * MIB),
        ([126976], MIB),
        ([33553920], MIB),
        ([5 * MIB, 0], 5 * MIB),
        ([192 * 1024, 5 * MIB], 15 * MIB),
    ],
)
def test_data_starts_at_whole_stripes(optimal: list, start: int) -> None:
    assert alignment(optimal) == start


def test_extents_of_a_disk() -> None:
    """As LVM reports for the lab's disks, see recordings/fullreport.json."""
    assert pv_extents(2 * GIB, EXTENT, MIB) == 511
    assert pv_extents(MIB, EXTENT, MIB) == 0


@pytest.mark.parametrize(
    "size, chunk", [(GIB, 64 * 1024), (7 * 1024 * GIB, 64 * 1024), (16 * 1024 * GIB, 256 * 1024), (100 * 1024 * GIB, 1024 * 1024)]
)
def test_chunks_grow_with_the_pool(size: int, chunk: int) -> None:
    assert chunk_size(size) == chunk
    assert size // chunk * 128 <= METADATA_MAX


def test_a_share_covers_all_that_a_pool_takes() -> None:
    """For any size: never above the share, never a whole step below it."""
    numbers = random.Random(3)
    for _case in range(300):
        total = numbers.randrange(4, 10**6)
        share = Percent(float(numbers.randrange(1, 101)), numbers.choice(("VG", "FREE")))
        group = VolumeGroup("g", EXTENT, total, total)
        layout = pool_layout(share, group, None, None)
        taken = layout.data + 2 * layout.metadata
        budget = extents(share, total, total, EXTENT)
        assert layout.data == 0 or taken <= budget
        bigger = layout.data + 1
        assert bigger + 2 * metadata_extents(bigger, layout.chunk_bytes, EXTENT) > budget


def test_a_pool_that_is_there_gets_the_same_answer() -> None:
    empty = VolumeGroup("g", EXTENT, 1022, 1022)
    first = pool_layout(Percent(20, "VG"), empty, None, None)
    pool = LogicalVolume("pool", first.data, "uuid", "thin,pool", metadata=first.metadata, chunk_bytes=first.chunk_bytes)
    there = with_spare(empty.with_lv(pool, first.data + first.metadata), first.metadata)
    assert (first.data, first.metadata, there.free) == (202, 1, 1022 - 204)
    assert pool_layout(Percent(20, "VG"), there, None, None, pool) == first


def test_data_in_whole_chunks() -> None:
    group = VolumeGroup("g", EXTENT, 1000, 1000)
    assert pool_layout(Extents(10), group, None, 3 * 64 * 1024 * 64).data == 12, "chunks of 12 MiB on extents of 4 MiB"


def test_the_spare_is_shared() -> None:
    group = with_spare(VolumeGroup("g", EXTENT, 100, 100), 2)
    assert (spare_extents(group), group.free) == (2, 98)
    assert with_spare(group, 1) is group
    assert (spare_extents(with_spare(group, 5)), with_spare(group, 5).free) == (5, 95)
