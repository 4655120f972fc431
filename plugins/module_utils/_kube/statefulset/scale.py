# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Fewer pods, and what becomes of their claims. Pure."""

from __future__ import annotations

from typing import List, Optional

from ..._core.errors import Refused
from .. import basics, losses, sets
from . import actions, facts
from .model import Desired, Object, Observed, Step


def refuse_unsaid(observed: Observed, desired: Desired) -> None:
    """Refuse to take pods away before it is known what becomes of their claims, or without consent to lose what is on them."""
    fewer = sets.replicas(observed.target) < sets.replicas(observed.live)
    if not fewer and desired.removed_claims != "delete":
        return
    claims = removed(observed)
    by_policy = (observed.target["spec"].get("persistentVolumeClaimRetentionPolicy") or {}).get("whenScaled") == "Delete"
    if fewer and claims and not desired.removed_claims and not by_policy:
        told = ", ".join(f"{basics.path(claim)} on {claim['spec'].get('volumeName', 'no volume')}" for claim in claims)
        raise Refused(f"{desired.ref}: pods would go, and nobody said what becomes of their claims.", code="claims-unsaid",
                      parameter="removed_claims", found=told, fix="set removed_claims: keep or delete.")
    if fewer and claims and desired.removed_claims == "keep" and by_policy:
        raise Refused(f"{desired.ref}: the claims of pods that go would not be kept.", code="claims-policy", parameter="removed_claims",
                      found="persistentVolumeClaimRetentionPolicy.whenScaled: Delete", fix="set whenScaled: Retain, or removed_claims: delete.")
    if desired.removed_claims == "delete" or (fewer and by_policy):
        for claim in claims:
            if by_policy or sets.made(observed.live, claim):
                loss(observed, desired, claim)


def refuse_moved(observed: Observed, desired: Desired) -> None:
    """Refuse another first number: pods outside the new range would go at once, and by whenScaled their claims with them."""
    live, first = observed.live, sets.start(observed.target)
    pods = [pod["metadata"]["name"] for index, pod in facts.numbered(observed) if index < 0]
    if sets.start(live) != first if live else pods:
        told = f"they begin at {sets.start(live)}" if live else f"the pods {', '.join(pods)}"
        raise Refused(f"{desired.ref}: its pods would be numbered from {first}, and those outside would be deleted.", code="ordinals-fixed",
                      parameter="sets", found=told, fix="leave spec.ordinals as it is, or make a StatefulSet of another name.")


def removed(observed: Observed) -> List[Object]:
    """The claims of pods that are not wanted."""
    count = sets.replicas(observed.target)
    return [claim for _template, index, claim in facts.claims(observed) if index >= count]


def loss(observed: Observed, desired: Desired, claim: Object) -> str:
    """The volume whose data goes with a claim, empty when it stays; refuses a loss without consent."""
    stake = {"PersistentVolumeClaim": (claim,), "PersistentVolume": tuple(observed.volumes.values())}
    for name, volume, lost in losses.data_lost(claim, stake):
        desired.consent.require(name, volume, lost)
        return volume
    return ""


def delete_claims(observed: Observed, desired: Desired) -> Optional[Step]:
    """Delete the claims of pods that are gone, if that was asked for."""
    if desired.removed_claims != "delete":
        return None
    for claim in removed(observed):
        if not sets.made(observed.live, claim):
            observed.run.warnings[f"{desired.ref}: the claim {basics.path(claim)} has the name of one of its own, but not the labels that its "
                                  "controller puts on these: it is left alone."] = None
        elif not claim["metadata"].get("deletionTimestamp"):
            return actions.remove_claim(observed, claim, loss(observed, desired, claim))
    return None
