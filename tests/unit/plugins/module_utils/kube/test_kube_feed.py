"""A collection that is followed: nobody waits for news that can not come."""

from __future__ import annotations

import threading
from typing import Any, Iterator

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Refused
from ansible_collections.cairn.storage.plugins.module_utils._kube.feed import Feed


class Server:
    """An API server whose watch ends as a test wants it to."""

    def __init__(self, problem: Exception) -> None:
        self._problem = problem

    def list(self, path: str, query: Any) -> tuple:
        return [{"metadata": {"name": "a", "namespace": "b"}}], "7"

    def watch(self, path: str, query: Any, seconds: int) -> Iterator[dict]:
        raise self._problem


@pytest.mark.parametrize(("problem", "code"), [
    (KeyError("metadata"), "watch-ended"),
    (Refused("not for you.", code="api-forbidden"), "api-forbidden"),
])
def test_a_watch_that_can_not_go_on_is_told_to_those_who_wait(problem: Exception, code: str) -> None:
    changed = threading.Condition()
    feed = Feed(Server(problem), "/api/v1/pods", {}, changed)
    feed.start()
    feed.join(5)
    assert not feed.is_alive() and feed.error is not None and feed.error.code == code
    assert [item["metadata"]["name"] for item in feed.objects() or ()] == ["a"]
