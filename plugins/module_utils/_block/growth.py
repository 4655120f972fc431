# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan that lets a file system fill its device. Pure."""

from __future__ import annotations

from typing import Tuple

from .._core.errors import Refused
from .._core.plan import Action
from .._core.quantity import human
from .fs_steps import LEAST_RESIZED, Grow
from .model import Device


def plan_growth(path: str, device: Device, size: int, at: str = "") -> Tuple[Action, ...]:
    """Grow the one file system on ``device``, named ``path``, that is to have ``size`` bytes and is, or will be by then, mounted ``at`` a path.

    A file system of unknown size is grown only with its device, and one that others made very small only once its device is large enough.
    """
    geometry, kind = device.geometry, device.signatures[0].type
    if size <= device.size and (geometry is None or geometry.fills(size)) or size < LEAST_RESIZED.get(kind, 0):
        return ()
    if device.stuck:
        raise Refused(
            "the file system cannot be grown as it is.",
            code="fs-stuck",
            parameter="size",
            found=f"{kind} on {path} {device.stuck}",
            fix=f"{device.mend}, then run again.",
        )
    step = Grow(kind, path, at, geometry.member if geometry else 1)
    before = {"size": human(geometry.size)} if geometry else {}
    return (Action("grow", "file system", path, (step,), before, {"size": human(size)}),)
