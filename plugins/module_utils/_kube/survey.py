# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What storage_info tells: six LISTs, however many objects there are, and what else is asked for."""

from __future__ import annotations

import gc
import re
from typing import Any, Callable, List, Mapping, Optional

from .._core.errors import CairnError, InvalidRequest
from . import about, hosts, objects, relations, slim
from .client import Client
from .condition import compile_query, find
from .connection import connect
from .places import Ground
from .table import render

_STORAGE = "/apis/storage.k8s.io/v1"
#: A cluster has no name that it knows itself. This namespace is there from the beginning to the end, and its UID is no other cluster's.
_CLUSTER = "/api/v1/namespaces/kube-system"
#: The return values that a caller may leave out.
PARTS = ("relations", "published", "volumes", "claims", "classes", "nodes", "attachments", "table")
#: Those that take a request of their own, and are read only for who asks.
MORE = ("cluster_uid", "stateful_sets")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def read(params: Mapping[str, Any]) -> dict:
    """The module's return values for its ``params``."""
    namespace = check_namespace(params["namespace"])
    known = hosts.parse(params["hosts"])
    question = about.parse(params["about"])
    query = compile_query(params["query"], "query", "relations[?node=='node1']")
    client = connect(params)
    # Thousands of live objects without cycles: looking for garbage among them would take a third of the time.
    gc.disable()
    lists = _lists(client, namespace, params)
    values = tell(lists, known, question, namespace is not None, params)
    if "cluster_uid" in params["returns"]:
        values["cluster_uid"] = client.get(_CLUSTER)["metadata"]["uid"]
    result = find(query, values, "query")
    # Of large clusters most of the time goes into handing over what nobody looks at.
    told = {part: values[part] for part in params["returns"]}
    return {**told, "affected": values["affected"], "result": result, "requests": client.requests}


def check_namespace(name: Optional[str]) -> Optional[str]:
    """``name``, if a namespace can be called so."""
    if name is not None and not _NAMESPACE.fullmatch(name):
        raise InvalidRequest(
            "not a namespace's name.",
            code="namespace-name",
            parameter="namespace",
            found=repr(name),
            fix="lower-case letters, digits and -, at most 63.",
        )
    return name


def tell(
    lists: objects.Lists, known: Mapping[str, hosts.Host], question: Optional[about.Question], claimed_only: bool, params: Mapping[str, Any]
) -> dict:
    """All values but those of the query. Pure."""
    volumes, claims, nodes = objects.volumes(lists), objects.claims(lists), objects.nodes(lists)
    some_claims, some_volumes = bool(params["claim_label_selector"]), bool(params["volume_label_selector"])
    rows = relations.rows(
        lists.pods, claims, volumes, Ground(known), pods_only=bool(params["label_selector"]), claimed_only=claimed_only or some_claims
    )
    # The server has left out claims and volumes without the labels; a row that would name them has nothing to tell of them.
    rows = [row for row in rows if (row["claim_phase"] or not some_claims) and (row["volume_phase"] or not some_volumes)]
    affected = None
    if question:
        rows, affected = about.answer(question, rows, lists.pods, {node["name"] for node in nodes}, known)
    # Who reads which entries are volumes must not be shown a part of them.
    published = None if some_volumes else objects.published(volumes)
    return {
        "relations": rows,
        "affected": affected,
        "published": published,
        "volumes": volumes,
        "claims": claims,
        "classes": objects.classes(lists),
        "nodes": nodes,
        "attachments": objects.attachments(lists),
        "stateful_sets": objects.stateful_sets(lists),
        "table": render(rows),
    }


def _lists(client: Client, namespace: Optional[str], params: Mapping[str, Any]) -> objects.Lists:
    scope = f"/api/v1/namespaces/{namespace}" if namespace else "/api/v1"
    with_sets = "stateful_sets" in params["returns"]
    return objects.Lists(
        pods=_list(client, f"{scope}/pods", params, "label_selector", slim.pod_of_set if with_sets else slim.pod),
        claims=_list(client, f"{scope}/persistentvolumeclaims", params, "claim_label_selector"),
        volumes=_list(client, "/api/v1/persistentvolumes", params, "volume_label_selector"),
        nodes=client.list("/api/v1/nodes", keep=slim.node)[0],
        classes=client.list(f"{_STORAGE}/storageclasses", keep=slim.item)[0],
        attachments=client.list(f"{_STORAGE}/volumeattachments", keep=slim.item)[0],
        stateful_sets=client.list(f"{scope.replace('/api/v1', '/apis/apps/v1')}/statefulsets", keep=slim.item)[0] if with_sets else (),
    )


def _list(client: Client, path: str, params: Mapping[str, Any], selector: str, keep: Callable[[dict], dict] = slim.item) -> List[dict]:
    try:
        return client.list(path, {"labelSelector": params[selector]} if params[selector] else {}, keep)[0]
    except CairnError as error:
        if error.code != "api-invalid" or not params[selector]:
            raise
        raise InvalidRequest(
            "not a label selector.", code="label-selector", parameter=selector, found=error.found, fix="write it like app=blocks,tier!=test."
        ) from None
