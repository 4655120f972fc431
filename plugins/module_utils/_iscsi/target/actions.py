# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The actions that lead the kernel from one state of a target to another. Pure."""

from __future__ import annotations

from typing import Dict, List

from ..._core.command import command
from ..._core.plan import Action
from . import paths
from .build import creations
from .model import Target
from .remove import removals
from .state import Kernel
from .steps import MakeDir

MODULES = ("target_core_mod", "iscsi_target_mod")


def kernel_actions(kernel: Kernel, running: Target, stays: Target, wish: Target) -> List[Action]:
    """Take ``running`` down to ``stays``, and build ``wish`` upon that."""
    return (load(kernel) if wish.present else []) + changes(kernel, running, stays, wish)


def load(kernel: Kernel) -> List[Action]:
    """Load LIO, if it is not."""
    if paths.FABRIC in kernel.fabrics:
        return []
    steps = (command("modprobe", "--all", *MODULES), MakeDir(paths.FABRIC))
    return [Action("load", "kernel modules", ", ".join(MODULES), steps, None, {"loaded": True})]


def changes(kernel: Kernel, running: Target, stays: Target, wish: Target) -> List[Action]:
    """The same where LIO is loaded."""
    return removals(running, stays) + creations(stays, wish, _folders(kernel, stays, wish))


def _folders(kernel: Kernel, stays: Target, wish: Target) -> Dict[str, str]:
    """Folders of backstores by key: of those that stay, and free ones for those to come."""
    taken = {int(folder.rpartition("_")[2]) for folder in kernel.folders}
    free = (number for number in range(len(taken) + len(wish.backstores) + 1) if number not in taken)
    found = {}
    for store in wish.backstores:
        there = stays.backstore(store.key)
        found[store.key] = there.folder if there else f"{paths.PLUGINS[store.kind]}_{next(free)}"
    return found
