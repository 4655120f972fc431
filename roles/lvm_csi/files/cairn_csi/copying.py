# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filling a new volume from what it is made of. Each step leaves tags from which the next start goes on."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable, Optional

from .collection import Action, Busy, Plan, command
from .delete import Removal, away
from .inventory import Found, find
from .jobs import Jobs
from .names import Id
from .removing import finish, wipe
from .store import Store, run
from .tags import retag
from .zeroing import zero

#: Bytes that are copied between two marks of how far it got.
_PIECE = 256 * 1024**2
_BLOCK = 4 * 1024**2
#: Seconds in which udev has read a volume that was just made; who holds it open for longer writes to it.
_LOOKED_AT = 10


def fill(store: Store, jobs: Jobs, which: Id, stop: Callable[[], bool]) -> None:
    """Copy what is missing, zero what nothing is copied to of a raw volume, and let it be used."""
    _copy(store, jobs, which, stop)
    zero(store, which, stop)


def _copy(store: Store, jobs: Jobs, which: Id, stop: Callable[[], bool]) -> None:
    """Copy what is missing, and let the snapshot go that it was copied from."""
    # Step 1: what is copied from gets a device; a thin snapshot has none.
    found = _begin(store, jobs, which)
    if found is None:
        return
    origin = _origin(found)
    # Step 2: the copy, piece by piece.
    while found.facts.copied < found.facts.bytes:
        if stop():
            raise Busy("the copy was stopped.", code="copy-stopped", parameter="volume_id", found=which.name, fix="ask again.")
        found = _piece(store, found, origin)
    with store.lock():
        # Step 3: from now on it is a volume like any other, or one whose end is still to be zeroed.
        rest = found.facts.zeroed and found.facts.bytes < found.bytes
        then = {"state": "zeroing" if rest else "", "copied": found.facts.bytes if rest else 0}
        store.apply(_plan("finish", which.name, retag(which.name, found.facts, origin="", bytes=0, **then)))
        # Step 4: what stood only for this goes; after a crash recovery.py sees to it.
        left = find(store.report(origin.group), origin)
        removal = away(left) if left and left.facts.kind == "work" else Removal()
        store.apply(removal.first)
    finish(store, jobs, removal)


def _begin(store: Store, jobs: Jobs, which: Id) -> Optional[Found]:
    """The volume, when nobody else writes to it and what it is copied from can be read; ``None`` when there is nothing to copy."""
    limit = time.monotonic() + _LOOKED_AT
    while True:
        with store.lock():
            state = store.report()
            found = find(state, which)
            if found is None or found.facts.state != "copying":
                return None
            if not found.volume.open:
                there = find(state, _origin(found))
                if there and not (there.volume.invalid or there.hollow):
                    store.activate(there)
                    store.activate(found)
                    return found
                # More changed meanwhile than the snapshot that is copied from has room for: what was copied is worth nothing.
                mine, other = away(found), away(there) if there and there.facts.kind == "work" else Removal()
                store.apply(mine.first)
                store.apply(other.first)
                break
        if time.monotonic() > limit:
            raise Busy(
                "a copy that outlived its driver still writes to it.", code="copy-orphan", parameter="volume_id", found=which.name, fix="wait."
            )
        time.sleep(0.2)
    if mine.wiped:
        # Not by a job: this is the one.
        wipe(store, which)
    finish(store, jobs, other)
    raise Busy(
        "the snapshot that it was copied from is lost.",
        code="copy-lost",
        parameter="volume_content_source",
        found=found.facts.origin,
        fix="ask again.",
    )


def _origin(found: Found) -> Id:
    return Id(found.id.node, *found.facts.origin.split("/"))


def _piece(store: Store, found: Found, origin: Id) -> Found:
    offset = found.facts.copied
    end = min(offset + _PIECE, found.facts.bytes)
    place = (f"bs={_BLOCK}", f"count={-(-(end - offset) // _BLOCK)}", f"skip={offset // _BLOCK}", f"seek={offset // _BLOCK}")
    # Past the page cache, of which pods have better use; nothing of it is told finished before it is on the disk.
    run(
        command(
            "dd",
            f"if={origin.path}",
            f"of={found.id.path}",
            *place,
            "iflag=direct",
            "oflag=direct",
            # Never a new file in /dev, if the device should be gone.
            "conv=notrunc,nocreat,fsync",
            "status=none",
            timeout=3600,
        )
    )
    with store.lock():
        store.apply(_plan("mark", found.id.name, retag(found.id.name, found.facts, copied=end)))
    return replace(found, facts=replace(found.facts, copied=end))


def _plan(verb: str, name: str, *steps: object) -> Plan:
    return Plan((Action(verb, "logical volume", name, steps),))
