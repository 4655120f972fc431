# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan for one target: take down what cannot stay, build what is missing, save. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, List, Mapping, Tuple

from ..._core.errors import CommandFailed, Refused
from ..._core.plan import Action, Plan
from . import saved
from .actions import changes, kernel_actions
from .check import check
from .keep import cut_off, kept
from .model import BLOCK, Target
from .seen import Observed
from .parse import Wish
from .parse_stores import check_identifiers, default_serial
from .save import replaced
from .steps import Save
from .view import restrict


@dataclass(frozen=True)
class Outcome:
    """What the plan leads to; ``drift`` are objects that were not as saved; ``degraded`` are keys of backstores whose device is gone."""

    target: Target
    drift: Tuple[dict, ...] = ()
    degraded: Tuple[str, ...] = ()


def plan(observed: Observed, wish: Wish) -> Plan:
    """All that has to happen for ``wish``; ``after`` is an ``Outcome``."""
    target = with_serials(wish.target, observed)
    running = _own(observed, target)
    stays = kept(running, target, observed.numbers)
    check_identifiers(target.backstores, "backstores")
    if target.present:
        check(observed, target, stays, wish.pending)
    unused = _consent(cut_off(running, stays, target), running, wish.allow_disconnect)
    actions = kernel_actions(observed.kernel, running, stays, target)
    gone = {each.key for each in running.backstores} - {each.key for each in target.backstores}
    actions += _save(
        observed,
        target,
        gone | {each.key for each in saved.target(observed.document, target.name).backstores if not _shared(observed, each.key, target)},
    )
    degraded = tuple(each.key for each in target.backstores if each.kind == BLOCK and each.path not in (*observed.numbers, *wish.pending))
    warnings = [f"{key}: its device is gone; the kernel still holds it." for key in degraded]
    warnings += [f"allow_disconnect: the consent for {name} was not needed; remove it." for name in unused]
    return Plan(tuple(actions), Outcome(target, drift(observed, target), degraded), tuple(warnings))


def with_serials(target: Target, observed: Observed) -> Target:
    """The wish with the serial numbers that its backstores have already, or else those that their names give them."""
    known = {
        **{key: each.serial for key, each in saved.backstores(observed.document).items()},
        **{each.key: each.serial for each in observed.running.backstores if each.serial},
    }
    return replace(
        target,
        backstores=tuple(
            each if each.serial else replace(each, serial=known.get(each.key) or default_serial(target.name, each.name)) for each in target.backstores
        ),
    )


def _shared(observed: Observed, key: str, target: Target) -> bool:
    users = observed.kernel.users.get(key, frozenset()) | saved.users(observed.document, key)
    return bool(users - {f"iscsi/{target.name}"})


def _own(observed: Observed, target: Target) -> Target:
    """The running target without backstores that other targets use too."""
    return replace(observed.running, backstores=tuple(each for each in observed.running.backstores if not _shared(observed, each.key, target)))


def _consent(lost: Mapping[str, str], running: Target, given: Mapping[str, str]) -> List[str]:
    """Refuse to end a live session without consent; the consents that nothing needed."""
    sessions = {acl.initiator: acl.session for group in running.groups for acl in group.acls}
    for initiator, loss in lost.items():
        found = sessions.get(initiator) or "a session"
        if given.get(initiator) != found:
            raise Refused(
                f"{initiator} is logged in and would lose {loss}.",
                code="session-live" if initiator not in given else "session-differs",
                parameter="allow_disconnect",
                found=f"connected from {found}" + (f" (consent given was for {given[initiator]})" if initiator in given else ""),
                fix=f'log out there first, or, if it may be cut off, set allow_disconnect: {{"{initiator}": "{found}"}}.',
            )
    return [initiator for initiator in given if initiator not in lost]


def _save(observed: Observed, target: Target, gone: Any) -> List[Action]:
    after = replaced(observed.document, target, gone)
    if saved.canonical(after) == saved.canonical(observed.document):
        return []
    old = restrict(saved.target(observed.document, target.name), target)
    step = Save(observed.saved_path, saved.dump(after))
    shown = target.show() if target.present else None
    return [Action("save", "target", f"{target.name} in {observed.saved_path}", (step,), old.show() if old.present else None, shown)]


def drift(observed: Observed, target: Target) -> Tuple[dict, ...]:
    """Where the running target is not as it was saved, in what the wish speaks of: ``{object, running, saved}`` each."""
    then = restrict(saved.target(observed.document, target.name), target)
    now = observed.running
    if not now.present and not then.present:
        return ()
    stays = kept(now, then, {})
    differ = Plan(tuple(changes(observed.kernel, now, stays, then))).diff()
    names = dict.fromkeys([*differ["before"], *differ["after"]])
    return tuple({"object": name, "running": differ["before"].get(name), "saved": differ["after"].get(name)} for name in names)


def confirm(again: Plan) -> None:
    """After a plan was carried out nothing may be left to do, else the kernel took something in another way than it was written."""
    if again.changed:
        left = again.actions[0]
        raise CommandFailed(
            "the kernel did not take all of it.",
            code="not-taken",
            found=f"still to {left}: {'; '.join(map(str, left.steps))}",
            fix="give the value as the kernel writes it, which stands in its folder in configfs.",
        )
