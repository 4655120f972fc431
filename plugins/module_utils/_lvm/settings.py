# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What the machine's lvm.conf(5) says of where things are and of what may be done, as far as it is honoured. Pure.

All else that it says our commands are made independent of, see lvm_command.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Iterable, Optional, Tuple

#: Where LVM was told nothing else.
SYSTEM_DIR = "/etc/lvm"
BACKUPS, PROFILES = f"{SYSTEM_DIR}/backup", f"{SYSTEM_DIR}/profile"
#: What is asked for, as lvmconfig(8) takes it.
NAMES = (
    "backup/backup_dir",
    "config/profile_dir",
    "metadata/pvmetadatacopies",
    "devices/allow_mixed_block_sizes",
    "activation/volume_list",
    "activation/read_only_volume_list",
)
_WORDS = tuple(name.partition("/")[2] for name in NAMES)


@dataclass(frozen=True)
class Settings:
    """``backups`` is where LVM writes a backup of a volume group's metadata after each change, and removes it with the group; ``profiles`` where
    it looks for metadata profiles.

    ``copies`` of the metadata are on each new physical volume. The lists name what may be activated, and what only for reading; ``None`` where
    there is no such list.
    """

    backups: str = BACKUPS
    profiles: str = PROFILES
    copies: int = 1
    mixed_blocks: bool = False
    active: Optional[Tuple[str, ...]] = None
    read_only: Optional[Tuple[str, ...]] = None


def mentioned(texts: Iterable[str]) -> bool:
    """Whether a configuration file may set one of these: LVM is asked only then, which saves a command on every other machine."""
    lines = (line for text in texts for line in text.splitlines() if not line.lstrip().startswith("#"))
    return any(word in line for line in lines for word in _WORDS)


def parse(text: str) -> Settings:
    """The settings from what lvmconfig prints, a ``name=value`` a line."""
    found: Dict[str, str] = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return Settings(
        _string(found.get("backup_dir", "")) or BACKUPS,
        _string(found.get("profile_dir", "")) or PROFILES,
        2 if found.get("pvmetadatacopies") == "2" else 1,
        found.get("allow_mixed_block_sizes") == "1",
        _list(found.get("volume_list")),
        _list(found.get("read_only_volume_list")),
    )


def _string(value: str) -> str:
    match = re.fullmatch(r'"(/[^"]*)"', value.strip())
    return match[1].rstrip("/") if match else ""


def _list(value: Optional[str]) -> Optional[Tuple[str, ...]]:
    return None if value is None else tuple(re.findall(r'"([^"]*)"', value))


def listed(names: Optional[Tuple[str, ...]], group: str, volume: str, tags: Iterable[str]) -> Optional[bool]:
    """Whether a list such as activation/volume_list means the volume; ``None`` where that depends on tags of the host, which nobody here knows."""
    known = {group, f"{group}/{volume}", *(f"@{tag}" for tag in tags)}
    if known & set(names or ()):
        return True
    return None if "@*" in (names or ()) else False
