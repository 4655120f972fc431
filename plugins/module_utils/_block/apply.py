# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Carrying out the steps on devices that are not commands."""

from __future__ import annotations

import os

from .._core.errors import Busy, CommandFailed, Conflict
from . import fs_apply, medium
from .openers import openers
from .probe import signatures
from .steps import Clear, Unchanged
from .sysfs import device_number


def check_unchanged(step: Unchanged) -> None:
    """Probe again; ``Conflict`` when something else stands there now, ``Busy`` when somebody has it open."""
    held = signatures([step.path]).get(step.path, ())
    if not held and not step.ours:
        read = medium.unknown([step.path])[step.path]
        if read is None:
            raise CommandFailed(f"{step.path} cannot be read.", code="device-unreadable", fix="replace it or take it out of the list.")
        held = read
    if ", ".join(signature.found for signature in held) != step.found:
        raise Conflict(
            f"{step.path} changed after the plan was made.",
            code="device-changed",
            found=f"{' and '.join(map(str, held)) or 'nothing'} instead of {step.found or 'nothing'}",
            fix="find out who wrote to it, then run again.",
        )
    if not step.used:
        _check_idle(step.path)


def _check_idle(path: str) -> None:
    one = {path: device_number(os.path.realpath(path))}
    opened = openers(one, one).get(path)
    if opened:
        raise Busy(f"{path} is in use.", code="device-open", found=f"open in {opened}", fix="stop what uses it, then run again.")


def clear(step: Clear) -> None:
    """Zero the places, unless somebody has the device open."""
    _check_idle(step.path)
    medium.clear(step.path)


#: For ``_module.run``.
HANDLERS = {Unchanged: check_unchanged, Clear: clear, **fs_apply.HANDLERS}
