# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The one exception family: what was asked, what was found, what to do."""

from __future__ import annotations

#: Characters of a value of others that a message shows.
_LONGEST = 400
#: And of a line of a whole message.
_LONGEST_LINE = 4000


def shown(value: object, longest: int = _LONGEST) -> str:
    """What others wrote, on one line for a person's terminal: what cannot be printed (escape sequences, line breaks, halves of characters,
    signs that turn the direction of reading) stands there as its number, and of what is too long the beginning."""
    text = str(value)
    cut = text if len(text) <= longest else f"{text[:longest]}..."
    return cut if cut.isprintable() else "".join(each if each.isprintable() else ascii(each)[1:-1] for each in cut)


class CairnError(Exception):
    """Base of every error that a user sees.

    ``code`` is a short slug, one per distinct reason, that scripts and tests can rely on.
    ``parameter`` names the option at fault, ``found`` what stands in its way, ``fix`` what to do.
    ``grpc`` is the status that the CSI driver answers with.
    """

    kind = "internal"
    grpc = "INTERNAL"

    def __init__(self, message: str, *, code: str = "", parameter: str = "", found: str = "", fix: str = "") -> None:
        self.message = message
        self.code = code or self.kind
        # A module that takes one thing at its top level has nothing to put before the dot.
        self.parameter = parameter.lstrip(".")
        self.found = found
        self.fix = fix
        #: Descriptions of the actions that were carried out before the error, see executor.apply.
        self.done: list = []
        #: Whether the action that failed left nothing behind, so that it is none of those.
        self.undone = False
        #: Return values that go with the error: the state that was reached, see as_result.
        self.reached: dict = {}
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.parameter}: {self.message}" if self.parameter else self.message
        if self.found:
            text += f" Found: {self.found}."
        if self.fix:
            text += f" Fix: {self.fix}"
        # Names and values in it may be those of others; lines are kept, for what a command said.
        return "\n".join(shown(line, _LONGEST_LINE) for line in text.split("\n"))

    def as_result(self) -> dict:
        """Arguments for ``fail_json``: ``msg``, ``error``, the state reached and, after a half-done plan, the actions done."""
        error = {"kind": self.kind, "code": self.code, "parameter": self.parameter, "found": self.found, "fix": self.fix}
        result: dict = {**self.reached, "msg": str(self), "error": error}
        if self.done:
            result.update(changed=True, actions=self.done)
        return result


class InvalidRequest(CairnError):
    """The request is wrong whatever the machine looks like."""

    kind = "invalid_request"
    grpc = "INVALID_ARGUMENT"


class Refused(CairnError):
    """The request is well formed, but carrying it out could lose data or needs consent."""

    kind = "refused"
    grpc = "FAILED_PRECONDITION"


class NotFound(CairnError):
    """Something that the request names does not exist."""

    kind = "not_found"
    grpc = "NOT_FOUND"


class Conflict(CairnError):
    """Something that exists differs in a way that cannot be changed."""

    kind = "conflict"
    grpc = "ALREADY_EXISTS"


class Busy(CairnError):
    """Somebody else is at work on the same thing; try again later."""

    kind = "busy"
    grpc = "ABORTED"


class NoSpace(CairnError):
    """The request does not fit."""

    kind = "no_space"
    grpc = "RESOURCE_EXHAUSTED"


class CommandFailed(CairnError):
    """A command or an API request ended with an error."""

    kind = "command_failed"
    grpc = "INTERNAL"
    #: Exit code and message of the command, for those who know what they mean.
    status = 0
    said = ""


class Timeout(CairnError):
    """Waiting ended before the wanted state was there; what was reached is told."""

    kind = "timeout"
    grpc = "DEADLINE_EXCEEDED"
