# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Is a live object already what is wanted? Sound in one direction: what passes here needs no request.

What does not pass is not yet a change: the server's dry run decides, because only it knows all defaults and conversions.
"""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional, Tuple

from . import fields, quantity

#: Values that the server fills in inside things that are replaced as a whole, where ownership does not tell them from ours.
_DEFAULTS = {**fields.KEY_DEFAULTS, "volumeMode": "Filesystem", "status": {"phase": "Pending"}, "apiVersion": "v1", "kind": "PersistentVolumeClaim"}
#: Maps that the built-in kinds leave out when they are empty, as they do with every list; an empty ``emptyDir`` means something.
_LEFT_OUT = frozenset(("annotations", "labels", "matchLabels", "nodeSelector"))
_IDENTITY = (".apiVersion", ".kind", ".metadata.name", ".metadata.namespace")


def differences(desired: Mapping[str, Any], live: Mapping[str, Any], manager: str, part: str = "") -> List[str]:
    """The paths in which ``live`` may not be what ``manager`` wants it to be; empty when it certainly is. ``part`` is a subresource.

    Unchanged means: every leaf of ``desired`` is there with an equal value, and everything that ``manager`` owns is still desired.
    """
    tree = fields.known(live, part)
    ours, version = fields.owned(live, manager, part)
    group = desired["apiVersion"].rpartition("/")[0]
    comparison = _Comparison("." not in group or group.endswith(".k8s.io"))
    found = list(comparison.granular(desired, live, tree, ""))
    if version in ("", desired["apiVersion"]):
        found += fields.forsaken(ours, desired)
    else:
        found.append(".apiVersion")
    return found


def same_claims(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two StatefulSets have the same claim templates, however sizes are written and whatever the server has filled in."""
    templates = [each["spec"].get("volumeClaimTemplates") or [] for each in (one, other)]
    return not any(_Comparison(True)._whole(*templates, ".spec.volumeClaimTemplates"))


def filled_claims(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> List[Any]:
    """The claim templates of ``wanted`` with what the server has filled in for ``live``'s, written as there where they are equal."""
    held = {each["metadata"]["name"]: each for each in live["spec"].get("volumeClaimTemplates") or ()}
    comparison = _Comparison(True)
    return [comparison.filled(each, held.get(each["metadata"]["name"]), ".spec.volumeClaimTemplates")
            for each in wanted["spec"].get("volumeClaimTemplates") or ()]


class _Comparison:
    def __init__(self, built_in: bool) -> None:
        self._built_in = built_in

    def granular(self, desired: Mapping[str, Any], live: Mapping[str, Any], tree: fields.Tree, path: str) -> Iterator[str]:
        """A map that is merged field by field: what others have in it is theirs."""
        for name, value in desired.items():
            here = f"{path}.{name}"
            if here in _IDENTITY:
                continue
            if name not in live:
                if not self._nothing(name, value):
                    yield here
            else:
                yield from self.any(value, live[name], tree.get(f"f:{name}"), here)

    def any(self, desired: Any, live: Any, tree: Optional[fields.Tree], path: str) -> Iterator[str]:
        """Any value. One that nobody manages, or that is managed as a whole, must be the same as a whole."""
        # An empty spec leaves everything to the server, so there is no field that anybody manages.
        if isinstance(desired, Mapping) and isinstance(live, Mapping) and (tree or self._merged_anyway(path, desired)):
            yield from self.granular(desired, live, tree or {}, path)
        elif isinstance(desired, list) and isinstance(live, list) and tree:
            yield from self._merged(desired, live, tree, path)
        else:
            yield from self._whole(desired, live, path)

    def _merged_anyway(self, path: str, desired: Mapping[str, Any]) -> bool:
        return path == ".metadata" or (path == ".spec" and not desired and self._built_in)

    def _merged(self, desired: List[Any], live: List[Any], tree: fields.Tree, path: str) -> Iterator[str]:
        keys = fields.merge_keys(tree)
        if keys is None:
            yield from self._whole(desired, live, path)
            return
        last = -1
        for item in desired:
            at = _find(item, live, keys)
            here = f"{path}[{_label(item, keys)}]"
            if at is None:
                yield here
                continue
            if at < last:
                yield f"{path} (order)"
            last = at
            if keys:
                yield from self.any(item, live[at], fields.below(tree, live[at], keys), here)

    def _whole(self, desired: Any, live: Any, path: str) -> Iterator[str]:
        if isinstance(desired, Mapping) and isinstance(live, Mapping):
            for name in {**desired, **live}:
                here = f"{path}.{name}"
                if name not in desired:
                    if live[name] is not None and _DEFAULTS.get(name) != live[name]:
                        yield here
                elif name not in live:
                    if not self._nothing(name, desired[name]):
                        yield here
                else:
                    yield from self._whole(desired[name], live[name], here)
        elif isinstance(desired, list) and isinstance(live, list):
            if len(desired) != len(live):
                yield path
            for index, (one, other) in enumerate(zip(desired, live)):
                yield from self._whole(one, other, f"{path}[{index}]")
        elif not self._equal(desired, live, path):
            yield path

    def filled(self, desired: Any, live: Any, path: str) -> Any:
        """``desired`` as ``live`` would have it: its defaults, and its way to write what is equal."""
        if isinstance(desired, Mapping) and isinstance(live, Mapping):
            given = {name: self.filled(value, live.get(name), f"{path}.{name}") for name, value in desired.items() if value is not None}
            return {**{name: value for name, value in live.items() if name not in given and _DEFAULTS.get(name) == value}, **given}
        if isinstance(desired, list) and isinstance(live, list) and len(desired) == len(live):
            return [self.filled(one, other, f"{path}[{index}]") for index, (one, other) in enumerate(zip(desired, live))]
        return live if live is not None and self._equal(desired, live, path) else desired

    def _nothing(self, name: str, value: Any) -> bool:
        return self._built_in and (value == [] or (value == {} and name in _LEFT_OUT))

    def _equal(self, desired: Any, live: Any, path: str) -> bool:
        if isinstance(desired, bool) is isinstance(live, bool) and desired == live:
            return True
        parts = path.split(".")
        if not self._built_in or parts[1] not in ("spec", "status") or not (quantity.MAPS.intersection(parts[-3:]) or parts[-1] in quantity.SINGLE):
            return False
        number = quantity.parse(desired)
        return number is not None and number == quantity.parse(live)


def _find(item: Any, live: List[Any], keys: Tuple[str, ...]) -> Optional[int]:
    if not keys:
        return live.index(item) if item in live else None
    if not isinstance(item, Mapping):
        return None
    found = [index for index, other in enumerate(live) if all(item.get(key, fields.KEY_DEFAULTS.get(key, other.get(key))) == other.get(key) for key in keys)]
    return found[0] if len(found) == 1 else None


def _label(item: Any, keys: Tuple[str, ...]) -> str:
    return ",".join(f"{key}={item[key]}" for key in keys if key in item) if isinstance(item, Mapping) else str(item)
