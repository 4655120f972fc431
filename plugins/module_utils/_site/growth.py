# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Local volumes whose devices have become larger than the cluster knows. No I/O here."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Sequence, Tuple

from .._core import foreign
from .._core.errors import CairnError, NotFound, Refused
from .._core.quantity import human
from .._local.naming import pv_name
from .volumes import pv_capacity, told_volumes

Rows = Sequence[Mapping[str, Any]]


def told_cluster(given: Any) -> Dict[str, List[Dict[str, Any]]]:
    """What ``grown`` looks at in the result of ``storage_info``, each value of its type."""
    foreign.mapping(given, "known")

    def read(key: str) -> List[foreign.Facts]:
        return [foreign.Facts(each, f"{key}[{index}]") for index, each in enumerate(foreign.items(given.get(key), key))]

    return {
        "volumes": told_volumes(given.get("volumes")),
        "claims": [
            {"namespace": each.name("namespace"), "name": each.name("name"), "capacity_bytes": each.whole("capacity_bytes", None),
             "requested_bytes": each.whole("requested_bytes", None)}
            for each in read("claims")
        ],
        "classes": [{"name": each.name("name"), "allow_expansion": each.truth("allow_expansion")} for each in read("classes")],
        "relations": [{key: each.text(key, None) for key in ("namespace", "claim", "pod", "phase")} for each in read("relations")],
    }


def grown(entries: Mapping[str, Iterable[Mapping[str, Any]]], known: Mapping[str, Rows], names: Sequence[str]) -> Tuple[List[dict], List[CairnError]]:
    """``(volumes to be told of, problems)``; ``entries`` are those of ``local_volumes`` by node, ``known`` the result of ``storage_info``.

    A claim that an interrupted run has left smaller than its volume counts as well. ``names`` are the volumes to look at, all if empty.
    """
    volumes = {volume["name"]: volume for volume in known["volumes"] if volume["local"] and volume["phase"] in ("Available", "Bound")}
    claims = {f"{claim['namespace']}/{claim['name']}": claim for claim in known["claims"]}
    classes = {each["name"]: each for each in known["classes"]}
    mounted = {f"{row['namespace']}/{row['claim']}" for row in known["relations"] if row["pod"] and row["claim"] and row["phase"] == "Running"}
    problems: List[CairnError] = [NotFound(f"there is no local volume {name} in use or free.", code="volume-unknown", parameter="grow_volumes",
                                           found=f"{len(volumes)} volumes", fix="name volumes as kubectl get pv shows them.")
                                  for name in names if name not in volumes]
    found = []
    for node, items in entries.items():
        for entry in items:
            volume = volumes.get(pv_name(entry["name"], node, entry["class"])) if entry.get("name") and not entry.get("degraded") else None
            if volume is None or (names and volume["name"] not in names):
                continue
            path = f"{volume['namespace']}/{volume['claim']}" if volume["phase"] == "Bound" else ""
            claim = claims.get(path)
            size = max(pv_capacity(entry["size_bytes"]), volume["capacity_bytes"])
            if size == volume["capacity_bytes"] and (claim is None or (claim["capacity_bytes"] or 0) >= size):
                continue
            if claim and (claim["requested_bytes"] or 0) < size and not classes.get(volume["storage_class"], {}).get("allow_expansion"):
                problems.append(_no_expansion(volume, path, size))
                continue
            found.append(_told(volume, claim, size, path in mounted))
    return found, problems


def _told(volume: Mapping[str, Any], claim: Any, size: int, mounted: bool) -> Dict[str, Any]:
    return {"name": volume["name"], "namespace": claim["namespace"] if claim else "", "claim": claim["name"] if claim else "",
            "mounted": mounted, "size_bytes": size}


def _no_expansion(volume: Mapping[str, Any], path: str, size: int) -> CairnError:
    return Refused(f"claims of the class {volume['storage_class']} may not grow.", code="class-no-expansion", parameter="storage_class_options",
                   found=f"{path} on {volume['name']}, {human(volume['capacity_bytes'])} of {human(size)}",
                   fix=f"set storage_class_options: {{{volume['storage_class']}: {{allow_volume_expansion: true}}}}, run site.yml, then run again.")
