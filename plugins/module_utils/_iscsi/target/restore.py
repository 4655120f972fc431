# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Restoring saved targets at boot: each by itself, never clearing anything, again and again while a device is still to come.

It runs as a program of its own, ``python3 -m cairn_storage._iscsi.target.restore``, where the module iscsi_target_host has put it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import replace
from typing import Any, FrozenSet, List

from ..._core import executor
from ..._core.command import Command, mutate
from ..._core.errors import CairnError
from ..._core.lock import host_lock
from ..._core.plan import Action, Plan
from . import apply, discovery, kernel, saved, saved_file
from .actions import kernel_actions, load
from .model import RAMDISK, Target
from .state import Document
from .steps import Tune

#: Seconds to go on trying, for logical volumes and addresses that come late; then the run counts as failed, and systemd starts it anew.
PATIENCE = 60


def main() -> int:
    """Restore everything; 1 if something could not be. At last targets come without what is missing of them."""
    deadline = time.monotonic() + PATIENCE
    wrong = attempt()
    while wrong and time.monotonic() < deadline:
        time.sleep(0.3)
        wrong = attempt()
    if wrong:
        wrong = attempt(whole=False)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return int(bool(wrong))


def attempt(whole: bool = True) -> List[str]:
    """Build what is missing of all that is saved, as far as it goes; what could not be.

    ``whole``: only targets all of whose LUNs can be there. An initiator that waits since the power went would take a target
    that is back without its LUN for an answer, and give up what it holds for that LUN.
    """
    _path, document = saved_file.read()
    ours = [saved.target(document, name) for name in saved.names(document)]
    paths = sorted({each.path for target in ours for each in target.backstores if each.kind != RAMDISK})
    missing = frozenset(path for path in paths if not os.path.exists(path))
    with host_lock():
        wrong = _carry_out(load(kernel.survey()) + discovery.actions(kernel.discovery(), discovery.saved(document)))
        for target in ours:
            if not whole or missing.isdisjoint(each.path for each in target.backstores):
                wrong += restore(document, target.name, missing)
        wrong += _others(document)
    return wrong + [f"{path} is not there" for path in sorted(missing)]


def restore(document: Document, name: str, missing: FrozenSet[str]) -> List[str]:
    """Build what is not there of a saved target, but for what stands on ``missing`` paths; what went wrong."""
    wish = without(saved.target(document, name), missing)
    shared, running = kernel.running(wish, document)
    # One that was begun and not finished can only be made anew.
    stays = replace(running, backstores=tuple(each for each in running.backstores if each.active))
    return _carry_out(kernel_actions(shared, running, stays, wish))


def without(target: Target, missing: FrozenSet[str]) -> Target:
    """The target without backstores on these paths and the LUNs of them."""
    stores = tuple(each for each in target.backstores if each.path not in missing)
    keys = [each.key for each in stores]
    groups = []
    for group in target.groups:
        luns = tuple(each for each in group.luns if each.backstore in keys)
        numbers = [each.number for each in luns]
        acls = tuple(replace(acl, luns=tuple(each for each in acl.luns if each.lun in numbers)) for acl in group.acls)
        groups.append(replace(group, luns=luns, acls=acls))
    return replace(target, groups=tuple(groups), backstores=stores)


def _carry_out(actions: List[Action]) -> List[str]:
    """Carry out each action whatever becomes of the others."""
    wrong = []
    for action in actions:
        try:
            executor.apply(Plan((action,)), {**apply.HANDLERS, Command: mutate, Tune: _tune})
        except CairnError as error:
            wrong.append(f"{action}: {error}")
    return wrong


def _tune(step: Tune) -> None:
    """A file that targetcli saved has all attributes, those included that this kernel does not know or take."""
    with contextlib.suppress(CairnError):
        apply.tune(step)


def _others(document: Document) -> List[str]:
    """What is not ours to build, other fabrics and kinds of backstores: rtslib, which saved it, restores it, without clearing either."""
    ours = {each.key for name in saved.names(document) for each in saved.target(document, name).backstores}
    shared = kernel.survey()
    rest: Any = {
        "targets": [
            item
            for item in document["targets"]
            if item.get("fabric") != "iscsi" and f"{item.get('fabric')}/{item.get('wwn')}" not in _running(shared)
        ],
        "storage_objects": [item for item in document["storage_objects"] if saved.key(item) not in {*ours, *shared.backstores}],
    }
    if not any(rest.values()):
        return []
    try:
        from rtslib_fb import RTSRoot

        return [str(error) for error in RTSRoot().restore(rest)]
    except Exception as error:  # pylint: disable=broad-except
        return [f"targets of other fabrics were left out: {error}"]


def _running(shared: Any) -> FrozenSet[str]:
    return frozenset(name for names in shared.users.values() for name in names)


if __name__ == "__main__":
    raise SystemExit(main())
