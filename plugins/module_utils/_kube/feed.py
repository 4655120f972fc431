# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A copy of one collection of the API server, kept up to date by a watch in a thread of its own."""

from __future__ import annotations

import threading
from typing import Dict, List, Mapping, Optional, Tuple

from .._core.errors import CairnError, CommandFailed, NotFound, Refused
from .client import Client

#: Seconds that one watch lasts; the next goes on where it ended. Short enough to notice a connection that is dead.
_WATCH = 30


class Feed(threading.Thread):
    """Follows ``path`` until stopped; survives restarts of the API server. ``changed`` is notified of every news."""

    def __init__(self, client: Client, path: str, query: Mapping[str, str], changed: threading.Condition) -> None:
        super().__init__(daemon=True)
        #: Set when the server will not let us watch.
        self.error: Optional[CairnError] = None
        self._client = client
        self._path = path
        self._query = dict(query)
        self._changed = changed
        self._objects: Optional[Dict[Tuple[str, str], dict]] = None
        self._ended = threading.Event()

    def objects(self) -> Optional[List[dict]]:
        """All objects, ``None`` as long as the first answer is not there. Call with ``changed`` held."""
        return None if self._objects is None else list(self._objects.values())

    def find(self, namespace: str, name: str) -> Tuple[bool, Optional[dict]]:
        """(whether the collection is known, the object). Call with ``changed`` held."""
        return self._objects is not None, (self._objects or {}).get((namespace, name))

    def stop(self) -> None:
        """End soon; what a watch still delivers is dropped with the process."""
        self._ended.set()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self._follow()
            except Refused as error:
                with self._changed:
                    self.error = error
                    self._changed.notify_all()
                return
            except NotFound:
                # The kind itself is gone, and all its objects with it.
                self._hold([])
                self._ended.wait(1)
            except (CairnError, ValueError):
                # A server that restarts, or a version too old to go on from: read it all again.
                self._ended.wait(1)
            except Exception as problem:  # pylint: disable=broad-exception-caught
                # A thread that ends in silence would leave those who wait without news until their time is over.
                with self._changed:
                    self.error = CommandFailed(f"following {self._path} has ended.", code="watch-ended", found=repr(problem),
                                               fix="run again, and report what was found: it should not happen.")
                    self._changed.notify_all()
                return

    def _follow(self) -> None:
        items, version = self._client.list(self._path, self._query)
        self._hold(items)
        while not self._ended.is_set():
            for event in self._client.watch(self._path, {**self._query, "resourceVersion": version}, _WATCH):
                version = event["object"]["metadata"]["resourceVersion"]
                if self._ended.is_set():
                    return
                if event["type"] != "BOOKMARK":
                    self._take(event)

    def _hold(self, items: List[dict]) -> None:
        with self._changed:
            self._objects = {_key(item): item for item in items}
            self._changed.notify_all()

    def _take(self, event: dict) -> None:
        live = event["object"]
        with self._changed:
            objects = self._objects if self._objects is not None else {}
            if event["type"] == "DELETED":
                objects.pop(_key(live), None)
            else:
                objects[_key(live)] = live
            self._changed.notify_all()


def _key(live: Mapping[str, dict]) -> Tuple[str, str]:
    return live["metadata"].get("namespace") or "", live["metadata"]["name"]
