# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Asking the gate: a command in each pod, a page of each pod, a query to Prometheus."""

from __future__ import annotations

import json
import math
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import urlencode

from ..._core.errors import CairnError
from ..client import Client
from .model import Ask, Object

try:
    import urllib3
except ImportError:  # connection.connect says what is missing
    urllib3 = None  # type: ignore[assignment]

#: Seconds that a command or a query may take.
PATIENCE = 30
#: (pod, container, argv) -> (exit code, what it printed)
Execute = Callable[[Object, str, Sequence[str]], tuple]


def ask(client: Client, step: Ask, execute: Execute) -> str:
    """What is wrong with a wave, empty when it passes."""
    gate = step.gate
    for pod in step.pods:
        name = pod["metadata"]["name"]
        if gate.command:
            code, said = execute(pod, gate.container, gate.command)
            if code != 0:
                return f"pod {name}: {gate.command[0]} ended with {code}{_colon(said)}"
        if gate.http:
            problem = _page(client, pod, gate.http)
            if problem:
                return f"pod {name}: {problem}"
    return _query(gate.promql) if gate.promql else ""


def _page(client: Client, pod: Object, http: Mapping[str, Any]) -> str:
    """Through the API server, which reaches pods from wherever it is reached itself."""
    space, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    path = f"/api/v1/namespaces/{space}/pods/{http['scheme']}:{name}:{http['port']}/proxy{http['path']}"
    try:
        client.get(path, accept="*/*")
    except CairnError as error:
        # Where the page is no JSON, it has answered all the same.
        return "" if error.code == "api-no-api" else f"{http['path']} on port {http['port']}: {error.found or error.message}"
    return ""


def _query(promql: Mapping[str, str]) -> str:
    url = f"{promql['url'].rstrip('/')}/api/v1/query?{urlencode({'query': promql['query']})}"
    try:
        response = urllib3.PoolManager().request("GET", url, timeout=PATIENCE, retries=False)
        answer = json.loads(response.data)
    except (urllib3.exceptions.HTTPError, ValueError) as problem:
        return f"Prometheus at {promql['url']} does not answer: {problem}"
    return verdict(answer, promql["query"])


def verdict(answer: Mapping[str, Any], query: str) -> str:
    """What a query's answer says against going on: no sample at all, or one that is 0 or no number (a share of nothing)."""
    if answer.get("status") != "success":
        return f"Prometheus refuses the query: {answer.get('error', 'no reason given')}"
    data = answer.get("data") or {}
    found = data.get("result") or []
    # A scalar is [time, value]; a vector has one of these in each sample.
    values = [found[1]] if data.get("resultType") == "scalar" else [sample["value"][1] for sample in found]
    if not values:
        return f"the query {query} finds nothing"
    bad = [value for value in values if float(value) == 0 or math.isnan(float(value))]
    return f"the query {query} has {len(bad)} samples of 0 or NaN" if bad else ""


def _colon(text: str) -> str:
    text = text.strip()
    return f": {text[-300:]}" if text else ""
