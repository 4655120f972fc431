# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for what logical volumes hold: file systems are made, labelled, grown, and made smaller before their volume is. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional, Tuple

from .._block import fs_steps
from .._block.admit import how_to_clear
from .._block.boot import check_boot
from .._block.filesystems import TYPES, FileSystem
from .._block.growth import plan_growth
from .._block.model import Device, Signature
from .._block.steps import Unchanged, blank
from .._core.command import command
from .._core.errors import Busy, Conflict, NoSpace, Refused
from .._core.plan import Action
from .._core.quantity import human
from .context import Context
from .desired import Volume
from .made import MADE, UNFORMATTED, NoteMade, reserved
from .model import LogicalVolume, VolumeGroup


def plan_file_system(
    group: VolumeGroup, volume: Volume, before: Optional[LogicalVolume], after: LogicalVolume, context: Context
) -> Tuple[Action, ...]:
    """What the file system on a logical volume needs once the volume is as ``after``; ``before`` is ``None`` if it is only now made.

    One that was not asked for is grown with its volume where this machine has it mounted, and else left to whom it belongs.
    What an inactive volume holds cannot be seen; a later run looks after it.
    """
    path, size = f"/dev/{group.name}/{volume.name}", after.extents * group.extent_bytes
    if before is None:
        return _make(volume.filesystem, path, size, (UNFORMATTED,)) if volume.filesystem else ()
    device = context.host.resolve(path)
    if device is None or not device.readable or not after.active:
        return ()
    found = device.signatures[0] if len(device.signatures) == 1 and device.signatures[0].type in TYPES else None
    if volume.filesystem and not (found and _is_wanted(volume.filesystem, found)):
        _check_damage(volume.filesystem, path, device, before)
        _check_writable(group, before, volume.filesystem.parameter)
        wiped, tags = _wipe(volume.filesystem, path, device, before, context)
        return (*wiped, *_make(volume.filesystem, path, size, tags))
    if not found or not (volume.filesystem or device.mounts):
        return ()
    actions = (*_label(volume.filesystem, path, found, device), *plan_growth(path, device, size, device.mounts[0] if device.mounts else ""))
    if actions:
        _check_writable(group, before, volume.filesystem.parameter if volume.filesystem else volume.parameter)
    if actions and (before.open or device.entry) and not device.mounts:
        # A guest or an initiator may have it mounted, and two kernels on one file system destroy it.
        raise Busy(
            "the file system is in use where this machine cannot see it.",
            code="fs-in-use",
            parameter=volume.filesystem.parameter if volume.filesystem else volume.parameter,
            found=f"{_words(device)} on {path}, {f'local volume {device.entry}' if device.entry else 'open'} and not mounted here ({actions[0]})",
            fix="take the option out and let its user do that, or stop what uses it, then run again.",
        )
    return _noted(volume.filesystem, path, found, before, actions)


def _check_writable(group: VolumeGroup, before: Optional[LogicalVolume], parameter: str) -> None:
    if before and before.read_only:
        raise Refused(
            "the logical volume is read-only, and its file system would have to be written to.",
            code="lv-read-only",
            parameter=parameter,
            found=f"{group.name}/{before.name}",
            fix=f"lvchange --permission rw {group.name}/{before.name}, or leave it as it is.",
        )


def _noted(wanted: Optional[FileSystem], path: str, found: Signature, before: LogicalVolume, actions: Tuple[Action, ...]) -> Tuple[Action, ...]:
    """``actions`` with the note that the file system was made: what an interrupted run left undone is done, else it goes with another change."""
    note = NoteMade(_name(path), found.type, _ours(before.tags))
    if UNFORMATTED in before.tags and wanted:
        return (Action("note", "file system", path, (note,), {"made": None}, {"made": found.uuid}), *actions)
    if not wanted or not actions or any(tag.startswith(MADE) for tag in before.tags):
        return actions
    *others, last = actions
    return (*others, replace(last, steps=(*last.steps, note)))


def _ours(tags: Tuple[str, ...]) -> Tuple[str, ...]:
    return tuple(tag for tag in tags if reserved(tag))


def _name(path: str) -> str:
    return path[len("/dev/") :]


def _check_damage(wanted: FileSystem, path: str, device: Device, before: LogicalVolume) -> None:
    """Refuse to format over a file system of ours that does not show: a repair may bring back what it held."""
    made = next((tag[len(MADE) :] for tag in before.tags if tag.startswith(MADE)), "")
    if made and device.unsigned:
        raise Refused(
            "the volume had a file system, and shows none now: it is damaged.",
            code="fs-damaged",
            parameter=wanted.parameter,
            found=f"{_words(device)} on {path}, where file system {made} was made",
            fix=f"repair it (e2fsck -b 32768, xfs_repair, btrfs rescue) or remove the volume with state: absent. If it holds nothing that is wanted, "
            f"lvchange --deltag {MADE}{made} {_name(path)} gives up the file system.",
        )


def plan_shrink(group: VolumeGroup, volume: Volume, wanted: int, context: Context) -> Tuple[Any, ...]:
    """Steps that make room at the end of a volume of which ``wanted`` bytes shall stay; refused unless it holds an ext4 that is not mounted."""
    path, parameter = f"/dev/{group.name}/{volume.name}", f"{volume.parameter}.size"
    device = context.host.resolve(path)
    if device is None or [each.type for each in device.signatures] != ["ext4"]:
        raise Conflict(
            "only a volume with an ext4 file system can be made smaller.",
            code="shrink-kind",
            parameter=parameter,
            found=f"{f'{_words(device)}, {human(device.size)}' if device else 'an inactive volume'} on {path}",
            fix="ask for at least the present size.",
        )
    _check_writable(group, group.lv(volume.name), parameter)
    mounts = context.host.mounts(device)
    if mounts:
        raise Busy(
            "a file system is made smaller only while it is not mounted.",
            code="shrink-mounted",
            parameter=parameter,
            found=f"{path} at {mounts[0]}",
            fix="unmount it.",
        )
    # Data past the end is moved by resize2fs, which stops if there is no room for it.
    return (Unchanged(path, device.found), *(fs_steps.shrink(path, wanted) if not device.geometry or device.geometry.size > wanted else ()))


def _is_wanted(wanted: FileSystem, found: Signature) -> bool:
    return found.type == wanted.type and wanted.uuid in ("", found.uuid)


def _words(device: Device) -> str:
    return " and ".join(map(str, device.signatures)) or "nothing"


def _wipe(wanted: FileSystem, path: str, device: Device, before: LogicalVolume, context: Context) -> Tuple[Tuple[Action, ...], Tuple[str, ...]]:
    """The wiping of what is there, and the tags of ours that the volume has after that."""
    given = f"given out as local volume {device.entry}" if device.entry else ""
    opened = f"open in {device.opened}" if device.opened else "something has it open" if before.open else ""
    uses = [use for use in (*context.host.mounts(device), *(each.path for each in context.host.above(device)), given, opened) if use]
    if uses:
        raise Busy(
            "the volume is in use, with something else on it.",
            code="fs-in-use",
            parameter=wanted.parameter,
            found=f"{_words(device)} on {path}, {uses[0]}",
            fix="unmount it, or take the option out.",
        )
    if not device.signatures or (UNFORMATTED in before.tags and device.unsigned):
        return (), _ours(before.tags)
    check_boot(context.host, wanted.parameter, (device,))
    hint = how_to_clear(device) if device.unsigned else ""
    context.wipe.require(path, device.found, _words(device), names=device.spellings, code="fs-unknown" if hint else "fs-signature", hint=hint)
    check, *clear = blank(device)
    # Options that mkfs refuses for this device: what is there is still there then.
    check = (check, *fs_steps.tried(wanted.type, path, wanted.options))
    steps = (*check, *_begin(path, _ours(before.tags)), *clear)
    holds = {"holds": [str(each) for each in device.signatures]}
    return (Action("wipe", "device", path, steps, holds, {"holds": []}, loses=_words(device)),), (UNFORMATTED,)


def _begin(path: str, tags: Tuple[str, ...]) -> Tuple[Any, ...]:
    """The step that notes that from now on nothing on the volume is wanted until it has its file system: an interrupted run is gone on with."""
    if tags == (UNFORMATTED,):
        return ()
    old = [part for tag in tags if tag != UNFORMATTED for part in ("--deltag", tag)]
    return (command("lvchange", *old, "--addtag", UNFORMATTED, _name(path)),)


def _make(wanted: FileSystem, path: str, size: int, tags: Tuple[str, ...]) -> Tuple[Action, ...]:
    least = fs_steps.MINIMUM[wanted.type]
    if size < least:
        raise NoSpace(
            f"a file system of type {wanted.type} needs more room.",
            code="fs-small",
            parameter=wanted.parameter,
            found=f"{human(size)} on {path}",
            fix=f"at least {human(least)} are needed.",
        )
    step = fs_steps.make(wanted.type, path, wanted.label, wanted.uuid, wanted.options)
    after = {"type": wanted.type, "size": human(size), **({"label": wanted.label} if wanted.label else {})}
    note = NoteMade(_name(path), wanted.type, (UNFORMATTED,))
    trial = (fs_steps.TryMake(wanted.type, size, wanted.options),) if wanted.options else ()
    steps = (*trial, Unchanged(path, "", ours=UNFORMATTED in tags), *_begin(path, tags), step, note)
    return (Action("make", "file system", path, steps, None, after),)


def _label(wanted: Optional[FileSystem], path: str, found: Signature, device: Device) -> Tuple[Action, ...]:
    if not wanted or wanted.label in ("", found.label):
        return ()
    step = fs_steps.rename(found.type, path, wanted.label, device.mounts[0] if device.mounts else "")
    return (Action("label", "file system", path, (step,), {"label": found.label}, {"label": wanted.label}),)
