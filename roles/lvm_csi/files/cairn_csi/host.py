# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine that the driver works on: its commands, its files, its mounts. From a container all of them are reached through process 1."""

from __future__ import annotations

import os
import stat
from typing import Tuple

from .collection import LOCK, commands, files, read
from .mounts import pod_of

#: What leads from a container with the host's process ids into its namespaces (nsenter(1)); mounts made there are the host's own.
_ENTER = ("nsenter", "--target", "1", "--mount", "--uts", "--ipc", "--net", "--")
_CONTAINER_ROOT = "/proc/1/root"


class Machine:
    """``contained`` is the one switch: whether the driver runs in a container."""

    def __init__(self, contained: bool, kubelet: str = "/var/lib/kubelet") -> None:
        self._root = _CONTAINER_ROOT if contained else ""
        self._mountinfo = f"/proc/{'1' if contained else 'self'}/mountinfo"
        commands.run_through(*(_ENTER if contained else ()))
        self.kubelet = os.path.normpath(kubelet)
        #: The same without symbolic links, as the kernel's table of mounts has it.
        self._kubelet = read("readlink", "-f", self.kubelet, ok=(0, 1)).strip() or self.kubelet

    def path(self, path: str) -> str:
        """Where this process finds a file of the machine."""
        return self._root + path

    def real(self, path: str) -> str:
        """A path below kubelet's directory as the kernel names it."""
        return self._kubelet + path[len(self.kubelet) :] if path.startswith(f"{self.kubelet}/") else path

    def device(self, path: str) -> Tuple[str, str]:
        """major:minor of a logical volume's device and the name of its node in /dev; empty while it is inactive."""
        try:
            there = os.stat(self.path(path))
        except OSError:
            return "", ""
        if not stat.S_ISBLK(there.st_mode):
            return "", ""
        number = there.st_rdev
        # Not the link's own target: device-mapper names nodes by their minor number (Documentation/admin-guide/devices.txt).
        return f"{os.major(number)}:{os.minor(number)}", f"dm-{os.minor(number)}"

    def pod_of(self, path: str) -> str:
        """UID of the pod that a mount point is of, as the kernel names it; empty for others."""
        return pod_of(path, self._kubelet)

    @property
    def lock(self) -> str:
        """The file of the lock that the collection's modules take, too."""
        return self.path(LOCK)

    def mountinfo(self) -> str:
        """The machine's mounts (proc(5))."""
        return files.text(self._mountinfo)
