# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The frame of the modules that lay out LVM: they differ in their options alone."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible.module_utils.basic import AnsibleModule

from . import _module
from ._block import observe as devices
from ._block.apply import HANDLERS as DEVICES
from ._lvm import observe as lvm
from ._lvm.apply import HANDLERS
from ._lvm.desired import Layout
from ._lvm.plan import Observed, plan
from ._lvm.result import dump


def run(module: AnsibleModule, parse: Callable[[Mapping[str, Any]], Layout]) -> None:
    """Run one module whose wish is ``parse(params)``; returns ``after``, ``degraded[]`` and ``unadopted[]``."""
    seen = {}

    def observe(layout):
        seen["host"] = devices.observe(layout.base_dir, logical_volumes=layout.examines)
        return Observed(seen["host"], lvm.observe(seen["host"]))

    def result(planned):
        outcome = planned.after
        after = dump(outcome.groups, seen["host"], outcome.recorded, outcome.left_out, outcome.backups)
        return {"after": after, "degraded": list(outcome.degraded), "unadopted": list(outcome.unadopted)}

    def finish(planned):
        # What was made has UUIDs now.
        if not planned.changed:
            return {}
        state = lvm.observe(seen["host"])
        return {"after": dump(state.groups, seen["host"], state.recorded, planned.after.left_out, state.settings.backups)}

    _module.run(module, parse=parse, observe=observe, plan=plan, handlers={**DEVICES, **HANDLERS}, result=result, finish=finish)
