# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Everything that is wrong, from all families of findings; and what could not be looked at. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

from ..._core import foreign
from . import capacity, disks, drift, iscsi, names, orphans, snapshots, stuck, waiting
from .model import SEVERITIES, Finding, Index, World, worst

FAMILIES: Dict[str, Callable[[Index], Iterator[Finding]]] = {
    "orphans": orphans.find,
    "snapshots": snapshots.find,
    "stuck": stuck.find,
    "waiting": waiting.find,
    "drift": drift.find,
    "capacity": capacity.find,
    "disks": disks.find,
    "iscsi": iscsi.find,
    "names": names.find,
}
#: What a node's module is needed for.
_NEEDED = {
    "block_device_info": "failed disks, disks with errors",
    "local_volumes": "volumes without a device, entries without a volume",
    "lvm_info": "logical volumes without a volume, thin pools, volume groups",
    "iscsi_info": "targets, sessions, paths",
}


def audit(world: World, ignore: Sequence[str] = ()) -> Dict[str, Any]:
    """``{findings[], summary{}, worst, unlooked[], ignored, unused_ignores[]}``.

    ``ignore`` holds patterns that match a finding's ``code`` or ``code name``.
    """
    index = Index(world)
    found = worst(finding for family in FAMILIES.values() for finding in family(index))
    kept, used = _without(found, ignore)
    return {
        "findings": [finding.describe() for finding in kept],
        "summary": {severity: sum(finding.severity == severity for finding in kept) for severity in SEVERITIES},
        "worst": kept[0].severity if kept else None,
        "ignored": len(found) - len(kept),
        "unused_ignores": [pattern for pattern in ignore if pattern not in used],
        "unlooked": foreign.tidy(_unlooked(world, index)),
    }


def _without(found: List[Finding], ignore: Sequence[str]) -> Tuple[List[Finding], set]:
    used, kept = set(), []
    for finding in found:
        matching = {pattern for pattern in ignore if any(fnmatchcase(text, pattern) for text in (finding.code, f"{finding.code} {finding.name}"))}
        used |= matching
        if not matching:
            kept.append(finding)
    return kept, used


def _unlooked(world: World, index: Index) -> List[str]:
    """What a clean audit says nothing about: nodes with local volumes whose facts are missing."""
    nodes = sorted({volume["node"] for volume in index.volumes.values() if volume["local"] and volume["node"] in index.nodes} | set(world.hosts))
    lacking = {module: [node for node in nodes if node not in world.hosts or module not in world.hosts[node].told] for module in _NEEDED}
    return [f"{_NEEDED[module]} of {', '.join(names)}: no result of {module} was given" for module, names in lacking.items() if names]


def at_least(summary: Dict[str, int], severity: str) -> int:
    """How many findings are as bad as ``severity`` or worse; none for ``never``."""
    return sum(summary[each] for each in SEVERITIES[: SEVERITIES.index(severity) + 1]) if severity in SEVERITIES else 0
