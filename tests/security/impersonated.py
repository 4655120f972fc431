"""Requests to the API server in the name of others: an administrator may say who asks, and with which extras of a token."""

from __future__ import annotations

import functools
import json
from typing import Any

from kubernetes import config
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from urllib3 import HTTPHeaderDict

#: What a token that is bound to a pod says of its node.
NODE_NAME = "authentication.kubernetes.io/node-name"


@functools.lru_cache(maxsize=1)
def _server() -> tuple[Any, str]:
    found = Configuration()
    config.load_kube_config(client_configuration=found)
    return RESTClientObject(found).pool_manager, found.host


def ask(
    method: str, path: str, user: str, groups: tuple[str, ...] = (), extra: dict[str, str] | None = None, body: dict | None = None
) -> tuple[int, dict]:
    """The status and the answer of one request; a PATCH is a merge patch."""
    pool, host = _server()
    headers = HTTPHeaderDict({"Accept": "application/json", "Impersonate-User": user})
    for group in (*groups, "system:authenticated"):
        headers.add("Impersonate-Group", group)
    for key, value in (extra or {}).items():
        # The name of an extra is part of a header's name, where / has to be written as its number.
        headers.add(f"Impersonate-Extra-{key.replace('/', '%2f')}", value)
    headers["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
    answer = pool.request(method, host + path, headers=headers, body=json.dumps(body) if body is not None else None, retries=False)
    return answer.status, json.loads(answer.data)


def as_node(node: str, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
    """With the rights of a node's kubelet."""
    return ask(method, path, f"system:node:{node}", ("system:nodes",), body=body)


def as_account(space: str, name: str, node: str | None, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
    """With the token that a pod of a service account has on a node; ``None`` for one that is bound to no node."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{space}")
    return ask(method, path, f"system:serviceaccount:{space}:{name}", groups, {NODE_NAME: node} if node is not None else {}, body)
