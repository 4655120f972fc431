# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What data goes when objects are deleted: pure functions over what the API server holds."""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator, List, Mapping, Tuple

from .._core.errors import Refused
from .manifest import Ref, ref

Object = Mapping[str, Any]


def claims_deleted(live: Object, claims: Iterable[Object]) -> Iterator[Object]:
    """The ``claims`` that go when ``live`` is deleted."""
    what = ref(live)
    for claim in claims:
        theirs = ref(claim)
        if theirs == what or (what.kind == "Namespace" and theirs.namespace == what.name) or (_takes_claims(live) and _made_by(live, what, theirs)):
            yield claim


def reads_needed(live: Object) -> bool:
    """Whether deleting ``live`` can delete claims, so that claims and volumes have to be looked at."""
    return ref(live).kind in ("Namespace", "PersistentVolumeClaim") or _takes_claims(live)


def data_lost(live: Object, claims: Iterable[Object], volumes: Mapping[str, Object]) -> List[Tuple[str, str]]:
    """(claim as ``namespace/name``, volume) for each bound volume that its reclaim policy deletes when ``live`` is deleted."""
    lost = []
    for claim in claims_deleted(live, claims):
        volume = volumes.get((claim.get("spec") or {}).get("volumeName", ""))
        if volume and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            lost.append((ref(claim).path, volume["metadata"]["name"]))
    return lost


def refuse_claimed(live: Object, deleted: Iterable[Ref]) -> None:
    """A volume must not go before its claim: the claim would be lost for good (kubernetes: PVC phase Lost)."""
    claim = (live.get("spec") or {}).get("claimRef")
    if live["kind"] != "PersistentVolume" or not claim or (live.get("status") or {}).get("phase") != "Bound":
        return
    user = Ref("", "PersistentVolumeClaim", claim.get("namespace", ""), claim.get("name", ""))
    if user not in set(deleted):
        raise Refused(f"{ref(live)} is bound to a claim.", code="volume-claimed", parameter="objects", found=str(user),
                      fix="delete the claim first, or put it into the same list.")


def _takes_claims(live: Object) -> bool:
    policy = (live.get("spec") or {}).get("persistentVolumeClaimRetentionPolicy") or {}
    return live["kind"] == "StatefulSet" and policy.get("whenDeleted") == "Delete"


def _made_by(live: Object, what: Ref, claim: Ref) -> bool:
    names = "|".join(re.escape(template["metadata"]["name"]) for template in live["spec"].get("volumeClaimTemplates") or ())
    return claim.namespace == what.namespace and bool(re.fullmatch(rf"(?:{names})-{re.escape(what.name)}-\d+", claim.name))
