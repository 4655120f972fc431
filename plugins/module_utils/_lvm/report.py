# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The report that LVM gives of everything: which fields are asked for, and what they mean. Pure."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from .model import LogicalVolume, PhysicalVolume, State, VolumeGroup

_FIELDS = {
    "vg": "vg_name,vg_uuid,vg_extent_size,vg_extent_count,vg_free_count,vg_tags,vg_exported,vg_shared,"
    "vg_extendable,vg_allocation_policy,max_lv,max_pv",
    "pv": "pv_name,pv_uuid,pv_pe_count,pv_pe_alloc_count,pv_missing,pv_in_use,pe_start,dev_size,pv_mda_count,pv_mda_size,"
    "pv_allocatable",
    "lv": "lv_name,lv_uuid,lv_size,lv_layout,pool_lv,origin,lv_tags,lv_active,lv_device_open,lv_metadata_size,"
    "data_percent,metadata_percent,lv_profile,lv_health_status,lv_check_needed,lv_snapshot_invalid,lv_merging,lv_parent,move_pv,"
    "lv_attr,lv_allocation_policy",
    # A report has all five parts; the fewest columns of the one that nothing is wanted of.
    "pvseg": "pvseg_start",
    "seg": "lv_name,segtype,chunk_size,data_stripes,stripes,stripe_size,seg_monitor,zero,cache_mode,seg_pe_ranges",
}


def argv(group: str = "") -> List[str]:
    """The command, for all volume groups or for one."""
    line = ["lvm", "fullreport", "--all", "--units", "b", "--nosuffix", "--reportformat", "json"]
    for section, fields in _FIELDS.items():
        line += ["--configreport", section, "--options", fields]
    return [*line, group] if group else line


def parse(text: str, names: Mapping[str, str], recorded: Mapping[str, str]) -> State:
    """State from the JSON report; ``names`` maps device paths to kernel names."""
    groups: List[VolumeGroup] = []
    orphans: List[PhysicalVolume] = []
    for report in json.loads(text)["report"]:
        pvs = tuple(_pv(row, names) for row in report["pv"])
        if not report.get("vg"):
            orphans.extend(pvs)
            continue
        row = report["vg"][0]
        extent = int(row["vg_extent_size"])
        holes = _holes(report["seg"], pvs)
        segments: Dict[str, List[Mapping[str, Any]]] = {}
        for segment in report["seg"]:
            segments.setdefault(_name(segment["lv_name"]), []).append(segment)
        parts: Dict[str, List[str]] = {}
        for each in report["lv"]:
            parts.setdefault(_name(each["lv_parent"]), []).append(_name(each["lv_name"]))
        groups.append(
            VolumeGroup(
                row["vg_name"],
                extent,
                int(row["vg_extent_count"]),
                int(row["vg_free_count"]),
                row["vg_uuid"],
                _list(row["vg_tags"]),
                pvs,
                tuple(
                    _lv(each, extent, segments.get(_name(each["lv_name"]), [{}]), parts.get(_name(each["lv_name"]), []), holes)
                    for each in report["lv"]
                ),
                exported=bool(row["vg_exported"]),
                shared=bool(row["vg_shared"]),
                resizeable=bool(row.get("vg_extendable", "extendable")),
                policy=row.get("vg_allocation_policy", "normal"),
                most_lvs=int(row.get("max_lv", 0)),
                most_pvs=int(row.get("max_pv", 0)),
                row=max((length for path in holes for length in holes[path].values()), default=0),
            )
        )
    return State(tuple(groups), tuple(orphans), recorded)


def _pv(row: Mapping[str, Any], names: Mapping[str, str]) -> PhysicalVolume:
    path = row["pv_name"]
    return PhysicalVolume(
        path,
        row["pv_uuid"],
        # A disk that is gone has no path; one that is back keeps counting as missing until it is taken in again (vgextend(8), --restoremissing).
        (names.get(path) or os.path.basename(os.path.realpath(path))) if path.startswith("/") else "",
        int(row["pv_pe_count"]),
        bool(row["pv_missing"]),
        orphan=not row["pv_in_use"],
        used=int(row["pv_pe_alloc_count"]),
        start_bytes=int(row["pe_start"]),
        device_bytes=int(row["dev_size"]),
        # The second copy of the metadata is at the end of the device.
        tail_bytes=int(row.get("pv_mda_size") or 0) if row.get("pv_mda_count") == "2" else 0,
        allocatable=bool(row.get("pv_allocatable", "allocatable")),
    )


def _lv(
    row: Mapping[str, Any], extent: int, segments: List[Mapping[str, Any]], parts: List[str], holes: Mapping[str, Mapping[int, int]]
) -> LogicalVolume:
    segment = segments[0]
    # Thin volumes have none.
    stripes, devices = (max(1, int(segment.get(field) or 1)) for field in ("data_stripes", "stripes"))
    kind = segment.get("segtype") or "linear"
    if kind in ("raid1", "mirror"):
        # LVM counts each copy as a data stripe.
        stripes = 1
    cached = kind == "cache"
    places = _places(segments)
    return LogicalVolume(
        _name(row["lv_name"]),
        -(-int(row["lv_size"]) // extent),
        row["lv_uuid"],
        row["lv_layout"],
        # LVM tells of a cache and of what it stands in front of in the same places.
        pool="" if cached else _name(row["pool_lv"]),
        origin="" if cached else _name(row["origin"]),
        tags=_list(row["lv_tags"]),
        active=row["lv_active"] == "active",
        open=row["lv_device_open"] == "open",
        hidden=row["lv_name"].startswith("["),
        metadata=-(-int(row["lv_metadata_size"] or 0) // extent),
        chunk_bytes=int(segment.get("chunk_size") or 0),
        zeroes=segment.get("zero") == "zero",
        segment=kind,
        stripes=stripes,
        stripe_bytes=int(segment.get("stripe_size") or 0),
        mirrors=devices // stripes if kind in ("raid1", "raid10", "mirror") else 1,
        data_percent=_percent(row["data_percent"]),
        metadata_percent=_percent(row["metadata_percent"]),
        monitored=segment.get("seg_monitor") == "monitored",
        profile=row["lv_profile"],
        health=row["lv_health_status"],
        moves=row.get("move_pv") or "",
        check_needed=bool(row["lv_check_needed"]) and row["lv_check_needed"] != "unknown",
        invalid=bool(row.get("lv_snapshot_invalid")) and row["lv_snapshot_invalid"] != "unknown",
        merging=bool(row["lv_merging"]),
        cache_mode=segment.get("cache_mode") or "",
        cache=_name(row["pool_lv"]) if cached else "",
        # lvs(8): lv_permissions does not tell of what is inactive.
        read_only=row.get("lv_attr", "--")[1] in "rR",
        policy=row.get("lv_allocation_policy", "inherit"),
        behind=_behind(segments[-1], holes),
        parts=tuple(dict.fromkeys((*parts, *(name for name in places if not _is_device(name))))),
        on={name: count for name, count in places.items() if _is_device(name)},
    )


def _places(segments: Iterable[Mapping[str, Any]]) -> Dict[str, int]:
    """Extents by physical volume or logical volume below, from ranges like ``/dev/sda:0-9 x_rimage_1:10-19``; where it ends comes last."""
    found: Dict[str, int] = {}
    for name, first, last in _ranges(segments):
        found[name] = found.pop(name, 0) + last - first + 1
    return found


def _ranges(segments: Iterable[Mapping[str, Any]]) -> Iterator[Tuple[str, int, int]]:
    for place in " ".join(segment.get("seg_pe_ranges", "") for segment in segments).split():
        name, _colon, extents = place.rpartition(":")
        first, _hyphen, last = extents.partition("-")
        yield name, int(first), int(last)


def _holes(segments: Iterable[Mapping[str, Any]], pvs: Iterable[PhysicalVolume]) -> Dict[str, Dict[int, int]]:
    """Rows of free extents of each physical volume that gives some, length by the first one, by path."""
    used: Dict[str, List[Tuple[int, int]]] = {pv.path: [(pv.extents, pv.extents)] for pv in pvs if pv.allocatable and not pv.missing}
    for path, first, last in _ranges(segments):
        if path in used:
            used[path].append((first, last + 1))
    found: Dict[str, Dict[int, int]] = {}
    for path, taken in used.items():
        place, rows = 0, found.setdefault(path, {})
        for first, end in sorted(taken):
            if first > place:
                rows[place] = first - place
            place = max(place, end)
    return found


def _behind(segment: Mapping[str, Any], holes: Mapping[str, Mapping[int, int]]) -> int:
    """Free extents right behind a segment, on each of its devices."""
    return min((holes.get(path, {}).get(last + 1, 0) for path, _first, last in _ranges([segment])), default=0)


def _is_device(name: str) -> bool:
    # A disk that is gone is "[unknown]".
    return name.startswith(("/", "["))


def _name(text: str) -> str:
    return text.strip("[]")


def _percent(text: str) -> Optional[float]:
    return float(text) if text else None


def _list(text: str) -> tuple:
    return tuple(sorted(filter(None, text.split(","))))
