# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan that sets an origin back to its snapshot. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Tuple

from .._block.boot import check_boot
from .._core.command import command
from .._core.errors import Conflict
from .._core.plan import Action
from .context import Context, Planned
from .describe import describe
from .desired import Volume
from .in_use import check_unused
from .model import VolumeGroup

#: Seconds; all that changed is copied.
_TIMEOUT = 24 * 3600


def plan_merge(group: VolumeGroup, volume: Volume, context: Context) -> Planned:
    """Set the origin back to the snapshot, with consent that names the origin's UUID; go on with what was interrupted."""
    present = group.lv(volume.name)
    if not present:
        return (), group
    origin, name = group.lv(present.origin), f"{group.name}/{volume.name}"
    if origin is None or present.invalid:
        raise Conflict(
            "this cannot be merged.",
            code="merge-kind",
            parameter=f"{volume.parameter}.name",
            found=f"{name} is {'an invalid snapshot' if origin else 'no snapshot'}",
            fix="name a snapshot that is valid.",
        )
    path = f"{group.name}/{origin.name}"
    # LVM puts off the merge of a thick snapshot until its origin is activated.
    steps: Tuple[Any, ...] = () if origin.active or present.thin else (command("lvchange", "--activate", "y", path),)
    if present.merging:
        # Its data is being set back already; only nobody sees to the end of it.
        steps += (command("lvconvert", "--startpoll", "--interval", "1", path, timeout=_TIMEOUT),)
    else:
        for each in (origin, present):
            check_unused(group, each, context.host, f"{volume.parameter}.state")
        # What the snapshot holds is on its origin as well, under the same UUID: only a path to it leads nowhere then.
        check_boot(context.host, f"{volume.parameter}.state", (), (f"/dev/{name}",))
        context.data_loss.require(path, origin.uuid or "", f"all that changed since {volume.name} was made", code="merge-consent")
        steps += (command("lvconvert", "--yes", "--merge", "--interval", "1", name, timeout=_TIMEOUT),)
    after = group.without_lv(volume.name)
    after = after.with_lv(replace(origin, extents=present.extents) if present.thin else replace(origin, active=True), 0)
    loses = f"all that changed on {path} ({origin.uuid}) since {volume.name} was made"
    return (Action("merge", "snapshot", name, steps, describe(group, present), None, loses=loses),), after
