# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans that remove logical volumes, with consent that names each. Pure."""

from __future__ import annotations

from .._block.boot import check_boot
from .._core.command import command
from .._core.errors import Refused
from .._core.plan import Action
from .context import Context, Planned
from .describe import describe
from .in_use import check_unused
from .model import VolumeGroup
from .space import without_spare


def plan_removal(group: VolumeGroup, name: str, context: Context) -> Planned:
    """Remove a logical volume or an empty thin pool, with consent that names its UUID."""
    present = group.lv(name)
    if not present:
        return (), group
    path = f"{group.name}/{name}"
    users = [each.name for each in group.visible if name in (each.pool, each.origin)]
    if users:
        raise Refused(
            "other volumes depend on it.", code="lv-needed", parameter="state", found=f"{path} carries {', '.join(users)}", fix="remove those first."
        )
    check_unused(group, present, context.host)
    device = context.host.resolve(f"/dev/{path}")
    check_boot(context.host, "state", (device,) if device else (), (f"/dev/{path}",))
    context.data_loss.require(path, present.uuid or "", "all data on it", code="lv-consent")
    action = Action(
        "remove",
        "logical volume",
        path,
        (command("lvremove", "--yes", path),),
        describe(group, present),
        None,
        loses=f"all data on {path} ({present.uuid})",
    )
    return (action,), without_spare(group.without_lv(name))
