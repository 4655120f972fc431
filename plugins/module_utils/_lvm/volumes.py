# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for the volumes of one volume group: each takes the group as it will be, and gives the actions and the group after them. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Tuple

from .._block.model import Host
from .._core.command import command
from .._core.errors import Busy, Conflict, NoSpace, NotFound, Refused
from .._core.plan import Action, Consent
from .._core.quantity import Percent, human
from .desired import ThinPool, Volume
from .model import LogicalVolume, VolumeGroup
from .space import extents, pool_layout, spare_extents, with_spare

Planned = Tuple[Tuple[Action, ...], VolumeGroup]


def describe(group: VolumeGroup, volume: LogicalVolume) -> Dict[str, Any]:
    """A logical volume for diffs."""
    values: Dict[str, Any] = {"size": human(volume.extents * group.extent_bytes), "type": "thin-pool" if volume.thin_pool else "thin" if volume.thin else volume.layout}
    if volume.tags:
        values["tags"] = list(volume.tags)
    if volume.thin:
        values["thin_pool"] = volume.pool
    if volume.thin_pool:
        values.update(metadata_size=human(volume.metadata * group.extent_bytes), chunk_size=human(volume.chunk_bytes))
    return values


def plan_pool(group: VolumeGroup, pool: ThinPool) -> Planned:
    """Create a thin pool, or grow its data and metadata."""
    present = group.lv(pool.name)
    name = f"{group.name}/{pool.name}"
    if present and not present.thin_pool:
        raise Conflict("this logical volume is no thin pool.", code="pool-kind", parameter=f"{pool.parameter}.name", found=f"{name} is {present.layout}", fix="use another name.")
    if present and isinstance(pool.size, Percent) and pool.size.of == "FREE":
        return (), group
    wanted = pool_layout(pool.size, group, pool.metadata_bytes, pool.chunk_bytes, present)
    if wanted.data == 0:
        raise NoSpace("no room for even the smallest thin pool.", code="vg-full", parameter=f"{pool.parameter}.size",
                      found=f"{human(group.free * group.extent_bytes)} free in {group.name}", fix="give the volume group more disks.")
    if not present:
        _room(group, wanted.data + wanted.metadata + max(0, wanted.metadata - spare_extents(group)), f"{pool.parameter}.size", "with its metadata and the spare for repairs ")
        volume = LogicalVolume(pool.name, wanted.data, layout="thin,pool", metadata=wanted.metadata, chunk_bytes=wanted.chunk_bytes)
        after = with_spare(group.with_lv(volume, wanted.data + wanted.metadata), wanted.metadata)
        step = command("lvcreate", "--yes", "--type", "thin-pool", "--extents", wanted.data, "--poolmetadatasize", f"{wanted.metadata * group.extent_bytes}b",
                       "--poolmetadataspare", "y", "--chunksize", f"{wanted.chunk_bytes}b", "--zero", "y", "--name", pool.name, group.name)
        return (Action("create", "thin pool", name, (step,), None, describe(after, volume)),), after
    if pool.chunk_bytes not in (None, present.chunk_bytes):
        raise Conflict("the chunk size of a thin pool is fixed when it is made.", code="pool-chunk-differs", parameter=f"{pool.parameter}.chunk_size",
                       found=human(present.chunk_bytes), fix="take the option out, or make another pool.")
    if wanted.data < present.extents:
        raise _shrink(name, pool.parameter, present.extents, wanted.data, group)
    if pool.metadata_bytes and wanted.metadata < present.metadata:
        raise Refused("the metadata of a thin pool cannot shrink.", code="pool-metadata-shrink", parameter=f"{pool.parameter}.metadata_size",
                      found=human(present.metadata * group.extent_bytes), fix="ask for at least that.")
    metadata = max(wanted.metadata, present.metadata) if pool.metadata_bytes or wanted.data > present.extents else present.metadata
    if (wanted.data, metadata) == (present.extents, present.metadata):
        return (), group
    more = wanted.data - present.extents + metadata - present.metadata
    _room(group, more + max(0, metadata - spare_extents(group)), f"{pool.parameter}.size", "with its metadata and the spare for repairs ")
    volume = replace(present, extents=wanted.data, metadata=metadata)
    after = with_spare(group.with_lv(volume, more), metadata)
    steps: Tuple[Any, ...] = ()
    if metadata > present.metadata:
        steps += (command("lvextend", "--poolmetadatasize", f"{metadata * group.extent_bytes}b", name),)
    if wanted.data > present.extents:
        steps += (command("lvextend", "--extents", wanted.data, name),)
    return (Action("grow", "thin pool", name, steps, describe(group, present), describe(after, volume)),), after


def plan_volume(group: VolumeGroup, volume: Volume) -> Planned:
    """Create a logical volume or grow it; tags are added."""
    present = group.lv(volume.name)
    name = f"{group.name}/{volume.name}"
    if volume.thin_pool:
        pool = group.lv(volume.thin_pool)
        if pool is None or not pool.thin_pool:
            raise NotFound("there is no such thin pool.", code="pool-unknown", parameter=f"{volume.parameter}.thin_pool", found=f"{group.name}/{volume.thin_pool}",
                           fix="add it to thin_pools of this volume group.")
    if not present:
        count = max(1, extents(volume.size, group.extents, group.free, group.extent_bytes))
        made = LogicalVolume(volume.name, count, layout="thin,sparse" if volume.thin_pool else "linear", pool=volume.thin_pool, tags=volume.tags)
        if not volume.thin_pool:
            _room(group, count, f"{volume.parameter}.size", "")
        after = group.with_lv(made, 0 if volume.thin_pool else count)
        # Extents that an earlier volume gave back still hold its file system, and nobody's data stands on a volume that is only now made.
        # Thin volumes need no wiping: their pool hands out zeroed blocks.
        kind = ("--type", "thin", "--virtualsize", f"{count * group.extent_bytes}b", "--thinpool", volume.thin_pool) if volume.thin_pool else \
               ("--yes", "--wipesignatures", "y", "--zero", "y", "--type", "linear", "--extents", count)
        tags = [part for tag in volume.tags for part in ("--addtag", tag)]
        step = command("lvcreate", *kind, *tags, "--name", volume.name, group.name)
        return (Action("create", "logical volume", name, (step,), None, describe(after, made)),), after
    if present.thin_pool or present.pool != volume.thin_pool or present.origin:
        is_now = "a thin pool" if present.thin_pool else f"in thin pool {present.pool}" if present.pool else present.layout
        raise Conflict("the logical volume is of another kind.", code="lv-kind", parameter=f"{volume.parameter}.thin_pool", found=f"{name} is {is_now}", fix="use another name.")
    actions: List[Action] = []
    group, grown = _grow(group, volume, present, name)
    actions += grown
    present = group.lv(volume.name) or present
    missing = tuple(tag for tag in volume.tags if tag not in present.tags)
    if missing:
        tagged = replace(present, tags=tuple(sorted(present.tags + missing)))
        step = command("lvchange", *(part for tag in missing for part in ("--addtag", tag)), name)
        actions.append(Action("tag", "logical volume", name, (step,), describe(group, present), describe(group, tagged)))
        group = group.with_lv(tagged, 0)
    return tuple(actions), group


def _grow(group: VolumeGroup, volume: Volume, present: LogicalVolume, name: str) -> Tuple[VolumeGroup, List[Action]]:
    if isinstance(volume.size, Percent) and volume.size.of == "FREE":
        return group, []
    wanted = max(1, extents(volume.size, group.extents, group.free, group.extent_bytes))
    if wanted < present.extents:
        raise _shrink(name, volume.parameter, present.extents, wanted, group)
    if wanted == present.extents:
        return group, []
    if not present.thin:
        if present.layout != "linear":
            raise Conflict("growing this kind of volume is not supported.", code="lv-grow-kind", parameter=f"{volume.parameter}.size", found=f"{name} is {present.layout}",
                           fix="ask for the size that it has.")
        _room(group, wanted - present.extents, f"{volume.parameter}.size", "")
    grown = replace(present, extents=wanted)
    after = group.with_lv(grown, 0 if present.thin else wanted - present.extents)
    size = ("--size", f"{wanted * group.extent_bytes}b") if present.thin else ("--extents", wanted)
    return after, [Action("grow", "logical volume", name, (command("lvextend", *size, name),), describe(group, present), describe(after, grown))]


def plan_removal(group: VolumeGroup, name: str, consent: Consent, host: Host) -> Planned:
    """Remove a logical volume or an empty thin pool, with consent that names its UUID."""
    present = group.lv(name)
    if not present:
        return (), group
    path = f"{group.name}/{name}"
    users = [each.name for each in group.lvs if name in (each.pool, each.origin)]
    if users:
        raise Refused("other volumes depend on it.", code="lv-needed", parameter="state", found=f"{path} carries {', '.join(users)}", fix="remove those first.")
    check_unused(group, present, host)
    consent.require(path, present.uuid or "", "all data on it", code="lv-consent")
    given = present.metadata + present.extents if present.thin_pool else 0 if present.thin else present.extents
    action = Action("remove", "logical volume", path, (command("lvremove", "--yes", path),), describe(group, present), None, loses=f"all data on {path} ({present.uuid})")
    return (action,), group.without_lv(name, given)


def check_unused(group: VolumeGroup, volume: LogicalVolume, host: Host) -> None:
    """Refuse to touch a volume that is open (mounted, exported, in a pod) or given out raw as a local volume."""
    path = f"{group.name}/{volume.name}"
    if volume.open:
        raise Busy("the logical volume is in use.", code="lv-open", parameter="state", found=f"{path} is open", fix="unmount it or stop what uses it, then run again.")
    device = host.resolve(f"/dev/{path}")
    if device and device.entry:
        raise Refused("the logical volume is given out as a local volume.", code="lv-given-out", parameter="state", found=f"{path} as {device.entry}",
                      fix="give up the class with cairn.storage.local_volumes first.")


#: Tag of the logical volumes that local_volumes made, followed by the class's name.
LOCAL_TAG = "cairn.local="


def check_overcommit(group: VolumeGroup, pool: ThinPool) -> None:
    """Refuse thin volumes that promise more than the pool's ratio allows."""
    present = group.lv(pool.name)
    if not present:
        return
    promised = sum(volume.extents for volume in group.lvs if volume.pool == pool.name)
    if promised > present.extents * pool.overprovision_ratio:
        raise NoSpace("the thin volumes would promise more than the pool may.", code="pool-overcommit", parameter=f"{pool.parameter}.overprovision_ratio",
                      found=f"{human(promised * group.extent_bytes)} promised on {human(present.extents * group.extent_bytes)}, ratio {pool.overprovision_ratio:g}",
                      fix="make the pool larger, the volumes smaller, or raise the ratio and watch the pool.")


def _room(group: VolumeGroup, needed: int, parameter: str, extra: str) -> None:
    if needed > group.free:
        raise NoSpace(f"the volume group {group.name} has too little space.", code="vg-full", parameter=parameter,
                      found=f"{human(needed * group.extent_bytes)} needed {extra}and {human(group.free * group.extent_bytes)} free".replace("  ", " "),
                      fix="ask for less, or give the volume group more disks.")


def _shrink(name: str, parameter: str, present: int, wanted: int, group: VolumeGroup) -> Refused:
    return Refused(f"{name} would have to shrink, which this collection does not do.", code="shrink-unsupported", parameter=f"{parameter}.size",
                   found=f"{human(present * group.extent_bytes)} now, {human(wanted * group.extent_bytes)} wanted", fix="ask for at least the present size.")
