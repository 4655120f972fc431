# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A canary: the partition goes down wave by wave, each wave has to pass the gate before the next. Pure."""

from __future__ import annotations

from typing import List, Optional, Sequence

from ..._core.errors import InvalidRequest
from .. import basics, sets
from . import actions, facts, health
from .model import Ask, Desired, Done, Failed, Observed, Step, Wait


def partitions(waves: Sequence[str], count: int, floor: int) -> List[int]:
    """The partition of each wave: ``["1", "50%"]`` of 10 pods are 9 and 5. None goes below ``floor``, the set's own partition."""
    found: List[int] = []
    for wave in waves:
        number = -(-count * int(wave[:-1]) // 100) if wave.endswith("%") else int(wave)
        part = max(count - number, floor)
        if not found or part < found[-1]:
            found.append(part)
    return found


def check(waves: Sequence[str], parameter: str) -> None:
    """Raise ``InvalidRequest`` unless ``waves`` can be waves of something."""
    for wave in waves:
        number = wave[:-1] if wave.endswith("%") else wave
        if not number.isdecimal() or int(number) < 1 or (wave.endswith("%") and int(number) > 100):
            raise InvalidRequest("not a number of pods.", code="wave-form", parameter=parameter, found=wave, fix="write it like 1 or 50%.")
    for kind in (True, False):
        numbers = [int(wave.rstrip("%")) for wave in waves if wave.endswith("%") is kind]
        if numbers != sorted(set(numbers)):
            raise InvalidRequest("each wave has to reach more pods than the one before.", code="wave-order", parameter=parameter,
                                 found=", ".join(waves), fix="write them like [1, 50%, 100%].")


def next_step(observed: Observed, desired: Desired) -> Optional[Step]:
    """The next step of the canary, ``None`` when its last wave has passed."""
    live, target, run = observed.live, observed.target, observed.run
    count, part = sets.replicas(target), facts.partition(live)
    parts = partitions(desired.waves, count, facts.partition(target))
    if live["spec"]["template"] != target["spec"]["template"]:
        return _begin(observed, desired, parts[0])
    # Replicas, labels and the like: nothing that makes a pod go.
    rest = actions.write(observed, desired, target["spec"]["template"], count, part)
    if rest:
        return rest
    if not facts.noticed(live):
        return health.wait(observed, desired, "noticed", "the controller has not seen the change yet")
    if not facts.under_way(live) and not run.started:
        # Nothing to roll out; a partition that a canary has left goes back.
        return actions.write(observed, desired, target["spec"]["template"], count, facts.partition(target))
    run.started = True
    return _wave(observed, desired, parts, part)


def _begin(observed: Observed, desired: Desired, part: int) -> Step:
    """The new template for the first wave alone; on a sick set nobody could tell whether it made anything worse."""
    live, target = observed.live, observed.target
    if not facts.under_way(live):
        # A set that grows at the same time has its new pods first, with the old template.
        held = actions.write(observed, desired, live["spec"]["template"], sets.replicas(target), facts.partition(live))
        if held:
            return held
        sick = health.settle(observed, desired, "healthy", (pod for _index, pod in facts.numbered(observed)), sets.replicas(target))
        if sick:
            return Failed(f"the set is not healthy to begin with: {sick.reason}") if isinstance(sick, Failed) else sick
    observed.run.started = True
    return actions.write(observed, desired, target["spec"]["template"], sets.replicas(target), part) or Done()


def _wave(observed: Observed, desired: Desired, parts: List[int], part: int) -> Optional[Step]:
    live, run, gate = observed.live, observed.run, desired.gate
    count, update = sets.replicas(live), basics.status(live).get("updateRevision", "")
    key = f"wave:{update}:{part}"
    pods = [pod for index, pod in facts.numbered(observed) if index >= part]
    unruly = next((pod for pod in pods if facts.revision(pod) == update and facts.restarts(pod) > gate.restarts), None)
    if unruly:
        return Failed(f"pod {unruly['metadata']['name']} was restarted {facts.restarts(unruly)} times, {gate.restarts} are allowed")
    blocking = health.blocking(observed)
    if blocking:
        return actions.remove_pod(observed, blocking, "not ready, and in the way of the new template")
    unsettled = health.settle(observed, desired, key, pods, count - part, update)
    if unsettled:
        return unsettled
    held = f"hold:{key}"
    if run.waited.get(held, 0) < gate.hold and key not in run.verdicts:
        return Wait((held,), f"the wave has to stay healthy for {gate.hold} s")
    if gate.asks and key not in run.verdicts:
        return Ask(key, gate, tuple(pods))
    if run.verdicts.get(key):
        return Failed(run.verdicts[key])
    following = next((each for each in parts if each < part), None)
    if following is None:
        return None
    return actions.write(observed, desired, observed.target["spec"]["template"], count, following)
