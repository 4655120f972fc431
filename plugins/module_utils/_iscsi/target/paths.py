# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Where the kernel keeps what in configfs, below /sys/kernel/config/target. Pure."""

from __future__ import annotations

from ..names import Portal
from .model import BLOCK, FILEIO, RAMDISK

#: The kernel's names of the kinds of backstores, as their folders begin.
PLUGINS = {BLOCK: "iblock", FILEIO: "fileio", RAMDISK: "rd_mcp"}
KINDS = {plugin: kind for kind, plugin in PLUGINS.items()}

FABRIC = "iscsi"


def target(name: str) -> str:
    """A target's folder."""
    return f"{FABRIC}/{name}"


def group(name: str, tag: int) -> str:
    """A portal group's folder."""
    return f"{target(name)}/tpgt_{tag}"


def lun(name: str, tag: int, number: int) -> str:
    """A LUN's folder."""
    return f"{group(name, tag)}/lun/lun_{number}"


def portal(name: str, tag: int, where: Portal) -> str:
    """A portal's folder."""
    return f"{group(name, tag)}/np/{where}"


def acl(name: str, tag: int, initiator: str) -> str:
    """An ACL's folder."""
    return f"{group(name, tag)}/acls/{initiator}"


def mapped(name: str, tag: int, initiator: str, number: int) -> str:
    """A mapped LUN's folder."""
    return f"{acl(name, tag, initiator)}/lun_{number}"


def backstore(folder: str, name: str) -> str:
    """A backstore's folder; ``folder`` is the one that it stands in, such as ``iblock_0``."""
    return f"core/{folder}/{name}"
