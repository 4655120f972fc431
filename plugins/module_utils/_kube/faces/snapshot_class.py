# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""volume_snapshot_class: from an item to a manifest; one default for each driver, and none taken away under an unfinished snapshot."""

from __future__ import annotations

from typing import Iterator, Mapping, Sequence

from ..._core.errors import InvalidRequest, Refused
from .. import basics
from ..discovery import Resource
from ..losses import SNAPSHOT
from ..manifest import Ref, ref
from ..rules import Around, Object, Source
from .default_class import DefaultRules, mark
from .frame import Face, Item, texts

OPTIONS = {
    "driver": {"type": "str"},
    "deletion_policy": {"type": "str", "choices": ["Delete", "Retain"]},
    "parameters": {"type": "dict"},
    "default": {"type": "bool"},
}


class SnapshotClassRules(DefaultRules):
    """For the items of volume_snapshot_class."""

    resource = Resource("snapshot.storage.k8s.io", "v1", "VolumeSnapshotClass", "volumesnapshotclasses", False)
    marks = ("snapshot.storage.kubernetes.io/is-default-class",)
    scope = "driver"

    def sources(self, wanted: Sequence[Object], live: Mapping[Ref, Object], going: Sequence[Object]) -> Iterator[Source]:
        yield from super().sources(wanted, live, going)
        if going:
            yield (*SNAPSHOT, "")

    def release(self, live: Object, around: Around) -> None:
        name = live["metadata"]["name"]
        unfinished = [ref(thing).path for thing in around.get("VolumeSnapshot", ())
                      if thing["spec"].get("volumeSnapshotClassName") == name and not basics.status(thing).get("readyToUse")]
        if unfinished:
            raise Refused(f"{ref(live)} is needed by snapshots that are not finished; without it they would stay so.", code="snapshot-class-in-use",
                          parameter="classes", found=", ".join(sorted(unfinished)), fix="wait until they are ready to use, or delete them first.")


def build(item: Item, where: str) -> dict:
    """The class without its head."""
    for option, why in (("driver", "a class is of one CSI driver."), ("deletion_policy", "a class says what becomes of a deleted snapshot's data.")):
        if not item.get(option):
            raise InvalidRequest(why, code=f"snapshot-class-{option.replace('_', '-')}", parameter=f"{where}.{option}", fix=f"give {option}.")
    content = {"driver": item["driver"], "deletionPolicy": item["deletion_policy"], "metadata": mark(item, SnapshotClassRules.marks[0])}
    if item.get("parameters"):
        content["parameters"] = texts(item, "parameters", where)
    return content


FACE = Face("classes", "snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", OPTIONS, build, SnapshotClassRules)
