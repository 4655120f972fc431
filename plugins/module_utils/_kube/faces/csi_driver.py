# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""csi_driver: from an item to a manifest; registered on its nodes, made again only when a fixed field differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Iterator, Mapping, Sequence

from ..._core.errors import InvalidRequest, Refused
from ..._core.plan import Plan
from .. import basics
from ..condition import Condition, Registered
from ..losses import VOLUME
from ..manifest import Ref, ref
from ..model import Desired, Observed
from ..rules import Around, Object, Rules, Source
from .frame import Face, Given, Item, chosen, texts

#: The API server's own limit for tokens.
_SHORTEST = 600
OPTIONS = {
    "attach_required": {"type": "bool"},
    "pod_info_on_mount": {"type": "bool"},
    "volume_lifecycle_modes": {"type": "list", "elements": "str", "choices": ["Persistent", "Ephemeral"]},
    "storage_capacity": {"type": "bool"},
    "fs_group_policy": {"type": "str", "choices": ["ReadWriteOnceWithFSType", "File", "None"]},
    "token_requests": {
        "type": "list",
        "elements": "dict",
        "no_log": False,
        "options": {"audience": {"type": "str", "required": True}, "expiration_seconds": {"type": "int"}},
    },
    "requires_republish": {"type": "bool"},
    "se_linux_mount": {"type": "bool"},
    "registered_on": {"type": "dict"},
}
_FIELDS = {"attachRequired": "attach_required", "podInfoOnMount": "pod_info_on_mount", "volumeLifecycleModes": "volume_lifecycle_modes",
           "storageCapacity": "storage_capacity", "fsGroupPolicy": "fs_group_policy", "requiresRepublish": "requires_republish",
           "seLinuxMount": "se_linux_mount"}


class DriverRules(Rules):
    """For the items of csi_driver."""

    def __init__(self, items: Given, params: Mapping[str, Any]) -> None:
        self._items = items

    def sources(self, wanted: Sequence[Object], live: Mapping[Ref, Object], going: Sequence[Object]) -> Iterator[Source]:
        if going:
            yield (*VOLUME, "")

    def release(self, live: Object, around: Around) -> None:
        name = live["metadata"]["name"]
        volumes = sorted(thing["metadata"]["name"] for thing in around.get("PersistentVolume", ())
                         if (thing["spec"].get("csi") or {}).get("driver") == name)
        if volumes:
            raise Refused(f"{ref(live)} has volumes; without it Kubernetes would attach and mount them by its defaults.", code="driver-in-use",
                          parameter="drivers", found=basics.some(volumes), fix="delete these volumes first.")

    def amend(self, planned: Plan, observed: Observed, desired: Desired) -> Plan:
        again = [found for found in observed.found if found.predicted is not None and found.fixed]
        told = (f"{found.ref} is deleted and made again for {', '.join(found.fixed)}; pods that start just then are treated by the defaults."
                for found in again)
        return replace(planned, warnings=(*planned.warnings, *told))


def build(item: Item, where: str) -> dict:
    """The driver's spec."""
    spec = chosen(item, _FIELDS)
    if item.get("volume_lifecycle_modes") == []:
        raise InvalidRequest("a driver has a lifecycle mode.", code="lifecycle-modes-missing", parameter=f"{where}.volume_lifecycle_modes",
                             found="[]",
                             fix="leave the option out for Persistent.")
    requests = item.get("token_requests") or []
    for index, token in enumerate(requests):
        seconds = token.get("expiration_seconds")
        if seconds is not None and seconds < _SHORTEST:
            raise InvalidRequest("a token lives longer than that.", code="token-expiration",
                                 parameter=f"{where}.token_requests[{index}].expiration_seconds",
                                 found=str(seconds), fix=f"at least {_SHORTEST} seconds.")
    if len({token["audience"] for token in requests}) < len(requests):
        raise InvalidRequest("each audience gets one token.", code="token-audience-twice", parameter=f"{where}.token_requests",
                             found=", ".join(token["audience"] for token in requests), fix="keep one entry for each audience.")
    if requests:
        spec["tokenRequests"] = [chosen(token, {"audience": "audience", "expirationSeconds": "expiration_seconds"}) for token in requests]
    texts(item, "registered_on", where)
    return {"spec": spec}


def conditions(items: Given) -> Dict[Ref, Condition]:
    """Drivers that are waited for on nodes."""
    return {what: Registered(item["registered_on"]) for what, (_where, item) in items.items() if item.get("registered_on") is not None}


FACE = Face("drivers", "storage.k8s.io/v1", "CSIDriver", OPTIONS, build, DriverRules, recreated=True, conditions=conditions)
