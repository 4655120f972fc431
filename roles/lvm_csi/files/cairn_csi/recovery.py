# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a start finds half-made is finished or removed, whatever step the last process died at."""

from __future__ import annotations

import os
from functools import partial

from . import log
from .collection import Action, CairnError, Plan, command
from .copying import fill
from .delete import away, leftovers
from .inventory import Found, all_of
from .jobs import Jobs
from .removing import destroy, wipe
from .store import STEADY, Store

#: Seconds until it is tried again.
_AGAIN = 30


def recover(store: Store, jobs: Jobs) -> None:
    """Take up copies and wipes again, and remove what nobody needs or can ask for any more; tried until LVM answers."""
    while not jobs.stopping.is_set():
        try:
            _recover(store, jobs)
            break
        except Exception as error:  # pylint: disable=broad-except
            log.error("recovery", message=repr(error))
        jobs.stopping.wait(_AGAIN)


def wipe_again(store: Store, jobs: Jobs) -> None:
    """Try wipes that failed again until the driver ends: nobody else may remember what they are of."""
    while not jobs.stopping.wait(_AGAIN):
        try:
            _wipe(store, jobs)
        except Exception as error:  # pylint: disable=broad-except
            log.error("recovery", message=repr(error))


def _recover(store: Store, jobs: Jobs) -> None:
    with store.lock():
        state = store.report()
        for found in leftovers(state, store.node):
            _try(partial(store.apply, away(found).first), found)
    for found in all_of(state, store.node, "inline"):
        if _orphaned(store, found):
            _try(partial(_remove_inline, store, jobs, found), found)
    for found in all_of(state, store.node, "volume"):
        if found.facts.state in ("copying", "zeroing"):
            jobs.start(str(found.id), partial(fill, store, jobs, found.id))
    _wipe(store, jobs)


def _wipe(store: Store, jobs: Jobs) -> None:
    for found in all_of(store.recent(STEADY), store.node):
        if found.facts.state == "wiping":
            jobs.start(str(found.id), partial(wipe, store, found.id))


def _orphaned(store: Store, found: Found) -> bool:
    """Whether an inline volume's pod is gone: kubelet keeps a folder for each that it has not finished with."""
    return bool(found.facts.pod) and not os.path.exists(store.machine.path(store.machine.real(f"{store.machine.kubelet}/pods/{found.facts.pod}")))


def _remove_inline(store: Store, jobs: Jobs, found: Found) -> None:
    for mount in store.machine.mounts_of(found.id.path):
        store.apply(Plan((Action("unmount", "file system", mount.path, (command("umount", mount.path),)),)))
    destroy(store, jobs, found.id)


def _try(action, found: Found) -> None:  # type: ignore[no-untyped-def]
    try:
        action()
        log.info("recovered", removed=found.id.name, kind=found.facts.kind)
    except CairnError as error:
        log.error("recovery", volume=found.id.name, message=str(error))
