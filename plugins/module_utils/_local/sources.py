# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a class stands on, and how its devices are known again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from .._block.fs_steps import MINIMUM
from .._block.model import Device
from .desired import VolumeClass
from .model import Entry, Observed


@dataclass(frozen=True)
class Source:
    """A device that a class gets: ``device`` is ``None`` for a logical volume that is still to be made, at ``path``, of ``size`` bytes."""

    path: str
    size: int
    device: Optional[Device] = None
    #: Whether it is ours already, so that what it holds needs no consent.
    held: bool = False
    disks: Tuple[str, ...] = ()
    #: Whether the plan for its volume group grows the file system already.
    grown: bool = False
    #: Whether it is only activated by the plan, so that nobody knows what it holds.
    activated: bool = False
    #: Whether it is a logical volume of ours that was never formatted: what its extents held before does not count.
    fresh: bool = False


def minimum(wanted: VolumeClass) -> int:
    """Bytes that a volume of the class needs at least."""
    return 1024**2 if wanted.block else MINIMUM[wanted.fs_type]


def entry_of(observed: Observed, wanted: VolumeClass, device: Device) -> Optional[Entry]:
    """The entry that gives ``device`` out, by link, by mount, or by a mount point named as its file system."""
    uuids = {signature.uuid for signature in device.signatures if signature.uuid}
    return next(
        (
            entry
            for entry in observed.entries
            if entry.storage_class == wanted.name and (entry.device == device.kernel_name or (not entry.link and entry.name in uuids))
        ),
        None,
    )


def note_of(observed: Observed, storage_class: str, device: Device) -> str:
    """The UUID of the file system that an interrupted run was making on ``device``; empty when there is none, or when something else is there now."""
    for uuid, (name, noted) in observed.formatting.items():
        # Interrupted early it has written something, but no signature yet.
        as_noted = device.unsigned or {each.uuid for each in device.signatures} == {uuid}
        if noted == storage_class and observed.host.resolve(name) == device and as_noted:
            return uuid
    return ""
