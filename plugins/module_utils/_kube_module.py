# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The frame of the modules for Kubernetes objects: read, compare, apply what differs, wait for everything together."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping

from ansible.module_utils.basic import AnsibleModule

from . import _module
from ._core.errors import CairnError
from ._core.plan import Plan
from ._kube import apply, observe
from ._kube.connection import connect, guard
from ._kube.failures import about
from ._kube.manifest import Ref, redact
from ._kube.model import Desired, Established, Gone, Observed, Request
from ._kube.send import send
from ._kube.wait import Reached, Target, wait
from ._kube.wish import ALIASES

#: Seconds in which a definition that was just made gets its endpoint, and a new namespace its service account.
_SETTLE = 15


def run(module: AnsibleModule, parse: Callable[[Mapping[str, Any]], Desired]) -> None:
    """Run one module whose wish is ``parse(params)``; returns ``objects[]``, ``after[]``, ``readiness[]`` and ``requests``."""
    session = _Session(guard(module).params, parse)
    _module.run(module, parse=session.parse, observe=session.observe, plan=session.plan, lock=False, result=session.result, finish=session.finish,
                handlers={Request: session.send, Established: session.establish, Gone: session.see_off})


class _Session:
    def __init__(self, params: Dict[str, Any], parse: Callable[[Mapping[str, Any]], Desired]) -> None:
        self._params = params
        self._parse = parse
        self._client: Any = None
        self._desired: Any = None
        self._observed: Any = None
        self._answers: Dict[Ref, dict] = {}

    def parse(self, params: Mapping[str, Any]) -> Desired:
        # Ansible returns a module's parameters with its result; what cannot be read may hold a secret anywhere.
        given = {**params}
        if "objects" not in given:
            return self._parse(given)
        # What was given under another name of the option stands under that as well.
        for name in ("objects", *ALIASES):
            self._params.pop(name, None)
        desired = self._parse(given)
        self._params["objects"] = [redact(manifest) for manifest in desired.objects]
        return desired

    def observe(self, desired: Desired) -> Observed:
        self._client = connect(self._params)
        self._desired = desired
        with _named(desired.parameter):
            self._observed = observe.observe(self._client, desired)
        return self._observed

    def plan(self, observed: Observed, desired: Desired) -> Plan:
        with _named(desired.parameter):
            return apply.plan(observed, desired)

    def send(self, request: Request) -> None:
        deadline = time.monotonic() + _SETTLE
        while True:
            try:
                self._answers[request.ref] = send(self._client, request)
                return
            except CairnError as error:
                if request.method == "DELETE" and error.code == "api-not-found":
                    return
                if not _settles(error, request) or time.monotonic() > deadline:
                    with _named(self._desired.parameter):
                        raise about(error, request.ref) from None
            time.sleep(1)

    def establish(self, step: Established) -> None:
        wait(self._client, [Target(step.ref, step.resource, True, self._answers[step.ref])], 60)

    def see_off(self, step: Gone) -> None:
        wait(self._client, [Target(step.ref, step.resource, False, step.live)], 60)

    def result(self, plan: Plan) -> dict:
        """The prediction, which is all there is in check mode."""
        after = [redact(live) for live in plan.after]
        return {"objects": after, "after": after, "readiness": [], "requests": self._client.requests}

    def finish(self, plan: Plan) -> dict:
        """What is there now; after a wait that failed, what was there last (``reached``). ``after`` is for those who could not see it."""
        values: dict = {"after": [], "readiness": []}
        try:
            if self._desired.wait is None:
                values["objects"] = [redact(self._answers.get(found.ref, found.live)) for found in self._observed.found]
            else:
                reached = wait(self._client, self._targets(), self._desired.wait)
                values.update(readiness=[item.describe() for item in reached], objects=self._shown(reached))
        except CairnError as error:
            error.reached = {**self.result(plan), **values, **error.reached}
            raise
        return {**values, "requests": self._client.requests}

    def _targets(self) -> List[Target]:
        conditions = self._desired.conditions
        own = self._observed.found if self._desired.wait_for_own else ()
        targets = [Target(found.ref, found.resource, True, self._answers.get(found.ref, found.live), conditions.get(found.ref)) for found in own]
        targets += [Target(what, resource, True, None, conditions.get(what)) for what, resource in self._observed.awaited]
        leaving = self._observed.going if self._desired.wait_for_own else ()
        return targets + [Target(found.ref, found.resource, False, found.live) for found in leaving if found.live is not None]

    def _shown(self, reached: List[Reached]) -> List[dict]:
        return [redact(item.live) for item in reached if item.live is not None and item.target.present]


@contextlib.contextmanager
def _named(parameter: str) -> Iterator[None]:
    """Errors about ``objects`` name the option that the objects came from."""
    try:
        yield
    except CairnError as error:
        if error.parameter == "objects":
            error.parameter = parameter
            error.args = (str(error),)
        raise


def _settles(error: CairnError, request: Request) -> bool:
    """A custom object right after its definition, a pod right after its namespace."""
    return error.code == "api-not-found" and request.method == "PATCH" or (error.code == "api-forbidden" and "serviceaccount" in error.found)
