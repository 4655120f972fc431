# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a volume is to be used: access and file system, from plain values of a request. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Tuple

from .collection import InvalidRequest, parse_mount

FILE_SYSTEMS = ("ext4", "xfs")
#: Said in classes out of habit from fstab; to mount(8) they mean nothing when it is told what to mount.
_HABIT = ("defaults", "auto", "noauto")
#: csi.proto, VolumeCapability.AccessMode: one node, whoever reads and writes there. All others span nodes.
WRITER, READER, SINGLE_WRITER, MULTI_WRITER = "SINGLE_NODE_WRITER", "SINGLE_NODE_READER_ONLY", "SINGLE_NODE_SINGLE_WRITER", "SINGLE_NODE_MULTI_WRITER"
MODES = (WRITER, READER, SINGLE_WRITER, MULTI_WRITER)


@dataclass(frozen=True)
class Capability:
    """``access`` is ``mount`` or ``block``; ``fs`` and ``options`` belong to the first."""

    access: str
    mode: str
    fs: str = ""
    options: Tuple[str, ...] = ()


def check(access: str, mode: str, fs: str = "", options: Iterable[str] = (), here: str = "volume_capability") -> Capability:
    """A capability that a logical volume has, or ``InvalidRequest``."""
    if access not in ("mount", "block"):
        raise InvalidRequest("it must be mount or block.", code="capability-access", parameter=f"{here}.access_type", found="neither", fix="set one.")
    if mode not in MODES:
        raise InvalidRequest(
            "a logical volume is on one node.",
            code="capability-mode",
            parameter=f"{here}.access_mode",
            found=mode,
            fix="ask for ReadWriteOnce or ReadWriteOncePod.",
        )
    if access == "block":
        return Capability(access, mode)
    fs = fs or "ext4"
    if fs not in FILE_SYSTEMS:
        raise InvalidRequest(
            "not a file system that this driver makes.",
            code="capability-fs",
            parameter=f"{here}.mount.fs_type",
            found=fs,
            fix=f"use one of: {', '.join(FILE_SYSTEMS)}.",
        )
    told = [option for each in options for option in each.split(",") if option]
    return Capability(access, mode, fs, parse_mount(fs, told, f"{here}.mount.mount_flags", _HABIT))


def one(capabilities: Iterable[Capability]) -> Capability:
    """What a volume is made for, out of all that it is to be capable of; they have to agree."""
    all_of = tuple(capabilities)
    if not all_of:
        raise InvalidRequest("a capability is needed.", code="capability-missing", parameter="volume_capabilities", found="none", fix="name one.")
    if len({(each.access, each.fs) for each in all_of}) > 1:
        raise InvalidRequest(
            "a volume is either raw or has one file system.",
            code="capability-mixed",
            parameter="volume_capabilities",
            found=", ".join(sorted({each.fs or each.access for each in all_of})),
            fix="ask for one of them.",
        )
    return all_of[0]
