# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Carrying out the steps for sessions, and waiting for their disks."""

from __future__ import annotations

import os
import time
from typing import Iterable, List

from ..._core import files
from ..._core.blocks import WriteFile
from ..._core.command import command, mutate
from ..._core.errors import CommandFailed, Timeout
from . import database, sysfs
from .meaning import explain
from .model import Key
from .reach import no_answer
from .steps import EditRecord, Iscsiadm, Reach, SetRecovery

#: Seconds for disks to get their names after a login.
_PATIENCE = 30


def reach(step: Reach) -> None:
    """Open a connection, and close it."""
    why = no_answer(step.key.portal)
    if why:
        error = Timeout(
            f"could not log in to {step.key}: the portal does not answer.",
            code="portal-unreachable",
            parameter=step.parameter,
            found=f"{step.key.portal}: {why}",
            fix="check the address, the network and the target's firewall.",
        )
        error.undone = True
        raise error


def iscsiadm(step: Iscsiadm) -> None:
    """Run it, and say what its exit code means. A record whose first login failed would only fail again at boot: it goes."""
    try:
        mutate(command(*step.argv, timeout=120, ok=(0, *step.ok)))
    except CommandFailed as error:
        reason = explain(error.status, step.verb, step.key, step.parameter, error.said)
        if step.first:
            mutate(command(*Iscsiadm("", step.key, "", ("--op", "delete")).argv))
        reason.undone = step.whole
        raise reason from None


def edit_record(step: EditRecord) -> None:
    """Put the settings into the record's file."""
    database.edit(database.database(), step.key, step.values)


def set_recovery(step: SetRecovery) -> None:
    """Tell the kernel, which from then on takes no other value from iscsid."""
    with open(f"{sysfs.SYS}/class/iscsi_session/session{step.session}/recovery_tmo", "w", encoding="utf-8") as file:
        file.write(str(step.seconds))


def await_disks(keys: Iterable[Key]) -> None:
    """Until each disk of these sessions has its block device and udev is done with it."""
    wanted = set(keys)
    deadline = time.monotonic() + _PATIENCE
    while True:
        waiting: List[str] = []
        for session in sysfs.sessions():
            if session.key in wanted:
                waiting += [f"LUN {lun.lun} of {session.key}" for lun in session.luns if not (lun.kernel_name and _initialized(lun.kernel_name))]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise Timeout(
                f"udev did not name new disks within {_PATIENCE} s.",
                code="disks-unnamed",
                found=", ".join(waiting),
                fix="look for errors in the log of systemd-udevd and the kernel's, then run again.",
            )
        time.sleep(0.1)


def _initialized(name: str) -> bool:
    """Whether udev has finished with a device: it then has an entry in udev's database (sd_device_get_is_initialized(3))."""
    number = files.text(f"{sysfs.SYS}/class/block/{name}/dev").strip()
    return bool(number) and os.path.exists(f"/run/udev/data/b{number}")


#: For ``_module.run``.
HANDLERS = {
    WriteFile: lambda step: files.replace(step.path, step.text, 0o600),
    Reach: reach,
    Iscsiadm: iscsiadm,
    EditRecord: edit_record,
    SetRecovery: set_recovery,
}
