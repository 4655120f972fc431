# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Reading what all targets of a machine share, and the text of the restoring program."""

from __future__ import annotations

import importlib.util
import os
from typing import Any, Dict

from ..._core import files
from ..._core.blocks import WriteFile
from . import apply, kernel, restore, saved_file
from .plan_host import CLEARING, ENABLED, PACKAGE, UNITS, Seen, Wish

_VENDOR = ("/usr/lib/systemd/system", "/lib/systemd/system")
#: All that the program imports, by room. A test runs it from these alone.
_ROOMS = {
    "_core": ("command", "errors", "executor", "files", "lock", "lvm_command", "plan"),
    "_iscsi": ("chap", "names"),
    "_iscsi.target": (
        *("actions", "apply", "build", "build_store", "discovery", "kernel", "model", "paths", "remove", "restore", "save", "saved", "saved_file"),
        *("state", "steps", "view"),
    ),
}


def program() -> Dict[str, str]:
    """Its files by path, read from the packages that this file belongs to, which may stand in an archive."""
    root = restore.__name__.rpartition("._iscsi.")[0]
    found = {}
    for room, names in _ROOMS.items():
        for name in names:
            spec: Any = importlib.util.find_spec(f"{root}.{room}.{name}")
            found[f"{PACKAGE}/{room.replace('.', '/')}/{name}.py"] = spec.loader.get_source(spec.name)
    return found


def observe(wish: Wish) -> Seen:
    """Files alone, no command."""
    path, document = saved_file.read()
    return Seen(
        kernel.survey(),
        document,
        path,
        kernel.discovery(),
        {place: files.text(place) for place in wish.files},
        os.path.islink(ENABLED),
        tuple(unit for unit in CLEARING if _may_start(unit)),
    )


def _may_start(unit: str) -> bool:
    own = f"{UNITS}/{unit}"
    if os.path.islink(own):
        return os.readlink(own) != os.devnull
    return any(os.path.exists(f"{folder}/{unit}") for folder in (UNITS, *_VENDOR))


#: For ``_module.run``.
HANDLERS = {**apply.HANDLERS, WriteFile: lambda step: files.replace(step.path, step.text)}
