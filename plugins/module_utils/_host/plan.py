# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What has to change for a host to be set up: kernel modules, blocks in configuration files, services. No I/O here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import FrozenSet, List, Mapping, Tuple

from .._core.blocks import WriteFile, block_in, with_block
from .._core.command import command
from .._core.plan import Action, Plan

#: Kernel modules to be loaded at boot (modules-load.d(5)).
MODULES = "/etc/modules-load.d/cairn-storage.conf"


@dataclass(frozen=True)
class Block:
    """Our lines in a configuration file. ``reload`` names a service that reads them again, if it runs."""

    path: str
    text: str
    reload: str = ""


@dataclass(frozen=True)
class Desired:
    """All that a host shall have."""

    modules: Tuple[str, ...] = ()
    blocks: Tuple[Block, ...] = ()
    services: Tuple[str, ...] = ()
    #: Packages by family of distributions, to be told of if missing.
    packages: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """A systemd unit as found."""

    known: bool
    enabled: bool = False
    active: bool = False


@dataclass(frozen=True)
class Observed:
    """``files`` holds texts by path; ``services`` those of desired services and reloads."""

    loaded: FrozenSet[str] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    missing_packages: Tuple[str, ...] = ()


@dataclass(frozen=True)
class EnableMissing:
    """A service that no package has brought."""

    name: str

    def __str__(self) -> str:
        return f"enable {self.name}"


def blocks(desired: Desired) -> Tuple[Block, ...]:
    """The blocks asked for, and the one that loads the kernel modules at boot."""
    return ((Block(MODULES, "\n".join(desired.modules)),) if desired.modules else ()) + desired.blocks


def _with_those_there(text: str, present: List[str]) -> str:
    """Another role may have asked for other modules: what was asked for once is loaded until somebody takes the line out."""
    return "\n".join([*present, *(line for line in text.splitlines() if line not in present)])


def plan_settings(observed: Observed, desired: Desired) -> Plan:
    """Files first, then what reads them."""
    actions: List[Action] = []
    for block in blocks(desired):
        before = observed.files[block.path]
        present = block_in(block.path, before)
        text = _with_those_there(block.text, present) if block.path == MODULES else block.text
        after = with_block(block.path, before, text)
        if after != before:
            steps: Tuple[object, ...] = (WriteFile(block.path, after),)
            if block.reload and observed.services[block.reload].active:
                steps += (command("systemctl", "reload", block.reload),)
            actions.append(Action("write", "file", block.path, steps, {"block": present}, {"block": text.splitlines()}))
    missing = [name for name in desired.modules if name.replace("-", "_") not in observed.loaded]
    if missing:
        actions.append(Action("load", "kernel modules", ", ".join(missing), (command("modprobe", "--all", *missing),), None, {"loaded": True}))
    for name in desired.services:
        service = observed.services[name]
        if not service.known:
            # Check mode on a machine whose packages are still to come gets here too.
            actions.append(Action("enable", "service", name, (EnableMissing(name),), None, {"enabled": True, "active": True}))
        elif not (service.enabled and service.active):
            actions.append(Action("enable", "service", name, (command("systemctl", "enable", "--now", name),),
                                  {"enabled": service.enabled, "active": service.active}, {"enabled": True, "active": True}))
    return Plan(tuple(actions), observed.missing_packages)
