# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""How thin pools are watched: dmeventd sees them fill, and grows them as a metadata profile says. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from .._core.command import command
from .._core.errors import NotFound
from .._core.plan import Action
from .context import Context, Planned, chain
from .describe import describe
from .desired import Autoextend, ThinPool
from .model import VolumeGroup
from .settings import PROFILES

PREFIX = "cairn-extend-"


@dataclass(frozen=True)
class WriteProfile:
    """Write a metadata profile."""

    name: str
    text: str
    #: Where LVM looks for it.
    folder: str = PROFILES

    @property
    def path(self) -> str:
        """Its file."""
        return f"{self.folder}/{self.name}.profile"

    def __str__(self) -> str:
        return f"write {self.path}"


def profile(wanted: Autoextend, folder: str = PROFILES) -> WriteProfile:
    """The profile whose name tells its values, so that one file serves all pools that want the same."""
    return WriteProfile(
        f"{PREFIX}{wanted.threshold}-{wanted.percent}",
        f"activation {{\n\tthin_pool_autoextend_threshold = {wanted.threshold}\n\tthin_pool_autoextend_percent = {wanted.percent}\n}}\n",
        folder,
    )


def threshold(name: str) -> int:
    """How full, in percent, a pool with the profile of that name is when it is grown; 100 for never."""
    match = re.fullmatch(rf"{PREFIX}(\d+)-\d+", name)
    return int(match[1]) if match else 100


def plan_watching(group: VolumeGroup, pool: ThinPool, context: Context) -> Planned:
    """Have a thin pool monitored, and grown on its own where that is wanted."""
    if not context.dmeventd:
        raise NotFound(
            "nothing on this machine watches thin pools, and a full one loses writes.",
            code="pool-unwatched",
            parameter=pool.parameter,
            found="dmeventd is not installed",
            fix="run the role node_bootstrap, or install dmeventd (Debian) or device-mapper-event (Red Hat).",
        )
    return chain(group, (partial(_extend, pool=pool, context=context), partial(_monitor, pool=pool)))


def _extend(group: VolumeGroup, pool: ThinPool, context: Context) -> Planned:
    present = group.lv(pool.name)
    if not present or not pool.autoextend:
        return (), group
    wanted, name = profile(pool.autoextend, context.settings.profiles), f"{group.name}/{pool.name}"
    write = () if context.profiles.get(wanted.name) == wanted.text else (wanted,)
    attach = () if present.profile == wanted.name else (command("lvchange", "--metadataprofile", wanted.name, name),)
    if not write and not attach:
        return (), group
    after = group.with_lv(replace(present, profile=wanted.name), 0)
    return (Action("autoextend", "thin pool", name, (*write, *attach), describe(group, present), describe(after, after.lv(pool.name))),), after


def _monitor(group: VolumeGroup, pool: ThinPool) -> Planned:
    """One that is inactive has nothing to watch; LVM starts that when it is activated."""
    present, name = group.lv(pool.name), f"{group.name}/{pool.name}"
    if not present or present.monitored or not present.active:
        return (), group
    after = group.with_lv(replace(present, monitored=True), 0)
    step = command("lvchange", "--monitor", "y", name)
    return (Action("monitor", "thin pool", name, (step,), describe(group, present), describe(after, after.lv(pool.name))),), after
