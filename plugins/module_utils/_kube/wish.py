# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The options of kube_objects as a wish, and those that all modules over the same engine share."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from .._core.errors import InvalidRequest
from .._core.plan import Consent
from . import manifest
from .condition import Condition, Expression
from .connection import ARGUMENTS as CONNECTION
from .model import Desired
from .prune import Prune

#: What others call the objects of kube_objects.
ALIASES = ("definition", "resource_definition", "inline")
#: Argument spec of the doc fragment kube_connection.engine, and of the one that it builds on.
ARGUMENTS = {
    **CONNECTION,
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
    "field_manager": {"type": "str", "default": "cairn.storage"},
    "on_conflict": {"type": "str", "choices": ["fail", "take"], "default": "fail"},
    "pending": {"type": "list", "elements": "dict", "default": []},
}
#: The API server's own rule for field managers (ValidateFieldManager), with room for words only.
_MANAGER = re.compile(r"[!-~]{1,128}")
#: Types and reasons of conditions: words, or names with a domain before them.
_WORD = re.compile(r"[A-Za-z0-9._/-]+")


def common(params: Mapping[str, Any]) -> Dict[str, Any]:
    """``Desired``'s fields of the options that all modules share; ``InvalidRequest`` names the parameter."""
    if params["wait_timeout"] < 1:
        raise InvalidRequest("it must be at least one second.", code="wait-timeout-range", parameter="wait_timeout",
                             found=str(params["wait_timeout"]),
                             fix="set wait: false not to wait at all.")
    if not _MANAGER.fullmatch(params["field_manager"]):
        raise InvalidRequest("not a field manager's name.", code="field-manager", parameter="field_manager", found=repr(params["field_manager"]),
                             fix="at most 128 visible characters, no spaces.")
    # Hidden secrets could not be read again, and nothing here needs them.
    given = [item for item in params["pending"] if item.get("kind") != "Secret"]
    # Several tasks may have told of the same object; the last one knows best.
    pending = {manifest.ref(found): found for index, item in enumerate(given) for found in manifest.unpack(item, f"pending[{index}]")}
    return {
        "manager": params["field_manager"],
        "take": params["on_conflict"] == "take",
        "pending": tuple(pending.values()),
        "wait": params["wait_timeout"] if params["wait"] else None,
        "wait_for_own": params["wait"],
    }


def consent(params: Mapping[str, Any], parameter: str, fix: str) -> Consent:
    """A consent from an option that maps a thing's name to what was found on it."""
    for thing, found in params[parameter].items():
        if not isinstance(thing, str) or not thing or not isinstance(found, str) or not found:
            raise InvalidRequest("a consent names a thing and what was found on it.", code="consent-form", parameter=parameter,
                                 found=f"{thing}: {found}",
                                 fix=f"write it like {{{fix}}}.")
    return Consent(parameter, params[parameter])


def parse(params: Mapping[str, Any]) -> Desired:
    """``Desired`` of kube_objects' parameters; ``InvalidRequest`` names the parameter."""
    present = params["state"] == "present"
    part = params["subresource"] or ""
    for option in ("wait_for", "wait_condition", "prune", "subresource"):
        if params[option] and not present:
            raise InvalidRequest("this has no meaning for objects that are to go.", code=f"{option.replace('_', '-')}-unused", parameter=option,
                                 found=f"state: {params['state']}", fix="set state: present, or leave it out.")
    if part and params["prune"]:
        raise InvalidRequest("whoever writes only a part of objects does not say which objects there are.", code="prune-subresource",
                             parameter="prune",
                             found=f"subresource: {part}", fix="leave out one of the two.")
    shared = common(params)
    objects = manifest.parse(_documents(params), "src" if params["src"] else "objects", part)
    named = ((item, {"name": item["name"], "namespace": item["namespace"]}) for item in params["wait_for"])
    awaited = manifest.parse(({"apiVersion": item["api_version"], "kind": item["kind"], "metadata": head} for item, head in named), "wait_for")
    if awaited:
        shared["wait"] = params["wait_timeout"]
    return Desired(
        objects=objects,
        present=present,
        consent=consent(params, "allow_data_loss", "namespace/claim: volume"),
        awaited=awaited,
        conditions={**_same_condition(params, objects), **_conditions(params["wait_for"], awaited)},
        subresource=part,
        prune=_prune(params, objects),
        optional=_optional(params["optional"], objects),
        **shared,
    )


def _documents(params: Mapping[str, Any]) -> List[Any]:
    """What stands in ``objects``, or in the file ``src``."""
    file = params["src"]
    if not file:
        return manifest.documents(params["objects"], "objects")
    try:
        with open(file, encoding="utf-8") as stream:
            return manifest.documents(stream.read(), "src")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidRequest("this file cannot be read.", code="src-unreadable", parameter="src",
                             found=f"{file}: {getattr(problem, 'strerror', None) or problem}",
                             fix="give a file on the host that runs the task; lookup('ansible.builtin.file') reads one where Ansible runs.") from None


def _same_condition(params: Mapping[str, Any], objects: Iterable[dict]) -> Dict[manifest.Ref, Condition]:
    given = params["wait_condition"]
    if not given:
        return {}
    if not params["wait"]:
        raise InvalidRequest("nothing is waited for.", code="wait-condition-unused", parameter="wait_condition", found="wait: false",
                             fix="leave out one of the two.")
    for name in ("type", "reason"):
        if given[name] is not None and not _WORD.fullmatch(given[name]):
            raise InvalidRequest("not a word of a condition.", code="wait-condition-word", parameter=f"wait_condition.{name}",
                                 found=repr(given[name]), fix="write it as kubectl describe shows it, like Ready.")
    tests = " && ".join(f"{name}=='{given[name]}'" for name in ("type", "status", "reason") if given[name] is not None)
    return {manifest.ref(thing): Expression(f"status.conditions[?{tests}]", "wait_condition") for thing in objects}


def _conditions(given: Iterable[Mapping[str, Any]], awaited: Iterable[dict]) -> Dict[manifest.Ref, Condition]:
    return {manifest.ref(thing): Expression(item["condition"], f"wait_for[{index}].condition")
            for index, (item, thing) in enumerate(zip(given, awaited)) if item["condition"] is not None}


def _optional(given: Iterable[Mapping[str, Any]], objects: Iterable[dict]) -> Tuple[Tuple[str, str], ...]:
    kinds = tuple((item["api_version"], item["kind"]) for item in given)
    there = {(item["apiVersion"], item["kind"]) for item in objects}
    for index, kind in enumerate(kinds):
        if kind not in there:
            raise InvalidRequest("no object of the list is of this kind.", code="optional-unused", parameter=f"optional[{index}]",
                                 found=" ".join(kind), fix="write apiVersion and kind as the object has them, or leave it out.")
    return kinds


def _prune(params: Mapping[str, Any], objects: Iterable[dict]) -> Optional[Prune]:
    given = params["prune"]
    permitted = consent(params, "allow_prune", "Kind namespace/name: UID")
    if not given:
        if permitted.given:
            raise InvalidRequest("there is nothing to consent to without prune.", code="prune-unused", parameter="allow_prune",
                                 fix="remove it, or give prune.")
        return None
    labels = {str(key): value for key, value in given["labels"].items()}
    if not labels or not all(isinstance(value, str) for value in labels.values()):
        raise InvalidRequest("a set is told by labels, and their values are text.", code="prune-labels", parameter="prune.labels",
                             found=repr(given["labels"]),
                             fix="give at least one label that only objects of this set carry; put values in quotes.")
    kinds = tuple((item["api_version"], item["kind"]) for item in given["kinds"])
    if ("v1", "Secret") in kinds:
        raise InvalidRequest("Secrets are read by name only, so they cannot be found by a label.", code="prune-secrets", parameter="prune.kinds",
                             found="Secret",
                             fix="delete them with state: absent.")
    chosen = Prune(labels, kinds, tuple(given["namespaces"]), permitted)
    chosen.check(objects)
    return chosen
