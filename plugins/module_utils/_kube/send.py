# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Planned requests on their way to the API server, and patience with a control plane that restarts."""

from __future__ import annotations

import time
from typing import Callable, TypeVar

from .._core.errors import CairnError
from .._core.plan import Action
from .client import APPLY, Client
from .failures import about
from .model import Request

#: What a control plane that is being restarted answers with.
_PASSING = ("api-unreachable", "api-error", "api-timeout", "api-expired")
T = TypeVar("T")


def send(client: Client, request: Request) -> dict:
    """One request, and the object that the server answers with."""
    content = request.content or (APPLY if request.method == "PATCH" else "application/json")
    return client.request(request.method, request.path, dict(request.query), request.body, content)


def carry_out(client: Client, action: Action) -> None:
    """All requests of an action. An error names the object, and has the action as the one that failed."""
    for request in action.steps:
        try:
            send(client, request)
        except CairnError as error:
            # What was to go has gone by itself, or its successor stands there already.
            if request.method != "DELETE" or error.code not in ("api-not-found", "api-changed"):
                failed = about(error, request.ref)
                failed.done = [{**action.describe(), "failed": True}]
                raise failed from None


def patiently(read: Callable[[], T], seconds: float) -> T:
    """What ``read`` returns; a control plane that goes away is waited for, for at most ``seconds``."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return read()
        except CairnError as error:
            if error.code not in _PASSING or time.monotonic() > limit:
                raise
        time.sleep(1)
