# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Disks for the classes that stand on whole devices. Pure."""

from __future__ import annotations

from typing import Dict

from .._block.model import Device, Host
from .._block.select import Choice, Consumer, bears_mark, marked, select
from .._lvm.model import State
from .desired import VolumeClass, Wish
from .model import Observed, labelled
from .sources import entry_of, minimum, note_of


def choose(observed: Observed, wish: Wish, pending: State) -> Dict[str, Choice]:
    """Disks of the classes that stand on devices, by class."""
    host = observed.host
    consumers = [_consumer(observed, item) for item in wish.classes if item.wanted]
    taken = {pv.device: f"volume group {group.name}" for group in pending.groups for pv in group.pvs if pv.device}
    choices = select(
        host,
        wish.rules,
        consumers,
        wish.wipe,
        taken=taken,
        marked=marked(host) | frozenset(observed.kept),
        allow_kernel_names=wish.allow_kernel_names,
    )
    return {item.name: choices[f"class {item.name}"] for item in wish.classes if item.wanted}


def _consumer(observed: Observed, wanted: VolumeClass) -> Consumer:
    entries = [entry for entry in observed.entries if entry.storage_class == wanted.name]
    holds, blank = set(), set()
    for device in observed.host:
        if entry_of(observed, wanted, device) or _is_ours(observed, wanted, device):
            holds.add(device.kernel_name)
        elif note_of(observed, wanted.name, device):
            blank.add(device.kernel_name)
    uuids = observed.host.by_uuid()
    gone = sum(1 for entry in entries if not entry.device and (entry.link or entry.name not in uuids))
    return Consumer(
        f"class {wanted.name}",
        wanted.wanted,
        wanted.adopt_new,
        frozenset(holds),
        frozenset(blank),
        recorded=bool(entries),
        missing=gone,
        minimum=minimum(wanted),
    )


def _is_ours(observed: Observed, wanted: VolumeClass, device: Device) -> bool:
    if note_of(observed, wanted.name, device):
        return False
    if wanted.block:
        kept = observed.kept.get(device.kernel_name, "").partition("/")[0] == wanted.name
        return kept and not _given_since(observed.host, device)
    return labelled(device, wanted.name)


def _given_since(host: Host, device: Device) -> bool:
    """Whether somebody else got what a class had given up: then it comes back only as any other disk would."""
    above = any(each.type != "part" for each in host.above(device))
    return bool(device.entry or host.mounts(device) or above or bears_mark(device))
