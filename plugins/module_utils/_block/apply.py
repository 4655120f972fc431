# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Carrying out the steps on devices that are not commands."""

from __future__ import annotations

from .._core.errors import Conflict
from . import fs_apply
from .probe import signatures
from .steps import Unchanged


def check_unchanged(step: Unchanged) -> None:
    """Probe again; ``Conflict`` when something else stands there now."""
    now = ", ".join(signature.found for signature in signatures([step.path]).get(step.path, ()))
    if now != step.found:
        raise Conflict(
            f"{step.path} changed after the plan was made.",
            code="device-changed",
            found=f"{now or 'nothing'} instead of {step.found or 'nothing'}",
            fix="find out who wrote to it, then run again.",
        )


#: For ``_module.run``.
HANDLERS = {Unchanged: check_unchanged, **fs_apply.HANDLERS}
