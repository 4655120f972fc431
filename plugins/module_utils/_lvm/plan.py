# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan for a whole machine's LVM. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from .._block.model import Host
from .._block.select import Choice, Consumer, marked, select
from .._core.errors import Conflict
from .._core.plan import Action, Plan
from .._core.quantity import human
from .desired import Group, Layout
from .groups import plan_group, plan_group_removal, prepare
from .model import State, VolumeGroup
from .pools import check_overcommit, plan_pool
from .removal import plan_removal
from .space import DEFAULT_ALIGNMENT, DEFAULT_EXTENT
from .volumes import plan_volume


@dataclass(frozen=True)
class Observed:
    """The machine: its devices and what LVM knows."""

    host: Host
    state: State


@dataclass(frozen=True)
class Outcome:
    """What a plan leads to, and what it leaves for a person to see."""

    groups: Tuple[VolumeGroup, ...]
    degraded: Tuple[dict, ...] = ()
    unadopted: Tuple[dict, ...] = ()


def plan(observed: Observed, layout: Layout) -> Plan:
    """All that has to happen for ``layout``; ``after`` is an ``Outcome`` over every volume group of the machine."""
    host, state = observed.host, observed.state
    wanted = [group for group in layout.groups if group.state == "present"]
    for group in layout.groups:
        _check_identity(group, state)
    orphans = frozenset(pv.device for pv in state.orphans if pv.orphan)
    choices = select(
        host,
        layout.rules,
        [_consumer(group, state, orphans) for group in wanted],
        layout.wipe,
        taken={},
        marked=marked(host),
        allow_kernel_names=layout.allow_kernel_names,
    )
    actions: List[Action] = []
    degraded: List[dict] = []
    groups: Dict[str, VolumeGroup] = {group.name: group for group in state.groups}
    for group in layout.groups:
        present = groups.get(group.name)
        if group.state == "absent":
            if present:
                actions += plan_group_removal(present, host, layout.data_loss)
                del groups[group.name]
            continue
        choice = choices[_label(group.name)]
        trouble = _trouble(group, present, state, choice, host)
        if trouble:
            degraded += trouble
            continue
        _check_members(group, present, choice)
        actions += prepare(choice.new, orphans)
        made, groups[group.name] = plan_group(group, present, choice.new, orphans)
        actions += made
        made, groups[group.name] = _plan_volumes(group, groups[group.name], layout, host)
        actions += made
    unadopted = tuple(
        {"volume_group": name, "device": device.id, "size_bytes": device.size}
        for name, choice in ((group.name, choices[_label(group.name)]) for group in wanted)
        for device in choice.unadopted
    )
    return Plan(tuple(actions), Outcome(tuple(groups.values()), tuple(degraded), unadopted), warnings=_warnings(layout, degraded, unadopted))


def _label(name: str) -> str:
    return f"volume group {name}"


def _consumer(group: Group, state: State, orphans: frozenset) -> Consumer:
    present = state.group(group.name)
    extent = group.extent_bytes or DEFAULT_EXTENT
    return Consumer(
        _label(group.name),
        group.wanted,
        adopt_new=group.adopt_new,
        blank=orphans,
        minimum=DEFAULT_ALIGNMENT + extent,
        holds=frozenset(pv.device for pv in present.pvs if pv.device) if present else frozenset(),
        recorded=bool(present or (group.name in state.recorded and not group.adopt_new)),
        missing=len(present.missing) if present else 1000 if group.name in state.recorded and not group.adopt_new else 0,
    )


def _check_identity(group: Group, state: State) -> None:
    found = [each for each in state.groups if each.name == group.name]
    if len(found) > 1:
        raise Conflict(
            f"this machine has {len(found)} volume groups of the name {group.name}.",
            code="vg-ambiguous",
            parameter=f"{group.parameter}.name",
            found=", ".join(each.uuid or "" for each in found),
            fix="rename one: vgrename UUID NEWNAME.",
        )
    for each in found:
        if each.exported or each.shared:
            kind = "exported" if each.exported else "shared between machines"
            raise Conflict(
                f"the volume group is {kind}.",
                code="vg-exported" if each.exported else "vg-shared",
                parameter=f"{group.parameter}.name",
                found=group.name,
                fix="import it with vgimport first." if each.exported else "use a volume group of this machine alone.",
            )


def _check_members(group: Group, present: Optional[VolumeGroup], choice: Choice) -> None:
    if present and not choice.held:
        raise Conflict(
            "a volume group of that name stands on other disks.",
            code="vg-elsewhere",
            parameter=f"{group.parameter}.devices",
            found=f"{group.name} on {', '.join(pv.path for pv in present.pvs)}",
            fix="name its disks, or give the new volume group another name.",
        )


def _trouble(group: Group, present: Optional[VolumeGroup], state: State, choice: Choice, host: Host) -> List[dict]:
    """What keeps the group from being changed: recorded disks that are gone or do not answer."""
    if present is None:
        if group.name in state.recorded and not group.adopt_new:
            return [
                {
                    "volume_group": group.name,
                    "device": "",
                    "reason": f"volume group {group.name} ({state.recorded[group.name]}) is recorded on this machine, but none of "
                    "its disks is there. Bring them back, or start afresh with adopt_new: true.",
                }
            ]
        return []
    trouble = [
        {
            "volume_group": group.name,
            "device": "",
            "reason": f"a disk of volume group {group.name} is missing (physical volume {pv.uuid}). Nothing of the group is "
            "changed until it is back or replaced.",
        }
        for pv in present.missing
    ]
    known = {host.devices[pv.device].id: host.devices[pv.device] for pv in present.pvs if pv.device in host.devices}
    return trouble + [
        {
            "volume_group": group.name,
            "device": name,
            "reason": f"{name}, a disk of volume group {group.name}, cannot be read. Nothing of the group is changed until it answers.",
        }
        for name, device in known.items()
        if not device.readable
    ]


def _plan_volumes(group: Group, state: VolumeGroup, layout: Layout, host: Host) -> Tuple[List[Action], VolumeGroup]:
    actions: List[Action] = []
    for absent in [each.name for each in (*group.volumes, *group.thin_pools) if each.state == "absent"]:
        made, state = plan_removal(state, absent, layout.data_loss, host)
        actions += made
    for pool in group.thin_pools:
        if pool.state == "present":
            made, state = plan_pool(state, pool)
            actions += made
    promised = set()
    for volume in group.volumes:
        if volume.state == "present":
            made, state = plan_volume(state, volume)
            actions += made
            if made:
                promised.add(volume.thin_pool)
    for pool in group.thin_pools:
        if pool.name in promised:
            check_overcommit(state, pool)
    return actions, state


def _warnings(layout: Layout, degraded: List[dict], unadopted: Tuple[dict, ...]) -> Tuple[str, ...]:
    return (
        *(f"degraded: {each['reason']}" for each in degraded),
        *(
            f"{each['device']} ({human(each['size_bytes'])}) matches, but volume group {each['volume_group']} does not use it; set adopt_new: true to let it."
            for each in unadopted
        ),
        *layout.wipe.warnings(),
        *layout.data_loss.warnings(),
    )
