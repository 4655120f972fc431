# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Snapshots and their contents: halves without the other, failures, and what keeps them from going."""

from __future__ import annotations

from typing import Iterator

from ..basics import path, status
from .model import Finding, Index


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    yield from _halves(index)
    yield from _failed(index)


def _halves(index: Index) -> Iterator[Finding]:
    contents = {live["metadata"]["name"] for live in index.world.contents}
    snapshots = {path(live): live for live in index.world.snapshots}
    for name, live in snapshots.items():
        content = status(live).get("boundVolumeSnapshotContentName") or (live["spec"].get("source") or {}).get("volumeSnapshotContentName")
        if content and content not in contents:
            yield Finding(
                "snapshot-without-content",
                "critical",
                "VolumeSnapshot",
                name,
                f"Its content {content} does not exist: there is nothing to restore from.",
                f"kubectl delete volumesnapshot {live['metadata']['name']} -n {live['metadata']['namespace']}, and take a new one.",
                {"content": content, "ready": status(live).get("readyToUse")},
            )
    for live in index.world.contents:
        source = live["spec"].get("volumeSnapshotRef") or {}
        owner = snapshots.get(f"{source.get('namespace')}/{source.get('name')}")
        if owner is None or (source.get("uid") and owner["metadata"].get("uid") not in (None, source["uid"])):
            yield Finding(
                "content-without-snapshot",
                "warning",
                "VolumeSnapshotContent",
                live["metadata"]["name"],
                f"Its snapshot {source.get('namespace')}/{source.get('name')} is gone; what it holds on the storage stays"
                f" (deletionPolicy {live['spec'].get('deletionPolicy')}).",
                "To use it again, make a VolumeSnapshot of that name with source.volumeSnapshotContentName. "
                f"When it may go, set its deletionPolicy to Delete and: kubectl delete volumesnapshotcontent {live['metadata']['name']}.",
                {"driver": live["spec"].get("driver"), "handle": status(live).get("snapshotHandle"), "size_bytes": status(live).get("restoreSize")},
            )


def _failed(index: Index) -> Iterator[Finding]:
    for live in (*index.world.snapshots, *index.world.contents):
        told = status(live).get("error") or {}
        if (
            status(live).get("readyToUse")
            or live["metadata"].get("deletionTimestamp")
            or not (told or index.lasting(live["metadata"].get("creationTimestamp")))
        ):
            continue
        wanted = live["spec"].get("volumeSnapshotClassName")
        missing = wanted and wanted not in {found["metadata"]["name"] for found in index.world.snapshot_classes}
        yield Finding(
            "snapshot-failed",
            "error",
            live["kind"],
            path(live),
            "It is not ready to use.",
            (
                f"Make the VolumeSnapshotClass {wanted} again."
                if missing
                else "See the log of the driver's csi-snapshotter and of the snapshot controller."
            ),
            {"error": told.get("message"), "time": told.get("time")},
            [*([f"its class {wanted} does not exist"] if missing else []), *([told["message"]] if told.get("message") else ["nobody has told why"])],
        )
