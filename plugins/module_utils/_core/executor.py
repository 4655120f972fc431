# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The one executor: carries out a plan's steps in order through handlers by step type."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from .errors import CairnError, CommandFailed
from .plan import Plan


def apply(plan: Plan, handlers: Mapping[type, Callable[[Any], None]]) -> None:
    """Carry out ``plan``. On an error the actions done so far travel with it, the one that failed last and marked, unless it left nothing behind."""
    done: list = []
    for action in plan.actions:
        try:
            for step in action.steps:
                handlers[type(step)](step)
        except OSError as problem:
            # A step that is no command, such as one that writes a file: what was done must not be lost over it.
            error = CommandFailed(
                f"{action} failed: {problem}.", code="step-failed", fix="look whether the file system is full or read-only, then run again."
            )
            error.done = done + [{**action.describe(), "failed": True}]
            raise error from problem
        except CairnError as error:
            error.done = done if error.undone else done + [{**action.describe(), "failed": True}]
            raise
        done.append(action.describe())
