# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Argument specifications of a target's parts."""

from __future__ import annotations

from typing import Any, Dict

from .. import chap
from .model import ALUA_STATES, BLOCK, FILEIO, RAMDISK

_ALUA_GROUP: Dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "id": {"type": "int", "required": True},
    "state": {"type": "str", "choices": list(ALUA_STATES), "default": "optimized"},
    "preferred": {"type": "bool", "default": False},
}
BACKSTORE: Dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "choices": [BLOCK, FILEIO, RAMDISK], "default": BLOCK},
    "device": {"type": "str"},
    "path": {"type": "str"},
    "size": {"type": "str"},
    "write_back": {"type": "bool", "default": False},
    "read_only": {"type": "bool", "default": False},
    "serial": {"type": "str"},
    "attributes": {"type": "dict"},
    "alua_groups": {"type": "list", "elements": "dict", "options": _ALUA_GROUP},
}
_PORTAL: Dict[str, Any] = {
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "default": 3260},
    "iser": {"type": "bool", "default": False},
}
_LUN: Dict[str, Any] = {
    "lun": {"type": "int", "required": True},
    "backstore": {"type": "str", "required": True},
    "alua_group": {"type": "str"},
}
_MAPPED: Dict[str, Any] = {
    "lun": {"type": "int", "required": True},
    "mapped_lun": {"type": "int"},
    "read_only": {"type": "bool", "default": False},
}
_ACL: Dict[str, Any] = {
    "initiator": {"type": "str", "required": True},
    "luns": {"type": "list", "elements": "dict", "options": _MAPPED},
    "chap": {"type": "dict", "options": chap.OPTIONS},
    "attributes": {"type": "dict"},
    "depth": {"type": "int"},
}
TPG: Dict[str, Any] = {
    "tag": {"type": "int", "default": 1},
    "enabled": {"type": "bool", "default": True},
    "portals": {"type": "list", "elements": "dict", "default": [], "options": _PORTAL},
    "luns": {"type": "list", "elements": "dict", "default": [], "options": _LUN},
    "acls": {"type": "list", "elements": "dict", "default": [], "options": _ACL},
    "demo_mode": {"type": "str", "choices": ["none", "read_only", "read_write"], "default": "none"},
    "chap": {"type": "dict", "options": chap.OPTIONS},
    "attributes": {"type": "dict"},
    "parameters": {"type": "dict"},
}
