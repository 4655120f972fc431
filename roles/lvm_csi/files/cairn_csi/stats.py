# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How full a volume is."""

from __future__ import annotations

import os
from typing import Any, List, Tuple

import csi_pb2 as csi

from . import mounts
from .host import Machine
from .inventory import Found


def usage(machine: Machine, found: Found, path: str, mounted: List[mounts.Mount]) -> Tuple[List[Any], bool]:
    """Bytes and inodes of a file system, or the size of a raw volume; and whether the file system was turned read-only."""
    if found.facts.access == "block":
        return [csi.VolumeUsage(total=found.bytes, unit=csi.VolumeUsage.BYTES)], False
    seen = os.statvfs(machine.path(path))
    size = seen.f_frsize
    of_bytes = csi.VolumeUsage(
        available=seen.f_bavail * size, total=seen.f_blocks * size, used=(seen.f_blocks - seen.f_bfree) * size, unit=csi.VolumeUsage.BYTES
    )
    inodes = csi.VolumeUsage(available=seen.f_favail, total=seen.f_files, used=seen.f_files - seen.f_ffree, unit=csi.VolumeUsage.INODES)
    return [of_bytes, inodes], any(mount.failed for mount in mounted if mount.path == path)
