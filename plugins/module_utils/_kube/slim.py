# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What to hold of objects that are only looked at: the rest of ten thousand pods would fill a machine."""

from __future__ import annotations

from typing import Any

from . import basics, sets
from .manifest import LAST_APPLIED


def item(live: dict) -> dict:
    """An object without the server's record of who wrote which field and without kubectl's copy of it all."""
    metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    if LAST_APPLIED in (metadata.get("annotations") or {}):
        metadata["annotations"] = {key: value for key, value in metadata["annotations"].items() if key != LAST_APPLIED}
    return {**live, "metadata": metadata}


def node(live: dict) -> dict:
    """A node without the list of its images."""
    return {**item(live), "status": _without(live.get("status"), "images")}


def pod(live: dict) -> dict:
    """A pod's name, claims, place and state, without its containers."""
    spec, status = live["spec"], basics.status(live)
    volumes = [volume for volume in spec.get("volumes") or () if "persistentVolumeClaim" in volume or "ephemeral" in volume]
    return {
        **item(live),
        "spec": {"nodeName": spec.get("nodeName"), "volumes": volumes},
        "status": {key: status[key] for key in ("phase", "conditions", "reason", "message") if key in status},
    }


def pod_of_set(live: dict) -> dict:
    """The same; one that a StatefulSet has left behind with its containers, which tell what that set was like."""
    kept = pod(live)
    if (live["metadata"].get("labels") or {}).get(sets.POD_NAME) and not live["metadata"].get("ownerReferences"):
        kept["spec"]["containers"] = live["spec"].get("containers") or []
    return kept


def _without(value: Any, key: str) -> dict:
    return {name: inner for name, inner in (value or {}).items() if name != key}
