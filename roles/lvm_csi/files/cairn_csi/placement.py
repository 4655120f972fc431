# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which volume group a volume goes to, and how much there is room for. Pure."""

from __future__ import annotations

from typing import Iterable, List, Optional, Tuple

from .collection import RATIO_TAG, Consent, Context, Host, Kind, LogicalVolume, NoSpace, Percent, State, Volume, VolumeGroup
from .collection import fits, human, ratio, ratio_of, wanted_extents, wanted_kind
from .given import is_given
from .parameters import Class
from .tags import facts

#: From this share of its data or metadata on a thin pool gets no more volumes.
_POOL_FULL = 95


def context() -> Context:
    """What the collection's planners are given besides the volume group. None of the driver's wishes names a device or needs a consent."""
    return Context(Host(), Consent("wipe", {}), Consent("allow_data_loss", {}))


def allowed(state: State, patterns: Iterable[str]) -> List[VolumeGroup]:
    """The volume groups that the node gives to the driver and that are whole."""
    usable = (group for group in state.groups if not (group.exported or group.shared or group.missing))
    return [group for group in usable if is_given(group.name, patterns)]


def candidates(groups: Iterable[VolumeGroup], wanted: Class) -> List[VolumeGroup]:
    """Those of them that a class may use."""
    return [group for group in groups if wanted.group in ("", group.name) and (not wanted.tag or wanted.tag in group.tags)]


def pool_of(group: VolumeGroup, wanted: Class) -> Optional[LogicalVolume]:
    """The thin pool that a class means in a group: the one it names, else the only one. One that does not zero blocks before it hands them out
    would show them to the next tenant, and is passed over.
    """
    pools = [volume for volume in group.visible if volume.thin_pool and volume.zeroes and wanted.pool in ("", volume.name)]
    return pools[0] if len(pools) == 1 else None


def volume(wanted: Class, pool: str, size: object, name: str, tags: Tuple[str, ...]) -> Volume:
    """The wish for a volume of a class, as the collection's planners take it."""
    if wanted.thin:
        return Volume(name, "parameters", size, thin_pool=pool, tags=tags)  # type: ignore[arg-type]
    layout = {"type": wanted.type, "stripes": wanted.stripes, "stripe_bytes": wanted.stripe_bytes, "mirrors": wanted.mirrors}
    return Volume(name, "parameters", size, tags=tags, **layout)  # type: ignore[arg-type]


def room(group: VolumeGroup, wanted: Class) -> int:
    """Bytes of the largest volume of a class that fits into a group now."""
    if wanted.thin:
        pool = pool_of(group, wanted)
        return thin_room(group, pool, wanted.ratio) if pool else 0
    wish = volume(wanted, "", Percent(100, "FREE"), "", ())
    kind = wanted_kind(wish, group.extent_bytes)
    if len(group.pvs) < kind.devices:
        return 0
    count = wanted_extents(group, wish, kind, group.pvs)
    return count * group.extent_bytes if fits(group, kind, group.pvs, kind.part(count, group.extent_bytes)) is not None else 0


def thin_room(group: VolumeGroup, pool: LogicalVolume, of_class: float = 0.0) -> int:
    """Bytes that a thin pool may still promise; snapshots take what changes, and promise nothing."""
    if pool.health or pool.check_needed or max(pool.data_percent or 0, pool.metadata_percent or 0) >= _POOL_FULL:
        return 0
    of_pool = (each for each in group.lvs if each.pool == pool.name)
    promised = sum(each.extents for each in of_pool if not ((known := facts(each)) and known.kind == "snapshot"))
    return max(0, int(pool.extents * promise(group, pool, of_class)[0]) - promised) * group.extent_bytes


def promise(group: VolumeGroup, pool: LogicalVolume, of_class: float = 0.0) -> Tuple[float, str]:
    """How many times its size a thin pool may promise, and who says so.

    It is the pool's own ratio, which a class lowers at most. What a class has said to the volumes that are there holds for as long as they are:
    otherwise another class's volumes would take their space.
    """
    said = [(ratio_of(pool), f"{pool.name} by its tag {RATIO_TAG}N, or 1 without one"), *([(of_class, "the class")] if of_class else [])]
    for each in group.lvs:
        known = facts(each) if each.pool == pool.name else None
        if known and known.pool_ratio:
            said.append((ratio(known.pool_ratio), f"the class of {each.name}, which is there"))
    return min(said)


def promise_words(group: VolumeGroup, pool: LogicalVolume, of_class: float = 0.0) -> str:
    """The same for messages."""
    factor, who = promise(group, pool, of_class)
    return f"{group.name}/{pool.name} may promise {factor:g} times its size, as said by {who}"


def rounded(group: VolumeGroup, wanted: Class, size: int, down: bool = False) -> int:
    """Bytes that a volume of ``size`` bytes will have: whole extents, whole stripes; ``down`` to what fits into them, if anything does."""
    kind = Kind() if wanted.thin else wanted_kind(volume(wanted, "", size, "", ()), group.extent_bytes)
    step = kind.rounded(1) * group.extent_bytes
    return max(step, size // step * step) if down else -(-size // step) * step


def choose(groups: Iterable[VolumeGroup], wanted: Class, size: int, down: bool = False) -> VolumeGroup:
    """The volume group with the most room of those that a class may use, so that disks fill evenly; ``down`` as in ``rounded``."""
    found = candidates(groups, wanted)
    if not found:
        raise _none(groups, wanted)
    best = max(found, key=lambda group: (room(group, wanted), group.name))
    if wanted.thin and all(pool_of(group, wanted) is None for group in found):
        raise NoSpace(
            "this node has not the one thin pool that the class means.",
            code="pool-none",
            parameter="parameters.thinPool",
            found=f"{_pools(found, wanted)} in {', '.join(group.name for group in found)}",
            fix="make it with the role lvm, or name the one to use; lvchange --zero y lets a pool zero what it hands out.",
        )
    if room(best, wanted) < rounded(best, wanted, size, down):
        pool = pool_of(best, wanted) if wanted.thin else None
        why = f"; {promise_words(best, pool, wanted.ratio)}" if pool else ""
        raise NoSpace(
            "this node has no room for the volume.",
            code="node-full",
            parameter="capacity_range.required_bytes",
            found=f"{human(size)} wanted, at most {human(room(best, wanted))} of type {wanted.type} in {best.name}{why}",
            fix="choose another node, ask for less, or give the volume group more disks.",
        )
    return best


def _pools(groups: Iterable[VolumeGroup], wanted: Class) -> str:
    meant = [each for group in groups for each in group.visible if each.thin_pool and wanted.pool in ("", each.name)]
    stale = ", ".join(each.name for each in meant if not each.zeroes)
    if stale:
        return f"{stale}, which is passed over because it does not zero blocks before it hands them out (lvs -o zero),"
    return wanted.pool or ("several to choose from" if meant else "none")


def _none(groups: Iterable[VolumeGroup], wanted: Class) -> NoSpace:
    # Another node may have one: so it is a matter of capacity, and the pod is scheduled anew.
    return NoSpace(
        "this node has no volume group for the class.",
        code="vg-none",
        parameter="parameters.volumeGroup" if wanted.group else "parameters.volumeGroupTag" if wanted.tag else "volume_groups",
        found=f"{wanted.group or wanted.tag or 'any'} wanted, {', '.join(group.name for group in groups) or 'none'} given to the driver",
        fix="make it with the role lvm and list it in the driver's volume groups.",
    )
