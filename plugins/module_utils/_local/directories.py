# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans for directories of file systems that are there, mounted a second time to be given out. Pure."""

from __future__ import annotations

from typing import List, Tuple

from .._core.errors import Conflict, NotFound
from .._core.plan import Action
from . import fstab
from .desired import VolumeClass, Wish
from .paths import check_apart
from .model import Directory, Observed, Volume, disk_ids, entry_of_directory
from .steps import Bind
from .table import Table


def plan_directories(observed: Observed, wish: Wish, wanted: VolumeClass, table: Table) -> Tuple[List[Action], List[Volume], List[dict]]:
    """Actions, the volumes, and what is degraded: directories that were given out and whose file system is not there."""
    actions: List[Action] = []
    volumes: List[Volume] = []
    degraded: List[dict] = []
    folder = f"{wish.base_dir}/{wanted.name}"
    given = fstab.bound(observed.fstab, folder, observed.places)
    mounted = {entry.path for entry in observed.entries if entry.device}
    for index, directory in enumerate(wanted.directories):
        found = observed.directories.get(directory)
        path = given.get(directory, "")
        if not path:
            found = _check(wish, wanted, index, directory, observed)
        name = entry_of_directory(directory, found) if found else ""
        if path and path != f"{folder}/{name}":
            old = path.rpartition("/")[2]
            volumes.append(Volume(wanted.name, old, path, "Filesystem", "", 0, old[:36], degraded=True, shared=True))
            reason = f"{directory} (class {wanted.name}) is " + ("on another file system than before." if found else "missing.")
            degraded.append({"class": wanted.name, "entry": old, "device": "", "reason": reason})
            continue
        path = f"{folder}/{name}"
        device = observed.host.devices[found.device]
        volumes.append(
            Volume(wanted.name, name, path, "Filesystem", device.id, found.capacity, found.uuid, disks=disk_ids(observed.host, device), shared=True)
        )
        table.put(path, fstab.bind_line(directory, path, wanted.name))
        if path not in mounted:
            after = {"volume_mode": "Filesystem", "directory": directory}
            actions.append(Action("publish", "local volume", f"{wanted.name} on {directory}", (Bind(directory, path),), None, after))
    return actions, volumes, degraded


def _check(wish: Wish, wanted: VolumeClass, index: int, directory: str, observed: Observed) -> Directory:
    parameter = f"{wanted.parameter}.directories[{index}]"
    found = observed.directories.get(directory)
    check_apart(directory, wish.base_dir, parameter)
    if found is None:
        raise NotFound(
            "there is no such directory.",
            code="directory-absent",
            parameter=parameter,
            found=f"{directory} is missing, or a link is on the way",
            fix="mount its file system, or make it; it is not made here, so that nothing is written to the disk below.",
        )
    if not found.uuid:
        raise Conflict(
            "the directory is not on a local disk.",
            code="directory-file-system",
            parameter=parameter,
            found=f"{directory} on what is mounted at {found.mount_point}",
            fix="name one on a file system with a UUID on a disk of this machine.",
        )
    return found
