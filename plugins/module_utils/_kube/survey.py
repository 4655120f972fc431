# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What storage_info tells: six LISTs, however many objects there are."""

from __future__ import annotations

import re
from typing import Any, Mapping, Optional

from .._core.errors import CairnError, InvalidRequest, NotFound
from . import relations
from .client import Client
from .connection import connect
from .table import render

try:
    import jmespath
    HAS_JMESPATH = True
except ImportError:
    HAS_JMESPATH = False

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
    query = _compile(params["query"])
    client = connect(params)
    lists = _lists(client, namespace, params["label_selector"])
    volumes = relations.volumes(lists)
    rows = relations.rows(lists, relations.Disks(params["hosts"]), pods_only=bool(params["label_selector"]), claimed_only=bool(namespace))
    values = {"relations": rows, "published": relations.published(volumes), "volumes": volumes, "claims": relations.claims(lists),
              "classes": relations.classes(lists), "nodes": relations.nodes(lists)}
    return {**values, "result": query.search(values) if query else None, "table": render(rows), "requests": client.requests}


def _compile(query: Optional[str]) -> Any:
    if query is None:
        return None
    if not HAS_JMESPATH:
        raise NotFound("the Python package jmespath is not installed here.", code="library-missing", parameter="query",
                       fix="pip install jmespath, for the Python that runs this module (ansible_python_interpreter).")
    try:
        return jmespath.compile(query)
    except jmespath.exceptions.JMESPathError as problem:
        raise InvalidRequest("not a JMESPath expression.", code="query-syntax", parameter="query", found=str(problem).splitlines()[0],
                             fix="see jmespath.org; for example relations[?node=='node1'].") from None


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
