# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zeroing extents before anybody can read them: what they held is another tenant's. Each step leaves tags from which the next start goes on."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable, Optional

from .collection import Action, Busy, Plan, command
from .inventory import Found, find
from .names import Id
from .store import Store, run
from .tags import retag

#: Bytes that are zeroed between two marks of how far it got.
_PIECE = 2 * 1024**3
#: Seconds in which udev has read a volume that was just made; who holds it open for longer writes to it.
_LOOKED_AT = 10


def zero(store: Store, which: Id, stop: Callable[[], bool]) -> None:
    """Zero what is not yet of a logical volume that is marked for it, and take the mark away."""
    found = _begin(store, which)
    if found is None:
        return
    while found.facts.state:
        if stop():
            raise Busy("zeroing was stopped.", code="zero-stopped", parameter="volume_id", found=which.name, fix="ask again.")
        end = _piece(found)
        # The last mark says that it is done.
        facts = replace(found.facts, copied=end) if end < found.bytes else replace(found.facts, state="", copied=0)
        with store.lock():
            store.apply(Plan((Action("mark", "logical volume", which.name, (retag(which.name, found.facts, **vars(facts)),)),)))
        found = replace(found, facts=facts)


def _begin(store: Store, which: Id) -> Optional[Found]:
    """The logical volume once nobody else writes to it; ``None`` when it is not to be zeroed."""
    limit = time.monotonic() + _LOOKED_AT
    while True:
        with store.lock():
            found = find(store.report(which.group), which)
            if found is None or found.facts.state != "zeroing":
                return None
            if not found.volume.open:
                store.activate(found)
                return found
        if time.monotonic() > limit:
            # By a command that outlived its driver: it would zero what the next tenant writes.
            raise Busy("something has it open.", code="zero-orphan", parameter="volume_id", found=which.name, fix="wait.")
        time.sleep(0.2)


def _piece(found: Found) -> int:
    """Zero some, and say up to where."""
    offset = found.facts.copied
    end = min(offset + _PIECE, found.bytes)
    if offset >= end:
        return end
    # blkdiscard(8): the disk's own command for zeroes where it has one, else they are written.
    run(command("blkdiscard", "--force", "--zeroout", "--offset", offset, "--length", end - offset, found.id.path, timeout=4 * 3600))
    # What is told finished is on the disk and not in its cache.
    run(command("sync", found.id.path, timeout=3600))
    return end
