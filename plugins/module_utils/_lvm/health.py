# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether thin pools and snapshots are well, and what is done about a pool that is not. Nothing is ever repaired. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, List, Tuple

from .._core.command import command
from .._core.errors import Busy, Refused
from .._core.plan import Action
from .autoextend import threshold
from .context import Context, Planned
from .describe import describe
from .desired import ThinPool, Volume
from .model import LogicalVolume, VolumeGroup

#: How full, in percent, is worth a warning.
ALERT = 80
#: Seconds; thin_check reads all of the metadata, up to 16 GiB.
_CHECK_TIMEOUT = 3600
#: LVM's default lacks the second option where it was built without thin_check at hand: then the pool stays read-only, check or not.
_CHECK = 'global/thin_check_options=["-q","--clear-needs-check-flag"]'


def ailments(group: VolumeGroup) -> List[dict]:
    """``[{volume_group, device, reason}]`` of pools and snapshots that need somebody's attention."""
    found = []
    for volume in group.visible:
        path = f"{group.name}/{volume.name}"
        reasons = [*_pool(path, volume)] if volume.thin_pool else [*_snapshot(path, volume)]
        found += [{"volume_group": group.name, "device": f"/dev/{path}", "reason": reason} for reason in reasons]
    return found


def _pool(path: str, pool: LogicalVolume) -> Iterable[str]:
    if pool.check_needed:
        yield f"thin pool {path} is read-only until its metadata is checked. Stop what uses its volumes, then {_consent(path, pool)}."
    elif pool.health == "failed":
        yield f"thin pool {path} has failed. Its metadata has to be repaired by hand (lvmthin(7), lvconvert --repair); keep a copy of it first."
    for part, percent, option, full in (
        ("data", pool.data_percent, "size", pool.health == "out_of_data"),
        ("metadata", pool.metadata_percent, "metadata_size", pool.health == "metadata_read_only" and not pool.check_needed),
    ):
        if full or (percent or 0) >= 100:
            yield f"thin pool {path} has no {part} left, and writes wait or fail. Grow it with {option}."
        elif (percent or 0) >= ALERT:
            yield f"thin pool {path} uses {percent:g} % of its {part}. Grow it with {option}."


def _consent(path: str, pool: LogicalVolume) -> str:
    return f'let it be checked with allow_data_loss: {{"{path}": "{pool.uuid}"}}'


def _snapshot(path: str, volume: LogicalVolume) -> Iterable[str]:
    if volume.invalid:
        yield f"snapshot {path} is invalid, because more changed than it has room for. Remove it."
    elif volume.origin and not volume.thin and (volume.data_percent or 0) >= ALERT:
        yield f"snapshot {path} is {volume.data_percent:g} % full, and is invalid once it is full. Grow it with size."


def check_promises(before: VolumeGroup, after: VolumeGroup, volumes: Iterable[Volume]) -> None:
    """Refuse to make or grow a thin volume in a pool that cannot take more; ``after`` has what the same plan does for the pool."""
    for volume in volumes:
        was, will = before.lv(volume.name), after.lv(volume.name)
        pool = after.lv(will.pool) if will else None
        if not will or not pool or not pool.thin_pool or (was and was.extents >= will.extents):
            continue
        data, metadata = (100.0, 100.0) if was else _limits(after, pool)
        wrong = "its metadata needs a check" if pool.check_needed else pool.health.replace("_", " ")
        if not wrong and ((pool.data_percent or 0) >= data or (pool.metadata_percent or 0) >= metadata):
            wrong = f"{pool.data_percent:g} % of its data and {pool.metadata_percent:g} % of its metadata are used"
        if wrong:
            raise Refused(
                "the thin pool cannot take more.",
                code="pool-full",
                parameter=f"{volume.parameter}.{'snapshot_of' if volume.snapshot_of else 'thin_pool'}",
                found=f"{after.name}/{pool.name}: {wrong}",
                fix="grow the pool first with its size and metadata_size, or have it checked.",
            )


def _limits(group: VolumeGroup, pool: LogicalVolume) -> Tuple[float, float]:
    """Percent of data and metadata from which LVM makes no more volumes: a quarter of the metadata has to be free, 4 MiB at most."""
    metadata = max(1, pool.metadata * group.extent_bytes)
    return threshold(pool.profile) + 0.01 * (threshold(pool.profile) < 100), 100.01 - min(25.0, 100 * 4 * 1024**2 / metadata)


def plan_start(group: VolumeGroup, pool: ThinPool, context: Context) -> Planned:
    """Activate a pool; with consent that names it, one that needs a check or is inactive is checked on the way.

    Checking means that no volume of it is active in between. The consent is for that, and for what damaged metadata no longer tells of.
    """
    present, name = group.lv(pool.name), f"{group.name}/{pool.name}"
    asked = name in context.data_loss.given
    if not present or (present.active and not (present.check_needed and asked)):
        return (), group
    after = group.with_lv(replace(present, active=True, monitored=True, check_needed=False, health=""), 0)
    start: Tuple[object, ...] = ("--activate", "y", "--monitor", "y", name)
    if not asked:
        # While it is inactive LVM does not tell whether a check is needed: then it refuses to start it.
        step = command("lvchange", *start, fix=f"if its metadata has to be checked, {_consent(name, present)}.")
        return (Action("activate", "thin pool", name, (step,), describe(group, present), describe(after, after.lv(pool.name))),), after
    running = [each for each in group.visible if each.pool == pool.name and each.active]
    if any(each.open for each in running):
        raise Busy(
            "a thin pool is only checked while nothing uses its volumes.",
            code="pool-open",
            parameter=pool.parameter,
            found=f"{', '.join(each.name for each in running if each.open)} of {name} in use",
            fix="unmount them or stop what uses them, then run again.",
        )
    context.data_loss.require(name, present.uuid or "", "what its metadata no longer tells of", code="pool-check-consent")
    paths = [f"{group.name}/{each.name}" for each in running]
    steps = [command("lvchange", "--activate", "n", *paths, name)] if present.active else []
    steps.append(command("lvchange", "--config", _CHECK, *start, timeout=_CHECK_TIMEOUT))
    if paths:
        steps.append(command("lvchange", "--activate", "y", "--ignoreactivationskip", *paths))
    return (Action("check", "thin pool", name, tuple(steps), describe(group, present), describe(after, after.lv(pool.name))),), after
