# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One JSON object a line on standard error, each with the id of the request that it belongs to."""

from __future__ import annotations

import contextvars
import itertools
import json
import os
import sys
import time
from typing import Any

#: Requests carry no id of their own: ours counts them, and begins anew with each process.
_COUNT = itertools.count(1)
_REQUEST: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="")


def begin() -> str:
    """Start a request: what this thread writes from now on carries its id."""
    name = f"{os.getpid():x}-{next(_COUNT)}"
    _REQUEST.set(name)
    return name


def info(event: str, **values: Any) -> None:
    """Something that happened."""
    _write("info", event, values)


def error(event: str, **values: Any) -> None:
    """Something that went wrong."""
    _write("error", event, values)


def _write(level: str, event: str, values: dict) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    line = {"time": f"{now}Z", "level": level, "event": event, **({"request": _REQUEST.get()} if _REQUEST.get() else {}), **values}
    # One write, so that threads do not mix their lines.
    sys.stderr.write(json.dumps(line, default=str) + "\n")
