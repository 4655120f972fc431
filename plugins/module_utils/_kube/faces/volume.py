# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""persistent_volume: from an item to a manifest; bound volumes keep their claim and their size."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import Any, Iterator, Mapping, Optional, Tuple

from ..._core.errors import InvalidRequest, Refused
from ..._core.plan import Action, Plan
from .. import basics, quantity, wish
from ..manifest import Ref, ref
from ..model import Desired, Found, Observed
from ..rules import Around, Object, Rules
from . import binding, volume_source
from .frame import REBIND, Face, Given, Item, chosen
from .volumes import ACCESS_MODES, carry, check_modes

_PROVISIONER = "pv.kubernetes.io/provisioned-by"
_CLAIM = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?/[^/\s]+")
OPTIONS = {
    "capacity": {"type": "str"},
    "access_modes": {"type": "list", "elements": "str", "choices": list(ACCESS_MODES)},
    "storage_class": {"type": "str"},
    "volume_mode": {"type": "str", "choices": ["Filesystem", "Block"]},
    "reclaim_policy": {"type": "str", "choices": ["Delete", "Retain"]},
    "mount_options": {"type": "list", "elements": "str"},
    "node": {"type": "str"},
    "claim": {"type": "str"},
    "provisioned_by": {"type": "str"},
    **volume_source.OPTIONS,
}
_FIELDS = {"storageClassName": "storage_class", "volumeMode": "volume_mode", "persistentVolumeReclaimPolicy": "reclaim_policy",
           "mountOptions": "mount_options"}


class VolumeRules(Rules):
    """For the items of persistent_volume."""

    def __init__(self, items: Given, params: Mapping[str, Any]) -> None:
        self._items = items
        self._manager = params["field_manager"]
        self._rebind = wish.consent(params, "allow_rebind", "volume: namespace/claim that it was given to")

    def prepare(self, manifest: dict, live: Optional[Object], around: Around) -> dict:
        where, item = self._items[ref(manifest)]
        if not live:
            _refuse_incomplete(manifest, item, where)
            return manifest
        wanted = copy.deepcopy(manifest)
        held = live["spec"].get("claimRef")
        if held:
            # Whose it is changes by a patch of its own, see amend.
            wanted["spec"]["claimRef"] = {key: held[key] for key in ("apiVersion", "kind", "namespace", "name") if key in held}
        carry(wanted["spec"], live, self._manager)
        name = (live["metadata"].get("annotations") or {}).get(_PROVISIONER)
        if name and item.get("provisioned_by") is None:
            wanted["metadata"].setdefault("annotations", {})[_PROVISIONER] = name
        _refuse_smaller(wanted, live, where)
        return wanted

    def amend(self, planned: Plan, observed: Observed, desired: Desired) -> Plan:
        handed = tuple(self._handovers(observed, desired))
        warnings = (*planned.warnings, *self._rebind.warnings(), *(text for found in observed.found for text in _endangered(found)))
        return replace(planned, actions=(*planned.actions, *handed), warnings=warnings)

    def _handovers(self, observed: Observed, desired: Desired) -> Iterator[Action]:
        for found in observed.found:
            where, item = self._items[found.ref]
            if not found.live or not item.get("claim") or not found.live["spec"].get("claimRef"):
                continue
            volume = copy.deepcopy(dict(found.live))
            if found.predicted is not None:
                # It has another version by then.
                del volume["metadata"]["resourceVersion"]
                volume["spec"]["persistentVolumeReclaimPolicy"] = found.predicted["spec"].get("persistentVolumeReclaimPolicy")
            space, _slash, name = item["claim"].partition("/")
            action = binding.handover(volume, Ref("", "PersistentVolumeClaim", space, name), self._rebind, f"{where}.claim", desired.manager)
            if action:
                yield action


def build(item: Item, where: str) -> dict:
    """The volume's spec; what a volume that is there has already may be left out."""
    spec: dict = {**chosen(item, _FIELDS), **volume_source.build(item, where)}
    if item.get("capacity") is not None:
        spec["capacity"] = {"storage": quantity.written(item["capacity"], f"{where}.capacity")}
    if item.get("access_modes") is not None:
        check_modes(item["access_modes"], where)
        spec["accessModes"] = list(item["access_modes"])
    if item.get("mount_options") and item.get("volume_mode") == "Block":
        raise InvalidRequest("a raw device is not mounted.", code="mount-options-on-block", parameter=f"{where}.mount_options",
                             found=", ".join(item["mount_options"]), fix="leave them out, or set volume_mode: Filesystem.")
    if item.get("local") and not item.get("node"):
        raise InvalidRequest("a local volume is on one node.", code="volume-node-missing", parameter=f"{where}.node", fix="name the node.")
    if item.get("node"):
        expression = {"key": basics.HOSTNAME, "operator": "In", "values": [item["node"]]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}
    if item.get("claim") is not None:
        if not _CLAIM.fullmatch(item["claim"]):
            raise InvalidRequest("a claim is named with its namespace.", code="claim-form", parameter=f"{where}.claim", found=repr(item["claim"]),
                                 fix="write it like namespace/name.")
        space, _slash, name = item["claim"].partition("/")
        spec["claimRef"] = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": space, "name": name}
    annotations = {_PROVISIONER: item["provisioned_by"]} if item.get("provisioned_by") else {}
    return {"metadata": {"annotations": annotations} if annotations else {}, "spec": spec}


def _refuse_incomplete(manifest: Object, item: Item, where: str) -> None:
    if not any(item.get(name) for name in volume_source.OPTIONS):
        raise InvalidRequest(f"{ref(manifest)} is not there, and to make it takes what is behind it.", code="volume-source-missing", parameter=where,
                             fix=f"give one of {', '.join(volume_source.OPTIONS)}, or correct the name.")
    for option, field in (("capacity", "capacity"), ("access_modes", "accessModes")):
        if field not in manifest["spec"]:
            raise InvalidRequest(f"{ref(manifest)} is not there, and to make it takes its {option}.",
                                 code=f"volume-{option.replace('_', '-')}-missing",
                                 parameter=f"{where}.{option}", fix=f"give {option}.")


def _refuse_smaller(wanted: Object, live: Object, where: str) -> None:
    now, then = (quantity.parse((thing["spec"].get("capacity") or {}).get("storage")) for thing in (live, wanted))
    if now is not None and then is not None and then < now and basics.phase(live) == "Bound":
        raise Refused(f"{ref(live)} is bound, and its claim was promised its size.", code="volume-shrink", parameter=f"{where}.capacity",
                      found=live["spec"]["capacity"]["storage"], fix="leave the capacity as it is.")


def _endangered(found: Found) -> Tuple[str, ...]:
    policies = [(thing or {}).get("spec", {}).get("persistentVolumeReclaimPolicy") for thing in (found.live, found.predicted)]
    if found.live is None or policies != ["Retain", "Delete"]:
        return ()
    return (f"{found.ref}: with the reclaim policy Delete its data goes with its claim from now on.",)


FACE = Face("volumes", "v1", "PersistentVolume", OPTIONS, build, VolumeRules, holds_data=True, more=REBIND)
