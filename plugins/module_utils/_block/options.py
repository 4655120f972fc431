# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Argument specifications of the options that choose disks, as the fragment disk_rules documents them."""

from __future__ import annotations

from typing import Any, Dict

from .rules import OPTIONS

BASE_DIR = "/var/lib/cairn-storage/local-volumes"

REFERENCES: Dict[str, Any] = {"allow_kernel_names": {"type": "bool", "default": False}, "base_dir": {"type": "path", "default": BASE_DIR}}
CHOOSING: Dict[str, Any] = {"disk_rules": {"type": "list", "elements": "dict", "default": [], "options": OPTIONS}, **REFERENCES}

WIPE: Dict[str, Any] = {"wipe": {"type": "dict", "default": {}}}
