# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing volumes and snapshots, and making their blocks unreadable first where that is wanted.

The tag says so before the first block goes, so a crash leaves it to be finished.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Callable

from .collection import Plan, Refused, command
from .delete import Removal, decide, remove
from .inventory import find
from .jobs import Jobs
from .names import Id
from .store import Store, run

#: Seconds that udev is given.
_UDEV = 5.0
#: Hours, for a large slow disk.
_TIMEOUT = 24 * 3600
#: blkdiscard(8); zeroes are written where the device has no command for them.
_HOW = {"discard": ("blkdiscard", "--force"), "zero": ("blkdiscard", "--force", "--zeroout")}


def destroy(store: Store, jobs: Jobs, which: Id) -> None:
    """Remove what an id means, if it is there; ``Busy`` while that goes on."""
    # A copy into it stops; a wipe goes on and is waited for.
    jobs.drop(str(which))
    removal = _begin(store, which, time.monotonic() + _UDEV)
    if removal.wipe:
        jobs.join(str(which), partial(wipe, store, which), "wiped")


def _begin(store: Store, which: Id, until: float) -> Removal:
    """Step 1: remove it, or mark it for being wiped."""
    while True:
        try:
            with store.lock():
                removal = decide(store.report(), which)
                store.apply(removal.first)
                return removal
        except Refused as error:
            # A new device is open for a moment, because udev looks at what it holds.
            if error.code != "volume-open" or time.monotonic() > until:
                raise
        time.sleep(0.5)


def wipe(store: Store, which: Id, _stop: Callable[[], bool]) -> None:
    """Wipe and remove a volume that is marked for it."""
    found = find(store.report(which.group), which)
    if found is None or found.facts.state != "wiping":
        return
    # Step 2: whoever was killed in the middle begins anew.
    run(command(*_HOW[found.facts.wipe], which.path, timeout=_TIMEOUT))
    with store.lock():
        # Step 3: nothing of it is left.
        if find(store.report(which.group), which):
            store.apply(Plan((remove(which.name),)))
