"""Small machines as plain values, for the tables of planner tests."""

from __future__ import annotations

import dataclasses
from typing import Any, Iterable, Mapping

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host, Signature

GIB = 1024**3
BASE = "/var/lib/cairn-storage/local-volumes"


def disk(letter: str, size: int = 2 * GIB, **values: Any) -> Device:
    """A disk sdX with a WWN of its own; every second one rotational, like the lab's."""
    number = ord(letter) - ord("a") + 1
    values.setdefault("rotational", number % 2 == 0)
    return Device(f"sd{letter}", f"/dev/sd{letter}", "disk", size, links=(wwn(letter), f"/dev/disk/by-id/scsi-36001{number}"), serial=f"5ca1ab1e{number:04d}", **values)


def wwn(letter: str) -> str:
    """The stable name of ``disk(letter)``."""
    return f"/dev/disk/by-id/wwn-0x6001{ord(letter) - ord('a') + 1}"


def cleared(letter: str) -> str:
    """The step that makes ``disk(letter)`` blank once its signature is gone."""
    return f"clear head, tail and copies of superblocks on {wwn(letter)}"


def system_disk() -> Device:
    """The disk that the machine runs from: no by-id name, as in the lab."""
    return Device("ubda", "/dev/ubda", "disk", 16 * GIB, mounts=("/",), signatures=(Signature("ext4", "root-uuid"),))


def host(*devices: Device) -> Host:
    """A machine with these devices and a system disk."""
    return Host({device.kernel_name: device for device in (system_disk(), *devices)})


def holding(device: Device, kind: str, uuid: str = "", label: str = "") -> Device:
    """``device`` with that found on it."""
    return dataclasses.replace(device, signatures=(Signature(kind, uuid, label),))


def upon(device: Device, child: Device) -> tuple:
    """``device`` with ``child`` standing on it."""
    return (dataclasses.replace(device, children=device.children + (child.kernel_name,)), dataclasses.replace(child, parents=child.parents + (device.kernel_name,)))


def rule(name: str, **values: Any) -> Mapping[str, Any]:
    """A disk rule as a module's parameter."""
    return {"name": name, **values}


def names(devices: Iterable[Device]) -> list:
    """Kernel names."""
    return [device.kernel_name for device in devices]
