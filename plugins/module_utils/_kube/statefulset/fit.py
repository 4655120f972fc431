# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Will the pods find volumes? Pure, over free local volumes and what CSI drivers say they have left."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Set

from ..._core.errors import NoSpace
from ..._core.quantity import human
from .. import basics, quantity, sets
from . import facts
from .model import Desired, Object, Observed


def check(observed: Observed, desired: Desired, count: int) -> None:
    """Raise ``NoSpace`` when ``count`` pods would not all find their volumes."""
    there = {(template, index) for template, index, _claim in facts.claims(observed)}
    spread = facts.spread(observed.target["spec"]["template"])
    for name, template in sets.claim_templates(observed.target).items():
        missing = sum((name, index) not in there for index in range(count))
        storage_class = _class(observed, template)
        if not missing or storage_class is None:
            continue
        size, found = facts.size(template), storage_class["metadata"]["name"]
        if storage_class.get("provisioner") == basics.NO_PROVISIONER:
            free = _free(observed, template, found)
            busy = {basics.host(observed.volumes.get(claim["spec"].get("volumeName", ""), {})) for other, index, claim in facts.claims(observed)
                    if other == name and index < count} if spread else set()
            fitting = _fitting(free, size, busy, spread)
            told = f"{len(fitting)} free volumes fit" + (f" ({', '.join(fitting)})" if fitting else "")
            enough = len(fitting)
        else:
            segments = [each for each in observed.capacities if each.get("storageClassName") == found]
            if not segments:
                observed.run.warnings[f"{desired.ref}: the driver of the class {found} publishes no capacity, so nobody knows whether "
                                      f"{missing} more volumes of {human(size)} fit."] = None
                continue
            enough = sum(min(1, _holds(each, size)) if spread else _holds(each, size) for each in segments)
            told = f"room for {enough}"
        if enough < missing:
            raise NoSpace(f"{desired.ref}: {missing} more volumes of {human(size)} of the class {found} are needed"
                          f"{', each on a node of its own' if spread else ''}.", code="volumes-missing", parameter="sets", found=told,
                          fix="add disks or nodes, or ask for fewer replicas or for smaller claims.")


def _class(observed: Observed, template: Object) -> Optional[Object]:
    name = template["spec"].get("storageClassName")
    if name is not None:
        return observed.classes.get(name)
    return next((each for each in observed.classes.values() if basics.is_default(each)), None)


def _free(observed: Observed, template: Object, storage_class: str) -> List[Object]:
    modes = set(template["spec"].get("accessModes") or ())
    labels = ((template["spec"].get("selector") or {}).get("matchLabels") or {}).items()
    return [volume for volume in observed.volumes.values()
            if basics.phase(volume) == "Available" and not volume["spec"].get("claimRef")
            and volume["spec"].get("storageClassName") == storage_class and modes <= set(volume["spec"].get("accessModes") or ())
            and volume["spec"].get("volumeMode", "Filesystem") == template["spec"].get("volumeMode", "Filesystem")
            and labels <= (volume["metadata"].get("labels") or {}).items()]


def _fitting(free: Sequence[Object], size: int, busy: Set[str], spread: bool) -> List[str]:
    """Names of volumes that are large enough, with ``spread`` at most one for each node."""
    chosen: Dict[str, str] = {}
    for volume in sorted(free, key=lambda volume: basics.capacity(volume) or 0):
        if (basics.capacity(volume) or 0) >= size:
            node = basics.host(volume)
            if not spread:
                chosen[volume["metadata"]["name"]] = volume["metadata"]["name"]
            elif node not in busy:
                chosen.setdefault(node or volume["metadata"]["name"], volume["metadata"]["name"])
    return sorted(chosen.values())


def _holds(segment: Object, size: int) -> int:
    """How many volumes of ``size`` one topology segment has room for."""
    left, largest = quantity.in_bytes(segment.get("capacity")) or 0, quantity.in_bytes(segment.get("maximumVolumeSize"))
    if not size or (largest is not None and largest < size):
        return 0
    return left // size
