# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A volume's file system: made once, and noted before anybody can write into it, so that it is never made again."""

from __future__ import annotations

from . import log
from .collection import CairnError
from .inventory import Found
from .mounting import Mounter
from .store import Store


def have_file_system(store: Store, mounter: Mounter, found: Found, read_only: bool = False) -> None:
    """Make the file system unless it is there. Whoever is killed before the note finds it by its UUID, and notes it then."""
    uuid = mounter.file_system(found, read_only)
    if not uuid or uuid == found.facts.made:
        return
    try:
        store.mark(found, made=uuid)
    except CairnError as error:
        if found.facts.made:
            raise
        # A volume of the version before is no worse off than it was, and a group with a missing disk takes no tags.
        log.error("note", volume=found.id.name, message=str(error))
