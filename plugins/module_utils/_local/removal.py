# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Giving up a class: its entries go once the cluster knows none of them; the data stays unless its wiping was permitted. Pure."""

from __future__ import annotations

from typing import List

from .._block.boot import check_boot
from .._block.record import PATH, Made, lasting
from .._block.steps import Clear, blank
from .._core.command import command
from .._core.errors import Busy, Refused
from .._core.plan import Action
from .book import Book
from .desired import VolumeClass, Wish
from .identity import Identity
from .model import Entry, Observed, is_directory, is_ours
from .steps import Retire
from .table import Table


def plan_removal(observed: Observed, wish: Wish, wanted: VolumeClass, identity: Identity, table: Table, book: Book) -> List[Action]:
    """Unmount and take out every entry of the class."""
    # Other files and folders there are somebody else's, and no volumes.
    known = [entry for entry in observed.entries if entry.link or entry.device or is_ours(entry.name)]
    entries = [entry for entry in known if entry.storage_class == wanted.name]
    if not entries and not identity.recorded(wanted):
        # An interrupted run may have left lines, by which the next boot would mount, and so give out, the volumes again.
        for path in table.below(f"{wish.base_dir}/{wanted.name}"):
            table.drop(path)
        return []
    if wish.published is None:
        raise Refused(
            "whether the cluster uses these volumes is not known.",
            code="published-unknown",
            parameter="published",
            found=f"{len(entries)} entries of class {wanted.name}",
            fix="give what cairn.storage.storage_info says is published from this node.",
        )
    folder = f"{wish.base_dir}/{wanted.name}/"
    volumes = [each.volume for each in wish.published if each.storage_class == wanted.name or each.path.startswith(folder)]
    if volumes:
        raise Refused(
            "the cluster still has volumes of this class on this node.",
            code="class-published",
            parameter=f"{wanted.parameter}.state",
            found=", ".join(sorted(volumes)),
            fix="delete their claims and persistent volumes first.",
        )
    actions = [action for entry in entries for action in _take_out(observed, wish, wanted, entry, identity, table, book)]
    there = {entry.name for entry in entries}
    off = [name for name in identity.recorded(wanted) if name not in there]
    steps = tuple(step for name in off for step in book.gone(name, forget=False))
    return actions + ([Action("update", "file", PATH, steps)] if steps else [])


def _take_out(observed: Observed, wish: Wish, wanted: VolumeClass, entry: Entry, identity: Identity, table: Table, book: Book) -> List[Action]:
    # A directory's disk serves others as well: it is none of this entry's.
    device = None if is_directory(entry.name) else identity.device_of(wanted, entry)
    # What a raw volume holds bears no signature that a pod did not write.
    held = (device.found or (f"{entry.storage_class}/{entry.name}" if entry.link else "")) if device else ""
    wiped = bool(device and held and any(name in wish.wipe.given for name in device.spellings))
    if device and wiped:
        # Our own line goes with the entry; another one stays, and would wait for what is gone.
        check_boot(observed.host, "wipe", (device,))
        loss = " and ".join(map(str, device.signatures)) or "what is on it"
        wish.wipe.require(device.id, held, loss, names=device.spellings, code="device-signature")
    left = None
    if device and not entry.link:
        kind = next((each.type for each in device.signatures if each.uuid == entry.name), "")
        left = Made(wanted.name, wish.base_dir, "Filesystem", device.id, lasting(device.links, device.path), kind)
    # What a raw volume holds bears no signature, and would be unknown data to whoever is given the disk next.
    cleared = (Clear(device.id),) if device and wiped and not device.signatures else ()
    steps: tuple = (*cleared, Retire(entry.path, forget=wiped), *book.gone(entry.name, wiped, left))
    if device:
        elsewhere = [mount for mount in observed.host.mounts(device) if mount != entry.path]
        if elsewhere:
            raise Busy(
                "the volume is still in use.",
                code="entry-in-use",
                parameter="classes",
                found=f"{device.id} is also mounted at {elsewhere[0]}",
                fix="delete the pods that use it, then run again.",
            )
    if not entry.link:
        table.drop(entry.path)
        if entry.device:
            below = observed.host.devices.get(entry.device)
            # More than one mount can lie in one place.
            steps = (command("umount", entry.path),) * (below.mounts.count(entry.path) if below else 1) + steps
    actions = [
        Action(
            "withdraw",
            "local volume",
            f"{entry.storage_class}/{entry.name}",
            steps,
            {"path": entry.path, "device": device.id if device else ""},
            None,
            loses=f"what is on {device.id}" if device and wiped and not device.signatures else "",
        )
    ]
    if device and device.signatures and wiped:
        actions.append(
            Action(
                "wipe",
                "device",
                device.id,
                blank(device),
                {"holds": [str(each) for each in device.signatures]},
                {"holds": []},
                loses=" and ".join(map(str, device.signatures)),
            )
        )
    return actions
