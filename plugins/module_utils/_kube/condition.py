# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What an object is waited for, other than what is ready for its kind."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from .._core.errors import InvalidRequest, NotFound
from . import basics
from .basics import Object
from .ready import READY, State, Surroundings

try:
    import jmespath
    HAS_JMESPATH = True
except ImportError:
    HAS_JMESPATH = False


def compile_query(text: Optional[str], parameter: str, example: str) -> Any:
    """A JMESPath expression ready to search; ``None`` for none."""
    if text is None:
        return None
    if not HAS_JMESPATH:
        raise NotFound("the Python package jmespath is not installed here.", code="library-missing", parameter=parameter,
                       fix="pip install jmespath, for the Python that runs this module (ansible_python_interpreter).")
    try:
        return jmespath.compile(text)
    except jmespath.exceptions.JMESPathError as problem:
        raise InvalidRequest("not a JMESPath expression.", code="query-syntax", parameter=parameter, found=str(problem).splitlines()[0],
                             fix=f"see jmespath.org; for example {example}.") from None


def find(query: Any, values: Mapping[str, Any], parameter: str) -> Any:
    """What a compiled expression finds in a module's return values; ``None`` without one."""
    try:
        return query.search(values) if query else None
    except jmespath.exceptions.JMESPathError as problem:
        raise InvalidRequest("the expression does not fit what it is asked of.", code="query-value", parameter=parameter,
                             found=str(problem).splitlines()[0], fix="look at the return values first.") from None


class Condition:
    """One condition; ``needs`` are the paths of cluster-wide collections that it looks at (``Surroundings.others``)."""

    needs: Tuple[str, ...] = ()

    def state(self, live: Object, around: Surroundings) -> State:
        """Ready, or waiting with the reason."""
        raise NotImplementedError


class Expression(Condition):
    """Ready when a JMESPath expression over the object gives something that is true there: not null, false or empty."""

    def __init__(self, text: str, parameter: str) -> None:
        self._text = text
        self._query = compile_query(text, parameter, "status.phase=='Bound'")

    def state(self, live: Object, around: Surroundings) -> State:
        try:
            value = self._query.search(live)
        except jmespath.exceptions.JMESPathError as problem:
            # A function that is given a value of the wrong type, such as one that is not there yet.
            return State("waiting", f"{self._text}: {str(problem).splitlines()[0]}")
        # In JMESPath zero is true.
        met = value is not None and value is not False and value not in ("", [], {})
        return READY if met else State("waiting", f"{self._text} is {value!r}")


class Registered(Condition):
    """Ready when the kubelet of each node that has ``labels`` has registered the driver: its CSINode names it."""

    needs = ("/api/v1/nodes", "/apis/storage.k8s.io/v1/csinodes")

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels

    def state(self, live: Object, around: Surroundings) -> State:
        nodes, registrations = (around.others.get(path) for path in self.needs)
        if nodes is None or registrations is None:
            return State("waiting", "the nodes are not known yet")
        wanted = sorted(node["metadata"]["name"] for node in nodes if self._labels.items() <= (node["metadata"].get("labels") or {}).items())
        if not wanted:
            return State("waiting", f"no node has the labels {_labels(self._labels)}" if self._labels else "there are no nodes")
        name = live["metadata"]["name"]
        have = {item["metadata"]["name"] for item in registrations if name in basics.drivers(item)}
        missing = [node for node in wanted if node not in have]
        if not missing:
            return READY
        return State("waiting", f"not registered on {len(missing)} of {len(wanted)} nodes: {basics.some(missing)}")


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in labels.items())
