# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The frame of storage_statefulset: plan on a predicted cluster first, so that refusals come before any change, then go through the real one."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule

from ._core.errors import CairnError
from ._core.plan import Plan
from ._kube import basics, manifest, sets
from ._kube.connection import connect, guard, refuse_impersonation
from ._kube.manifest import Ref
from ._kube.statefulset import facts, observe, wish
from ._kube.statefulset.drive import Predicted, drive
from ._kube.statefulset.execute import executor
from ._kube.statefulset.live import Live
from ._kube.statefulset.model import Desired, Observed


def run(module: AnsibleModule) -> None:
    """Run the module and leave through ``exit_json`` or ``fail_json``."""
    guard(module)
    try:
        wishes, pending = wish.parse(module.params)
        if any(desired.gate.command for desired in wishes):
            refuse_impersonation(module.params)
        client = connect(module.params)
        seen = observe.first(client, wishes, pending)
        actions, reached = _foresee(wishes, seen)
        if not module.check_mode:
            actions, reached = _carry_out(module.params, client, wishes, seen)
    except CairnError as error:
        module.fail_json(**error.as_result())
    plan = Plan(tuple(actions), None, _warnings(wishes, [*seen.values(), *reached.values()]))
    for warning in plan.warnings:
        module.warn(warning)
    module.exit_json(changed=plan.changed, actions=plan.describe(), diff=plan.diff(), sets=[_tell(desired, reached[desired.ref]) for desired in wishes],
                     after=[manifest.bare(reached[desired.ref].live) for desired in wishes if reached[desired.ref].live], requests=client.requests)


def _foresee(wishes: Sequence[Desired], seen: Mapping[Ref, Observed]) -> tuple:
    try:
        return drive(Predicted(seen), wishes)
    except CairnError as error:
        # Nothing of it was done.
        error.done = []
        raise


def _carry_out(params: Mapping[str, Any], client: Any, wishes: Sequence[Desired], seen: Mapping[Ref, Observed]) -> tuple:
    world = Live(client, wishes, seen, executor(params))
    try:
        return drive(world, wishes)
    except CairnError as error:
        error.reached = {"sets": [_tell(desired, world.seen[desired.ref]) for desired in wishes]}
        raise
    finally:
        world.stop()


def _warnings(wishes: Sequence[Desired], seen: List[Observed]) -> tuple:
    told: Dict[str, None] = {warning: None for each in seen for warning in each.run.warnings}
    return (*told, *(wishes[0].consent.warnings() if wishes else ()))


def _tell(desired: Desired, observed: Observed) -> dict:
    """One set as the module returns it."""
    live = observed.live
    told: dict = {"namespace": desired.ref.namespace, "name": desired.ref.name, "exists": live is not None}
    if live is None:
        return told
    status = basics.status(live)
    update = status.get("updateRevision", "")
    pods = [{"name": pod["metadata"]["name"], "ready": facts.ready(pod), "updated": facts.revision(pod) == update, "restarts": facts.restarts(pod)}
            for _index, pod in facts.numbered(observed)]
    claims = [{"name": claim["metadata"]["name"], "volume": claim["spec"].get("volumeName"), "capacity_bytes": facts.capacity(claim),
               "used": 0 <= index < sets.replicas(live)} for _template, index, claim in facts.claims(observed)]
    return {**told, "replicas": sets.replicas(live), "partition": facts.partition(live), "current_revision": status.get("currentRevision", ""),
            "update_revision": update, "pods": pods, "claims": claims}
