# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether anything can satisfy claims that are about to be made. Kubernetes leaves them pending for ever and says little or nothing. Pure.

Rules: pkg/controller/volume/persistentvolume (index.go, pv_controller.go) and the admission plugin DefaultStorageClass.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ..._core.errors import CairnError, NoSpace, NotFound
from .. import basics
from ..basics import Object
from ..manifest import Ref, ref

#: A claim that is about to be made, and the parameter that asks for it.
New = Tuple[str, Object]


def refuse_unmet(new: Sequence[New], classes: Sequence[Object], volumes: Optional[Sequence[Object]]) -> bool:
    """Raise for the first of ``new`` claims that neither a provisioner nor a free volume can satisfy; several share the volumes.

    ``False`` where that cannot be told, because the volumes (``None``) may not be read.
    """
    waiting: List[Tuple[str, Object, List[Object]]] = []
    for where, claim in new:
        name = _class(claim, classes)
        found = basics.named(classes, name) if name else None
        if found is not None and found.get("provisioner") != basics.NO_PROVISIONER:
            continue
        if volumes is None:
            return False
        waiting.append((where, claim, _fitting(claim, name, found is not None, volumes, classes, where)))
    _refuse_shared(waiting)
    return True


def _class(claim: Object, classes: Sequence[Object]) -> Optional[str]:
    """The class that the claim will have; ``None`` where there is no default."""
    name = claim["spec"].get("storageClassName")
    defaults = sorted((each for each in classes if basics.is_default(each)), key=lambda each: each["metadata"].get("creationTimestamp") or "")
    return name if name is not None else defaults[-1]["metadata"]["name"] if defaults else None


def _fitting(claim: Object, name: Optional[str], exists: bool, volumes: Sequence[Object], classes: Sequence[Object], where: str) -> List[Object]:
    """The volumes that the claim can be bound to; raises where there is none, saying what stands in the way."""
    what = ref(claim)
    mine = [each for each in volumes if (each["spec"].get("storageClassName") or "") == (name or "")]
    if not mine and name is None:
        raise NotFound(f"{what} names no storage class, and none is the default.", code="claim-no-default-class", parameter=f"{where}.storage_class",
                       found=f"the classes {_names(classes)}", fix="name a class, or make one the default (storage_class with default: true).")
    label = f"the class {name}" if name else "no class"
    if not mine and not exists and name:
        raise NotFound(f"{what}: there is no storage class {name}.", code="claim-class-unknown", parameter=f"{where}.storage_class",
                       found=f"the classes {_names(classes)}", fix="name one that is there, or make it first.")
    if not mine:
        raise _unmet(claim, where, "claim-no-volume", "storage_class", f"there is no volume of {label}, and nobody makes any", "none",
                     "publish volumes first, or name a class with a provisioner.")
    held = [each for each in mine if _free(each, what)]
    if not held:
        raise _unmet(claim, where, "claim-no-free-volume", "storage_class", f"no volume of {label} is free", f"{len(mine)} volumes, each taken",
                     "delete claims that are not needed, or publish more volumes.")
    spec = claim["spec"]
    mode = spec.get("volumeMode") or "Filesystem"
    right = [each for each in held if (each["spec"].get("volumeMode") or "Filesystem") == mode]
    if not right:
        other = "Block" if mode == "Filesystem" else "Filesystem"
        raise _unmet(claim, where, "claim-no-volume-mode", "volume_mode", f"no free volume of {label} has the volume mode {mode}",
                     f"{len(held)} free volumes, each {other}", f"set volume_mode: {other}, or name another class.")
    modes = set(spec.get("accessModes") or ())
    open_to = [each for each in right if modes <= set(each["spec"].get("accessModes") or ())]
    if not open_to:
        there = sorted({each for volume in right for each in volume["spec"].get("accessModes") or ()})
        raise _unmet(claim, where, "claim-no-volume-access", "access_modes", f"no free volume of {label} has these access modes", ", ".join(there),
                     "ask for what the volumes have.")
    chosen = [each for each in open_to if _selected(each, spec.get("selector") or {})]
    if not chosen:
        raise _unmet(claim, where, "claim-no-volume-labels", "match_labels", f"no free volume of {label} has these labels",
                     f"{len(open_to)} free volumes without them", "correct the labels, or leave them out.")
    asked = basics.requested(claim) or 0
    large = [each for each in chosen if (basics.capacity(each) or 0) >= asked]
    if not large:
        largest = max(chosen, key=lambda each: basics.capacity(each) or 0)
        raise _unmet(claim, where, "claim-no-volume-size", "size", f"no free volume of {label} is as large as {basics.stated(claim)}",
                     f"the largest is {largest['metadata']['name']} with {largest['spec']['capacity']['storage']}",
                     "ask for at most that, or publish a larger one.")
    return large


def _free(volume: Object, what: Ref) -> bool:
    """Whether a volume can still be bound to the claim: to nobody yet, or to this one by its name."""
    if volume["metadata"].get("deletionTimestamp") or basics.status(volume).get("phase", "Available") not in ("Available", "Pending"):
        return False
    holder = volume["spec"].get("claimRef") or {}
    return not holder or (holder.get("namespace"), holder.get("name")) == (what.namespace, what.name)


def _selected(volume: Object, selector: Mapping[str, Dict[str, str]]) -> bool:
    return (selector.get("matchLabels") or {}).items() <= (volume["metadata"].get("labels") or {}).items()


def _refuse_shared(waiting: Sequence[Tuple[str, Object, List[Object]]]) -> None:
    """Each claim takes a volume of its own. Claims move to other volumes that fit them as well, as far as that makes room."""
    taken: Dict[str, int] = {}

    def place(index: int, tried: set) -> bool:
        for volume in sorted(waiting[index][2], key=lambda each: basics.capacity(each) or 0):
            name = volume["metadata"]["name"]
            if name not in tried:
                tried.add(name)
                if name not in taken or place(taken[name], tried):
                    taken[name] = index
                    return True
        return False

    for index, (where, claim, volumes) in enumerate(waiting):
        if not place(index, set()):
            raise _unmet(claim, where, "claim-volumes-short", "", "other claims of this task take all volumes that it could have",
                         basics.some(sorted(each["metadata"]["name"] for each in volumes)), "publish more volumes, or ask for fewer claims.")


def _unmet(claim: Object, where: str, code: str, option: str, message: str, found: str, fix: str) -> CairnError:
    return NoSpace(f"{ref(claim)} would wait for ever: {message}.", code=code, parameter=f"{where}.{option}".rstrip("."), found=found, fix=fix)


def _names(classes: Sequence[Object]) -> str:
    return basics.some(sorted(each["metadata"]["name"] for each in classes)) or "(none)"
