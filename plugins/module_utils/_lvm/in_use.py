# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether a logical volume is in use. Pure."""

from __future__ import annotations

from .._block.model import Host
from .._core.errors import Busy, Refused
from .model import LogicalVolume, VolumeGroup


def check_unused(group: VolumeGroup, volume: LogicalVolume, host: Host, parameter: str = "state") -> None:
    """Refuse to touch a volume that is open (mounted, exported, in a pod) or given out raw as a local volume."""
    path = f"{group.name}/{volume.name}"
    # What opens a thin pool are its own volumes, which are asked themselves.
    if volume.open and not volume.thin_pool:
        raise Busy(
            "the logical volume is in use.",
            code="lv-open",
            parameter=parameter,
            found=f"{path} is open",
            fix="unmount it or stop what uses it, then run again.",
        )
    device = host.resolve(f"/dev/{path}")
    if device and device.entry:
        raise Refused(
            "the logical volume is given out as a local volume.",
            code="lv-given-out",
            parameter=parameter,
            found=f"{path} as {device.entry}",
            fix="give up the class with cairn.storage.local_volumes first.",
        )
