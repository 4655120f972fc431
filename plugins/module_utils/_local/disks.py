"""Disks for the classes that stand on whole devices. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Sequence

from .._block.assign import eligible
from .._block.model import Device, Host
from .._block.record import MAKING
from .._block.rules import DiskRule
from .._block.select import Choice, Consumer, marked, select
from .._core.errors import Refused
from .._lvm.hidden import uses
from .._lvm.model import State
from .desired import VolumeClass, Wish
from .identity import Identity
from .model import Observed
from .sources import minimum


def choose(observed: Observed, wish: Wish, pending: State, identity: Identity) -> Dict[str, Choice]:
    """Disks of the classes that stand on devices, by class."""
    host = _in_use(observed)
    classes = [item for item in wish.classes if item.wanted]
    for item in classes:
        check_unproven(_unproven(observed, wish, item, identity), item, wish)
    consumers = [_consumer(observed, item, identity) for item in classes]
    taken = {pv.device: f"volume group {group.name}" for group in pending.groups for pv in group.pvs if pv.device}
    choices = select(
        host,
        wish.rules,
        consumers,
        wish.wipe,
        taken={**uses(host, pending.hidden, wish.wipe), **taken, **identity.elsewhere},
        marked=marked(host) | frozenset(observed.kept),
        allow_kernel_names=wish.allow_kernel_names,
    )
    return {item.name: choices[f"class {item.name}"] for item in classes}


def _in_use(observed: Observed) -> Host:
    """The machine with what volumes of somebody else lead to in use, so that rules for unused disks pass over it as long as no pod has it open."""
    used = {
        name: replace(observed.host.devices[name], opened=f"persistent volume {volume}, which somebody else made")
        for name, volume in observed.foreign.items()
        if name in observed.host.devices
    }
    return replace(observed.host, devices={**observed.host.devices, **used})


def _consumer(observed: Observed, wanted: VolumeClass, identity: Identity) -> Consumer:
    holds, blank = set(), set()
    for device in observed.host:
        known = identity.known(wanted, device)
        if known:
            (blank if known.state == MAKING else holds).add(device.kernel_name)
    return Consumer(
        f"class {wanted.name}",
        wanted.wanted,
        wanted.adopt_new,
        frozenset(holds),
        frozenset(blank),
        recorded=bool(identity.entries(wanted) or identity.recorded(wanted)),
        missing=len(identity.missing(wanted)),
        minimum=minimum(wanted),
        lasting=True,
    )


def _rule(wish: Wish, wanted: VolumeClass) -> Optional[DiskRule]:
    return wanted.wanted.selector or next((rule for rule in wish.rules if rule.name == wanted.wanted.rule), None)


def listed(wish: Wish, wanted: VolumeClass) -> bool:
    """Whether a person named the disks of the class one by one."""
    rule = _rule(wish, wanted) if wanted.wanted else None
    return bool(wanted.wanted and (wanted.wanted.references or rule and rule.disks is not None))


def _unproven(observed: Observed, wish: Wish, wanted: VolumeClass, identity: Identity) -> List[Device]:
    """Disks meant by the class that say they are its own, and nothing else does. Once a class has volumes its rule passes such disks over."""
    host, rule = observed.host, _rule(wish, wanted)
    if wanted.wanted.references:
        meant = [host.resolve(reference) for reference in wanted.wanted.references]
    elif rule and (rule.disks is not None or not (identity.entries(wanted) or identity.recorded(wanted))):
        meant = [device for device in host if eligible(host, device) and rule.describes(device)]
    else:
        meant = []
    return [device for device in meant if device and identity.unproven(wanted, device)]


def check_unproven(devices: Sequence[Device], wanted: VolumeClass, wish: Wish) -> None:
    """Refuse to guess about disks that bear the label of a class and are not on record: as on a machine that was installed anew."""
    left = [device for device in devices if not any(name in wish.wipe.given for name in device.spellings)]
    if left:
        lines = ", ".join(f'"{device.id}": "{device.signatures[0].uuid}"' for device in left)
        raise Refused(
            f"a file system is labelled as one of class {wanted.name}, and no record of this machine says so. Whoever was given the device raw "
            "could have written that.",
            code="adopt-needed",
            parameter="adopt",
            found="; ".join(f"{device.id} holds {device.signatures[0]}" for device in left),
            fix=f"to take in what is there, set adopt: {{{lines}}}; to make it anew, name it in wipe in the same way.",
        )
