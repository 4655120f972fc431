# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Of classes there is one default (for snapshots, one for each driver): marking one takes the mark from the others. Pure."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..._core.errors import InvalidRequest
from ..._core.plan import Action, Plan
from ..discovery import Resource
from ..manifest import Ref, ref
from ..model import Desired, Observed, merge_request
from ..rules import Around, Object, Rules, Source
from .frame import Given, Item


def mark(item: Item, annotation: str) -> dict:
    """Metadata that says whether the class is the default; nothing when the item does not say."""
    return {} if item.get("default") is None else {"annotations": {annotation: "true" if item["default"] else "false"}}


class DefaultRules(Rules):
    """``marks`` are the annotations that mark a default, the one to write first. ``scope`` is the field within which there is one, if any."""

    resource = Resource("", "", "", "", False)
    marks: Tuple[str, ...] = ()
    scope = ""

    def __init__(self, items: Given, params: Mapping[str, Any]) -> None:
        self._items = items
        self._defaults = {what for what, (_where, item) in items.items() if item.get("default")}
        for what in self._defaults:
            where, item = items[what]
            other = next((one for one in self._defaults if one != what and items[one][1].get(self.scope) == item.get(self.scope)), None)
            if other:
                raise InvalidRequest("there can be one default.", code="class-default-twice", parameter=f"{where}.default",
                                     found=f"{what.name} and {other.name}", fix="set default: true on one of them.")

    def sources(self, wanted: Sequence[Object], live: Mapping[Ref, Object], going: Sequence[Object]) -> Iterator[Source]:
        if self._defaults:
            yield (self.resource.api_version, self.resource.kind, "")

    def prepare(self, manifest: dict, live: Optional[Object], around: Around) -> dict:
        """Left out, the mark stays as it is, unless another class takes it."""
        what = ref(manifest)
        if self._items[what][1].get("default") is not None or not live:
            return manifest
        present = (live["metadata"].get("annotations") or {}).get(self.marks[0])
        if present is None:
            return manifest
        wanted = copy.deepcopy(manifest)
        taken = present == "true" and any(self._same_scope(self._items[one][1], manifest) for one in self._defaults)
        wanted["metadata"].setdefault("annotations", {})[self.marks[0]] = "false" if taken else present
        return wanted

    def amend(self, planned: Plan, observed: Observed, desired: Desired) -> Plan:
        return replace(planned, actions=(*planned.actions, *self._unmark(observed, desired)))

    def _unmark(self, observed: Observed, desired: Desired) -> List[Action]:
        listed = {found.ref for found in (*observed.found, *observed.going)}
        actions = []
        for thing in observed.around.get(self.resource.kind, ()):
            what = ref(thing)
            annotations = thing["metadata"].get("annotations") or {}
            marked = {name: "false" for name in self.marks if annotations.get(name) == "true"}
            if what in listed or not marked or not any(self._same_scope(self._items[one][1], thing) for one in self._defaults):
                continue
            request = merge_request(self.resource, what, {"metadata": {"annotations": marked}}, desired.manager)
            before = {"annotations": dict.fromkeys(marked, "true")}
            actions.append(Action("update", what.kind, what.name, (request,), before, {"annotations": marked}))
        return actions

    def _same_scope(self, item: Item, thing: Object) -> bool:
        return not self.scope or item.get(self.scope) == thing.get(self.scope)
