# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A thin client: JSON in, JSON out, every request counted, every failure one of our errors."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import urlencode

from .._core.errors import CairnError, CommandFailed
from . import expiry, failures
from .access import Access

try:
    import urllib3
except ImportError:  # connection.connect says what is missing
    urllib3 = None  # type: ignore[assignment]

APPLY = "application/apply-patch+yaml"
Query = Mapping[str, str]
_PAGE = 500
_PATIENCE = 30
_TRANSIENT = (429, 503)


class Client:
    """Requests to one API server. ``requests`` counts them; it may be used by several threads."""

    def __init__(self, pool: Any, host: str, identity: Callable[[], Sequence[Tuple[str, str]]], access: Access,
                 certificate: Optional[str] = None) -> None:
        self.requests = 0
        self._pool = pool
        self._host = host.rstrip("/")
        #: The headers that say who asks; a token may be renewed between two requests.
        self._identity = identity
        self._access = access
        self._certificate = certificate
        self._answered = False
        self._count = threading.Lock()

    def get(self, path: str, query: Optional[Query] = None, accept: str = "application/json") -> dict:
        """One object, or whatever stands at ``path``."""
        return self.request("GET", path, query, accept=accept)

    def list(self, path: str, query: Optional[Query] = None, keep: Callable[[dict], dict] = dict) -> Tuple[List[dict], str]:
        """All items of a collection, page by page, and the resource version to watch from. Items get their apiVersion and kind.

        ``keep`` says what to hold of each item: of a page, no more than that outlives it.
        """
        items: List[dict] = []
        more: Dict[str, str] = {}
        while True:
            try:
                page = self.get(path, {**(query or {}), "limit": str(_PAGE), **more})
            except CairnError as error:
                if error.code != "api-expired" or not more:
                    raise
                # The pages were too old to go on with: begin again.
                items, more = [], {}
                continue
            head = {"apiVersion": page["apiVersion"], "kind": page["kind"][: -len("List")]}
            items += [keep({**head, **item}) for item in page.get("items") or ()]
            following = page["metadata"].get("continue")
            if not following:
                return items, page["metadata"].get("resourceVersion", "")
            more = {"continue": following}

    def request(self, method: str, path: str, query: Optional[Query] = None, body: Optional[Mapping[str, Any]] = None,
                content: str = "application/json", accept: str = "application/json") -> dict:
        """One request; waits out a server that is restarting or overloaded, once it has answered before.

        Safe to repeat are all that we send: reads, applies of a whole wish, deletions of one UID.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                response = self._send(method, path, query, body, content, accept, urllib3.Timeout(connect=10, read=90))
            except urllib3.exceptions.HTTPError as problem:
                error: CairnError = self._explained(failures.unreachable(self._host, problem))
                if error.code != "api-unreachable" or not self._answered or time.monotonic() > deadline:
                    raise error from None
            else:
                self._answered = True
                if response.status < 300:
                    return self._answer(response.data)
                if response.status not in _TRANSIENT or time.monotonic() > deadline:
                    raise self._explained(failures.from_status(response.status, _status(response.data), method, path))
            time.sleep(1)

    def watch(self, path: str, query: Query, seconds: int) -> Iterator[dict]:
        """Events (``{type, object}``) from ``query``'s resourceVersion on, for at most ``seconds``."""
        query = {**query, "watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        try:
            # The server ends the watch; a connection that has gone silent must not outlive that.
            timeout = urllib3.Timeout(connect=10, read=seconds + 5)
            response = self._send("GET", path, query, None, "", "application/json", timeout, stream=True)
            if response.status >= 300:
                raise self._explained(failures.from_status(response.status, _status(response.read()), "GET", path))
            try:
                for line in _lines(response):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise failures.from_status(event["object"].get("code", 500), event["object"], "GET", path)
                    yield event
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as problem:
            raise self._explained(failures.unreachable(self._host, problem)) from None

    def _answer(self, data: bytes) -> dict:
        try:
            return json.loads(data) if data else {}
        except ValueError:
            raise self._explained(CommandFailed(f"{self._host} does not answer as an API server does.", code="api-no-api",
                                                found=data[:100].decode(errors="replace"),
                                                fix="give the address of the API server itself.")) from None

    def _explained(self, error: CairnError) -> CairnError:
        """The error, saying with what credentials the request came and whether these have expired."""
        refused = error.code == "api-unauthorized"
        return self._access.explain(error, expiry.told(dict(self._identity()).get("authorization", ""), self._certificate) if refused else None)

    def _send(self, method: str, path: str, query: Optional[Query], body: Optional[Mapping[str, Any]],
              content: str, accept: str, timeout: Any, stream: bool = False) -> Any:
        with self._count:
            self.requests += 1
        url = self._host + path + (f"?{urlencode(query)}" if query else "")
        headers = urllib3.HTTPHeaderDict({"Accept": accept, "User-Agent": "cairn.storage"})
        for name, value in self._identity():
            headers.add(name, value)
        data = None
        if body is not None:
            headers["Content-Type"] = content
            data = json.dumps(body).encode()
        return self._pool.request(method, url, body=data, headers=headers, timeout=timeout, retries=False, preload_content=not stream)


def find(client: Client, path: str) -> Optional[dict]:
    """What stands at ``path``, if anything does."""
    try:
        return client.get(path)
    except CairnError as error:
        if error.code in ("api-not-found", "namespace-not-found"):
            return None
        raise


def _lines(response: Any) -> Iterator[bytes]:
    rest = b""
    for chunk in response.stream(65536, decode_content=True):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line)


def _status(data: bytes) -> dict:
    try:
        status = json.loads(data)
    except ValueError:
        return {"message": data.decode(errors="replace")[:500]}
    return status if isinstance(status, dict) else {}
