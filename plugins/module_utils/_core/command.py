# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Running commands: argv lists, C locale, a time limit, secrets on stdin only."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from .errors import CommandFailed, NotFound, Timeout
from .lvm_command import environment, independent

#: Nothing from the caller's environment may change what a command prints or does.
_ENVIRONMENT = {
    "LC_ALL": "C",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    # LVM warns about every descriptor that it inherits from the Ansible connection.
    "LVM_SUPPRESS_FD_WARNINGS": "1",
}
#: Seconds that a killed process is given to go; one that waits for a dead disk does not go at all.
_DYING = 5
#: What every command is started with, and the folder that it is started in; see ``run_through`` and ``run_in``.
_THROUGH: List[str] = []
_FOLDER: List[str] = []


def run_through(*argv: str) -> None:
    """From now on start every command by way of ``argv``: the CSI driver's container has its commands run in the host's namespaces."""
    _THROUGH[:] = argv


def run_in(*folder: str) -> None:
    """From now on start every command in a folder, in which a relative path that got into its arguments leads nowhere."""
    _FOLDER[:] = folder


@dataclass(frozen=True)
class Command:
    """A changing command as data, to be put into an action's steps. ``stdin`` may hold a secret and is never shown."""

    argv: Tuple[str, ...]
    stdin: Optional[str] = field(default=None, repr=False)
    #: Seconds; LVM with a slow disk and mkfs of a large one take minutes.
    timeout: int = 600
    #: Exit codes that mean success.
    ok: Tuple[int, ...] = (0,)
    #: What to do should it fail, where that is known beforehand.
    fix: str = ""

    def __str__(self) -> str:
        return shlex.join(self.argv)


def command(*argv: object, stdin: Optional[str] = None, timeout: int = 600, ok: Tuple[int, ...] = (0,), fix: str = "") -> Command:
    """``Command`` from loose arguments."""
    return Command(tuple(str(arg) for arg in argv), stdin, timeout, ok, fix)


def installed(program: str) -> bool:
    """Whether ``program`` is on the search path that commands run with."""
    return shutil.which(program, path=_ENVIRONMENT["PATH"]) is not None


def read(*argv: str, ok: Tuple[int, ...] = (0,), timeout: int = 120) -> str:
    """Standard output of a command that changes nothing; exit codes in ``ok`` are fine."""
    return _run(argv, None, timeout, ok)


def mutate(step: Command) -> None:
    """Run a changing command. Only the executor calls this, and only outside check mode."""
    _run(step.argv, step.stdin, step.timeout, step.ok, step.fix)


def _run(argv: Tuple[str, ...], stdin: Optional[str], timeout: int, ok: Tuple[int, ...], fix: str = "") -> str:
    line = shlex.join(argv)
    try:
        # Not subprocess.run, nor as a context manager: after the time limit these wait on for a process that hangs in the kernel.
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            (*_THROUGH, *independent(argv)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**environment(os.environ), **_ENVIRONMENT}, encoding="utf-8", errors="surrogateescape", cwd=next(iter(_FOLDER), None),
        )
    except FileNotFoundError as missing:
        if missing.filename in _FOLDER:
            raise NotFound("the folder that commands run in is gone.", code="folder-missing", found=_FOLDER[0], fix="start the driver again.") from None
        raise NotFound(f"the command {argv[0]} is not installed.", code="command-missing", fix="run the role node_bootstrap, or install its package.") from None
    try:
        out, said = process.communicate(stdin if stdin is not None else "", timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_DYING)
        raise Timeout(f"{line} did not end within {timeout} s.", code="command-timeout",
                      fix="look for a hung disk (dmesg, lsblk) or a stuck udev (dmsetup udevcookies), then run again.") from None
    if process.returncode not in ok:
        said = (said or out).strip().replace("\n", "; ")
        error = CommandFailed(f"{line} ended with {process.returncode}: {said or 'no message'}.", code="command-failed", fix=fix)
        error.status, error.said = process.returncode, said
        raise error
    return out
