# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether a volume may be active on this machine, as lvm.conf(5) has it: activation/volume_list and read_only_volume_list. Pure."""

from __future__ import annotations

from typing import Iterable

from .._core.errors import Conflict
from .model import VolumeGroup
from .settings import Settings, listed


def check_activation(settings: Settings, group: VolumeGroup, name: str, tags: Iterable[str], parameter: str, written: bool = False) -> None:
    """Refuse a volume that LVM would not activate, or one to be ``written`` that it would activate for reading only."""
    tags = {*group.tags, *tags}
    if settings.active is not None and listed(settings.active, group.name, name, tags) is False:
        raise Conflict(
            "lvm.conf does not let this volume be active on this machine.",
            code="lv-volume-list",
            parameter=parameter,
            found=f"{group.name}/{name} is not among activation/volume_list ({', '.join(settings.active) or 'empty'})",
            fix=f'add "{group.name}" to the list.',
        )
    if written and listed(settings.read_only, group.name, name, tags):
        raise Conflict(
            "lvm.conf lets this volume be active for reading only, and a file system is to be made on it.",
            code="lv-read-only",
            parameter=parameter,
            found=f"{group.name}/{name} is among activation/read_only_volume_list",
            fix="take it out of the list.",
        )
