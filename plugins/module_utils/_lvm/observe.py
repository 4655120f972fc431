# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What LVM knows, by one ``lvm fullreport``."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Dict, List, Mapping

from .._block.model import Host
from .._core.command import installed, read
from .._core.errors import NotFound
from .model import LogicalVolume, PhysicalVolume, State, VolumeGroup

_FIELDS = {
    "vg": "vg_name,vg_uuid,vg_extent_size,vg_extent_count,vg_free_count,vg_tags,vg_exported,vg_shared",
    "pv": "pv_name,pv_uuid,pv_pe_count,pv_missing,pv_in_use",
    "lv": "lv_name,lv_uuid,lv_size,lv_layout,pool_lv,origin,lv_tags,lv_active,lv_device_open,lv_metadata_size",
    # A report has all five parts; the fewest columns of the one that nothing is wanted of.
    "pvseg": "pvseg_start",
    "seg": "lv_name,chunk_size",
}

#: lvm.conf(5), backup/backup_dir: LVM writes here after each change, and removes the file with its volume group.
BACKUPS = "/etc/lvm/backup"


def observe(host: Host) -> State:
    """LVM's state. A machine without lvm2 has none, unless a disk says otherwise."""
    if not installed("lvm"):
        member = next((device for device in host for signature in device.signatures if signature.type == "LVM2_member"), None)
        if member:
            raise NotFound(
                "a disk belongs to LVM, but lvm2 is not installed here.",
                code="lvm-missing",
                found=member.id,
                fix="run the role node_bootstrap, or install lvm2.",
            )
        return State(recorded=backups(BACKUPS))
    argv = ["lvm", "fullreport", "--all", "--units", "b", "--nosuffix", "--reportformat", "json"]
    for section, fields in _FIELDS.items():
        argv += ["--configreport", section, "--options", fields]
    names = {name: device.kernel_name for device in host for name in device.names}
    return parse(read(*argv), names, backups(BACKUPS))


def parse(text: str, names: Mapping[str, str], recorded: Mapping[str, str]) -> State:
    """State from the JSON report; ``names`` maps device paths to kernel names."""
    groups: List[VolumeGroup] = []
    orphans: List[PhysicalVolume] = []
    for report in json.loads(text)["report"]:
        pvs = tuple(_pv(row, names) for row in report["pv"])
        if not report["vg"]:
            orphans.extend(pvs)
            continue
        row = report["vg"][0]
        extent = int(row["vg_extent_size"])
        chunks = {segment["lv_name"]: int(segment["chunk_size"] or 0) for segment in report["seg"]}
        lvs = tuple(_lv(each, extent, chunks) for each in report["lv"])
        groups.append(
            VolumeGroup(
                row["vg_name"],
                extent,
                int(row["vg_extent_count"]),
                int(row["vg_free_count"]),
                row["vg_uuid"],
                _list(row["vg_tags"]),
                pvs,
                lvs,
                exported=bool(row["vg_exported"]),
                shared=bool(row["vg_shared"]),
            )
        )
    return State(tuple(groups), tuple(orphans), recorded)


def _pv(row: Mapping[str, Any], names: Mapping[str, str]) -> PhysicalVolume:
    path = row["pv_name"]
    missing = bool(row["pv_missing"])
    return PhysicalVolume(
        path,
        row["pv_uuid"],
        "" if missing else names.get(path) or os.path.basename(os.path.realpath(path)),
        int(row["pv_pe_count"]),
        missing,
        orphan=not row["pv_in_use"],
    )


def _lv(row: Mapping[str, Any], extent: int, chunks: Mapping[str, int]) -> LogicalVolume:
    name = row["lv_name"].strip("[]")
    return LogicalVolume(
        name,
        -(-int(row["lv_size"]) // extent),
        row["lv_uuid"],
        row["lv_layout"],
        pool=row["pool_lv"].strip("[]"),
        origin=row["origin"].strip("[]"),
        tags=_list(row["lv_tags"]),
        active=row["lv_active"] == "active",
        open=row["lv_device_open"] == "open",
        hidden=row["lv_name"].startswith("["),
        metadata=-(-int(row["lv_metadata_size"] or 0) // extent),
        chunk_bytes=chunks.get(row["lv_name"], 0),
    )


def _list(text: str) -> tuple:
    return tuple(sorted(filter(None, text.split(","))))


def backups(folder: str) -> Dict[str, str]:
    """UUIDs by name of the volume groups whose metadata LVM backed up on this machine."""
    found: Dict[str, str] = {}
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return found
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            text = file.read(4096)
        match = re.search(r'^\s+id = "([^"]+)"', text, re.MULTILINE)
        # vgremove leaves a backup as well, of the empty group that it removed.
        if match and not re.search(r"^description = .*executing '\S*\s*\bvgremove\b", text, re.MULTILINE):
            found[name] = match[1]
    return found
