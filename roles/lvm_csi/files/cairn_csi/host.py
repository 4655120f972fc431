# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine that the driver works on: its commands, its files, its mounts. From a container all of them are reached through process 1."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import stat
from typing import FrozenSet, List, Tuple

from .collection import LOCK, Refused, commands, files, read, record, trusted
from . import mounts
from .device_mapper import open_count

_CONTAINER_ROOT = "/proc/1/root"
#: Where the driver's commands run, a folder of root's that holds nothing: who enters a mount namespace would otherwise be at its root (setns(2)),
#: and a relative path in a command's arguments would lead to the host's files.
_EMPTY = "/run/cairn-csi/empty"
#: A folder for each pod, <namespace>_<name>_<UID> (https://kubernetes.io/docs/concepts/cluster-administration/logging).
_LOGS = "/var/log/pods"
#: What leads from a container with the host's process ids into its namespaces (nsenter(1)); mounts made there are the host's own.
_ENTER = ("nsenter", "--target", "1", "--mount", "--uts", "--ipc", "--net", f"--wd={_CONTAINER_ROOT}{_EMPTY}", "--")


class Machine:
    """``contained`` is the one switch: whether the driver runs in a container."""

    def __init__(self, contained: bool, kubelet: str = "/var/lib/kubelet") -> None:
        self._root = _CONTAINER_ROOT if contained else ""
        self._mountinfo = f"/proc/{'1' if contained else 'self'}/mountinfo"
        commands.run_through(*(_ENTER if contained else ()))
        commands.run_in(_empty(self._root + _EMPTY))
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
        number = self._number(path)
        # Not the link's own target: device-mapper names nodes by their minor number (Documentation/admin-guide/devices.txt).
        return (number, f"dm-{number.partition(':')[2]}") if number else ("", "")

    def opened(self, path: str) -> int:
        """How often the logical volume at ``path`` is open, mounts among that; nobody opens one that has no device."""
        number = self._number(path)
        if not number:
            return 0
        major, _colon, minor = number.partition(":")
        try:
            return open_count(self.path("/dev/mapper/control"), os.makedev(int(major), int(minor)))
        except OSError as problem:
            if problem.errno == errno.ENXIO:
                # It went in between.
                return 0
            raise

    def mounts_of(self, path: str) -> List[mounts.Mount]:
        """Where the logical volume at ``path`` is mounted or bound."""
        number, node = self.device(path)
        return mounts.of_device(mounts.parse(self.mountinfo()), number, node) if number else []

    def kubelets(self, mount: mounts.Mount) -> bool:
        """Whether something is mounted for kubelet, which ends that by itself."""
        return mount.path.startswith(f"{self._kubelet}/")

    def guests(self) -> FrozenSet[str]:
        """The numbers of the devices that local volumes give out raw, by the record that only root writes. Pods write to them what they like."""
        text = trusted.read(self.path(record.PATH))
        volumes = record.parse(text).volumes.values() if text is not None else ()
        raw = (name for volume in volumes if volume.volume_mode == "Block" for name in (volume.device, *volume.ids))
        return frozenset(number for name in raw for number in [self._number(name)] if number)

    def numbers(self, path: str) -> FrozenSet[str]:
        """The number of the device at ``path``, and that of the disk that it is a partition of."""
        number = self._number(path)
        entry = os.path.realpath(f"/sys/dev/block/{number}")
        if not number or not os.path.exists(f"{entry}/partition"):
            return frozenset({number} - {""})
        return frozenset((number, files.text(f"{os.path.dirname(entry)}/dev").strip()))

    def _number(self, path: str) -> str:
        try:
            there = os.stat(self.path(path))
        except OSError:
            return ""
        return f"{os.major(there.st_rdev)}:{os.minor(there.st_rdev)}" if stat.S_ISBLK(there.st_mode) else ""

    def pod_of(self, path: str) -> str:
        """UID of the pod that a mount point is of, as the kernel names it; empty for others."""
        return mounts.pod_of(path, self._kubelet)

    def pod_name(self, uid: str) -> Tuple[str, str]:
        """Namespace and name of a pod by its UID, as the folder says in which kubelet keeps the pod's logs; empty where there is none."""
        for each in glob.glob(f"{glob.escape(self.path(_LOGS))}/*_{glob.escape(uid)}"):
            namespace, _line, name = os.path.basename(each)[: -len(uid) - 1].partition("_")
            return namespace, name
        return "", ""

    @property
    def lock(self) -> str:
        """The file of the lock that the collection's modules take, too."""
        return self.path(LOCK)

    def mountinfo(self) -> str:
        """The machine's mounts (proc(5))."""
        return files.text(self._mountinfo)


def _empty(path: str) -> str:
    """The folder ``path``, made if missing; refused if anybody but root could put something there."""
    for each in (os.path.dirname(path), path):
        with contextlib.suppress(FileExistsError):
            os.mkdir(each, 0o700)
        there = os.lstat(each)
        if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.geteuid() or there.st_mode & 0o022:
            raise Refused(
                "commands run in a folder that only root writes to.",
                code="folder-foreign",
                parameter="--contained",
                found=f"{each}, owner {there.st_uid}, mode {stat.filemode(there.st_mode)}",
                fix="remove it and start the driver again.",
            )
    return path
