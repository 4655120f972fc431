# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Devices as modules return them."""

from __future__ import annotations

from typing import Any, Dict

from .model import Device, Host


def dump(host: Host, device: Device) -> Dict[str, Any]:
    """One device as plain values."""
    return {
        "id": device.id,
        "ids": list(device.links),
        "kernel_name": device.kernel_name,
        "wwn": device.wwn,
        "serial": device.serial,
        "model": device.model,
        "transport": device.transport,
        "size_bytes": device.size,
        "rotational": device.rotational,
        "read_only": device.read_only,
        "readable": device.readable,
        "type": device.type,
        "signatures": [{"type": each.type, "uuid": each.uuid, "label": each.label} for each in device.signatures],
        "holders": [each.path for each in host.above(device)],
        "mounts": list(host.mounts(device)),
        "system": host.system(device),
        "use": host.use(device),
    }
