# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What plans on devices are made of, as plain data: the check that nothing changed since the plan, and wiping; apply.py carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from .._core.command import command
from .model import Device


@dataclass(frozen=True)
class Unchanged:
    """Right before a device is written to: it must still hold what the plan saw, told as in ``Device.found``."""

    path: str
    found: str

    def __str__(self) -> str:
        return f"check that {self.path} holds {self.found or 'nothing'}"


def blank(device: Device) -> Tuple[object, ...]:
    """Steps that take every signature off ``device``, or stop because it is not what the plan saw."""
    return (Unchanged(device.id, device.found), command("wipefs", "--all", "--lock=yes", device.id))


def recheck(device: Device, as_found: bool = False) -> Unchanged:
    """The step before ``device`` is written to for the first time: it must be blank, or ``as_found`` by the plan."""
    return Unchanged(device.id, device.found if as_found else "")
