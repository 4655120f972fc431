# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ids that Kubernetes keeps, and names of logical volumes made from those that it chooses. Pure."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Optional

#: What a logical volume's name begins with, by what it is for. None is the beginning of another, so nothing of one kind is taken for one of another.
PREFIX = {"volume": "csi-", "snapshot": "snap-", "inline": "inline-", "work": "work-", "growth": "grow-"}
#: Names that are taken as they are; a hyphen takes two of the kernel's 127 bytes for the names of a group and a volume.
_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,55}")
#: A node, a volume group or a logical volume: no folder, and no option of a command that it is an argument of.
_PART = re.compile(r"[A-Za-z0-9+_.][A-Za-z0-9+_.-]*")


@dataclass(frozen=True)
class Id:
    """``<node>/<volume group>/<logical volume>``: calls that need no LVM can be answered from it anywhere."""

    node: str
    group: str
    volume: str

    def __str__(self) -> str:
        return f"{self.node}/{self.group}/{self.volume}"

    @property
    def name(self) -> str:
        """The name that LVM's commands take."""
        return f"{self.group}/{self.volume}"

    @property
    def path(self) -> str:
        """Its device."""
        return f"/dev/{self.group}/{self.volume}"


def parse_id(text: str, kind: str = "volume") -> Optional[Id]:
    """The id of a volume or a snapshot, ``None`` for anything that this driver never gave out."""
    parts = text.split("/")
    if len(parts) != 3 or not all(_PART.fullmatch(part) and part not in (".", "..") for part in parts):
        return None
    return Id(*parts) if parts[2].startswith(PREFIX[kind]) else None


def fs_uuid(name: str) -> str:
    """The UUID of the file system that is made on the volume which Kubernetes calls ``name``: so another tenant's is known for what it is."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"csi:lvm.csi.cairn.storage/{name}"))


def lv_name(kind: str, name: str) -> str:
    """The logical volume's name for what Kubernetes calls ``name``: the same each time, readable where that is possible."""
    return PREFIX[kind] + (name if _PLAIN.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:40])
