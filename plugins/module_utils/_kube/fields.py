# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Managed fields: who owns which path of a live object, and by what keys its lists are merged.

The format is FieldsV1 of structured-merge-diff: ``f:name`` is a field, ``k:{...}`` a list item by its keys, ``v:value`` an
item of a set, ``.`` the thing itself; a field without children is a value, or a list or map that is replaced as a whole.
"""

from __future__ import annotations

import json
from typing import Any, Iterator, List, Mapping, Optional, Tuple

Tree = Mapping[str, Any]
#: What the server takes for a merge key that a manifest leaves out (a port's protocol).
KEY_DEFAULTS = {"protocol": "TCP"}


def known(live: Mapping[str, Any], part: str = "") -> Tree:
    """All paths that anybody manages, of a subresource with ``part``, as one tree; empty when the object carries no managed fields."""
    tree: dict = {}
    for entry in live["metadata"].get("managedFields") or ():
        if (entry.get("subresource") or "") == part:
            _merge(tree, entry.get("fieldsV1") or {})
    return tree


def owned(live: Mapping[str, Any], manager: str, part: str = "") -> Tuple[Tree, str]:
    """The paths that ``manager`` has applied, and the apiVersion they are written in (empty when it has applied nothing)."""
    for entry in live["metadata"].get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and (entry.get("subresource") or "") == part:
            return entry.get("fieldsV1") or {}, entry.get("apiVersion", "")
    return {}, ""


def others(live: Mapping[str, Any], manager: str) -> dict:
    """What is set on ``live`` and not applied by ``manager``, as a part of the object; its status left out."""
    ours: dict = {}
    theirs: dict = {}
    for entry in live["metadata"].get("managedFields") or ():
        if entry.get("subresource") in (None, "", "scale"):
            mine = entry.get("manager") == manager and entry.get("operation") == "Apply"
            _merge(ours if mine else theirs, entry.get("fieldsV1") or {})
    return _part(live, theirs, ours)


def forsaken(tree: Tree, desired: Any, path: str = "") -> Iterator[str]:
    """The owned paths that ``desired`` does not have."""
    for key, below in tree.items():
        what, _colon, name = key.partition(":")
        if what == "f":
            here = f"{path}.{name}"
            if not isinstance(desired, Mapping) or name not in desired:
                yield here
            else:
                yield from forsaken(below, desired[name], here)
        elif what == "k":
            keys = json.loads(name)
            item = next((item for item in _items(desired) if _matches(item, keys)), None)
            here = f"{path}[{','.join(f'{k}={v}' for k, v in keys.items())}]"
            if item is None:
                yield here
            else:
                yield from forsaken(below, item, here)
        elif what == "v" and json.loads(name) not in _items(desired):
            yield f"{path}[{json.loads(name)}]"


def merge_keys(tree: Optional[Tree]) -> Optional[Tuple[str, ...]]:
    """How a list is merged: the key fields of its items, ``()`` for a set of values, ``None`` when it is replaced as a whole."""
    for key in tree or ():
        what, _colon, name = key.partition(":")
        if what == "k":
            return tuple(json.loads(name))
        if what == "v":
            return ()
    return None


def below(tree: Tree, item: Any, keys: Tuple[str, ...]) -> Tree:
    """What is managed of a live list ``item``."""
    for key, inner in tree.items():
        what, _colon, name = key.partition(":")
        if what == "k" and all(item.get(k) == v for k, v in json.loads(name).items()):
            return inner
    return {}


def _merge(tree: dict, other: Tree) -> None:
    for key, inner in other.items():
        _merge(tree.setdefault(key, {}), inner)


def _part(value: Any, tree: Tree, ours: Tree) -> Any:
    """The fields of ``tree`` and not of ``ours``; list items with the keys that tell them."""
    if isinstance(value, list):
        found: List[Any] = []
        for key, below_it in tree.items():
            what, _colon, name = key.partition(":")
            if what == "k":
                parts = [_part(item, below_it, ours.get(key, {})) for item in value if _matches(item, json.loads(name))]
                found += [{**json.loads(name), **part} for part in parts if part]
            elif what == "v" and key not in ours and json.loads(name) in value:
                found.append(json.loads(name))
        return found
    named = {key[2:]: key for key in tree if key.startswith("f:") and isinstance(value, Mapping) and key[2:] in value}
    whole = {name: value[name] for name, key in named.items() if set(tree[key]) <= {"."} and key not in ours}
    deep = {name: _part(value[name], tree[key], ours.get(key, {})) for name, key in named.items() if not set(tree[key]) <= {"."}}
    return {**whole, **{name: part for name, part in deep.items() if part}}


def _items(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []


def _matches(item: Any, keys: Mapping[str, Any]) -> bool:
    return isinstance(item, Mapping) and all(item.get(key, KEY_DEFAULTS.get(key, value)) == value for key, value in keys.items())
