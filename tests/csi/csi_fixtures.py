"""Fixtures of tests that have the driver on a node: the driver for the tests of a module; each leaves it without volumes."""

from __future__ import annotations

from typing import Iterator

import pytest
from csi_node import Driver, driver
from host_play import own_node  # found by csi_node


@pytest.fixture(name="here", scope="module")
def _here() -> Iterator[Driver]:
    with driver(own_node(), contained=True) as here:
        yield here


@pytest.fixture(autouse=True)
def _nothing_left(here: Driver) -> Iterator[None]:
    yield
    left = here.volumes()
    if left:
        here.clear()
    assert left == []
