# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Argument specifications of the LVM modules, as the fragment lvm documents them."""

from __future__ import annotations

from typing import Any, Dict

from .._block.filesystems import OPTIONS as FILE_SYSTEM
from .._block.options import CHOOSING, REFERENCES, WIPE
from .allowed import OPTIONS as WHITE_LIST
from .kinds import TYPES

_STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
_NAME = {"type": "str", "required": True}
_TEXT = {"type": "str"}
_TAGS = {"type": "list", "elements": "str"}
_OFF = {"type": "bool", "default": False}
_DEVICES = {"type": "list", "elements": "str"}

POOL: Dict[str, Any] = {
    "name": _NAME,
    "size": _TEXT,
    "metadata_size": _TEXT,
    "chunk_size": _TEXT,
    "overprovision_ratio": {"type": "float", "default": 1.0},
    "autoextend": {"type": "dict", "options": {"threshold": {"type": "int", "default": 80}, "percent": {"type": "int", "default": 20}}},
    "grow": _OFF,
    "rename_from": _TEXT,
    "state": _STATE,
}
CACHE: Dict[str, Any] = {
    "size": _TEXT,
    "devices": _DEVICES,
    "mode": {"type": "str", "choices": ["writethrough", "writeback"], "default": "writethrough"},
    "state": _STATE,
}
VOLUME: Dict[str, Any] = {
    "name": _NAME,
    "size": _TEXT,
    "type": {"type": "str", "choices": list(TYPES)},
    "stripes": {"type": "int"},
    "stripe_size": _TEXT,
    "mirrors": {"type": "int"},
    "devices": _DEVICES,
    "thin_pool": _TEXT,
    "snapshot_of": _TEXT,
    "cache": {"type": "dict", "options": CACHE},
    "filesystem": {"type": "dict", "options": FILE_SYSTEM},
    "tags": _TAGS,
    "active": {"type": "bool", "default": True},
    "grow": _OFF,
    "rename_from": _TEXT,
    "state": {"type": "str", "choices": ["present", "absent", "merged"], "default": "present"},
}
GROUP: Dict[str, Any] = {
    "name": _NAME,
    "devices": {"type": "raw"},
    "remove_devices": _DEVICES,
    "resize_devices": _OFF,
    "repair_missing": _OFF,
    "extent_size": _TEXT,
    "data_alignment": _TEXT,
    "tags": _TAGS,
    "adopt_new": _OFF,
    "rename_from": _TEXT,
    "state": _STATE,
}
LAYOUT_GROUP: Dict[str, Any] = {
    **GROUP,
    "thin_pools": {"type": "list", "elements": "dict", "options": POOL},
    "logical_volumes": {"type": "list", "elements": "dict", "options": VOLUME},
}
#: What a module takes that chooses no disks by rules, and what one takes that does.
SHARED: Dict[str, Any] = {**REFERENCES, **WIPE, "allow_data_loss": {"type": "dict", "default": {}}, "white_list": {"type": "dict", "options": WHITE_LIST}}
COMMON: Dict[str, Any] = {**CHOOSING, **SHARED}
