# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What multipathd says of its maps and their paths."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List

from ..._core import command

#: Asking without looking for this first would start the daemon through its socket.
_RUNNING = "/run/multipathd.pid"


def read() -> Dict[str, Any]:
    """``{multipathd, maps[]}``: whether it runs, and what it has."""
    if not os.path.exists(_RUNNING):
        return {"multipathd": False, "maps": []}
    return {"multipathd": True, "maps": parse(command.read("multipathd", "show", "maps", "json"))}


def parse(text: str) -> List[Dict[str, Any]]:
    """Maps by name, each with its paths in the order in which they are used (multipathd(8), show maps json)."""
    return sorted((_map(each) for each in json.loads(text)["maps"]), key=lambda each: each["name"])


def _map(told: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "name": told["name"],
        "wwid": told["uuid"],
        "kernel_name": told["sysfs"],
        "paths": [
            {
                "kernel_name": path["dev"],
                "group": group["group"],
                "priority": path["pri"],
                "state": path["dm_st"],
                "checked": path["chk_st"],
                "device_state": path["dev_st"],
            }
            for group in told["path_groups"]
            for path in group["paths"]
        ],
    }
