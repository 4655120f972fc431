# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What storage_audit looks at: a fixed number of LISTs, however many objects there are, and what the nodes told."""

from __future__ import annotations

import gc
import time
from typing import Any, Dict, List, Mapping

from ..._core.errors import InvalidRequest, Refused
from .. import hosts, objects, slim
from ..client import Client
from ..condition import compile_query, find
from ..connection import connect
from ..discovery import Catalogue
from . import findings, report
from .model import SEVERITIES, Limits, World

_STORAGE = "/apis/storage.k8s.io/v1"
_SNAPSHOTS = "snapshot.storage.k8s.io/v1"


def read(params: Mapping[str, Any]) -> Dict[str, Any]:
    """The module's return values; ``Refused`` (``audit-failed``), which carries them, when something is as bad as ``fail_on``."""
    limits = _limits(params)
    known = hosts.parse(params["hosts"], strict=False)
    query = compile_query(params["query"], "query", "findings[?severity=='critical'].name")
    client = connect(params)
    # Thousands of live objects without cycles: looking for garbage among them would take a third of the time.
    gc.disable()
    told = findings.audit(world(client, known, limits), params["ignore"])
    told = {**told, "report": report.render(told), "requests": client.requests}
    told["result"] = find(query, told, "query")
    bad = findings.at_least(told["summary"], params["fail_on"])
    if bad:
        first = told["findings"][0]
        error = Refused(
            f"{bad} findings are {params['fail_on']} or worse.",
            code="audit-failed",
            parameter="fail_on",
            found=f"{first['code']}: {first['kind']} {first['name']}" + (" and others" if bad > 1 else ""),
            fix="see findings and report; what is known and accepted can stand in ignore.",
        )
        error.reached = told
        raise error
    return told


def _limits(params: Mapping[str, Any]) -> Limits:
    for name, least, most in (("patience", 0, 10**9), ("space_percent", 1, 100), ("overprovision_ratio", 1, 1000), ("disk_errors", 0, 10**9)):
        if not least <= params[name] <= most:
            raise InvalidRequest(
                "out of range.", code=f"{name.replace('_', '-')}-range", parameter=name, found=str(params[name]), fix=f"give {least} to {most}."
            )
    if params["fail_on"] not in (*SEVERITIES, "never"):
        raise InvalidRequest(
            "no such severity.", code="fail-on", parameter="fail_on", found=str(params["fail_on"]), fix=f"one of {', '.join(SEVERITIES)}, never."
        )
    if any(not isinstance(pattern, str) or not pattern.strip("* ") for pattern in params["ignore"]):
        raise InvalidRequest(
            "a pattern that matches everything hides everything.",
            code="ignore-all",
            parameter="ignore",
            found=str(params["ignore"]),
            fix="write a finding's code, or its code and name, like volume-released local-pv-1f2e3d4c.",
        )
    return Limits(params["patience"], params["space_percent"], params["overprovision_ratio"], params["disk_errors"])


def world(client: Client, known: Mapping[str, hosts.Host], limits: Limits) -> World:
    """Everything, read once."""
    catalogue = Catalogue(client)

    def snapshots(kind: str) -> List[dict]:
        resource = catalogue.served(_SNAPSHOTS, kind)
        return client.list(resource.path(), keep=slim.item)[0] if resource else []

    def plain(path: str, keep: Any = slim.item) -> List[dict]:
        return client.list(path, keep=keep)[0]

    lists = objects.Lists(
        pods=plain("/api/v1/pods", slim.pod),
        claims=plain("/api/v1/persistentvolumeclaims"),
        volumes=plain("/api/v1/persistentvolumes"),
        nodes=plain("/api/v1/nodes", slim.node),
        classes=plain(f"{_STORAGE}/storageclasses"),
        attachments=plain(f"{_STORAGE}/volumeattachments"),
    )
    return World(
        lists=lists,
        hosts=known,
        stateful_sets=plain("/apis/apps/v1/statefulsets"),
        namespaces=plain("/api/v1/namespaces"),
        csi_nodes=plain(f"{_STORAGE}/csinodes"),
        snapshots=snapshots("VolumeSnapshot"),
        contents=snapshots("VolumeSnapshotContent"),
        snapshot_classes=snapshots("VolumeSnapshotClass"),
        events=client.list("/api/v1/events", {"fieldSelector": "type=Warning"}, _event)[0],
        now=time.time(),
        limits=limits,
    )


def _event(live: dict) -> dict:
    times = {key: live.get(key) for key in ("lastTimestamp", "eventTime")}
    return {
        "metadata": {"creationTimestamp": live["metadata"].get("creationTimestamp")},
        **times,
        "reason": live.get("reason", ""),
        "message": live.get("message", ""),
        "involvedObject": {"uid": (live.get("involvedObject") or {}).get("uid", "")},
    }
