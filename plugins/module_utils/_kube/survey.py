# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What storage_info tells: six LISTs, however many objects there are."""

from __future__ import annotations

import re
from typing import Any, Mapping, Optional

from .._core.errors import CairnError, InvalidRequest
from . import relations
from .client import Client
from .condition import compile_query
from .connection import connect
from .table import render

_STORAGE = "/apis/storage.k8s.io/v1"
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def read(params: Mapping[str, Any]) -> dict:
    """The module's return values for its ``params``."""
    namespace = params["namespace"]
    if namespace is not None and not _NAMESPACE.fullmatch(namespace):
        raise InvalidRequest("not a namespace's name.", code="namespace-name", parameter="namespace", found=repr(namespace),
                             fix="lower-case letters, digits and -, at most 63.")
    for node, items in params["hosts"].items():
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            raise InvalidRequest("disks are given as a list for each node.", code="hosts-form", parameter="hosts", found=f"{node}: {type(items).__name__}",
                                 fix="give devices of block_device_info, or entries of local_volumes.")
    query = compile_query(params["query"], "query", "relations[?node=='node1']")
    client = connect(params)
    lists = _lists(client, namespace, params["label_selector"])
    volumes = relations.volumes(lists)
    rows = relations.rows(lists, relations.Disks(params["hosts"]), pods_only=bool(params["label_selector"]), claimed_only=bool(namespace))
    values = {"relations": rows, "published": relations.published(volumes), "volumes": volumes, "claims": relations.claims(lists),
              "classes": relations.classes(lists), "nodes": relations.nodes(lists)}
    return {**values, "result": query.search(values) if query else None, "table": render(rows), "requests": client.requests}


def _lists(client: Client, namespace: Optional[str], selector: Optional[str]) -> relations.Lists:
    scope = f"/api/v1/namespaces/{namespace}" if namespace else "/api/v1"
    try:
        pods, _version = client.list(f"{scope}/pods", {"labelSelector": selector} if selector else {})
    except CairnError as error:
        if error.code != "api-invalid" or not selector:
            raise
        raise InvalidRequest("not a label selector.", code="label-selector", parameter="label_selector", found=error.found,
                             fix="write it like app=blocks,tier!=test.") from None
    others = (f"{scope}/persistentvolumeclaims", "/api/v1/persistentvolumes", "/api/v1/nodes", f"{_STORAGE}/storageclasses", f"{_STORAGE}/volumeattachments")
    return relations.Lists(pods, *(client.list(path)[0] for path in others))
