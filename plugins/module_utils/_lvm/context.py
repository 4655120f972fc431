# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What every planner of LVM is given besides the volume group, and what it gives. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Iterable, List, Mapping, Tuple

from .._block.model import Host
from .._core.plan import Action, Consent
from .model import VolumeGroup
from .settings import Settings

#: The actions, and the volume group after them.
Planned = Tuple[Tuple[Action, ...], VolumeGroup]


@dataclass(frozen=True)
class Context:
    """The machine's devices, the consents (to wipe devices, and to lose what volumes hold), what watches thin pools, and what lvm.conf says."""

    host: Host
    wipe: Consent
    data_loss: Consent
    dmeventd: bool = True
    profiles: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = Settings()


def chain(group: VolumeGroup, planners: Iterable[Callable[[VolumeGroup], Planned]]) -> Planned:
    """The plans of ``planners`` one after the other, each given the volume group as the one before leaves it."""
    actions: List[Action] = []
    for planner in planners:
        made, group = planner(group)
        actions += made
    return tuple(actions), group
