# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The frame of every module: parse, observe, plan, and outside check mode apply."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Callable, Mapping, Optional

from ansible.module_utils import basic

from ._core import executor
from ._core.command import Command, mutate
from ._core.errors import CairnError
from ._core.lock import host_lock
from ._core.plan import Plan
from ._core.shapes import misplaced


class AnsibleModule(basic.AnsibleModule):
    """A module whose options are refused with their place when they have another shape than wanted; one that is null is left out."""

    def __init__(self, argument_spec: Mapping[str, Any], **kwargs: Any) -> None:
        self._checked = False
        try:
            super().__init__(argument_spec, **kwargs)
        except TypeError:
            # So ends the check of a list's items.
            self.fail_json("The options could not be read.")
            raise
        self._checked = True

    def _load_params(self) -> None:
        super()._load_params()
        # A variable that is left empty in a file of YAML is nothing that anybody wants.
        self.params = {name: value for name, value in self.params.items() if value is not None}
        # What a check does not understand it replaces by nothing.
        self._given = dict(self.params)

    def fail_json(self, msg: Any, **kwargs: Any) -> None:
        """End with an error; while the options are still being checked, with ours if it says more."""
        wrong = None if self._checked else misplaced(self.argument_spec, self._given)
        super().fail_json(**(wrong.as_result() if wrong else {**kwargs, "msg": msg}))


def run(
    module: AnsibleModule,
    *,
    parse: Callable[[Mapping[str, Any]], Any],
    observe: Callable[[Any], Any],
    plan: Callable[[Any, Any], Plan],
    handlers: Optional[Mapping[type, Callable[[Any], None]]] = None,
    result: Callable[[Plan], dict] = lambda plan: {},
    finish: Callable[[Plan], dict] = lambda plan: {},
    lock: bool = True,
) -> None:
    """Run one module and leave through ``exit_json`` or ``fail_json``.

    ``handlers`` carry out the steps that are not commands. ``result`` gives a module's own return values from the plan.
    ``finish`` waits for what was applied to take hold and gives return values; it is not called in check mode.
    ``lock`` is for modules that change this host.
    """
    # Whatever the caller's is: folders that anybody writes to would be anybody's, and those that nobody enters of no use.
    os.umask(0o022)
    try:
        desired = parse(module.params)
        with host_lock() if lock else contextlib.nullcontext():
            planned = plan(observe(desired), desired)
            if not module.check_mode:
                executor.apply(planned, {Command: mutate, **(handlers or {})})
        values = result(planned)
        if not module.check_mode:
            values.update(_finish(planned, finish))
    except CairnError as error:
        module.fail_json(**error.as_result())
    for warning in planned.warnings:
        module.warn(warning)
    module.exit_json(changed=planned.changed, actions=planned.describe(), diff=planned.diff(), **values)


def _finish(planned: Plan, finish: Callable[[Plan], dict]) -> dict:
    try:
        return finish(planned)
    except CairnError as error:
        # What was applied stays applied, even if it did not take hold in time.
        error.done = planned.describe()
        raise


def inform(module: AnsibleModule, read: Callable[[Mapping[str, Any]], dict]) -> None:
    """Run one read-only module."""
    try:
        values = read(module.params)
    except CairnError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **values)
