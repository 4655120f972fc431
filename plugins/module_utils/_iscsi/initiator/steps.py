# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What plans for the initiator are made of, as plain data; apply.py carries it out. No step shows a secret."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Mapping, Tuple

from .model import Key


@dataclass(frozen=True)
class Reach:
    """The first step of a login: a portal that does not answer is found out at once, where iscsid would go on trying."""

    key: Key
    parameter: str

    def __str__(self) -> str:
        return f"check that {self.key.portal} answers"


@dataclass(frozen=True)
class Iscsiadm:
    """One call of iscsiadm for one session. ``verb`` says what for; ``ok`` are exit codes that are as good as success."""

    verb: str
    key: Key
    parameter: str
    arguments: Tuple[str, ...]
    ok: Tuple[int, ...] = ()
    #: A login that is all there is to its action: should it fail, nothing has changed.
    whole: bool = False
    #: A login with a record that was just made: should it fail, the record goes again.
    first: bool = False

    @property
    def argv(self) -> Tuple[str, ...]:
        """The whole command."""
        portal = str(self.key.portal)
        return ("iscsiadm", "--mode", "node", "--targetname", self.key.target, "--portal", portal, "--interface", self.key.iface, *self.arguments)

    def __str__(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True)
class EditRecord:
    """Put settings into a session's node record, which is there by now; its file is for root alone."""

    key: Key
    values: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return f"set {', '.join(self.values)} in the record of {self.key}"


@dataclass(frozen=True)
class SetRecovery:
    """Let input and output of a session that is there wait for as many seconds as its record says."""

    session: int
    seconds: int

    def __str__(self) -> str:
        return f"set recovery_tmo of session {self.session} to {self.seconds}"
