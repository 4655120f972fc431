# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan for what is in one volume group, in the order in which space comes free before it is needed. Pure."""

from __future__ import annotations

from functools import partial
from typing import Callable, List

from .context import Context, Planned, chain
from .desired import Group
from .health import check_promises
from .members import plan_reduce
from .merge import plan_merge
from .model import VolumeGroup
from .pools import check_overcommit, plan_pool
from .removal import plan_removal
from .snapshots import plan_snapshot
from .volumes import plan_volume


def plan_contents(group: Group, state: VolumeGroup, context: Context) -> Planned:
    """Merge and remove, empty disks that leave, then pools, volumes and snapshots in the order in which they are listed."""
    volumes = [volume for volume in group.volumes if volume.state == "present"]
    pools = [pool for pool in group.thin_pools if pool.state == "present"]
    steps: List[Callable[[VolumeGroup], Planned]] = []
    steps += [partial(plan_merge, volume=volume, context=context) for volume in group.volumes if volume.state == "merged"]
    # Snapshots and thin volumes before what they depend on.
    absent = [each for each in (*reversed(group.volumes), *group.thin_pools) if each.state == "absent"]
    steps += [partial(plan_removal, name=each.name, context=context) for each in absent]
    steps.append(partial(plan_reduce, wanted=group, context=context))
    steps += [partial(plan_pool, pool=pool, context=context) for pool in pools]
    steps += [partial(plan_snapshot if volume.snapshot_of else plan_volume, volume=volume, context=context) for volume in volumes]
    actions, after = chain(state, steps)
    check_promises(state, after, volumes)
    for pool in pools:
        check_overcommit(state, after, pool)
    return actions, after
