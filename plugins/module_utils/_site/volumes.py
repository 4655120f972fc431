# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The volumes that a site's nodes offer to its cluster: those that are there and those still to come. No I/O here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Container, Dict, Iterable, List, Mapping, Optional

from .._core import foreign
from .._local.naming import pv_name

_MIB = 1024**2
_GIB = 1024**3
MODES = ("Block", "Filesystem")


@dataclass(frozen=True)
class Volume:
    """One local volume.

    ``name`` is ``None`` while its disk has no identity yet (a file system still to be made); ``capacity_bytes`` is then an upper bound.
    ``claim`` is ``namespace/name`` of the claim it is bound to, empty when it is free, ``None`` when it can take no claim (released, failed).
    """

    name: Optional[str]
    node: str
    storage_class: str
    volume_mode: str
    capacity_bytes: int
    claim: Optional[str] = ""


def pv_capacity(size_bytes: int) -> int:
    """What the provisioner publishes for a device or file system of ``size_bytes``.

    It rounds down: to whole GiB from 10 GiB, to whole MiB from 10 MiB (local-static-provisioner, pkg/discovery).
    """
    step = _GIB if size_bytes >= 10 * _GIB else _MIB if size_bytes >= 10 * _MIB else 1
    return size_bytes // step * step


def told_entries(given: Any) -> Dict[str, List[Dict[str, Any]]]:
    """``entries`` of ``local_volumes`` by node, each value of its type; ``InvalidRequest`` says which node told what.

    A node can answer what it likes. From here on its words become names and sizes of objects in the cluster.
    """
    foreign.mapping(given, "entries")
    found: Dict[str, List[Dict[str, Any]]] = {}
    for node, items in given.items():
        if not foreign.object_name(node):
            raise foreign.wrong("entries", node, "the name of a node")
        found[node] = [_entry(each, f"{node}: entries[{index}]") for index, each in enumerate(foreign.items(items, f"{node}: entries"))]
    return found


def _entry(given: Any, where: str) -> Dict[str, Any]:
    told = foreign.Facts(given, where)
    return {
        "class": told.name("class"),
        "name": told.file("name", None),
        "volume_mode": told.choice("volume_mode", MODES, "Filesystem"),
        "size_bytes": told.whole("size_bytes"),
        "degraded": told.truth("degraded"),
    }


def told_volumes(given: Any) -> List[Dict[str, Any]]:
    """``volumes`` of ``storage_info``, each value of its type."""
    return [_live(each, f"volumes[{index}]") for index, each in enumerate(foreign.items(given, "volumes"))]


def _live(given: Any, where: str) -> Dict[str, Any]:
    told = foreign.Facts(given, where)
    return {
        "name": told.name("name"),
        # Who may write volumes may tie one to anything; what is no node's name is no node of ours.
        "node": foreign.object_name(given.get("node")),
        "storage_class": told.text("storage_class", ""),
        "volume_mode": told.choice("volume_mode", MODES, "Filesystem"),
        # A quantity that is none comes as nothing.
        "capacity_bytes": told.whole("capacity_bytes", 0),
        "phase": told.text("phase", None),
        "namespace": told.text("namespace", None),
        "claim": told.text("claim", None),
        "path": given["path"] if isinstance(given.get("path"), str) else None,
        "local": told.truth("local"),
    }


def offered(given: Any) -> List[Volume]:
    """What ``volumes`` gave, after it was a list of maps."""
    found = []
    for index, each in enumerate(foreign.items(given, "volumes")):
        told = foreign.Facts(each, f"volumes[{index}]")
        # That it is not said to whom it belongs means that it can take no claim.
        claim = told.text("claim", None)
        mode = told.choice("volume_mode", MODES)
        found.append(Volume(told.name("name", None), told.text("node"), told.text("storage_class"), mode, told.whole("capacity_bytes"), claim))
    return found


def volumes(entries: Mapping[str, Iterable[Mapping]], live: Iterable[Mapping] = (), away: Container[str] = ()) -> list:
    """The volumes of a site: planned or present ``entries`` by node, and what the cluster knows of them.

    ``entries`` are those of ``local_volumes``, ``live`` the ``volumes`` of ``storage_info``. A live volume's capacity is the true one,
    because the provisioner writes it once. Live volumes of nodes without entries (left out of this run) count as well; a degraded entry
    that was never published does not, because the provisioner will not see it. Nor does what is free on nodes that are ``away``: no pod comes there.
    """
    known = {volume["name"]: volume for volume in live}
    found = []
    for node, items in entries.items():
        for entry in items:
            name = pv_name(entry["name"], node, entry["class"]) if entry.get("name") else None
            volume = known.pop(name, None)
            if volume is None and entry.get("degraded"):
                continue
            found.append(_published(volume, node) if volume else _planned(entry, name, node))
    others = [_published(volume, volume["node"]) for volume in known.values() if volume.get("node") and volume["node"] not in entries]
    return found + [volume for volume in others if volume.claim or volume.node not in away]


def _planned(entry: Mapping, name: Optional[str], node: str) -> Volume:
    # A file system takes some of its device for itself, however little.
    overhead = 1 if name is None and entry["volume_mode"] == "Filesystem" else 0
    return Volume(name, node, entry["class"], entry["volume_mode"], pv_capacity(entry["size_bytes"] - overhead))


def _published(volume: Mapping, node: str) -> Volume:
    claim = f"{volume['namespace']}/{volume['claim']}" if volume.get("claim") else ""
    usable = volume["phase"] in ("Available", "Bound")
    return Volume(volume["name"], node, volume["storage_class"], volume["volume_mode"], volume["capacity_bytes"], claim if usable else None)
