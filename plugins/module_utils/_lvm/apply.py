# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Carrying out the steps on LVM that are not commands."""

from __future__ import annotations

import json
import os

from .._block.probe import signatures
from .._core import files
from .._core.command import command, mutate, read
from .._core.errors import Conflict, Refused
from .autoextend import WriteProfile
from .made import MADE, NoteMade
from .observe import devices_file
from .seen import Shown


def note_made(step: NoteMade) -> None:
    """Probe and tag."""
    path = f"/dev/{step.name}"
    uuid = next((each.uuid for each in signatures([path]).get(path, ()) if each.type == step.type), "")
    if not uuid:
        raise Conflict(
            "the file system that was just made is not there.",
            code="device-changed",
            found=f"no {step.type} on {path}",
            fix="find out who wrote to it, then run again.",
        )
    old = [part for tag in step.old for part in ("--deltag", tag)]
    mutate(command("lvchange", *old, "--addtag", MADE + uuid, step.name))


def check_shown(step: Shown) -> None:
    """List all that LVM can see. With a devices file it takes in what is new, whatever filters say (lvmdevices(8))."""
    rows = json.loads(read("lvm", "pvs", "--all", "--reportformat", "json", "--options", "pv_name,pv_size"))["report"][0]["pv"]
    shown = {os.path.realpath(row["pv_name"]) for row in rows}
    hidden = [path for path in step.paths if os.path.realpath(path) not in shown]
    if hidden and devices_file() is None:
        error = Refused(
            "LVM does not take this disk.",
            code="device-filtered",
            parameter="devices",
            found=f"{', '.join(hidden)} is not among what pvs --all shows",
            fix="let it pass devices/filter and devices/global_filter of lvm.conf (cairn.storage.lvm_device_filter); nothing was changed.",
        )
        error.undone = True
        raise error


#: For ``_module.run``.
HANDLERS = {Shown: check_shown, NoteMade: note_made, WriteProfile: lambda step: files.replace(step.path, step.text)}
