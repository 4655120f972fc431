# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The loop: ask what to do next, do it, until nothing is left. The world is the cluster, or what we expect of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..._core.errors import CairnError, CommandFailed, Timeout
from ..._core.plan import Action
from .. import basics
from ..manifest import Ref
from . import predict
from .model import Ask, Desired, Do, Done, Failed, Observed, Run, Step, Wait
from .planner import next_action


class Predicted:
    """A world in which every wait ends well and every gate is passed: what check mode goes through, and every run before its first change."""

    def __init__(self, seen: Mapping[Ref, Observed]) -> None:
        self._seen = {what: replace(observed, run=Run(observed.run.old_template, observed.run.theirs)) for what, observed in seen.items()}

    def look(self) -> Mapping[Ref, Observed]:
        """The state predicted so far."""
        return self._seen

    def do(self, desired: Desired, step: Do) -> None:
        """Take on the state that an action leads to."""
        self._seen[desired.ref] = step.after
        step.after.run.waited = {}

    def ask(self, desired: Desired, step: Ask) -> None:
        """A gate, passed."""
        self._seen[desired.ref].run.verdicts[step.key] = ""

    def wait(self, waiting: Sequence[Tuple[Desired, Wait]]) -> None:
        """All that is waited for has come."""
        for desired, step in waiting:
            self._seen[desired.ref] = predict.settled(self._seen[desired.ref])
            run = self._seen[desired.ref].run
            # What does not come at once never does here.
            run.waited = {key: float("inf") if key in run.waited else desired.gate.hold for key in step.keys}


def drive(world: Any, wishes: Sequence[Desired]) -> Tuple[List[Action], Mapping[Ref, Observed]]:
    """Go on until nothing is left for any of ``wishes``: the actions carried out, and the state at the end.

    An error carries the actions that were carried out before it.
    """
    done: List[Action] = []
    latest: Dict[Ref, Action] = {}
    try:
        while True:
            seen = world.look()
            # Every refusal of a round comes before its first change.
            steps = [(desired, next_action(seen[desired.ref], desired)) for desired in wishes]
            if all(isinstance(step, Done) for _desired, step in steps):
                _tell_aborted(seen)
                return done, seen
            if not _go(world, seen, steps, done, latest):
                world.wait([(desired, step) for desired, step in steps if isinstance(step, Wait)])
    except CairnError as error:
        error.done = [*(action.describe() for action in done), *error.done]
        raise


def _go(world: Any, seen: Mapping[Ref, Observed], steps: Sequence[Tuple[Desired, Step]], done: List[Action], latest: Dict[Ref, Action]) -> bool:
    """Carry out what can be carried out now; whether that was anything."""
    went = False
    for desired, step in steps:
        if isinstance(step, Do):
            before = latest.get(desired.ref)
            if before and (str(before), before.before, before.after) == (str(step.action), step.action.before, step.action.after):
                raise CommandFailed(f"{step.action} does not last: it was done, and has to be done again.", code="no-progress", parameter="sets",
                                    fix="look for another controller that changes the object back (kubectl get --show-managed-fields).")
            latest[desired.ref] = step.action
            world.do(desired, step)
            done.append(step.action)
        elif isinstance(step, Ask):
            world.ask(desired, step)
        elif isinstance(step, Failed):
            _fail(desired, seen[desired.ref], step.reason)
        went = went or not isinstance(step, (Wait, Done))
    return went


def _fail(desired: Desired, observed: Observed, reason: str) -> None:
    """A wave that failed is taken back, once; all else ends here."""
    run = observed.run
    if desired.waves and run.started and desired.abort_on_failure and not run.failure and not desired.abort:
        run.failure = reason
        return
    told = f"{run.failure}; then {reason}" if run.failure else reason
    if desired.waves and run.started:
        updated = basics.status(observed.live).get("updatedReplicas", 0) if observed.live else 0
        raise CommandFailed(f"{desired.ref}: the rollout has stopped with {updated} pods of the new template.", code="canary-stopped",
                            parameter="sets", found=told, fix="correct the object and run again, or take the rollout back (state: aborted).")
    family = Timeout if reason.startswith("no progress") else CommandFailed
    raise family(f"{desired.ref} does not get there.", code="wait-timeout" if family is Timeout else "wait-failed", parameter="wait_timeout",
                 found=told, fix="correct the cause, then run again: what was done stays, and the run goes on where it ended.")


def _tell_aborted(seen: Mapping[Ref, Observed]) -> None:
    for what, observed in seen.items():
        if observed.run.failure:
            raise CommandFailed(f"{what}: the new template has failed, the old one is back and all pods are ready.", code="canary-failed",
                                parameter="sets", found=observed.run.failure, fix="correct the object, then run again.")
