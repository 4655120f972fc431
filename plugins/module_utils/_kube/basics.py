# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What every reader of live objects needs: status, names, sizes, places. Pure, and without decisions."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Mapping, Optional, Set

from . import quantity

Object = Mapping[str, Any]
HOSTNAME = "kubernetes.io/hostname"
#: The annotation of a StorageClass that claims without a class get.
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
#: The provisioner of classes whose volumes are made beforehand.
NO_PROVISIONER = "kubernetes.io/no-provisioner"


def status(live: Object) -> Mapping[str, Any]:
    """The status of an object, which may have none yet."""
    return live.get("status") or {}


def phase(live: Object) -> Optional[str]:
    """The phase in the status of an object, where it has one."""
    return status(live).get("phase")


def holds(live: Object, condition: str) -> bool:
    """Whether one of the conditions in the status of an object is true."""
    return any(each["type"] == condition and each["status"] == "True" for each in status(live).get("conditions") or ())


def drivers(registration: Object) -> Set[str]:
    """The CSI drivers that kubelet has registered on a node (a CSINode)."""
    return {each["name"] for each in (registration.get("spec") or {}).get("drivers") or ()}


def kept_template(revision: Object) -> Dict[str, Any]:
    """The pod template that a ControllerRevision keeps."""
    template = ((revision.get("data") or {}).get("spec") or {}).get("template") or {}
    # A directive for strategic merge patches, not a part of the template.
    return {key: value for key, value in template.items() if key != "$patch"}


def path(live: Object) -> str:
    """``namespace/name`` or ``name``."""
    return "/".join(part for part in (live["metadata"].get("namespace"), live["metadata"]["name"]) if part)


def named(things: Iterable[Object], name: str) -> Optional[Object]:
    """The one of this name."""
    return next((thing for thing in things if thing["metadata"]["name"] == name), None)


def some(names: Iterable[str], shown: int = 10) -> str:
    """The first of many names, and how many more there are."""
    names = list(names)
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def is_default(storage_class: Object, mark: str = DEFAULT_CLASS) -> bool:
    """Whether what names no class gets this one; classes of other kinds have another ``mark``."""
    return (storage_class["metadata"].get("annotations") or {}).get(mark) == "true"


def requested(claim: Object) -> Optional[int]:
    """Bytes that a claim or claim template asks for."""
    return quantity.in_bytes(((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage"))


def stated(claim: Object) -> str:
    """What a claim asks for, as it is written there."""
    return str(((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage") or "no size")


def held(claim: Object) -> Optional[int]:
    """Bytes that a claim has."""
    return quantity.in_bytes((status(claim).get("capacity") or {}).get("storage"))


def capacity(volume: Object) -> Optional[int]:
    """Bytes of a PersistentVolume."""
    return quantity.in_bytes((volume["spec"].get("capacity") or {}).get("storage"))


def host(volume: Object) -> Optional[str]:
    """The one host, by its label, that a PersistentVolume can be used on; ``None`` where it is not tied to one."""
    terms = (((volume.get("spec") or {}).get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or ()
    rules = [rule for term in terms for rule in term.get("matchExpressions") or () if rule.get("key") == HOSTNAME and rule.get("operator") == "In"]
    hosts = {value for rule in rules for value in rule.get("values") or ()}
    return hosts.pop() if len(hosts) == 1 else None
