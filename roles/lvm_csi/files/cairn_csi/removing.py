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
from .delete import Removal, decide, in_use, remove
from .given import check_given
from .inventory import find
from .jobs import Jobs, left
from .names import Id
from .store import STEADY, Store, run
from .turns import aside

#: Seconds in which is closed what is not mounted: udev looks at a new device, kubelet has a loop device on a raw volume until it unstages it.
_CLOSED = 10.0
#: Seconds between two looks whether it is.
_LOOK = 0.1
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
    finish(store, jobs, jobs.settled(partial(_begin, store, which)))


def finish(store: Store, jobs: Jobs, removal: Removal) -> None:
    """Wait until what a removal has marked is wiped and gone."""
    for each in removal.wiped:
        jobs.join(str(each), partial(wipe, store, each), "wiped")


def _begin(store: Store, which: Id) -> Removal:
    """Step 1: remove it, or mark it for being wiped."""
    until = time.monotonic() + left()
    while True:
        _closed(store, which, until)
        try:
            with store.lock():
                removal = decide(store.fresh(which.group), which)
                store.apply(removal.first)
                return removal
        except Refused as error:
            # Opened since.
            if error.code != "volume-open" or time.monotonic() >= until:
                raise
        _pause()


def _closed(store: Store, which: Id, until: float) -> None:
    """Wait until nobody has it open: kubelet takes a volume from its node after Kubernetes has let the claim go, so that is what is waited for."""
    machine = store.machine
    if not machine.opened(which.path):
        return
    # By what was known a while ago; LVM is asked once it is closed.
    known = store.recent(STEADY)
    found = find(known, which)
    if found is None or found.facts.state:
        return
    try:
        # What else forbids it is told at once.
        decide(known, which)
    except Refused as error:
        if error.code != "volume-open":
            raise
    look, end = 0.0, time.monotonic() + _CLOSED
    while machine.opened(which.path):
        now = time.monotonic()
        if now >= look:
            mounted = machine.mounts_of(which.path)
            elsewhere = next((each.path for each in mounted if not machine.kubelets(each)), "")
            if elsewhere:
                # Whoever mounted it there may never end that.
                raise in_use(which, f"{found.facts.kind}_id", elsewhere)
            look, end = now + 1.0, now + _CLOSED if mounted else end
        if now > min(end, until):
            raise in_use(which, f"{found.facts.kind}_id")
        _pause()


def _pause() -> None:
    with aside():
        time.sleep(_LOOK)


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
