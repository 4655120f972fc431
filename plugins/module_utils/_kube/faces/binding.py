# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Giving a volume to a claim: whether they fit, and whose the volume was. Pure."""

from __future__ import annotations

from typing import List, Optional

from ..._core.errors import Busy, Conflict, Refused
from ..._core.plan import Action, Consent
from .. import basics, quantity
from ..basics import Object
from ..discovery import Resource
from ..manifest import Ref, ref
from ..model import merge_request

_VOLUMES = Resource("", "v1", "PersistentVolume", "persistentvolumes", False)


def refuse_misfit(volume: Object, claim: Object, where: str) -> None:
    """Raise unless ``claim`` can be bound to ``volume``: Kubernetes would leave it pending and say nothing."""
    has, asks = volume["spec"], claim["spec"]
    wrong: List[str] = []
    for name, default in (("storageClassName", ""), ("volumeMode", "Filesystem")):
        if has.get(name, default) != asks.get(name, default):
            wrong.append(f"its {name} is {has.get(name, default)!r}, the claim's {asks.get(name, default)!r}")
    missing = [mode for mode in asks.get("accessModes") or () if mode not in (has.get("accessModes") or ())]
    if missing:
        wrong.append(f"it has no access mode {', '.join(missing)}")
    size, asked = (quantity.parse(value) for value in (has["capacity"]["storage"], asks["resources"]["requests"]["storage"]))
    if size is not None and asked is not None and size < asked:
        wrong.append(f"it has {has['capacity']['storage']}, the claim asks for {asks['resources']['requests']['storage']}")
    if wrong:
        raise Conflict(f"{ref(volume)} does not fit {ref(claim)}.", code="volume-misfit", parameter=f"{where}.volume", found="; ".join(wrong),
                       fix="change the claim to what the volume is, or name another volume.")


def handover(volume: Object, claim: Ref, consent: Consent, where: str, manager: str) -> Optional[Action]:
    """What makes ``volume`` be for ``claim`` and no other; ``None`` when it is already. Raises where it is another's."""
    what, holder = ref(volume), volume["spec"].get("claimRef") or {}
    phase = basics.status(volume).get("phase", "Available")
    if volume["metadata"].get("deletionTimestamp"):
        raise Busy(f"{what} is being deleted.", code="volume-terminating", parameter=where, fix="name another volume.")
    mine = (holder.get("namespace"), holder.get("name")) == (claim.namespace, claim.name)
    if mine and not (phase == "Released" and holder.get("uid")):
        return None
    owner = f"{holder.get('namespace')}/{holder.get('name')}"
    if holder and not mine and phase == "Bound":
        raise Refused(f"{what} is bound to another claim.", code="volume-in-use", parameter=where, found=owner,
                      fix="delete that claim first (with the reclaim policy Retain the volume keeps its data), or name another volume.")
    if phase in ("Released", "Failed") and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
        raise Refused(f"{what} is released and its reclaim policy is Delete: its provisioner is about to remove it.", code="volume-reclaimed",
                      parameter=where, found=f"phase {phase}",
                      fix="set the reclaim policy to Retain first (persistent_volume), or name another volume.")
    if holder and not mine:
        consent.require(what.name, owner, "", code="rebind-consent-missing",
                        message=f"{what} was given to {owner}; {claim.path} would get what that has left on it.")
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim.namespace, "name": claim.name}
    # A merge patch: null removes what ties it to the claim that is gone. The version makes sure that it is still as we judged it.
    patch: dict = {"spec": {"claimRef": {**reference, "uid": None, "resourceVersion": None}}}
    if volume["metadata"].get("resourceVersion"):
        patch["metadata"] = {"resourceVersion": volume["metadata"]["resourceVersion"]}
    before = {"claimRef": {key: holder[key] for key in ("namespace", "name", "uid") if key in holder}} if holder else {}
    after = {"claimRef": {"namespace": claim.namespace, "name": claim.name}}
    return Action("update", "PersistentVolume", what.name, (merge_request(_VOLUMES, what, patch, manager),), before, after)
