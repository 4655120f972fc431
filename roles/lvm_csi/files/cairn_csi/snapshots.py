# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snapshots of CSI's Controller service on a node."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import csi_pb2 as csi

from .collection import Refused
from .inventory import Found, all_of, must, page
from .messages import required, snapshot
from .jobs import Jobs
from .names import parse_id
from .parameters import parse_snapshot_class
from .removing import destroy
from .snapshot import decide, ready
from .store import Store


class Snapshots:
    """Calls on snapshots; the volumes' part gives ``_store`` and ``_jobs``."""

    _store: Store
    _jobs: Jobs

    def CreateSnapshot(self, request: Any, context: Any) -> Any:
        required(request.source_volume_id, "source_volume_id")
        required(request.name, "name")
        size = parse_snapshot_class(request.parameters)
        made = self._jobs.settled(partial(self._snapshot, request, size))
        return csi.CreateSnapshotResponse(snapshot=snapshot(made, ready(made)))

    def _snapshot(self, request: Any, size: Any) -> Found:
        with self._store.lock():
            plan, made = decide(self._store.report(), self._store.node, request.name, request.source_volume_id, size, int(time.time()))
            self._store.apply(plan)
        return made

    def DeleteSnapshot(self, request: Any, context: Any) -> Any:
        which = parse_id(required(request.snapshot_id, "snapshot_id"), "snapshot")
        if which is None:
            return csi.DeleteSnapshotResponse()
        if which.node != self._store.node:
            raise Refused("the snapshot is on another node.", code="node-other", parameter="snapshot_id", found=str(which), fix="ask there.")
        destroy(self._store, self._jobs, which)
        return csi.DeleteSnapshotResponse()

    def ListSnapshots(self, request: Any, context: Any) -> Any:
        found = [
            each
            for each in all_of(self._store.report(), self._store.node, "snapshot")
            if request.snapshot_id in ("", str(each.id)) and request.source_volume_id in ("", each.facts.source)
        ]
        entries, token = page(found, [each.id for each in found], request.starting_token, request.max_entries)
        return csi.ListSnapshotsResponse(
            next_token=token, entries=[csi.ListSnapshotsResponse.Entry(snapshot=snapshot(each, ready(each))) for each in entries]
        )

    def GetSnapshot(self, request: Any, context: Any) -> Any:
        found = self._store.get(must(required(request.snapshot_id, "snapshot_id"), "snapshot", "snapshot_id"), "snapshot")
        return csi.GetSnapshotResponse(snapshot=snapshot(found, ready(found)))
