# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the volume groups that LVM sees are the driver's to look at.

Whoever is given a raw disk writes what he likes there, a volume group with the driver's own tags among it. So tags count only in volume groups that the
administrator has given to the driver by name, and never in one that stands on a device which the machine has given out raw.
"""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from typing import Callable, Collection, Iterable

from .collection import Refused, State, VolumeGroup
from .names import Id


def is_given(name: str, patterns: Iterable[str]) -> bool:
    """Whether the administrator has given a volume group of this name to the driver."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def given(state: State, patterns: Collection[str], guests: Collection[str], numbers: Callable[[str], Collection[str]]) -> State:
    """``state`` without the volume groups that are not the driver's.

    ``guests`` are the numbers (major:minor) of devices that were given out raw, ``numbers`` tells those of a device at a path and of the disk that it is
    a partition of.
    """

    def ours(group: VolumeGroup) -> bool:
        return is_given(group.name, patterns) and not (guests and any(set(numbers(pv.path)) & set(guests) for pv in group.pvs))

    kept = tuple(filter(ours, state.groups))
    return state if len(kept) == len(state.groups) else replace(state, groups=kept)


def check_given(which: Id, patterns: Collection[str]) -> None:
    """Refuse to answer about a volume group that the driver does not look at: that nothing was found there would not mean that it is gone."""
    if not is_given(which.group, patterns):
        raise Refused(
            "the volume group is not given to the driver on this node.",
            code="group-not-given",
            parameter="volume_groups",
            found=f"{which.group}, and the driver has {', '.join(patterns) or 'none'}",
            fix="add it to the volume groups of the driver (lvm_csi_volume_groups).",
        )
