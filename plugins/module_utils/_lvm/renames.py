# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans that give volume groups, thin pools and logical volumes the names that they are known by from then on. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterable, List, Tuple, Union

from .._block.model import Host, lv_mapper_path
from .._core.command import command
from .._core.errors import Conflict, InvalidRequest, Refused
from .._core.plan import Action
from .desired import Group, Layout, ThinPool, Volume
from .groups import check_free, check_identity, with_backup
from .model import LogicalVolume, State, VolumeGroup
from .trouble import trouble
from .volumes import LOCAL_TAG


#: Where the boot loader, the kernel's command line and the initial RAM disk look for volumes by their paths.
_STARTED_FROM = frozenset(("/", "/usr", "/etc", "/var", "/boot", "/boot/efi", "/efi", "[SWAP]"))


def plan_renames(layout: Layout, host: Host, state: State) -> Tuple[Tuple[Action, ...], Layout, Host, State]:
    """The actions, and the wish and the machine after them.

    A volume group in trouble cannot be renamed yet: the wish then goes on under the name that it has.
    """
    _check_chain(layout.groups, "volume groups")
    actions: List[Action] = []
    groups: List[Group] = []
    for group in layout.groups:
        if group.rename_from:
            made, group, host, state = _rename_group(group, layout, host, state)
            actions += made
        groups.append(group)
        _check_chain((*group.thin_pools, *group.volumes), f"logical volumes of {group.name}")
        for volume in (*group.thin_pools, *group.volumes):
            if volume.rename_from:
                made, host, state = _rename_volume(group, volume, host, state)
                actions += made
    return tuple(actions), replace(layout, groups=tuple(groups)), host, state


def _check_chain(items: Iterable[Union[Group, ThinPool, Volume]], what: str) -> None:
    """A name that is given up and wanted in one wish would be renamed away again by the next run."""
    items = list(items)
    names = [name for item in items for name in (item.name, item.rename_from)]
    for item in items:
        if item.rename_from and names.count(item.rename_from) > 1:
            raise InvalidRequest(
                f"a name that is given up is used again among the {what}.",
                code="rename-chain",
                parameter=f"{item.parameter}.rename_from",
                found=item.rename_from,
                fix="rename in two runs, or use a name that nothing else has.",
            )


def _rename_group(group: Group, layout: Layout, host: Host, state: State) -> Tuple[Tuple[Action, ...], Group, Host, State]:
    parameter = f"{group.parameter}.rename_from"
    check_identity(group.rename_from, parameter, state, layout.allowed, host)
    old, as_it_is = state.group(group.rename_from), replace(group, name=group.rename_from, rename_from="")
    if state.group(group.name):
        if old:
            raise _both(f"volume group {old.name}", f"volume group {group.name}", parameter)
        return (), group, host, state
    if old is None:
        return (), as_it_is if trouble(as_it_is, None, state, host) else group, host, state
    if old.missing or trouble(as_it_is, old, state, host):
        return (), as_it_is, host, state
    check_free(group.name, f"{group.parameter}.name", state)
    for volume in old.visible:
        _check_path(old, volume, host, parameter)
    new = replace(old, name=group.name)
    action = Action("rename", "volume group", group.name, (command("vgrename", old.name, group.name),), {"name": old.name}, {"name": group.name})
    host = _moved(host, {f"/dev/{old.name}/{volume.name}": f"/dev/{group.name}/{volume.name}" for volume in old.lvs})
    return with_backup((action,), group.name), group, host, _known(state, old, new)


def _rename_volume(group: Group, wanted: Union[ThinPool, Volume], host: Host, state: State) -> Tuple[Tuple[Action, ...], Host, State]:
    present = state.group(group.name)
    old = present.lv(wanted.rename_from) if present else None
    if present is None or old is None or present.missing or trouble(group, present, state, host):
        return (), host, state
    parameter, name, old_name = f"{wanted.parameter}.rename_from", f"{present.name}/{wanted.name}", f"{present.name}/{old.name}"
    if present.lv(wanted.name):
        raise _both(f"logical volume {old_name}", f"logical volume {name}", parameter)
    _check_path(present, old, host, parameter)
    local = next((tag for tag in old.tags if tag.startswith(LOCAL_TAG)), "")
    if local:
        raise Refused(
            "local_volumes knows its volumes by their names.",
            code="rename-local",
            parameter=parameter,
            found=f"{old_name} with the tag {local}",
            fix="give up the class with cairn.storage.local_volumes first.",
        )

    def known(volume: LogicalVolume) -> LogicalVolume:
        return replace(
            volume,
            name=wanted.name if volume is old else volume.name,
            pool=wanted.name if volume.pool == old.name else volume.pool,
            origin=wanted.name if volume.origin == old.name else volume.origin,
        )

    after = replace(present, lvs=tuple(known(volume) for volume in present.lvs))
    kind = "thin pool" if old.thin_pool else "logical volume"
    action = Action("rename", kind, name, (command("lvrename", present.name, old.name, wanted.name),), {"name": old.name}, {"name": wanted.name})
    return (
        with_backup((action,), present.name),
        _moved(host, {f"/dev/{old_name}": f"/dev/{name}"}),
        _known(state, present, after),
    )


def _known(state: State, old: VolumeGroup, new: VolumeGroup) -> State:
    """``state`` with ``new``, backed up, in place of ``old``."""
    recorded = {name: uuid for name, uuid in state.recorded.items() if name != old.name}
    return replace(state, groups=tuple(new if each is old else each for each in state.groups), recorded={**recorded, new.name: new.uuid or ""})


def _both(old: str, new: str, parameter: str) -> Conflict:
    return Conflict(
        "the old and the new name both exist.",
        code="rename-both",
        parameter=parameter,
        found=f"{old} and {new}",
        fix="take the option out, or rename one of the two to something else first.",
    )


def _check_path(group: VolumeGroup, volume: LogicalVolume, host: Host, parameter: str) -> None:
    """Refuse to take a path away from something that goes by it."""
    path = f"/dev/{group.name}/{volume.name}"
    device = host.resolve(path)
    reason = ""
    entry = next((each for each in host.boot if lv_mapper_path(path) in each.names and each.path), None)
    if device and _STARTED_FROM.intersection(host.mounts(device)):
        reason = f"the machine runs from {path}"
    elif entry:
        reason = f"{entry.place} names {path}"
    elif volume.open and not volume.thin_pool and not (device and host.mounts(device)):
        reason = f"{path} is in use by a program, which may know it by its path"
    if reason:
        raise Refused(
            "a rename would take away a path that is in use.",
            code="rename-path",
            parameter=parameter,
            found=reason,
            fix="let fstab name it by UUID, or stop what uses it, then run again.",
        )


def _moved(host: Host, paths: Dict[str, str]) -> Host:
    mapper = {lv_mapper_path(old): lv_mapper_path(new) for old, new in paths.items()}
    return replace(host, devices={name: replace(device, path=mapper.get(device.path, device.path)) for name, device in host.devices.items()})
