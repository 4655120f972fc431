# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Carrying out the steps on LVM that are not commands."""

from __future__ import annotations

from .._block.probe import signatures
from .._core import files
from .._core.command import command, mutate
from .._core.errors import Conflict
from .autoextend import WriteProfile
from .made import MADE, NoteMade


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


#: For ``_module.run``.
HANDLERS = {NoteMade: note_made, WriteProfile: lambda step: files.replace(step.path, step.text)}
