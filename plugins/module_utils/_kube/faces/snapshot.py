# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""volume_snapshot: from an item to a manifest; what can be a snapshot's source is looked at before it is made."""

from __future__ import annotations

import copy
from typing import Any, Iterator, Mapping, Optional, Sequence

from ..._core.errors import Conflict, InvalidRequest, NotFound
from .. import basics
from ..losses import CLAIM, CONTENT, VOLUME
from ..manifest import Ref, ref
from ..rules import Around, Object, Rules, Source, find
from .frame import Face, Given, Item, chosen
from .snapshot_class import SnapshotClassRules
from .volumes import carry

OPTIONS = {"claim": {"type": "str"}, "content": {"type": "str"}, "snapshot_class": {"type": "str"}}
_CLASSES = (SnapshotClassRules.resource.api_version, SnapshotClassRules.resource.kind, "")


class SnapshotRules(Rules):
    """For the items of volume_snapshot."""

    def __init__(self, items: Given, params: Mapping[str, Any]) -> None:
        self._items = items
        self._manager = params["field_manager"]

    def sources(self, wanted: Sequence[Object], live: Mapping[Ref, Object], going: Sequence[Object]) -> Iterator[Source]:
        for what, (_where, item) in self._items.items():
            if what in live:
                continue
            if item.get("content"):
                yield (*CONTENT, "")
            else:
                yield from ((*CLAIM, what.namespace), (*VOLUME, ""), _CLASSES)

    def prepare(self, manifest: dict, live: Optional[Object], around: Around) -> dict:
        where, item = self._items[ref(manifest)]
        if live:
            wanted = copy.deepcopy(manifest)
            carry(wanted["spec"], live, self._manager)
            return wanted
        if item.get("content"):
            find(around, "VolumeSnapshotContent", item["content"], "snapshot-content-missing", f"{where}.content")
            return manifest
        claim = find(around, "PersistentVolumeClaim", item["claim"], "snapshot-source-missing", f"{where}.claim")
        if claim["metadata"].get("uid"):
            _check(claim, around, item, where)
        return manifest


def build(item: Item, where: str) -> dict:
    """The snapshot's spec."""
    if bool(item.get("claim")) == bool(item.get("content")):
        raise InvalidRequest("a snapshot is of a claim, or stands for a content that is there.", code="snapshot-source", parameter=f"{where}.claim",
                             found="both" if item.get("claim") else "neither", fix="give claim or content.")
    if item.get("content") and item.get("snapshot_class"):
        raise InvalidRequest("a content that is there needs no class.", code="snapshot-class-unused", parameter=f"{where}.snapshot_class",
                             found=item["snapshot_class"], fix="leave it out.")
    source = chosen(item, {"persistentVolumeClaimName": "claim", "volumeSnapshotContentName": "content"})
    return {"spec": {"source": source, **chosen(item, {"volumeSnapshotClassName": "snapshot_class"})}}


def _check(claim: Object, around: Around, item: Item, where: str) -> None:
    """The snapshot controller says most of this only in an event, or never."""
    phase = basics.phase(claim)
    if phase != "Bound":
        raise Conflict(f"{ref(claim)} has no volume yet.", code="snapshot-source-unbound", parameter=f"{where}.claim", found=f"phase {phase}",
                       fix="wait until it is Bound, then run again.")
    volume = basics.named(around.get("PersistentVolume", ()), claim["spec"].get("volumeName", ""))
    driver = ((volume or {}).get("spec", {}).get("csi") or {}).get("driver")
    if not driver:
        raise Conflict(f"the volume of {ref(claim)} is not of a CSI driver, and only these make snapshots.", code="snapshot-source-kind",
                       parameter=f"{where}.claim", found=claim["spec"].get("volumeName", "no volume"),
                       fix="name a claim of a class whose provisioner is a CSI driver.")
    classes = around.get("VolumeSnapshotClass", ())
    if not item.get("snapshot_class"):
        if not any(basics.is_default(thing, SnapshotClassRules.marks[0]) and thing["driver"] == driver for thing in classes):
            raise NotFound(f"no snapshot class is the default for {driver}.", code="snapshot-class-no-default", parameter=f"{where}.snapshot_class",
                           fix="name a class, or mark one (volume_snapshot_class, default: true).")
        return
    named = find(around, "VolumeSnapshotClass", item["snapshot_class"], "snapshot-class-missing", f"{where}.snapshot_class")
    if named["driver"] != driver:
        raise Conflict("the class is of another driver than the claim's volume.", code="snapshot-class-driver", parameter=f"{where}.snapshot_class",
                       found=f"{named['driver']}; the volume is of {driver}", fix=f"name a class of {driver}.")


FACE = Face("snapshots", "snapshot.storage.k8s.io/v1", "VolumeSnapshot", OPTIONS, build, SnapshotRules, namespaced=True, holds_data=True)
