# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A host's kernel modules, configuration files and services: reading them, and the steps that are not commands."""

from __future__ import annotations

import os
from typing import Dict, FrozenSet, Iterable, Mapping, Tuple

from .._core import files
from .._core.blocks import WriteFile
from .._core.command import installed, read
from .._core.errors import NotFound
from .plan import Desired, EnableMissing, Observed, Service, blocks

#: States of a unit that starts at boot, by itself or because another one wants it (systemctl(1), is-enabled).
_ENABLED = ("enabled", "static", "indirect", "generated")


def observe(desired: Desired) -> Observed:
    """One command for all services and one for all packages; the rest are files."""
    wanted = blocks(desired)
    names = [*desired.services, *(block.reload for block in wanted if block.reload)]
    return Observed(_loaded(), {block.path: files.text(block.path) for block in wanted}, _services(names), _missing(desired.packages))


def _loaded() -> FrozenSet[str]:
    """Names of kernel modules that are loaded or built in, with underscores."""
    builtin = files.text(f"/lib/modules/{os.uname().release}/modules.builtin")
    names = {os.path.basename(line).split(".", 1)[0].replace("-", "_") for line in builtin.splitlines()}
    return frozenset(names | set(os.listdir("/sys/module")))


def _services(names: Iterable[str]) -> Dict[str, Service]:
    names = list(names)
    if not names:
        return {}
    shown = read("systemctl", "show", "--property=LoadState,UnitFileState,ActiveState", "--", *names)
    units = [dict(line.split("=", 1) for line in unit.splitlines()) for unit in shown.strip().split("\n\n")]
    return {name: Service(unit["LoadState"] != "not-found", unit["UnitFileState"] in _ENABLED, unit["ActiveState"] == "active")
            for name, unit in zip(names, units)}


def _missing(packages: Mapping[str, Tuple[str, ...]]) -> Tuple[str, ...]:
    """Those of this machine's family that are not installed; its family is told by its package database."""
    if packages.get("Debian") and installed("dpkg-query"):
        names = packages["Debian"]
        shown = read("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *names, ok=(0, 1))
        present = {line.split()[0] for line in shown.splitlines() if line.endswith(" installed")}
    elif packages.get("RedHat") and installed("rpm"):
        names = packages["RedHat"]
        present = set(read("rpm", "--query", "--queryformat", "%{NAME}\n", *names, ok=tuple(range(len(names) + 1))).splitlines())
    else:
        return ()
    return tuple(name for name in names if name not in present)


def _refuse(step: EnableMissing) -> None:
    raise NotFound(f"there is no service {step.name}.", code="service-missing", parameter="services", fix="install its package first, or correct the name.")


#: For ``_module.run``.
HANDLERS = {WriteFile: lambda step: files.replace(step.path, step.text), EnableMissing: _refuse}
