# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The options of storage_statefulset as wishes, one for each set."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Tuple

from ..._core.errors import InvalidRequest
from ..._core.plan import Consent
from .. import manifest
from .. import wish as engine
from . import waves
from .actions import MANAGER
from .model import Desired, Gate

#: One pod, then all of them.
_WAVES = ("1", "100%")


def parse(params: Mapping[str, Any]) -> Tuple[List[Desired], Tuple[dict, ...]]:
    """The wishes, and what earlier tasks of a check run would have made; ``InvalidRequest`` names the parameter."""
    if params["wait_timeout"] < 1:
        raise InvalidRequest("it must be at least one second.", code="wait-timeout-range", parameter="wait_timeout",
                             found=str(params["wait_timeout"]), fix="give the longest time without progress in which there is still hope.")
    shared = engine.common({**params, "field_manager": MANAGER, "wait": True})
    consent = engine.consent(params, "allow_data_loss", "namespace/claim: volume")
    wishes = [_set(item, f"sets[{index}]", params, consent) for index, item in enumerate(params["sets"])]
    for index, desired in enumerate(wishes):
        if desired.ref in [other.ref for other in wishes[:index]]:
            raise InvalidRequest("a StatefulSet is given twice.", code="object-duplicate", parameter=f"sets[{index}].object", found=str(desired.ref),
                                 fix="keep one of them.")
    if len(wishes) > 1 and any(desired.replace for desired in wishes):
        raise InvalidRequest("a pod's claim is replaced in a run of its own.", code="replace-alone", parameter="sets",
                             found=", ".join(desired.ref.path for desired in wishes), fix="give only the set of that pod.")
    return wishes, shared["pending"]


def _set(item: Mapping[str, Any], where: str, params: Mapping[str, Any], consent: Consent) -> Desired:
    wanted = _object(item["object"], f"{where}.object")
    canary, aborted = item["strategy"] == "canary", params["state"] == "aborted"
    if not canary:
        for option in ("waves", "gate"):
            if item[option]:
                raise InvalidRequest("only a canary has waves and a gate.", code=f"{option}-unused", parameter=f"{where}.{option}",
                                     found="strategy: rolling", fix="set strategy: canary, or leave it out.")
    if canary and (wanted["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        raise InvalidRequest("pods of the strategy OnDelete are replaced by hand.", code="canary-on-delete", parameter=f"{where}.object",
                             found="updateStrategy.type: OnDelete", fix="leave updateStrategy out of the object.")
    if item["replace_pod"] and (canary or aborted):
        raise InvalidRequest("a pod's claim is not replaced in the middle of a rollout.", code="replace-alone", parameter=f"{where}.replace_pod",
                             found="strategy: canary" if canary else "state: aborted", fix="do one after the other.")
    steps = tuple(item["waves"] or _WAVES) if canary else ()
    waves.check(steps, f"{where}.waves")
    return Desired(
        ref=manifest.ref(wanted), manifest=wanted, waves=steps, gate=_gate(item["gate"] or {}, f"{where}.gate"),
        abort_on_failure=item["on_failure"] == "abort", abort=aborted, removed_claims=item["removed_claims"] or "",
        replace=item["replace_pod"] or "", check_capacity=item["check_capacity"],
        nodes_away=tuple(params["nodes_away"]), timeout=params["wait_timeout"],
        take=params["on_conflict"] == "take", consent=consent)


def _object(given: Mapping[str, Any], where: str) -> dict:
    try:
        parsed = manifest.parse([given], where)
    except InvalidRequest as error:
        # It is no list that the user gave.
        error.parameter = error.parameter.replace(f"{where}[0]", where)
        raise
    if len(parsed) != 1 or (parsed[0]["kind"], parsed[0]["apiVersion"]) != ("StatefulSet", "apps/v1"):
        found = ", ".join(f"{each['kind']} of {each['apiVersion']}" for each in parsed) or "nothing"
        raise InvalidRequest("not a StatefulSet.", code="set-kind", parameter=where, found=found, fix="give one StatefulSet of apps/v1.")
    wanted = parsed[0]
    if not wanted["metadata"].get("namespace"):
        raise InvalidRequest("a StatefulSet stands in a namespace.", code="namespace-missing", parameter=where, fix="give metadata.namespace.")
    spec = wanted.get("spec")
    if not isinstance(spec, Mapping) or not isinstance(spec.get("template"), Mapping):
        raise InvalidRequest("the object has no pod template.", code="set-template", parameter=where, fix="give the whole object.")
    _refuse_misshapen(spec, f"{where}.spec")
    labels, theirs = _map(_map(spec.get("selector")).get("matchLabels")), _map(_map(spec["template"].get("metadata")).get("labels"))
    if not labels or any(theirs.get(name) != value for name, value in labels.items()):
        raise InvalidRequest("the selector does not find the set's own pods.", code="set-selector", parameter=f"{where}.spec.selector",
                             found=f"matchLabels {dict(labels)}, the template has {dict(theirs)}",
                             fix="give matchLabels that the template's labels have.")
    count = spec.get("replicas", 1)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise InvalidRequest("not a number of pods.", code="set-replicas", parameter=f"{where}.spec.replicas", found=repr(count),
                             fix="give a whole number.")
    return wanted


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _refuse_misshapen(spec: Mapping[str, Any], where: str) -> None:
    """What is looked at before the API server has seen it, or where it cannot be asked because the namespace is still to come."""
    for name in ("updateStrategy", "ordinals"):
        if not isinstance(spec.get(name, {}), Mapping):
            raise InvalidRequest("not a dictionary.", code="set-field", parameter=f"{where}.{name}", found=repr(spec[name]),
                                 fix="write it as kubectl explain statefulset.spec shows it.")
    templates = spec.get("volumeClaimTemplates", [])
    for each in templates if isinstance(templates, list) else [templates]:
        if not isinstance(templates, list) or not _map(_map(each).get("metadata")).get("name") or not isinstance(_map(each).get("spec"), Mapping):
            raise InvalidRequest("a claim template has a name and a spec.", code="set-claims", parameter=f"{where}.volumeClaimTemplates",
                                 found=repr(each), fix="give a list of them, each with metadata.name and spec.")


def _gate(given: Mapping[str, Any], where: str) -> Gate:
    for name in ("restarts", "hold"):
        if (given.get(name) or 0) < 0:
            raise InvalidRequest("it cannot be less than 0.", code="gate-range", parameter=f"{where}.{name}", found=str(given[name]),
                                 fix="give 0 or more.")
    command = tuple(given.get("command") or ())
    if given.get("container") and not command:
        raise InvalidRequest("there is no command to run in it.", code="gate-container", parameter=f"{where}.container", found=given["container"],
                             fix="give command as well, or leave it out.")
    if given.get("command") is not None and not all(command or [""]):
        raise InvalidRequest("not a command.", code="gate-command", parameter=f"{where}.command", found=repr(list(command)),
                             fix="give the program and its arguments as a list.")
    return Gate(given.get("restarts") or 0, given.get("hold") or 0, command, given.get("container") or "", _http(given.get("http"), f"{where}.http"),
                _promql(given.get("promql"), f"{where}.promql"))


def _http(given: Optional[Mapping[str, Any]], where: str) -> Optional[Mapping[str, Any]]:
    if given and not given["path"].startswith("/"):
        raise InvalidRequest("a path begins with /.", code="gate-path", parameter=f"{where}.path", found=given["path"], fix="write it like /healthz.")
    if given and not 1 <= given["port"] <= 65535:
        raise InvalidRequest("not a port.", code="gate-port", parameter=f"{where}.port", found=str(given["port"]),
                             fix="give a number from 1 to 65535.")
    return given or None


def _promql(given: Optional[Mapping[str, Any]], where: str) -> Optional[Mapping[str, Any]]:
    if given and not given["url"].startswith(("http://", "https://")):
        raise InvalidRequest("not the address of a Prometheus.", code="gate-url", parameter=f"{where}.url", found=given["url"],
                             fix="write it like https://prometheus.example.com:9090.")
    if given and not given["query"].strip():
        raise InvalidRequest("there is no query.", code="gate-query", parameter=f"{where}.query", fix="give a PromQL expression.")
    return given or None
