# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mounted where and for whom, and whether a path may be mounted at. Pure."""

from __future__ import annotations

import posixpath
import re
from typing import List, Optional

from .collection import InvalidRequest, Mount, mountinfo

#: How mountinfo is read, by the collection's modules as well.
parse = mountinfo


def at(mounts: List[Mount], path: str) -> Optional[Mount]:
    """What is mounted at a path, the topmost."""
    return next((mount for mount in reversed(mounts) if mount.path == path), None)


def of_device(mounts: List[Mount], number: str, node: str) -> List[Mount]:
    """Where a device is mounted (by its ``number``) or bound raw (by the name of its ``node`` in /dev)."""
    return [mount for mount in mounts if mount.number == number or (mount.fs == "devtmpfs" and mount.root == f"/{node}")]


def check_path(path: str, kubelet: str, parameter: str) -> str:
    """A path below kubelet's directory, told plainly; anything else is refused before it is looked at."""
    if not path:
        raise InvalidRequest("a path is needed.", code="path-missing", parameter=parameter, found="nothing", fix="name one.")
    if posixpath.normpath(path) != path or not path.startswith(f"{kubelet}/"):
        raise InvalidRequest(
            "the path is not below kubelet's directory.",
            code="path-outside",
            parameter=parameter,
            found=path,
            fix=f"use one below {kubelet}, or start the driver with --kubelet-dir.",
        )
    return path


def pod_of(path: str, kubelet: str) -> str:
    """UID of the pod that a path is of, empty for others. Pods have their volumes at, below ``kubelet``:

    ``pods/<uid>/volumes/...`` and, where a container is given a folder of one, ``pods/<uid>/volume-subpaths/...``; raw ones at
    ``plugins/kubernetes.io/csi/volumeDevices/publish/<volume>/<uid>`` and, bound there by kubelet itself, ``.../volumeDevices/<volume>/dev/<uid>``.
    """
    devices = r"plugins/kubernetes\.io/csi/volumeDevices/(?:publish/[^/]+|[^/]+/dev)"
    match = re.fullmatch(rf"{re.escape(kubelet)}/(?:pods/([0-9A-Za-z-]+)/.*|{devices}/([0-9A-Za-z-]+))", path, re.DOTALL)
    return (match[1] or match[2]) if match else ""
