# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Growth of claims: claims first, then the set anew with its new claim templates, its pods untouched. Pure.

No API changes the claim templates of a StatefulSet (kubernetes#69041), so the set is deleted without its pods and made again. Pods and
ControllerRevisions are taken over by selector, and an equal template is the same revision: no pod restarts.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..._core.errors import Busy, CommandFailed, Refused
from ..._core.quantity import human
from .. import basics, quantity, ready, sets
from ..compare import same_claims
from . import actions, facts, health
from .model import Desired, Done, Object, Observed, Step


def next_step(observed: Observed, desired: Desired) -> Optional[Step]:
    """The next step of growth, ``None`` when claims and claim templates are as wanted."""
    live, target = observed.live, observed.target
    same = same_claims(target, live)
    small = _small(observed)
    if same and not small:
        return None
    if not same:
        _refuse_other_changes(live, target, desired)
    for claim, wanted in small:
        _refuse_fixed(observed, claim, wanted, desired)
    if not same and facts.under_way(live):
        raise Busy(f"{desired.ref}: its claim templates cannot change while a rollout is under way.", code="rollout-under-way", parameter="sets",
                   found=f"revisions {live['status']['currentRevision']} and {live['status']['updateRevision']}",
                   fix="finish the rollout or take it back (state: aborted), then run again.")
    for claim, wanted in small:
        if facts.size(claim) < wanted or (facts.size(claim) > wanted and _state(claim).name == "failed"):
            template = sets.claim_templates(target)[_template(observed, claim)]
            return actions.grow_claim(observed, claim, template["spec"]["resources"]["requests"]["storage"])
    for claim, _wanted in small:
        state = _state(claim)
        if state.name == "failed" and _tried(claim) == facts.size(claim):
            raise CommandFailed(f"the claim {basics.path(claim)} does not grow.", code="claim-growth-failed", parameter="sets", found=state.reason,
                                fix="ask for a size that its storage has room for; a claim whose growth failed can be asked for less again.")
    if small:
        told = "; ".join(f"{basics.path(claim)} has {human(facts.capacity(claim))} of {human(wanted)}{_pending(claim)}" for claim, wanted in small)
        return health.wait(observed, desired, f"growth:{len(small)}", told)
    return actions.remove_set(observed, desired)


def recreate(observed: Observed, desired: Desired) -> Step:
    """Make the set: a new one, or one whose pods an earlier set has left behind. Pods that are there keep their template for now."""
    target = observed.target
    template, count = target["spec"]["template"], sets.replicas(target)
    left = [(index, pod) for index, pod in facts.numbered(observed) if index >= 0]
    if left:
        # An interrupted run: the lowest pod is the one that a rollout would have reached last.
        template = facts.revision_template(observed, facts.revision(left[0][1])) or template
        count = max(count, left[-1][0] + 1)
        observed.run.old_template = observed.run.old_template or template
    part = facts.partition(target)
    return actions.write(observed, desired, template, count, part) or Done()


def _small(observed: Observed) -> List[Tuple[Object, int]]:
    """Claims of wanted pods with less room than their template asks for, and how much that is."""
    wanted = {name: facts.size(template) for name, template in sets.claim_templates(observed.target).items()}
    count = sets.replicas(observed.live)
    return [(claim, wanted[template]) for template, index, claim in facts.claims(observed)
            if template in wanted and 0 <= index < count and facts.bound(claim) and facts.capacity(claim) < wanted[template]]


def _state(claim: Object) -> ready.State:
    return ready.state({**claim, "apiVersion": "v1", "kind": "PersistentVolumeClaim"}, ready.Surroundings())


def _tried(claim: Object) -> int:
    """The size that the status of a claim is about: after a new wish, still the one before."""
    return quantity.in_bytes((basics.status(claim).get("allocatedResources") or {}).get("storage")) or facts.size(claim)


def _template(observed: Observed, claim: Object) -> str:
    return next(template for template, _index, other in facts.claims(observed) if other is claim)


def _refuse_other_changes(live: Object, target: Object, desired: Desired) -> None:
    old, new = sets.claim_templates(live), sets.claim_templates(target)
    if set(old) != set(new):
        raise Refused(f"{desired.ref}: claim templates cannot be added or removed.", code="claim-templates", parameter="sets",
                      found=f"{', '.join(sorted(old)) or 'none'} instead of {', '.join(sorted(new)) or 'none'}",
                      fix="give the new template to a StatefulSet of another name: pods that run cannot take another volume.")
    for name, template in new.items():
        fixed = {key for key in {*template["spec"], *old[name]["spec"]} - {"resources"} if template["spec"].get(key) != old[name]["spec"].get(key)}
        if fixed:
            raise Refused(f"{desired.ref}: of the claim template {name} only the size can change.", code="claim-template-fixed", parameter="sets",
                          found=", ".join(f"{key} {old[name]['spec'].get(key)} instead of {template['spec'].get(key)}" for key in sorted(fixed)),
                          fix="leave them as they are, or make a StatefulSet of another name and move the data.")
        if facts.size(template) < facts.size(old[name]):
            raise Refused(f"{desired.ref}: claims cannot shrink.", code="claim-shrink", parameter="sets",
                          found=f"{name} asks for {human(facts.size(old[name]))} and would ask for {human(facts.size(template))}",
                          fix="ask for at least what it has.")


def _refuse_fixed(observed: Observed, claim: Object, wanted: int, desired: Desired) -> None:
    """Growth that nobody would carry out."""
    storage_class = observed.classes.get(claim["spec"].get("storageClassName") or "", {})
    volume = observed.volumes.get(claim["spec"].get("volumeName") or "", {})
    if (volume.get("spec") or {}).get("local") or storage_class.get("provisioner") == basics.NO_PROVISIONER:
        raise Refused(f"the volume of {basics.path(claim)} is made by hand: nobody grows it for Kubernetes.", code="volume-static", parameter="sets",
                      found=f"{claim['spec'].get('volumeName')} with {human(facts.capacity(claim))}, wanted {human(wanted)}",
                      fix="grow its device and the volume first (playbook grow_local_volume.yml), then run again.")
    if not storage_class.get("allowVolumeExpansion"):
        raise Refused(f"claims of the class {claim['spec'].get('storageClassName')} do not grow.", code="class-no-expansion", parameter="sets",
                      found=f"{basics.path(claim)} with {human(facts.capacity(claim))}, wanted {human(wanted)}",
                      fix="set allowVolumeExpansion: true on the StorageClass if its driver can grow volumes, then run again.")


def _pending(claim: Object) -> str:
    stage = (basics.status(claim).get("allocatedResourceStatuses") or {}).get("storage", "")
    conditions = [each["type"] for each in basics.status(claim).get("conditions") or () if each.get("status") == "True"]
    return f" ({', '.join([*conditions, *([stage] if stage else [])])})" if conditions or stage else ""
