# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing volumes and snapshots, and making their blocks unreadable first where that is wanted.

The tag says so before the first block goes, so a crash leaves it to be finished.
"""

from __future__ import annotations

import time
from functools import partial

from .collection import Action, CommandFailed, Plan, Refused, command
from .delete import Removal, decide, remove
from .given import check_given
from .inventory import find
from .jobs import Jobs
from .names import Id
from .store import Store, run

#: Seconds that udev is given.
_UDEV = 5.0
#: What blkdiscard(8) ends with where the disk has no such command.
_UNSUPPORTED = 2
#: Hours, for a large slow disk.
_TIMEOUT = 24 * 3600
#: blkdiscard(8); zeroes are written where the device has no command for them.
_HOW = {"discard": ("blkdiscard", "--force"), "zero": ("blkdiscard", "--force", "--zeroout")}


def destroy(store: Store, jobs: Jobs, which: Id) -> None:
    """Remove what an id means, if it is there; ``Busy`` while that goes on."""
    check_given(which, store.groups)
    # A copy into it stops; a wipe goes on and is waited for.
    jobs.drop(str(which))
    finish(store, jobs, _begin(store, which, time.monotonic() + _UDEV))


def finish(store: Store, jobs: Jobs, removal: Removal) -> None:
    """Wait until what a removal has marked is wiped and gone."""
    for each in removal.wiped:
        jobs.join(str(each), partial(wipe, store, each), "wiped")


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


def wipe(store: Store, which: Id, _stop: object = None) -> None:
    """Wipe and remove what is marked for it. Only as the job of that id, or within it: a second one might wipe what has the name next."""
    with store.lock():
        found = find(store.report(which.group), which)
        if found is None or found.facts.state != "wiping":
            return
        if found.volume.origin and not found.volume.thin:
            # Only by itself does a thick snapshot give access to the blocks that it keeps.
            step = command("lvconvert", "--yes", "--splitsnapshot", which.name)
            store.apply(Plan((Action("split", "logical volume", which.name, (step,)),)))
        else:
            store.activate(found)
    # Step 2: whoever was killed in the middle begins anew.
    _blank(found.facts.wipe, which.path)
    with store.lock():
        # Step 3: nothing of it is left.
        found = find(store.report(which.group), which)
        if found and found.facts.state == "wiping":
            store.apply(Plan((remove(which.name),)))


def _blank(how: str, path: str) -> None:
    try:
        run(command(*_HOW[how], path, timeout=_TIMEOUT))
    except CommandFailed as error:
        if how == "zero" or error.status != _UNSUPPORTED:
            raise
        run(command(*_HOW["zero"], path, timeout=_TIMEOUT))
