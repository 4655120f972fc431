# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What plans on devices are made of, as plain data: the check that nothing changed since the plan, and wiping; apply.py carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from .._core.command import command
from .model import Device


@dataclass(frozen=True)
class Unchanged:
    """Right before a device is written to: it must still hold what the plan saw, told as in ``Device.found``, and nobody may have it open.

    ``ours`` is what the plan or an interrupted run has made and nobody wrote to since: without a signature it counts as blank, whatever stood
    before where it stands now. ``used`` is what LVM itself has open.
    """

    path: str
    found: str
    ours: bool = False
    used: bool = False

    def __str__(self) -> str:
        return f"check that {self.path} holds {self.found or 'nothing'}"


@dataclass(frozen=True)
class Clear:
    """Zero where a blank device is zero: head, tail, and the places of copies of superblocks."""

    path: str

    def __str__(self) -> str:
        return f"clear head, tail and copies of superblocks on {self.path}"


def blank(device: Device) -> Tuple[object, ...]:
    """Steps that make ``device`` blank, or stop because it is not what the plan saw."""
    # Last, for signatures in other places.
    return (Unchanged(device.id, device.found), Clear(device.id), command("wipefs", "--all", "--lock=yes", device.id))


def recheck(device: Device, as_found: bool = False, used: bool = False) -> Unchanged:
    """The step before ``device`` is written to for the first time: it must be blank, or ``as_found`` by the plan."""
    return Unchanged(device.id, device.found if as_found else "", used=used)
