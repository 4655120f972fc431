# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""persistent_volume_claim: from an item to a manifest."""

from __future__ import annotations

from ..._core.errors import InvalidRequest
from .. import quantity
from .claim_rules import ClaimRules
from .frame import REBIND, Face, Item, chosen, texts
from .volumes import ACCESS_MODES, check_modes

_SNAPSHOTS = "snapshot.storage.k8s.io"
_SOURCES = ("from_snapshot", "from_claim", "volume")
OPTIONS = {
    "storage_class": {"type": "str"},
    "size": {"type": "str"},
    "access_modes": {"type": "list", "elements": "str", "choices": list(ACCESS_MODES), "default": ["ReadWriteOnce"]},
    "volume_mode": {"type": "str", "choices": ["Filesystem", "Block"]},
    "match_labels": {"type": "dict"},
    "volume": {"type": "str"},
    "from_snapshot": {"type": "str"},
    "from_claim": {"type": "str"},
    "attributes_class": {"type": "str"},
}

_FIELDS = {"storageClassName": "storage_class", "volumeMode": "volume_mode", "volumeName": "volume", "volumeAttributesClassName": "attributes_class"}


def build(item: Item, where: str) -> dict:
    """The claim's spec; a size that is left out is filled in from the source by the rules."""
    sources = [option for option in _SOURCES if item.get(option)]
    if len(sources) > 1:
        raise _refusal("a claim has one source.", "claim-sources", f"{where}.{sources[1]}", ", ".join(sources), "keep one of them.")
    if item.get("size") is None and not sources:
        raise _refusal("a claim says how much it needs.", "claim-size-missing", f"{where}.size", "", "give size; a copy takes its source's.")
    if item.get("from_claim") == item["name"]:
        raise _refusal("a claim cannot be made from itself.", "claim-own-source", f"{where}.from_claim", item["name"], "name another claim.")
    if item.get("storage_class") == "" and (item.get("from_claim") or item.get("from_snapshot")):
        raise _refusal("without a class nobody makes the copy.", "claim-source-class", f"{where}.storage_class", "''",
                       "name a class of the source's driver.")
    check_modes(item["access_modes"], where)
    if item.get("match_labels") is not None and sources:
        raise _refusal("a claim with a source chooses no volume by labels.", "claim-selector", f"{where}.match_labels",
                       f"{sources[0]}: {item[sources[0]]}", "leave out one of the two.")
    spec: dict = {"accessModes": list(item["access_modes"]), **chosen(item, _FIELDS)}
    if item.get("size") is not None:
        spec["resources"] = {"requests": {"storage": quantity.written(item["size"], f"{where}.size")}}
    if item.get("match_labels"):
        spec["selector"] = {"matchLabels": texts(item, "match_labels", where)}
    if item.get("from_snapshot"):
        spec["dataSource"] = {"apiGroup": _SNAPSHOTS, "kind": "VolumeSnapshot", "name": item["from_snapshot"]}
    if item.get("from_claim"):
        spec["dataSource"] = {"kind": "PersistentVolumeClaim", "name": item["from_claim"]}
    return {"spec": spec}


def _refusal(message: str, code: str, parameter: str, found: str, fix: str) -> InvalidRequest:
    return InvalidRequest(message, code=code, parameter=parameter, found=found, fix=fix)


FACE = Face("claims", "v1", "PersistentVolumeClaim", OPTIONS, build, ClaimRules, namespaced=True, holds_data=True, more=REBIND)
