# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The frame of the modules for one kind: a list of items becomes manifests, and the kind's rules go along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Tuple

from ..._core.errors import InvalidRequest
from ..._core.plan import Consent
from .. import manifest, wish
from ..condition import Condition
from ..manifest import Ref
from ..model import Desired
from ..rules import Rules

Item = Mapping[str, Any]
#: The items that are to be there: object -> (its parameter's name, the item).
Given = Mapping[Ref, Tuple[str, Item]]
_DATA = {"allow_data_loss": {"type": "dict", "default": {}}}
#: For kinds that give volumes to claims.
REBIND = {"allow_rebind": {"type": "dict", "default": {}}}
_RECREATE = {"allow_recreate": {"type": "dict", "default": {}}}
_ITEM = {
    "name": {"type": "str", "required": True},
    "labels": {"type": "dict"},
    "annotations": {"type": "dict"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
_NAMESPACE = {"namespace": {"type": "str", "required": True}}


def no_conditions(items: Given) -> Dict[Ref, Condition]:
    """Kinds whose readiness is the engine's."""
    return {}


@dataclass(frozen=True)
class Face:
    """One kind: the option that lists its objects, what an item takes, and how that becomes a manifest."""

    option: str
    api_version: str
    kind: str
    #: Argument spec of what an item takes beside its name, labels, annotations and state.
    item: Mapping[str, Any]
    #: ``build(item, parameter)``: the manifest without its head; raises ``InvalidRequest`` naming ``parameter.option``.
    build: Callable[[Item, str], dict]
    #: ``rules(items, params)``: what is known of the kind, for the items that are to be there.
    rules: Callable[[Given, Mapping[str, Any]], Rules]
    namespaced: bool = False
    #: Whether deleting an object can lose data, and whether one can be deleted to be made again.
    holds_data: bool = False
    recreated: bool = False
    #: Argument spec of further options of the module.
    more: Mapping[str, Any] = field(default_factory=dict)
    conditions: Callable[[Given], Mapping[Ref, Condition]] = no_conditions

    @property
    def arguments(self) -> dict:
        """The module's argument spec."""
        item = {**_ITEM, **(_NAMESPACE if self.namespaced else {}), **self.item}
        listed = {self.option: {"type": "list", "elements": "dict", "required": True, "options": item}}
        return {**wish.ARGUMENTS, **listed, **(_DATA if self.holds_data else {}), **(_RECREATE if self.recreated else {}), **self.more}

    def parse(self, params: Mapping[str, Any]) -> Desired:
        """``Desired`` of the module's parameters."""
        wanted: Dict[Ref, Tuple[str, Item]] = {}
        present: List[dict] = []
        absent: List[dict] = []
        for index, item in enumerate(params[self.option]):
            where = f"{self.option}[{index}]"
            if item["state"] == "absent":
                absent += manifest.unpack(self._head(item), where)
                continue
            present += manifest.unpack(_merged(self._head(item), self.build(item, where)), where)
            wanted[manifest.ref(present[-1])] = (where, item)
        manifest.refuse_twice((*present, *absent), self.option)
        return Desired(
            objects=tuple(present),
            present=True,
            consent=wish.consent(params, "allow_data_loss", "object: what it is bound to") if self.holds_data else Consent("allow_data_loss", {}),
            gone=tuple(absent),
            conditions=self.conditions(wanted),
            recreate=wish.consent(params, "allow_recreate", "name: UID") if self.recreated else None,
            rules=self.rules(wanted, params),
            parameter=self.option,
            **wish.common(params),
        )

    def _head(self, item: Item) -> dict:
        metadata = {key: item[key] for key in ("name", "labels", "annotations") if item.get(key)}
        if self.namespaced:
            metadata["namespace"] = item["namespace"]
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata}


def _merged(head: dict, built: dict) -> dict:
    """What a kind puts into metadata comes on top of what the item says."""
    metadata = dict(head["metadata"])
    for name, value in (built.get("metadata") or {}).items():
        metadata[name] = {**metadata.get(name, {}), **value}
    return {**head, **built, "metadata": metadata}


def chosen(item: Item, names: Mapping[str, str]) -> dict:
    """``{field: value}`` for those options of ``item`` that are given: ``names`` maps fields to options."""
    return {name: item[option] for name, option in names.items() if item.get(option) is not None}


def texts(item: Item, option: str, where: str) -> Dict[str, str]:
    """A map whose values have to be text, as the API wants it; YAML reads V(true) and V(1) as something else."""
    for key, value in (item.get(option) or {}).items():
        if not isinstance(value, str):
            raise InvalidRequest(f"the value of {key} is not text.", code="value-not-text", parameter=f"{where}.{option}", found=repr(value),
                                 fix="put it in quotes.")
    return dict(item.get(option) or {})
