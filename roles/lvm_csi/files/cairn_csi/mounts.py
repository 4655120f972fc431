# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mounted where, from ``mountinfo``, and whether a path may be mounted at. Pure."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import List, Optional

from .collection import InvalidRequest, unescape


@dataclass(frozen=True)
class Mount:
    """One mount: ``number`` is major:minor of its file system's device.

    A device node that is bound to a file has ``fs`` devtmpfs, and as ``root`` its name below /dev. ``failed``: the kernel turned it read-only,
    which nobody asked for; ``read_only``: it was mounted so.
    """

    path: str
    number: str
    root: str
    fs: str
    source: str
    failed: bool
    read_only: bool


def parse(text: str) -> List[Mount]:
    """All mounts, in order, from mountinfo (proc(5))."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        dash = fields.index("-")
        mount, whole = fields[5].split(","), fields[dash + 3].split(",")
        paths, told = (unescape(fields[4]), fields[2], unescape(fields[3])), (fields[dash + 1], unescape(fields[dash + 2]))
        found.append(Mount(*paths, *told, failed="ro" in whole and "ro" not in mount, read_only="ro" in mount))
    return found


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


def pod_of(path: str) -> str:
    """UID of the pod that a path is of, empty for others: ``pods/<uid>/volumes/...``, raw ``volumeDevices/publish/<volume>/<uid>``."""
    match = re.search(r"/pods/([0-9a-f-]{36})/|/volumeDevices/publish/[^/]+/([0-9a-f-]{36})$", path)
    return (match[1] or match[2]) if match else ""
