# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What modules that ran on the nodes told of them, to be joined with what the API server tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Mapping, Sequence

from .._core.errors import CairnError, InvalidRequest, shown
from . import host_facts

Item = Mapping[str, Any]
#: Each module, and which of its return values stands in which field.
_TOLD: Dict[str, Dict[str, str]] = {
    "block_device_info": {"devices": "devices"},
    "local_volumes": {"entries": "entries", "degraded": "degraded", "actions": "changes"},
    "lvm_info": {"volume_groups": "groups", "lost": "lost"},
    "iscsi_info": {"targets": "targets", "sessions": "sessions", "logged_out": "logged_out", "devices": "luns"},
}
#: What tells the items of a plain list apart: a key that only they have, and their field.
_MARKS = (("physical_volumes", "groups"), ("paths", "luns"), ("device", "entries"), ("ids", "devices"))
_FORM = f"give a list of devices and entries, or the results of {', '.join(_TOLD)} under these names."


@dataclass(frozen=True)
class Host:
    """One node. ``told`` names the modules whose results are known, so that "nothing" can be told from "not looked at"."""

    told: FrozenSet[str] = frozenset()
    #: Modules that ended with an error, and what they said.
    failed: Mapping[str, str] = field(default_factory=dict)
    devices: Sequence[Item] = ()
    entries: Sequence[Item] = ()
    degraded: Sequence[Item] = ()
    #: What local_volumes would do, if it ran in check mode: then not all entries are there yet.
    changes: Sequence[Item] = ()
    groups: Sequence[Item] = ()
    lost: Sequence[Item] = ()
    targets: Sequence[Item] = ()
    sessions: Sequence[Item] = ()
    logged_out: Sequence[Item] = ()
    luns: Sequence[Item] = ()


def parse(given: Mapping[str, Any], strict: bool = True) -> Dict[str, Host]:
    """The nodes of an option ``hosts``; ``InvalidRequest`` says whose facts are not understood.

    Without ``strict`` a module whose values are not of their types counts as one that failed on its node, and the others are looked at.
    """
    return {str(node): _named(node, facts, strict) if isinstance(facts, Mapping) else _listed(node, facts) for node, facts in given.items()}


def _named(node: str, facts: Mapping[str, Any], strict: bool) -> Host:
    fields: Dict[str, Sequence[Item]] = {}
    failed: Dict[str, str] = {}
    for module, result in facts.items():
        if module not in _TOLD:
            raise InvalidRequest(
                "not a module whose results can be joined.", code="hosts-module", parameter=f"hosts.{node}", found=str(module), fix=_FORM
            )
        if not isinstance(result, Mapping):
            raise _error(f"{node}.{module}", result)
        names = {name: _items(f"{node}.{module}.{name}", result.get(name) or []) for name in _TOLD[module]}
        try:
            read = {_TOLD[module][name]: host_facts.read(_TOLD[module][name], value, f"{node}.{module}.{name}") for name, value in names.items()}
            fields.update(read)
        except CairnError as error:
            if strict:
                raise
            failed[module] = str(error)
    # A task that failed or was skipped has registered something, but told nothing.
    told = frozenset(module for module, result in facts.items() if set(_TOLD[module]) & set(result)) - set(failed)
    said = {module: shown(result["msg"]) for module, result in facts.items() if module not in {*told, *failed} and result.get("msg")}
    return Host(told, {**said, **failed}, **fields)


def _listed(node: str, facts: Any) -> Host:
    fields: Dict[str, Sequence[Item]] = {}
    for item in _items(node, facts):
        field = next((field for key, field in _MARKS if key in item), None)
        if field is None:
            raise _error(node, item)
        fields[field] = [*fields.get(field, ()), item]
    fields = {field: host_facts.read(field, items, f"{node}.{field}") for field, items in fields.items()}
    return Host(told=frozenset(module for module, names in _TOLD.items() if set(names.values()) & set(fields)), **fields)


def _items(place: str, value: Any) -> Sequence[Item]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, Mapping) for item in value):
        raise _error(place, value)
    return value


def _error(place: str, value: Any) -> InvalidRequest:
    return InvalidRequest("these are no facts of a node.", code="hosts-form", parameter=f"hosts.{place}", found=type(value).__name__, fix=_FORM)
