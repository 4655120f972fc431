# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Carrying out the steps on file systems, mount points, links, fstab, udev rules and the record."""

from __future__ import annotations

import dataclasses
import glob
import os
import time
from typing import Tuple

from .._block import fs_steps, record
from .._block.boot import FSTAB
from .._block.identity import rank
from .._block.model import KEPT
from .._block.probe import signatures
from .._core import files, mounts, trusted
from .._core.command import command, mutate
from .._core.errors import CommandFailed, Conflict, NotFound
from . import fstab, guard, trial
from .book import DropNotes, WriteDown, WriteRules
from .model import FORMATTING
from .steps import Bind, Link, MakeFileSystem, Mount, MountOwn, Renew, Retire
from .table import EditFstab
from .trial import make_options, renew, told


def write_down(step: WriteDown) -> None:
    """Edit the record as it is now. A logical volume that the plan made has its lasting name only by now."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    put = {}
    for name, made in step.put.items():
        ids = made.ids or record.lasting(_links(made.device), made.device)
        put[name or os.path.basename(_lasting(made.device))] = dataclasses.replace(made, ids=ids, since=made.since or now)
    trusted.replace(record.PATH, record.dump(record.read().edited(put, step.drop)))


def _links(device: str) -> Tuple[str, ...]:
    """All lasting names of a device, as observing it tells them."""
    real = os.path.realpath(device)
    folders = ("/dev/disk/by-id", "/dev/disk/by-path")
    return rank(f"{folder}/{name}" for folder in folders for name in files.listed(folder) if os.path.realpath(f"{folder}/{name}") == real)


def write_rules(step: WriteRules) -> None:
    """Replace the file, or remove it."""
    if step.text:
        files.replace(guard.PATH, step.text)
    elif os.path.exists(guard.PATH):
        os.unlink(guard.PATH)
        files.sync_folder(os.path.dirname(guard.PATH))


def drop_notes(step: DropNotes) -> None:
    """Remove the folder of notes; what stands in them is on record by now."""
    folder = os.path.join(step.base_dir, FORMATTING)
    for name in files.listed(folder):
        os.unlink(os.path.join(folder, name))
    os.rmdir(folder)
    files.sync_folder(step.base_dir)


def make_file_system(step: MakeFileSystem) -> None:
    """Run mkfs."""
    mutate(fs_steps.make(step.fs_type, step.device, step.label, step.uuid, make_options(step.fs_type)))


def mount(step: Mount) -> None:
    """Mount point, flag, mount."""
    path = _mount_point(os.path.join(step.base_dir, step.storage_class, step.uuid))
    _tell_udev(step)
    row = fstab.ours(files.text(FSTAB)).get(path, "")
    if not _unit_is_there(row, step.device):
        mutate(command("mount", "--types", step.fs_type, *told(step.options), step.device, path))
        return
    # It may be starting at this moment, because the device just came: mounted twice, one would lie over the other.
    mutate(command("systemctl", "daemon-reload"))
    mutate(command("systemctl", "start", path))
    _check_mounted(step, path)
    before = tuple(fstab.options_of(row))
    if before != step.options:
        renew(Renew(step.device, path, step.fs_type, step.options, before))


def _check_mounted(step: Mount, path: str) -> None:
    """Of a device without a lasting name the line goes by UUID, which leads systemd to whatever disk bears it."""
    sources = [mount.source for mount in mounts.mountinfo(files.text("/proc/self/mountinfo")) if mount.path == path]
    if not sources or os.path.realpath(sources[-1]) != os.path.realpath(step.device):
        if sources:
            mutate(command("umount", path))
        raise Conflict(
            "systemd did not mount the device of a local volume in its place; whatever it mounted there was unmounted at once.",
            code="mount-foreign",
            parameter="base_dir",
            found=f"{sources[-1] if sources else 'nothing'} at {path} instead of {step.device}",
            fix="look into the log of its mount unit; if another device bears the UUID, find out who wrote it there.",
        )


def _tell_udev(step: Mount) -> None:
    """Have udev read the device again if its link does not lead there: it can miss a write, and systemd waits for that link before it mounts."""
    link_of_udev = os.path.join("/dev/disk/by-uuid", step.uuid)
    if os.path.exists("/run/udev/control") and os.path.realpath(link_of_udev) != os.path.realpath(step.device):
        mutate(command("udevadm", "trigger", "--action=change", "--settle", step.device))


def _unit_is_there(row: str, device: str) -> bool:
    """Whether a line of ours has systemd mount this. One by UUID that the plan replaces is not used: a guest can have written that UUID elsewhere."""
    return os.path.isdir("/run/systemd/system") and bool(row) and (row.split()[0].startswith("UUID=") != fstab.lasts(device))


def mount_own(step: MountOwn) -> None:
    """Probe and mount. What holds anything else is left to the next run, which can see it."""
    found = signatures([step.device])[step.device]
    if [each.type for each in found] == [step.fs_type] and found[0].uuid in step.uuids:
        mount(Mount(step.device, step.fs_type, step.options, step.base_dir, step.storage_class, found[0].uuid))


def bind(step: Bind) -> None:
    """Mount point, flag, mount."""
    mutate(command("mount", "--bind", step.directory, _mount_point(step.path)))


def _mount_point(path: str) -> str:
    os.makedirs(path, exist_ok=True)
    _immutable(path, "+i")
    return path


def link(step: Link) -> None:
    """Link to the device's lasting name, which for a logical volume is known only once it is there."""
    target = step.device
    if not target.startswith("/dev/disk/"):
        target = _lasting(step.device)
    os.makedirs(step.folder, exist_ok=True)
    os.symlink(target, os.path.join(step.folder, os.path.basename(target)))
    # Whose ever it was before.
    for remembered in glob.glob(os.path.join(glob.escape(os.path.join(os.path.dirname(step.folder), KEPT)), "*", "*")):
        if os.path.islink(remembered) and os.path.realpath(remembered) == os.path.realpath(target):
            os.unlink(remembered)
    files.sync_folder(step.folder)


def _lasting(device: str) -> str:
    real = os.path.realpath(device)
    for name in sorted(os.listdir("/dev/disk/by-id")) if os.path.isdir("/dev/disk/by-id") else ():
        path = os.path.join("/dev/disk/by-id", name)
        if name.startswith("dm-uuid-") and os.path.realpath(path) == real:
            return path
    if real.startswith("/dev/dm-"):
        raise NotFound(
            "udev has not made the lasting name of a logical volume.",
            code="link-missing",
            found=f"nothing in /dev/disk/by-id leads to {device}",
            fix="look for errors in the log of systemd-udevd, then run again.",
        )
    return device


def retire(step: Retire) -> None:
    """Remove a mount point, or remember a link."""
    if not os.path.islink(step.path):
        _immutable(step.path, "-i")
        os.rmdir(step.path)
        return
    folder, name = os.path.split(step.path)
    if step.forget:
        os.unlink(step.path)
        files.sync_folder(folder)
        return
    memory = os.path.join(os.path.dirname(folder), KEPT, os.path.basename(folder))
    os.makedirs(memory, exist_ok=True)
    os.replace(step.path, os.path.join(memory, name))
    files.sync_folder(memory)


def edit_fstab(step: EditFstab) -> None:
    """Replace the file at once, with the mode that it had."""
    files.replace(FSTAB, fstab.edit(files.text(FSTAB), step.put, step.drop))


def _immutable(path: str, flag: str) -> None:
    """So that not even root writes to the disk below while nothing is mounted. Not every file system knows the flag."""
    try:
        mutate(command("chattr", flag, path))
    except CommandFailed as error:
        if "not supported" not in error.message:
            raise


#: For ``_module.run``.
HANDLERS = {
    WriteDown: write_down,
    WriteRules: write_rules,
    DropNotes: drop_notes,
    MakeFileSystem: make_file_system,
    Mount: mount,
    MountOwn: mount_own,
    Bind: bind,
    Link: link,
    Retire: retire,
    EditFstab: edit_fstab,
    **trial.HANDLERS,
}
