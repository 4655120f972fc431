# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which Kubernetes an API server is of."""

from __future__ import annotations

import re
from typing import Any, Mapping

from .._core.errors import CommandFailed
from .connection import connect


def read(params: Mapping[str, Any]) -> dict:
    """The return values of kube_version_info."""
    client = connect(params)
    told = client.get("/version")
    return {"version": told["gitVersion"], "minor": minor(told), "requests": client.requests}


def minor(told: Mapping[str, Any]) -> str:
    """``1.35`` of what ``/version`` tells; distributions write V(35+) for a minor release with changes of theirs."""
    found = re.match(r"v?(\d+\.\d+)", told.get("gitVersion", ""))
    if not found:
        raise CommandFailed("the API server does not tell its version.", code="version-unknown", parameter="kubeconfig", found=str(told)[:200],
                            fix="look whether this is the address of a Kubernetes API server.")
    return found[1]
