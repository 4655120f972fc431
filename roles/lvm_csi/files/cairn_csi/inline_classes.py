# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the author of a pod may say of a volume in the pod's own manifest: its size, and the name of a class that the operator released for that.

The classes come by the driver's command line, which only the operator writes: the driver needs no right to read StorageClasses, none becomes a
class for inline volumes by an edit of a label, and a pod starts when the API server does not answer. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Mapping, Tuple

from .collection import InvalidRequest, Refused, human, parse_bytes
from .parameters import Class, known, parse_class

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?")
_DEFAULT = 1024**3


@dataclass(frozen=True)
class Released:
    """A class for inline volumes: its parameters as of a StorageClass, and the most bytes that one volume may have."""

    name: str
    parameters: Mapping[str, str]
    limit: int


def parse_released(texts: Iterable[str], here: str = "--inline-class") -> Dict[str, Released]:
    """Classes by name from JSON like ``{"name": "scratch", "limit": "1GiB", "parameters": {"type": "linear"}}``, in their order."""
    found: Dict[str, Released] = {}
    for text in texts:
        item = _object(text, here)
        name, parameters = item.get("name", ""), item.get("parameters", {})
        if not _NAME.fullmatch(name) or name in found:
            raise _wrong("inline-class-name", "each class has a name of its own, of small letters, digits, hyphens and dots.", here, repr(name))
        parse_class(parameters, f"{here} {name}: parameters")
        found[name] = Released(name, parameters, parse_bytes(item.get("limit", _DEFAULT), f"{here} {name}: limit"))
    return found


def _object(text: str, here: str) -> Dict[str, Any]:
    try:
        item = json.loads(text)
    except ValueError as problem:
        raise _wrong("inline-class-json", "a class is an object of JSON.", here, str(problem)) from None
    parameters = item.get("parameters", {}) if isinstance(item, dict) else None
    if not isinstance(parameters, dict) or not set(item) <= {"name", "limit", "parameters"} or not isinstance(item.get("name", ""), str):
        raise _wrong("inline-class-json", "a class has name, limit and parameters.", here, text[:120])
    if not all(isinstance(value, str) for value in parameters.values()):
        raise _wrong("inline-class-json", "parameters are text, as those of a StorageClass.", here, text[:120])
    return item


def parse_inline(given: Mapping[str, str], released: Mapping[str, Released], fs: str, here: str = "volume_context") -> Tuple[Class, int]:
    """The class and the size in bytes of a pod's volume. Without the name of a class it is the first one that the operator names."""
    if not released:
        raise Refused(
            "this driver makes no volumes in pods' manifests.",
            code="inline-off",
            parameter="volume_capability",
            found="no class that is released for them",
            fix="use a generic ephemeral volume (ephemeral.volumeClaimTemplate), or let the operator set lvm_csi_inline_classes.",
        )
    values = known(given, here, ("size", "class"))
    name = values.get("class", next(iter(released)))
    if name not in released:
        fix = f"use one of: {', '.join(released)}."
        raise _wrong("inline-class", "it is no class that the operator released for volumes in pods' manifests.", f"{here}.class", name[:120], fix)
    chosen = released[name]
    size = parse_bytes(values["size"], f"{here}.size") if "size" in values else min(_DEFAULT, chosen.limit)
    if size > chosen.limit:
        message = f"a volume of class {name} in a pod's manifest has at most {human(chosen.limit)}."
        raise _wrong("inline-limit", message, f"{here}.size", human(size), "ask for less, or use a claim.")
    return parse_class(chosen.parameters, f"class {name}", fs), size


def _wrong(code: str, message: str, parameter: str, found: str, fix: str = "correct what the driver is started with.") -> InvalidRequest:
    return InvalidRequest(message, code=code, parameter=parameter, found=found, fix=fix)
