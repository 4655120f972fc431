# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The plan for a machine's local volumes. Pure; UUIDs for new file systems come from the caller."""

from __future__ import annotations

from typing import Callable, Dict, List

from .._core.errors import Conflict
from .._core.plan import Action, Consent, Plan
from .._core.quantity import human
from .._lvm.context import Context
from .desired import VolumeClass, Wish
from .directories import plan_directories
from .disks import choose
from .logical import logical_volumes, pending_state
from .model import Observed, Outcome, Volume, disk_ids
from .removal import plan_removal
from .sources import Source
from .table import Table
from .volumes import Volumes, check_modes


def plan(observed: Observed, wish: Wish, new_uuid: Callable[[], str]) -> Plan:
    """All that has to happen for ``wish``; ``after`` is an ``Outcome`` over the entries of all classes in it."""
    check_modes(observed, wish.classes)
    state = pending_state(observed, wish)
    context = Context(observed.host, wish.wipe, Consent("allow_data_loss", {}))
    choices = choose(observed, wish, state)
    actions: List[Action] = []
    table = Table(observed)
    outcome: List[Volume] = []
    degraded: List[dict] = []
    unadopted: List[dict] = []
    warnings: List[str] = []
    owners: Dict[str, str] = {}
    for wanted in wish.classes:
        if wanted.state == "absent":
            actions += plan_removal(observed, wish, wanted, table)
            continue
        entries = [entry for entry in observed.entries if entry.storage_class == wanted.name]
        volumes = Volumes(observed, wish, wanted, table, new_uuid)
        sources: List[Source] = []
        if wanted.directories:
            made, volumes.found, trouble = plan_directories(observed, wish, wanted, table)
            actions += made
            degraded += trouble
        elif wanted.wanted:
            choice = choices[wanted.name]
            sources = [
                Source(device.id, device.size, device, held, disk_ids(observed.host, device))
                for held, devices in ((True, choice.held), (False, choice.new))
                for device in devices
            ]
            unadopted += [{"class": wanted.name, "device": device.id, "size_bytes": device.size} for device in choice.unadopted]
        else:
            made, sources, state, trouble, said = logical_volumes(context, wanted, state, bool(entries))
            actions += made
            degraded += trouble
            warnings += said
        for source in sources:
            _check_owner(owners, source, wanted)
            actions += volumes.give_out(source)
        degraded += volumes.lost(entries)
        outcome += sorted(volumes.found, key=lambda volume: (volume.name is None, volume.name or volume.device))
    actions += table.actions()
    warnings += [f"degraded: {each['reason']}" for each in degraded]
    warnings += [
        f"{each['device']} ({human(each['size_bytes'])}) matches, but class {each['class']} does not use it; set adopt_new: true to let it."
        for each in unadopted
    ]
    return Plan(tuple(actions), Outcome(tuple(outcome), tuple(degraded), tuple(unadopted)), (*warnings, *wish.wipe.warnings()))


def _check_owner(owners: Dict[str, str], source: Source, wanted: VolumeClass) -> None:
    """Refuse to give out twice what one class lists and another makes."""
    name = source.device.kernel_name if source.device else source.path
    if owners.setdefault(name, wanted.name) != wanted.name:
        raise Conflict(
            f"classes {owners[name]} and {wanted.name} both want one device.",
            code="device-shared",
            parameter=wanted.parameter,
            found=source.path,
            fix="give each device to one of them.",
        )
