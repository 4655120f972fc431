"""What fault tests do to the lab, and how they look at it from outside the code under test. They run inside its network: lab exec."""

from __future__ import annotations

import sys

import pytest
from outside import REPO, eventually, is_ready, kubectl, lab, play, pod_on, run, volume_of  # noqa: F401  pylint: disable=unused-import

# Single tasks are run on a node as the tests of hosts do it: host_play.
sys.path.insert(0, str(REPO / "tests" / "hosts"))


@pytest.fixture(scope="session")
def site() -> None:
    """The lab's site, converged."""
    play("site.yml")
