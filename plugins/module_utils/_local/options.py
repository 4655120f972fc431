# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Mount options of volumes that are mounted: what is not in force is brought by a remount, by a new mount, or told. Pure."""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Tuple

from .._block.in_force import differences, remounted, unseen
from .._block.model import Device
from .._core.command import command
from .._core.plan import Action
from .desired import VolumeClass
from .model import Mounted
from .steps import Renew, TryOptions

#: What every kernel mounts every type with: options that mount(8) tells the kernel by a flag, and some that all types of a class have.
_SURE = re.compile(
    "ro|rw|a?sync|dirsync|(no)?(atime|diratime|relatime|strictatime|lazytime|discard)|(no)?exec|nosuid|nodev|silent|loud|_netdev|nofail|errors=.*"
)


def trial(wanted: VolumeClass) -> Tuple[Action, ...]:
    """Try the options of a class before anything is done by them, unless there is nothing to try."""
    if all(_SURE.fullmatch(option) for option in wanted.mount_options):
        return ()
    step = TryOptions(wanted.fs_type, wanted.mount_options, f"{wanted.parameter}.mount_options")
    return (Action("try", "mount options", f"of class {wanted.name}", (step,)),)


def hindered(wanted: VolumeClass, device: Device, path: str, found: Mounted) -> str:
    """What to tell of a volume whose file system the kernel found damaged. A remount would hide that, where it is not refused."""
    repair = {"ext4": "e2fsck -f", "xfs": "xfs_repair", "btrfs": "btrfs check"}[wanted.fs_type]
    what = "was turned read-only by the kernel" if found.failed else f"has errors of its file system on record ({found.errors})"
    return (
        f"{device.id} (class {wanted.name}) {what}, and is neither remounted nor grown: look for its disk in dmesg, delete the pods that use it, "
        f"umount {path}, {repair} {device.id}, and run again"
    )


def why_small(wanted: VolumeClass, device: Device, found: Optional[Mounted]) -> str:
    """Why a volume that may grow does not, in words; empty where nothing keeps it from that. One that a person mounted read-only is remounted first."""
    if not wanted.grow:
        return ""
    if found and (found.failed or found.errors):
        return "is damaged"
    if device.read_only:
        return "is a device that is read-only, and does not grow"
    if "ro" in wanted.mount_options:
        return "is mounted read-only, as its class says, and does not grow"
    by_hand = bool(found and found.mount.read_only)
    return f"{device.stuck}, and does not grow until that is mended: {device.mend}" if device.stuck and not by_hand else ""


def plan_options(
    wanted: VolumeClass, path: str, source: str, device: Device, found: Mounted, before: Sequence[str], rewritten: bool
) -> Tuple[List[Action], str, bool]:
    """Actions, what stays other than wished in words, and whether the options have to be tried before anything.

    ``before`` are the options of the line in fstab that was there; ``rewritten`` whether it had others than are wished.
    """
    changes = [each for each in differences(wanted.fs_type, wanted.mount_options, found.mount, found.told) if each.wanted not in found.lacks]
    if rewritten:
        changes += unseen(wanted.fs_type, before, wanted.mount_options)
    if device.read_only and any(each.wanted == "rw" for each in changes):
        return [], f"{device.id} (class {wanted.name}) is mounted read-only, as the device itself is: blockdev --setrw, or replace it", rewritten
    after = {"mount_options": list(wanted.mount_options)}
    shown = {"mount_options": sorted((found.mount.options | found.mount.whole) - {""})}
    quick, slow = [each for each in changes if each.remount], [each for each in changes if not each.remount]
    if slow and device.mounts == (path,):
        step: object = Renew(source, path, wanted.fs_type, wanted.mount_options, _again(found))
    elif quick:
        # With its device named, what fstab still says is not taken along (mount(8), "remount").
        step = command("mount", "--options", ",".join(("remount", *remounted(wanted.fs_type, wanted.mount_options, quick))), source, path)
    else:
        step = None
    actions = [Action("remount", "local volume", f"{wanted.name} on {source}", (step,), shown, after)] if step else []
    if isinstance(step, Renew):
        return actions, "", True
    others = [mount for mount in device.mounts if mount != path] or [f"{path} a second time"]
    reason = (
        f"{device.id} (class {wanted.name}) is mounted {' and '.join(map(str, slow))}, and a remount does not change that. It has the options of "
        f"/etc/fstab from its next mount on: delete the pods that use it (it is mounted at {others[0]}) and run again, or reboot"
    )
    # What a remount brought needs no trial.
    return actions, reason if slow else "", rewritten and (bool(slow) or not quick)


def lacking(wanted: VolumeClass, device: Device, found: Mounted) -> Tuple[str, ...]:
    """What to say where a device cannot do what was asked for, so that no mount would bring it."""
    missed = [each.wanted for each in differences(wanted.fs_type, wanted.mount_options, found.mount, found.told) if each.wanted in found.lacks]
    return (f"{device.id} (class {wanted.name}) does without {' and '.join(missed)}, of which its device knows nothing.",) if missed else ()


def _again(found: Mounted) -> Tuple[str, ...]:
    """The options that bring back a mount as it is, should it not come with others: those of the mount alone, and the file system's own."""
    return tuple(sorted(found.mount.options - {"rw", ""}) + sorted(found.mount.whole - {"rw", "ro", "seclabel", "noquota", ""}))
