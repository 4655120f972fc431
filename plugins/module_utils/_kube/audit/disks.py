# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Disks: gone, failing, read-only; and what LVM and local volumes say of theirs."""

from __future__ import annotations

from typing import Iterator, List, Mapping, Optional, Tuple

from .model import Finding, Index

_WELL = (None, "running", "live")
_REPLACE = "Replace it: playbook replace_pod_disk.yml for a pod's disk; for one of a volume group see its devices in lvm_volume_groups."


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    upon = _volumes_upon(index)
    for node, host in index.told("block_device_info"):
        for disk in host.devices:
            yield from _disk(index, node, disk, sorted(upon.get((node, disk["id"]), ())))
    for node, host in index.told("lvm_info"):
        for group in host.groups:
            yield from _group(node, group)
        for group in host.lost:
            yield Finding(
                "volume-group-lost",
                "critical",
                "VolumeGroup",
                f"{node}:{group['name']}",
                "None of its disks is there any more.",
                f"Bring its disks back. When they are gone for good, take the group out of lvm_volume_groups of {node}.",
                {"uuid": group.get("uuid")},
            )
    for node, host in index.told("local_volumes"):
        for entry in host.degraded:
            yield Finding(
                "local-volume-degraded",
                "critical",
                "LocalVolume",
                f"{node}:{entry['class']}/{entry['entry']}",
                "Its device is gone or cannot be read.",
                "Bring the disk back, or: playbook replace_pod_disk.yml for its pod.",
                {"device": entry.get("device")},
                [entry["reason"]] if entry.get("reason") else [],
            )


def _volumes_upon(index: Index) -> dict:
    upon: dict = {}
    for volume in index.volumes.values():
        place = index.place(volume)
        for disk in place.disks:
            upon.setdefault((place.served_by or place.node, disk), set()).add(volume["name"])
    return upon


def _disk(index: Index, node: str, disk: Mapping, volumes: List[str]) -> Iterator[Finding]:
    name, health = f"{node}:{disk['id']}", disk.get("health") or {}
    in_use = bool(disk.get("use") or disk.get("holders") or disk.get("mounts") or volumes)
    evidence = {"use": disk.get("use"), "volumes": volumes, "serial": disk.get("serial"), "model": disk.get("model"), **health}
    if disk.get("readable") is False or health.get("state") not in _WELL:
        state = health.get("state")
        yield Finding(
            "disk-failed",
            "critical" if in_use else "warning",
            "Disk",
            name,
            "It does not answer." if state in _WELL else f"Its state is {state}.",
            _REPLACE,
            evidence,
            [f"the volume {each} stands on it" for each in volumes],
        )
        return
    told = _errors(index, health)
    if told:
        yield Finding(
            "disk-errors",
            "error" if in_use else "warning",
            "Disk",
            name,
            f"Since the machine knows it, {told[0]}.",
            f"See dmesg and smartctl on {node}. {_REPLACE}",
            {**evidence, "limit": told[1]},
            [f"the volume {each} stands on it" for each in volumes],
        )
    if disk.get("read_only") and in_use:
        yield Finding("disk-read-only", "error", "Disk", name, "It is in use and can only be read.", f"See dmesg on {node}. {_REPLACE}", evidence)


def _errors(index: Index, health: Mapping) -> Optional[Tuple[str, int]]:
    errors, timeouts = health.get("io_errors") or 0, health.get("io_timeouts") or 0
    # Some disks answer harmless questions with an error; none of them with a timeout.
    if timeouts:
        return f"{timeouts} requests ended with a timeout and {errors} with an error", 0
    if errors > index.limits.disk_errors:
        return f"{errors} requests ended with an error", index.limits.disk_errors
    return None


def _group(node: str, group: Mapping) -> Iterator[Finding]:
    missing = [each["device"] for each in group.get("physical_volumes") or () if each.get("missing") or each.get("readable") is False]
    if missing:
        yield Finding(
            "physical-volume-missing",
            "critical",
            "VolumeGroup",
            f"{node}:{group['name']}",
            f"{len(missing)} of its disks cannot be read.",
            f"Bring the disk back. If it is gone for good, its replacement stands in devices of {group['name']} in lvm_volume_groups of {node}.",
            {"devices": missing},
        )
    for volume in group.get("logical_volumes") or ():
        if volume.get("health"):
            yield Finding(
                "logical-volume-unhealthy",
                "error",
                "LogicalVolume",
                f"{node}:/dev/{group['name']}/{volume['name']}",
                f"LVM says: {volume['health']}.",
                f"On {node}: lvs -o +lv_health_status,devices {group['name']}. "
                "A RAID volume is repaired by playbook site.yml once the group has a disk for it.",
                {"type": volume.get("type"), "open": volume.get("open")},
            )
