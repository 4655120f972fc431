# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Devices as modules return them."""

from __future__ import annotations

from typing import Any, Dict

from .assign import eligible
from .model import Device, Host
from .select import bears_mark, marked


def dump(host: Host, device: Device) -> Dict[str, Any]:
    """One disk as plain values."""
    return {
        **_common(host, device),
        "wwn": device.wwn,
        "serial": device.serial,
        "model": device.model,
        "transport": device.transport,
        "removable": device.removable,
        "rotational": device.rotational,
        "read_only": device.read_only,
        "readable": device.readable,
        "type": device.type,
        "system": host.system(device),
        "vacant": vacant(host, device),
        "partitions": [
            {**_common(host, each), "partition_uuid": each.part_uuid, "partition_label": each.part_label, "partition_type": each.part_type}
            for each in host.above(device)
            if each.type == "part"
        ],
    }


def _common(host: Host, device: Device) -> Dict[str, Any]:
    return {
        "id": device.id,
        "ids": list(device.links),
        "kernel_name": device.kernel_name,
        "size_bytes": device.size,
        "logical_block_bytes": device.logical_block,
        "signatures": [{"type": each.type, "uuid": each.uuid, "label": each.label} for each in device.signatures],
        "found": device.found,
        "holders": [each.path for each in host.above(device)],
        "mounts": list(host.mounts(device)),
        "use": host.use(device),
    }


def vacant(host: Host, device: Device) -> bool:
    """Whether a rule may choose it and nothing uses it. What it holds may still have to be wiped."""
    above = any(each.type != "part" for each in host.above(device)) or any(each.opened for each in host.overlapping(device))
    held = marked(host)
    ours = any(each.kernel_name in held or bears_mark(each) for each in host.overlapping(device))
    needed = host.boot_entry((device, *host.above(device)))
    return device.whole and eligible(host, device) and device.readable and not (above or host.mounts(device) or ours or needed)
