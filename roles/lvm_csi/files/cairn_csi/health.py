# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a volume, in words. Pure."""

from __future__ import annotations

from .inventory import Found


def condition(found: Found, read_only: bool = False) -> str:
    """One sentence, empty when all is well. ``read_only``: its file system was turned read-only, which the kernel does after errors."""
    group, volume = found.group, found.volume
    pool = group.lv(volume.pool) if volume.thin else None
    if group.missing:
        return f"{len(group.missing)} disks of volume group {group.name} are missing."
    if volume.health:
        return f"LVM says of the volume: {volume.health}."
    if not volume.active:
        return "The volume is not active."
    if pool and (pool.health or pool.check_needed):
        return f"Thin pool {pool.name} is not well: {pool.health or 'its metadata needs a check'}."
    if pool and max(pool.data_percent or 0, pool.metadata_percent or 0) >= 100:
        return f"Thin pool {pool.name} is full."
    return "The file system was turned read-only after errors." if read_only else ""
