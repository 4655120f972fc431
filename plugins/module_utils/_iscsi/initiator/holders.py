# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What uses a disk: mounts, swap, logical volumes and other devices upon it, and whoever opened it for itself."""

from __future__ import annotations

import errno
import os
from typing import Dict, List

from ..._block.observe import parse_mounts
from ..._core import files

_MAP = "mpath-"


class Holders:
    """Asks the kernel's files below ``root`` (/sys/class/block), and reads the tables of mounts once. ``thorough``: opens disks as well.

    That is for when something is about to go: whoever wants a disk for himself at that very moment, such as multipathd a new one, is refused it.
    """

    def __init__(self, root: str, thorough: bool) -> None:
        self._root, self._thorough = root, thorough
        numbers = {files.text(f"{root}/{name}/dev").strip(): name for name in os.listdir(root)}
        self._mounts: Dict[str, List[str]] = parse_mounts(files.text("/proc/self/mountinfo"), files.text("/proc/swaps"), numbers)

    def map_of(self, name: str) -> str:
        """The kernel name of the multipath map above a disk, empty where there is none."""
        return next((each for each in self._above(name) if self._uuid(each).startswith(_MAP)), "") if name else ""

    def name(self, device: str) -> str:
        """What device-mapper calls a device, else its kernel name."""
        return files.text(f"{self._root}/{device}/dm/name").strip() or device

    def used(self, device: str, answers: bool) -> str:
        """What uses a disk or map, in words; empty when nothing does. Only one that ``answers`` is opened to see whether somebody has it for himself."""
        found = self._uses(device)
        if not found and answers and self._thorough and _taken(f"/dev/{device}"):
            found = ["opened exclusively"]
        return ", ".join(found)

    def _uses(self, device: str) -> List[str]:
        found = [f"mount {mount}" if mount != "[SWAP]" else "swap" for mount in self._mounts.get(device, ())]
        for each in self._above(device):
            below = self._uses(each)
            # A partition, or the map of one, is no use by itself.
            partition = os.path.exists(f"{self._root}/{each}/partition") or self._uuid(each).startswith("part")
            found += below if below or partition else [f"device {self.name(each)}"]
        return found

    def _above(self, device: str) -> List[str]:
        folder = f"{self._root}/{device}"
        parts = sorted(each for each in os.listdir(folder) if os.path.exists(f"{folder}/{each}/partition"))
        return parts + sorted(os.listdir(f"{folder}/holders")) if os.path.isdir(f"{folder}/holders") else parts

    def _uuid(self, device: str) -> str:
        return files.text(f"{self._root}/{device}/dm/uuid").strip()


def _taken(path: str) -> bool:
    """Mounts in other namespaces, exports and virtual machines leave no other mark (open(2), O_EXCL on a block device)."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False
