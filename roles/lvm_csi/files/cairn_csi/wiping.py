# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a volume's blocks unreadable before others get them. The tag says so before the first block goes, so a crash leaves it to be finished."""

from __future__ import annotations

from typing import Callable

from .collection import Plan, command
from .delete import remove
from .inventory import find
from .names import Id
from .store import Store, run

#: Hours, for a large slow disk.
_TIMEOUT = 24 * 3600
#: blkdiscard(8); zeroes are written where the device has no command for them.
_HOW = {"discard": ("blkdiscard", "--force"), "zero": ("blkdiscard", "--force", "--zeroout")}


def wipe(store: Store, which: Id, _stop: Callable[[], bool]) -> None:
    """Wipe and remove a volume that is marked for it."""
    found = find(store.report(which.group), which)
    if found is None or found.facts.state != "wiping":
        return
    # Step 1 was the mark. Step 2:
    run(command(*_HOW[found.facts.wipe], which.path, timeout=_TIMEOUT))
    # Step 3:
    with store.lock():
        if find(store.report(which.group), which):
            store.apply(Plan((remove(which.name),)))
