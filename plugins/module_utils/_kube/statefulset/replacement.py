# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""One pod with new claims, because its disk is gone. Pure.

Which disk that was is said by the consent, ``namespace/claim: volume``: once the claim is on another volume there is nothing left to do, so a
run can be repeated.
"""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional

from ..._core.errors import CommandFailed, InvalidRequest, NotFound, Refused
from .. import basics, sets
from . import actions, facts, fit, health
from .model import Desired, Object, Observed, Step


def next_step(observed: Observed, desired: Desired) -> Optional[Step]:
    """The next step of a replacement, ``None`` when the pod's claims are on other volumes than those given up."""
    live = observed.live
    number = sets.ordinal(desired.replace, desired.ref.name)
    if live is None or number is None or not 0 <= number - sets.start(live) < sets.replicas(live):
        raise NotFound(f"{desired.replace} is no pod of {desired.ref}.", code="pod-unknown", parameter="replace_pod",
                       fix=f"name one of its pods, like {desired.ref.name}-0.")
    mine = [claim for _template, index, claim in facts.claims(observed) if index == number - sets.start(live)]
    given = [claim for claim in mine if desired.consent.given.get(basics.path(claim))]
    _refuse_without_consent(observed, desired, mine, given)
    going = [claim for claim in given if claim["spec"].get("volumeName") == desired.consent.given[basics.path(claim)]]
    for claim in going:
        desired.consent.used.add(basics.path(claim))
        _refuse_return(observed, claim)
        if not claim["metadata"].get("deletionTimestamp"):
            if desired.check_capacity:
                fit.check(_without(observed, going), desired, sets.replicas(live))
            volume = claim["spec"]["volumeName"]
            return actions.remove_claim(observed, claim, volume)
    pod = next((pod for index, pod in facts.numbered(observed) if index == number - sets.start(live)), None)
    # A claim that is being deleted stays until no pod uses it. One that has gone all the same is made anew only for a pod that has not started.
    if pod and not pod["metadata"].get("deletionTimestamp") and (going or _lost(observed, desired, mine, pod)):
        return actions.remove_pod(observed, pod, "its claim goes")
    if going:
        held = f"pod {desired.replace} is being deleted" if pod else f"{basics.path(going[0])} is being deleted"
        return health.wait(observed, desired, f"replace:{len(going)}", held)
    there, expected = sum(facts.bound(claim) for claim in mine), len(sets.claim_templates(live))
    if there < expected:
        return health.wait(observed, desired, f"bind:{there}", f"{there} of {expected} new claims of {desired.replace} are bound")
    return None


def _named(observed: Observed, desired: Desired) -> List[str]:
    """The claims of the pod by name: while one is on its way from one volume to the next, it is not there."""
    return [f"{desired.ref.namespace}/{template}-{desired.replace}" for template in sets.claim_templates(observed.live)]


def _lost(observed: Observed, desired: Desired, mine: List[Object], pod: Object) -> bool:
    """Whether a pod runs without a claim that was given up."""
    gone = set(_named(observed, desired)) - {basics.path(claim) for claim in mine}
    return basics.phase(pod) != "Pending" and bool(gone & set(desired.consent.given))


def _refuse_without_consent(observed: Observed, desired: Desired, mine: List[Object], given: List[Object]) -> None:
    bound = [claim for claim in mine if claim["spec"].get("volumeName")]
    if not given and bound:
        claim = bound[0]
        desired.consent.require(basics.path(claim), claim["spec"]["volumeName"], f"what is on {claim['spec']['volumeName']}")
    names = _named(observed, desired)
    strangers = set(desired.consent.given) - set(names)
    if strangers:
        raise InvalidRequest(f"{desired.replace} has no such claim.", code="consent-stranger", parameter="allow_data_loss",
                             found=", ".join(sorted(strangers)), fix=f"its claims are {', '.join(names) or 'none'}.")
    for claim in given:
        named = desired.consent.given[basics.path(claim)]
        volume = observed.volumes.get(named)
        theirs = ((volume or {}).get("spec") or {}).get("claimRef") or {}
        if volume and f"{theirs.get('namespace')}/{theirs.get('name')}" != basics.path(claim):
            raise Refused(f"{named} was never the volume of {basics.path(claim)}.", code="consent-differs", parameter="allow_data_loss",
                          found=f"{basics.path(claim)} on {claim['spec'].get('volumeName', 'no volume yet')}",
                          fix="name the volume that is to be given up.")


def _refuse_return(observed: Observed, claim: Object) -> None:
    """A provisioner may clean a volume and offer it by its old name: without this, one that nothing else fits is given up for ever."""
    volume, uid = claim["spec"]["volumeName"], claim["metadata"]["uid"]
    if observed.run.given_up.setdefault(basics.path(claim), uid) != uid:
        raise CommandFailed(f"the new claim {basics.path(claim)} is on a volume of the name that was given up.", code="volume-came-back",
                            parameter="allow_data_loss", found=volume,
                            fix="if its disk has to go, take it out of the storage class first and offer another one, then run again.")


def _without(observed: Observed, going: List[Object]) -> Observed:
    return replace(observed, claims=tuple(claim for claim in observed.claims if not any(claim is each for each in going)))
