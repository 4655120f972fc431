# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans: ordered actions with their diff, their risks and the state they lead to. No I/O here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Optional, Tuple

from .errors import Refused


@dataclass(frozen=True)
class Action:
    """One change to one thing.

    ``steps`` are plain data (a ``Command``, a file to write, an API request) for the executor's handlers.
    ``before`` and ``after`` are that thing's state as plain values, ``None`` for "does not exist"; no secrets.
    ``loses`` says what data the action destroys; it is empty for harmless actions.
    """

    verb: str
    kind: str
    name: str
    steps: Tuple[Any, ...] = ()
    before: Optional[Mapping[str, Any]] = None
    after: Optional[Mapping[str, Any]] = None
    loses: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.name}"

    def describe(self) -> dict:
        """The action as a module returns it: ``{verb, kind, name, steps[], loses}``."""
        return {"verb": self.verb, "kind": self.kind, "name": self.name, "loses": self.loses, "steps": [str(step) for step in self.steps]}


@dataclass(frozen=True)
class Plan:
    """What has to happen, in order; ``after`` predicts the whole observed state once it has."""

    actions: Tuple[Action, ...] = ()
    after: Any = None
    warnings: Tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything has to happen."""
        return bool(self.actions)

    def describe(self) -> list:
        """The actions as a module returns them."""
        return [action.describe() for action in self.actions]

    def diff(self) -> dict:
        """Ansible's diff, ``{before, after}``, each ``{"kind name": state}``: first state seen and last one reached."""
        before: dict = {}
        after: dict = {}
        for action in self.actions:
            key = f"{action.kind} {action.name}"
            before.setdefault(key, action.before)
            after[key] = action.after
        return {"before": {k: v for k, v in before.items() if v is not None}, "after": {k: v for k, v in after.items() if v is not None}}


@dataclass
class Consent:
    """Permissions to lose data, each naming the thing and what was found on it.

    ``given`` maps a thing (a device's stable id, ``vg/lv``) to what the user said is on it: a signature or UUID.
    Naming what was found keeps a line left in an inventory from being a standing permission.
    """

    parameter: str
    given: Mapping[str, str]
    used: set = field(default_factory=set)
    #: What goes with another choice that names the thing and what was found on it, such as a disk in the file of discover.yml.
    granted: set = field(default_factory=set)

    def grant(self, thing: str, found: str) -> None:
        """Take the loss of ``found`` on ``thing`` for permitted, because a person said so in another place."""
        self.granted.add((thing, found))

    def require(self, thing: str, found: str, loss: str, *, names: Iterable[str] = (), code: str = "consent-missing",
                message: str = "", hint: str = "") -> None:
        """Raise ``Refused`` unless losing ``loss`` on ``thing`` (also known by ``names``) was permitted.

        ``message`` is for what loses no data and still needs a person's word, ``hint`` says what else a person can do.
        """
        for name in (thing, *names):
            # YAML reads the identifier of a DOS partition table as a number if it has no letters.
            if name in self.given and str(self.given[name]) == found:
                self.used.add(name)
                return
        if (thing, found) in self.granted:
            return
        said = [f"{name}: {self.given[name]}" for name in (thing, *names) if name in self.given]
        raise Refused(message or f"{thing} holds {found}; going on would destroy {loss}.",
                      code=code if not said else "consent-differs", parameter=self.parameter,
                      found=f"{found} (consent given was for {said[0]})" if said else "",
                      fix=f"if that is what you want, set {self.parameter}: {{\"{thing}\": \"{found}\"}}." + (f" {hint}" if hint else ""))

    def warnings(self) -> Tuple[str, ...]:
        """One line for each consent that nothing needed: it should go before it is taken for something else."""
        return tuple(f"{self.parameter}: the consent for {name} ({found}) was not needed; remove it."
                     for name, found in self.given.items() if name not in self.used)
