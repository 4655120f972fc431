# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The changes to /etc/fstab that a plan collects, written at once after every mount succeeded. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Tuple

from .._core.command import command
from .._core.errors import Conflict
from .._core.plan import Action
from . import fstab
from .model import Observed


@dataclass(frozen=True)
class EditFstab:
    """Step: put and drop our lines, by mount point."""

    put: Mapping[str, str] = field(repr=False)
    drop: Tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"write {len(self.put)} and remove {len(self.drop)} of our lines in /etc/fstab"


class Table:
    """What fstab has of ours, and what it should have."""

    def __init__(self, observed: Observed) -> None:
        self.present = fstab.ours(observed.fstab, observed.places)
        self._observed = observed
        self._put: Dict[str, str] = {}
        self._drop: List[str] = []
        #: Paths and UUIDs that are only made by this plan, which a reader of the plan must not take for real.
        self._fresh: Dict[str, str] = {}

    def put(self, path: str, row: str, fresh_uuid: str = "") -> bool:
        """Want ``row`` for the mount point ``path``; whether that changes the mount options of a line that was there."""
        fstab.check_foreign(self._observed.fstab, [path], self._observed.places)
        unit = self._observed.units.get(path)
        if unit:
            raise Conflict(
                "a mount unit that somebody wrote claims the mount point of a local volume, and systemd prefers it to the line in /etc/fstab.",
                code="unit-foreign",
                parameter="base_dir",
                found=unit,
                fix=f"rm {unit}; systemctl daemon-reload.",
            )
        if self.present.get(path) == row:
            return False
        self._put[path] = row
        written = fstab.mount_point(self.present.get(path, row))
        if written != path:
            # The line names it by a symbolic link, which is not there yet when the machine boots.
            self._drop.append(written)
        if fresh_uuid:
            self._fresh[path] = fresh_uuid
        return path in self.present and fstab.options_of(self.present[path]) != fstab.options_of(row)

    def below(self, folder: str) -> List[str]:
        """Mount points in ``folder`` that our lines name."""
        return [path for path in self.present if path.startswith(f"{folder}/")]

    def drop(self, path: str) -> None:
        """Want no line of ours for ``path``."""
        if path in self.present:
            self._drop.append(fstab.mount_point(self.present[path]))

    def actions(self) -> Tuple[Action, ...]:
        """One write and one reload, or nothing."""
        if not self._put and not self._drop:
            return ()
        steps: tuple = (EditFstab(self._put, tuple(self._drop)),)
        if self._observed.systemd:
            # systemd makes its mount units from fstab, also those that order kubelet after them.
            steps += (command("systemctl", "daemon-reload"),)
        before = [row for path, row in self.present.items() if path in self._put or fstab.mount_point(row) in self._drop]
        after = [fstab.without_uuid(row, self._fresh[path]) if path in self._fresh else row for path, row in self._put.items()]
        return (Action("update", "file", "/etc/fstab", steps, {"lines": before}, {"lines": after}),)
