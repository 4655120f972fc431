# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan for a machine's local volumes. Pure; UUIDs for new file systems come from the caller."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Callable, Dict, List, Mapping, Sequence

from .._block import record
from .._core.errors import Conflict, Refused
from .._core.plan import Action, Consent, Plan
from .._core.quantity import human
from .._lvm.context import Context
from . import guard
from .book import Book, WriteDown, WriteRules
from .desired import VolumeClass, Wish
from .directories import plan_directories
from .disks import choose, listed
from .identity import Identity, check_places
from .logical import left_out_group, logical_volumes, pending_state
from .model import Observed, Outcome, Volume, disk_ids, is_directory
from .options import trial, why_small
from .removal import plan_removal
from .sources import Source
from .steps import Bind, Link, Mount, MountOwn
from .table import EditFstab, Table
from .volumes import Volumes, check_modes


def plan(observed: Observed, wish: Wish, new_uuid: Callable[[], str]) -> Plan:
    """All that has to happen for ``wish``; ``after`` is an ``Outcome`` over the entries of all classes in it."""
    written, wish = wish, _real(wish, observed.places)
    check_modes(observed, wish.classes)
    state = pending_state(observed, wish)
    context = Context(observed.host, wish.wipe, Consent("allow_data_loss", {}), settings=state.settings)
    identity = Identity(observed, wish)
    for wanted in wish.classes:
        check_places(observed, identity, wanted)
    choices = choose(observed, wish, state, identity)
    actions: List[Action] = []
    table, book = Table(observed), Book(observed, wish)
    outcome: List[Volume] = []
    degraded: List[dict] = []
    unadopted: List[dict] = []
    left_out: List[dict] = []
    warnings: List[str] = []
    owners: Dict[str, str] = {}
    tries: List[Action] = []
    for wanted in wish.classes:
        if wanted.state == "absent":
            actions += plan_removal(observed, wish, wanted, identity, table, book)
            continue
        entries = identity.entries(wanted)
        volumes = Volumes(observed, wish, wanted, identity, table, book, new_uuid)
        sources: List[Source] = []
        if wanted.directories:
            made, volumes.found, trouble = plan_directories(observed, wish, wanted, table)
            actions += made
            degraded += trouble
        elif wanted.wanted:
            choice, named = choices[wanted.name], listed(wish, wanted)
            sources = [
                Source(device.id, device.size, device, held, disk_ids(observed.host, device), listed=named, absent=len(choice.absent))
                for held, devices in ((True, choice.held), (False, choice.new))
                for device in devices
            ]
            unadopted += [{"class": wanted.name, "device": device.id, "size_bytes": device.size} for device in choice.unadopted]
            if not (sources or entries or identity.recorded(wanted)):
                left_out.append({"class": wanted.name, "reason": "this machine has no disk for it"})
        elif not entries and left_out_group(wanted, state, wish):
            left_out.append({"class": wanted.name, "reason": f"this machine has no volume group {wanted.logical_volumes.volume_group}"})
        else:
            made, sources, state, trouble, said = logical_volumes(context, wanted, state, bool(entries), partial(_stays, observed, wanted))
            actions += made
            degraded += trouble
            warnings += said
        for source in sources:
            _check_owner(owners, source, wanted, observed, identity)
            actions += volumes.give_out(source)
        degraded += volumes.lost(entries)
        tries += trial(wanted) if volumes.untried else ()
        warnings += volumes.said
        outcome += sorted(volumes.found, key=lambda volume: (volume.name is None, volume.name or volume.device))
    # The cluster knows them by the path that was written.
    outcome = [replace(each, path=each.path and written.base_dir + each.path[len(wish.base_dir) :]) for each in outcome]
    # What the kernel may refuse comes before all; then the rules, so that no link leads to what a guest writes; last the record of what was there
    # before there was one.
    actions = [*tries, *book.guard(), *actions, *table.actions(), *book.actions()]
    _check_open(observed, wish, actions)
    warnings += [f"degraded: {each['reason']}" for each in degraded]
    warnings += [
        f"{each['device']} ({human(each['size_bytes'])}) matches, but class {each['class']} does not use it; set adopt_new: true to let it."
        for each in unadopted
    ]
    after = Outcome(tuple(outcome), tuple(degraded), tuple(unadopted), tuple(left_out))
    return Plan(tuple(actions), after, (*warnings, *wish.wipe.warnings(), *wish.adopt.warnings()))


def _real(wish: Wish, places: Mapping[str, str]) -> Wish:
    """``wish`` with the paths as the kernel names them."""
    published = wish.published and tuple(replace(each, path=places.get(each.path, each.path)) for each in wish.published)
    return replace(wish, base_dir=places.get(wish.base_dir, wish.base_dir), published=published)


def _check_open(observed: Observed, wish: Wish, actions: Sequence[Action]) -> None:
    """Refuse before the first step what would end with one that cannot be written: a volume that is mounted and has no line comes to no boot."""
    folder = f"{wish.base_dir}/x"
    written = {EditFstab: "/etc/fstab", WriteRules: guard.PATH, WriteDown: record.PATH, Mount: folder, MountOwn: folder, Bind: folder, Link: folder}
    for step in (step for action in actions for step in action.steps):
        path = written.get(type(step), "")
        if path in observed.closed:
            raise Refused(
                "a file or folder that this has to change cannot be changed. Nothing was done.",
                code="file-closed",
                parameter="classes",
                found=f"{wish.base_dir if path == folder else path}: {observed.closed[path]}",
                fix="let it be written while this runs (mount -o remount,rw, chattr -i).",
            )


def _stays(observed: Observed, wanted: VolumeClass, path: str) -> bool:
    """Whether the logical volume at ``path`` keeps its size, because its file system would."""
    device = observed.host.resolve(path)
    found = next((observed.mounted[mount] for mount in device.mounts if mount in observed.mounted), None) if device else None
    return bool(device and not wanted.block and why_small(wanted, device, found))


def _check_owner(owners: Dict[str, str], source: Source, wanted: VolumeClass, observed: Observed, identity: Identity) -> None:
    """Refuse to give out a device twice, whatever led there: two classes, an entry or volume of somebody else, the record."""
    device = source.device
    name = device.kernel_name if device else source.path
    other = owners.setdefault(name, f"class {wanted.name}")
    entries = [entry for entry in identity.entries(wanted) if device and entry.device == device.kernel_name and not is_directory(entry.name)]
    if other == f"class {wanted.name}" and device:
        around = observed.host.overlapping(device)
        strangers = (each.entry for each in around if each.entry and each.entry.partition("/")[0] != wanted.name)
        given = next((f"local volume {entry}" for entry in strangers), "")
        published = next((identity.elsewhere[each.kernel_name] for each in around if each.kernel_name in identity.elsewhere), "")
        other = given or published or (f"entries {' and '.join(entry.name for entry in entries)}" if len(entries) > 1 else other)
    if other != f"class {wanted.name}":
        raise Conflict(
            "a device would be given out twice.",
            code="device-shared",
            parameter=wanted.parameter,
            found=f"{source.path}: class {wanted.name}, and {other}",
            fix="give each device to one of them; of two entries or volumes of one device delete the one that nobody uses.",
        )
