# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Restoring saved targets at boot: each by itself, never clearing anything, again and again while a device is still to come.

It runs as a program of its own, ``python3 -m cairn_storage._iscsi.target.restore``, where the module iscsi_target_host has put it.
"""

from __future__ import annotations

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

#: Seconds to wait for devices that come late, logical volumes above all, before the run counts as failed; systemd then starts it anew.
PATIENCE = 20


def main() -> int:
    """Restore everything; 1 if something could not be."""
    _path, document = saved_file.read()
    with host_lock():
        wrong = _carry_out(load(kernel.survey()) + discovery.actions(kernel.discovery(), discovery.saved(document)))
        wrong += _others(document)
    late = _restore_all(document, wrong)
    deadline = time.monotonic() + PATIENCE
    while late and time.monotonic() < deadline:
        if any(map(os.path.exists, late)):
            late = _restore_all(document, wrong)
        else:
            time.sleep(0.2)
    wrong += [f"{path} is not there" for path in sorted(late)]
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong))


def _restore_all(document: Document, wrong: List[str]) -> FrozenSet[str]:
    """Restore all targets as far as it goes, noting what went wrong; the devices and files that are missing."""
    missing = frozenset(each.path for each in saved.backstores(document).values() if each.kind != RAMDISK and not os.path.exists(each.path))
    with host_lock():
        for name in saved.names(document):
            wrong += restore(document, name, missing)
    return frozenset(each.path for name in saved.names(document) for each in saved.target(document, name).backstores if each.path in missing)


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
    try:
        apply.tune(step)
    except CairnError:
        print(f"left out: {step}", file=sys.stderr)


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
    sys.exit(main())
