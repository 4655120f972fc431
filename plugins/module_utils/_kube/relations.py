# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""How pods, claims, volumes, nodes and disks hang together: pure joins over what the API server and the nodes tell."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, List, Mapping, Optional, Tuple

from . import basics
from .basics import Object
from .places import NOWHERE, Ground

Entry = Mapping[str, Any]


def rows(
    pods: Iterable[Object], claims: Iterable[Entry], volumes: Iterable[Entry], ground: Ground, *, pods_only: bool = False, claimed_only: bool = False
) -> List[dict]:
    """One row per pod and claim it mounts, then claims that no pod mounts, then volumes without a claim; what is missing is ``None``.

    ``claims`` and ``volumes`` are those of ``objects``. ``pods_only`` leaves the second and third out, ``claimed_only`` the third.
    """
    found = {volume["name"]: volume for volume in volumes}
    wanted = {(claim["namespace"], claim["name"]): claim for claim in claims}
    table, used = [], set()
    for pod in sorted(pods, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"])):
        for name in mounted(pod):
            key = (pod["metadata"]["namespace"], name)
            used.add(key)
            table.append(_row(key, pod, wanted.get(key), found, ground))
    if not pods_only:
        table += [_row(key, None, claim, found, ground) for key, claim in sorted(wanted.items()) if key not in used]
    if not (pods_only or claimed_only):
        shown = {row["volume"] for row in table}
        table += [_row((None, None), None, {"volume": name}, found, ground) for name in sorted(found) if name not in shown]
    return table


def mounted(pod: Object) -> Iterator[str]:
    """Names of the claims that a pod mounts."""
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            yield volume["persistentVolumeClaim"]["claimName"]
        elif "ephemeral" in volume:
            # KEP-1698: the claim of a generic ephemeral volume is named after pod and volume.
            yield f"{pod['metadata']['name']}-{volume['name']}"


def _row(key: Tuple[Optional[str], Optional[str]], pod: Optional[Object], claim: Optional[Entry], found: Mapping[str, Entry], ground: Ground) -> dict:
    claim = claim or {}
    volume = found.get(claim.get("volume") or "", {})
    node = pod["spec"].get("nodeName") if pod else None
    attached = volume.get("attached_to") or []
    place = ground.of(volume, node or next(iter(attached), None)) if volume else NOWHERE
    return {
        "namespace": key[0],
        "pod": pod["metadata"]["name"] if pod else None,
        "phase": basics.phase(pod) if pod else None,
        "node": node or volume.get("node"),
        "claim": key[1],
        "claim_phase": claim.get("phase"),
        "storage_class": claim.get("storage_class") or volume.get("storage_class"),
        "volume": claim.get("volume"),
        "volume_phase": volume.get("phase"),
        "volume_mode": volume.get("volume_mode") or claim.get("volume_mode"),
        "capacity_bytes": volume.get("capacity_bytes"),
        "path": volume.get("path"),
        "tied_to": volume.get("node"),
        "attached": volume.get("attached"),
        "attached_to": attached,
        "device": place.device,
        "volume_group": place.volume_group,
        "logical_volume": place.logical_volume,
        "disks": list(place.disks),
        "target": (volume.get("iscsi") or {}).get("target"),
        "sessions": [dict(session) for session in place.sessions],
        "served_by": place.served_by,
    }
