# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for thick snapshots that were lost, and says so where those who made them look."""

from __future__ import annotations

import re
import threading
from typing import Set

from . import log
from .inventory import all_of
from .kube import Cluster
from .store import Store

#: Seconds between two looks.
_EVERY = 60.0


def run(store: Store, cluster: Cluster, stopping: threading.Event) -> None:
    """Look until the driver ends."""
    told: Set[str] = set()
    while not stopping.wait(_EVERY):
        try:
            for found in all_of(store.recent(), store.node, "snapshot"):
                if found.volume.invalid and found.facts.name not in told:
                    message = (
                        f"More of volume {found.facts.source} changed than snapshot {found.id.name} has room for; nothing can be restored from it."
                    )
                    cluster.warn("VolumeSnapshotContent", content_of(found.facts.name), "snapshot.storage.k8s.io/v1", "SnapshotLost", message)
                    told.add(found.facts.name)
        except Exception as problem:  # pylint: disable=broad-except
            log.error("watch", message=repr(problem))


def content_of(name: str) -> str:
    """The VolumeSnapshotContent that a snapshot was made for: external-snapshotter calls both by one UID."""
    return re.sub(r"^snapshot-", "snapcontent-", name)
