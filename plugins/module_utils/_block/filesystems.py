# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""File systems that volumes are given: what is wanted of one. Pure."""

from __future__ import annotations

import re
import uuid as uuids
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Tuple

from .._core.errors import InvalidRequest
from .mkfs_options import parse_mkfs

TYPES = ("ext4", "xfs", "btrfs")
#: Bytes that a label may have (mkfs.ext4(8), mkfs.xfs(8), mkfs.btrfs(8)).
_LABEL = {"ext4": 16, "xfs": 12, "btrfs": 255}

#: Argument specification of a wanted file system.
OPTIONS: Dict[str, Any] = {
    "type": {"type": "str", "required": True, "choices": list(TYPES)},
    "label": {"type": "str"},
    "uuid": {"type": "str"},
    "options": {"type": "list", "elements": "str"},
}


@dataclass(frozen=True)
class FileSystem:
    """A wanted file system; ``options`` are those for mkfs, which mkfs_options.py has read. Without ``uuid`` mkfs chooses one."""

    type: str
    parameter: str
    label: str = ""
    uuid: str = ""
    options: Tuple[str, ...] = ()


def parse_file_system(item: Mapping[str, Any], here: str) -> FileSystem:
    """A wanted file system from its options."""
    kind, label, uuid = item["type"], item.get("label") or "", item.get("uuid") or ""
    if len(label.encode()) > _LABEL[kind] or not re.fullmatch(r"[^\s/\"'\\]*", label):
        raise InvalidRequest(
            f"not a label for {kind}.", code="fs-label", parameter=f"{here}.label", found=repr(label), fix=f"use up to {_LABEL[kind]} bytes, no blanks."
        )
    if uuid:
        try:
            uuid = str(uuids.UUID(uuid))
        except ValueError:
            raise InvalidRequest("not a UUID.", code="fs-uuid", parameter=f"{here}.uuid", found=uuid, fix="leave it out and mkfs makes one.") from None
    options = parse_mkfs(kind, item.get("options") or (), f"{here}.options")
    return FileSystem(kind, here, label, uuid, options)
