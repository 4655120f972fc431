# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan for a whole machine's LVM. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Dict, FrozenSet, Iterator, List, Optional, Sequence, Tuple

from .._block.filesystems import TYPES
from .._block.fs_steps import TryMake
from .._block.model import UNKNOWN, Device, Host
from .._block.select import Choice, Consumer, marked, select
from .._core.errors import InvalidRequest, NotFound
from .._core.plan import Action, Plan
from .._core.quantity import human
from .contents import plan_contents
from .context import Context, Planned, chain
from .desired import Group, Layout
from .groups import (
    check_devices,
    check_identity,
    check_members,
    check_new,
    plan_creation,
    plan_extension,
    plan_group_removal,
    plan_tags,
    prepare,
    with_backup,
)
from .health import ailments
from .members import admissible, leaving, plan_resize, plan_resume
from .hidden import check_named, uses
from .model import State, VolumeGroup
from .renames import plan_renames
from .repair import plan_repair
from .seen import Shown
from .settings import BACKUPS
from .space import DEFAULT_ALIGNMENT, DEFAULT_EXTENT
from .trouble import trouble

#: What LVM shows a disk with.
PLAIN = (*TYPES, UNKNOWN, "swap", "vfat", "ntfs")


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
    #: Names of the volume groups whose metadata is backed up.
    recorded: FrozenSet[str] = frozenset()
    #: Volume groups that the wish has this machine do without, because it has no disk for them.
    left_out: Tuple[str, ...] = ()
    #: And where.
    backups: str = BACKUPS


def plan(observed: Observed, layout: Layout) -> Plan:
    """All that has to happen for ``layout``; ``after`` is an ``Outcome`` over every volume group of the machine."""
    for group in layout.groups:
        check_identity(group.name, f"{group.parameter}.name", observed.state, layout.allowed, observed.host)
    check_named(layout.groups, observed.host, observed.state, layout.wipe)
    renames, layout, host, state = plan_renames(layout, observed.host, observed.state)
    removals, host, state = _remove(layout, host, state)
    context = Context(host, layout.wipe, layout.data_loss, state.dmeventd, state.profiles, state.settings)
    orphans = frozenset(pv.device for pv in state.orphans if pv.orphan)
    choices = _choose(layout, host, state, orphans)
    actions: List[Action] = [*renames, *removals]
    recorded = set(state.recorded)
    degraded: List[dict] = []
    left_out: List[str] = []
    groups: Dict[str, VolumeGroup] = {group.name: group for group in state.groups}
    for group in layout.groups:
        present = groups.get(group.name)
        if group.state == "absent":
            continue
        choice = choices[group.name] = admissible(group, present, choices.get(group.name) or Choice(held=_devices(host, present)), host)
        wrong = trouble(group, present, state, host, choice.absent)
        if wrong:
            degraded += wrong
            continue
        if present is None and not group.wanted:
            # Nothing but absent volumes in it: they are.
            continue
        if present is None and not choice.new:
            # Its rule permits that, or there would have been a refusal by now.
            left_out.append(group.name)
            continue
        check_members(group, present, choice, host)
        check_new(group, present, choice.new, host, state)
        check_devices(leaving(present, group, host) if present else (), f"{group.parameter}.remove_devices", host, layout.allowed)
        actions += prepare(choice.new, orphans)
        made, groups[group.name] = _plan_one(group, present, choice, orphans, context)
        actions += with_backup(made, group.name)
        degraded += ailments(groups[group.name])
        recorded |= {group.name} if made else set()
    unadopted = tuple(
        {"volume_group": name, "device": device.id, "size_bytes": device.size} for name, choice in choices.items() for device in choice.unadopted
    )
    outcome = Outcome(tuple(groups.values()), tuple(degraded), unadopted, frozenset(recorded), tuple(left_out), state.settings.backups)
    new = [device for choice in choices.values() for device in choice.new]
    return Plan(_tried(actions, new), outcome, warnings=(*_warnings(layout, degraded, unadopted), *_unrecorded(layout, outcome, state)))


def _tried(actions: Sequence[Action], new: Sequence[Device]) -> Tuple[Action, ...]:
    """``actions``, the first one asking whether a filter keeps LVM from the new disks, and mkfs whether it takes its options: if not, nothing is
    changed.
    """
    # It never shows what bears a partition table or the mark of another; that is wiped first.
    plain = tuple(device.id for device in new if all(each.type in PLAIN for each in device.signatures))
    trials = [step for action in actions for step in action.steps if isinstance(step, TryMake)]
    checks = (*((Shown(plain),) if plain else ()), *dict.fromkeys(trials))
    if not actions or not checks:
        return tuple(actions)
    first, *others = (replace(action, steps=tuple(step for step in action.steps if step not in trials)) for action in actions)
    return (replace(first, steps=(*checks, *first.steps)), *others)


def _unrecorded(layout: Layout, outcome: Outcome, state: State) -> Iterator[str]:
    """A volume group without a backup is not known any more once its disks are gone."""
    for group in layout.groups:
        found = next((each for each in outcome.groups if each.name == group.name), None)
        if found and group.state == "present" and (group.name not in outcome.recorded or _other(state.recorded.get(group.name), found)):
            yield (
                f"LVM has no backup of the metadata of volume group {group.name} in {outcome.backups}: were all its disks gone, the next run would "
                f"take it for one that was never made. vgcfgbackup {group.name} writes one; look at backup/backup in lvm.conf and at the folder."
            )


def _other(recorded: Optional[str], found: VolumeGroup) -> bool:
    return bool(recorded and found.uuid) and recorded != found.uuid


def _remove(layout: Layout, host: Host, state: State) -> Tuple[Tuple[Action, ...], Host, State]:
    """The removal of volume groups, which comes first and leaves their disks to others, with the machine after it."""
    context = Context(host, layout.wipe, layout.data_loss)
    actions: List[Action] = []
    for group in layout.groups:
        present = state.group(group.name) if group.state == "absent" else None
        if present:
            check_devices(present.pvs, f"{group.parameter}.state", host, layout.allowed)
            actions += plan_group_removal(present, context)
            blank = {pv.device for pv in present.pvs if not pv.missing}
            devices = {name: replace(device, signatures=(), children=()) if name in blank else device for name, device in host.devices.items()}
            host = replace(host, devices=devices)
            state = replace(state, groups=tuple(each for each in state.groups if each is not present))
    return tuple(actions), host, state


def _plan_one(group: Group, present: Optional[VolumeGroup], choice: Choice, orphans: frozenset, context: Context) -> Planned:
    if present is None:
        made, present = plan_creation(group, choice.new, orphans, context.settings)
        more, present = plan_contents(group, present, context)
        return (*made, *more), present
    return chain(
        present,
        (
            plan_resume,
            # LVM extends a group that has lost a disk, and needs the room to repair it; anything else has to wait for the repair.
            lambda found: plan_extension(group, found, choice.new, orphans, context.settings),
            partial(plan_repair, wanted=group, context=context),
            partial(plan_resize, wanted=group, context=context),
            partial(plan_tags, wanted=group),
            lambda found: plan_contents(group, found, context),
        ),
    )


def _devices(host: Host, present: Optional[VolumeGroup]) -> list:
    return [host.devices[pv.device] for pv in present.pvs if pv.device in host.devices] if present else []


def _choose(layout: Layout, host: Host, state: State, orphans: frozenset) -> Dict[str, Choice]:
    wanted = [group for group in layout.groups if group.state == "present" and group.wanted]
    for group in layout.groups:
        if group.found and not state.group(group.name) and group.name not in state.recorded:
            raise InvalidRequest(
                "a volume group that is not there yet needs devices.",
                code="vg-devices",
                parameter=f"{group.parameter}.devices",
                found=f"no volume group of the name {group.name}",
                fix="give {rule: NAME}, a selector such as {rotational: false}, or a list of stable device names.",
            )
        needed = not group.wanted and any(volume.state == "present" for volume in group.volumes)
        if group.state == "present" and needed and not state.group(group.name) and group.name not in state.recorded:
            raise NotFound(
                "there is no such volume group.",
                code="vg-unknown",
                parameter="volume_group",
                found=group.name,
                fix=f"use one of: {', '.join(each.name for each in state.groups) or 'none is there'}.",
            )
    chosen = select(
        host,
        layout.rules,
        [_consumer(group, state, orphans) for group in wanted],
        layout.wipe,
        taken={
            **uses(host, state.hidden, layout.wipe, [group.name for group in layout.groups]),
            **{pv.device: f"volume group {group.name}" for group in state.groups for pv in group.pvs if pv.device},
        },
        marked=marked(host),
        allow_kernel_names=layout.allow_kernel_names,
        allows=lambda device: layout.allowed.devices.allows(device.spellings),
    )
    return {group.name: chosen[_label(group.name)] for group in wanted}


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
        minimum=(group.alignment_bytes or DEFAULT_ALIGNMENT) + extent,
        holds=frozenset(pv.device for pv in present.pvs if pv.device) if present else frozenset(),
        recorded=bool(present or (group.name in state.recorded and not group.adopt_new)),
        # One that is back is held, though LVM counts it out.
        missing=sum(not pv.device for pv in present.missing) if present else 1000 if group.name in state.recorded and not group.adopt_new else 0,
    )


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
