# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The file of the saved configuration: where it stands, reading and replacing it."""

from __future__ import annotations

import os
from typing import Tuple

from ..._core import files
from .saved import load
from .state import Document
from .steps import Save

#: Where targetcli keeps its file: as Debian has patched it, and as it came.
_FOLDERS = ("/etc/rtslib-fb-target", "/etc/target")


def path() -> str:
    """The file of this distribution."""
    debian = os.path.isdir(_FOLDERS[0]) or os.path.exists("/etc/debian_version")
    return os.path.join(_FOLDERS[0 if debian else 1], "saveconfig.json")


def read() -> Tuple[str, Document]:
    """Its path and what stands in it."""
    place = path()
    return place, load(files.text(place), place)


def write(step: Save) -> None:
    """It holds secrets, so an older file of another mode is closed first."""
    if os.path.exists(step.path):
        os.chmod(step.path, 0o600)
    files.replace(step.path, step.text, 0o600)
