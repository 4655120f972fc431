# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Questions from either end: who uses this volume, what is on this disk, what dies with this node. Pure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from .._core.errors import InvalidRequest, NotFound
from . import basics
from .hosts import Host
from .places import aliases

Row = Mapping[str, Any]
#: What can be asked about, and how its name is written.
KINDS = {
    "pod": "namespace/name",
    "claim": "namespace/name",
    "volume": "name",
    "node": "name",
    "disk": "one of its stable names",
    "target": "name of the iSCSI target",
}


@dataclass(frozen=True)
class Question:
    """One thing that is asked about."""

    kind: str
    name: str

    @property
    def parameter(self) -> str:
        """The option at fault when there is no answer."""
        return f"about.{self.kind}"


def parse(given: Optional[Mapping[str, Any]]) -> Optional[Question]:
    """The question of an option ``about``, which names one thing."""
    named = {kind: str(name) for kind, name in (given or {}).items() if name is not None}
    if not named:
        if given is None:
            return None
        raise InvalidRequest("it names nothing.", code="about-empty", parameter="about", fix=f"give one of {', '.join(KINDS)}.")
    if len(named) > 1:
        raise InvalidRequest(
            "only one thing can be asked about.", code="about-several", parameter="about", found=", ".join(named), fix="keep one of them."
        )
    question = Question(*named.popitem())
    if KINDS[question.kind] == "namespace/name" and question.name.count("/") != 1:
        raise InvalidRequest(
            "it stands in a namespace.", code="about-form", parameter=question.parameter, found=question.name, fix="write it like storage/blocks-0."
        )
    return question


def answer(
    question: Question, rows: Iterable[Row], pods: Iterable[Mapping[str, Any]], nodes: Iterable[str], hosts: Mapping[str, Host]
) -> Tuple[List[dict], Dict[str, list]]:
    """The rows that have to do with it, and everything that they name, by kind. ``NotFound`` when nothing knows of it."""
    if question.kind == "disk" and not hosts:
        raise InvalidRequest(
            "the API server knows no disks.", code="about-needs-hosts", parameter=question.parameter, fix="give hosts what the nodes told."
        )
    names = _names(question, hosts)
    found = [dict(row) for row in rows if _concerns(question, names, row)]
    affected = {kind: sorted(set(values(found))) for kind, values in _AFFECTED.items()}
    affected["unreachable"] = []
    known = bool(found)
    if question.kind == "node":
        affected["unreachable"] = sorted({row["volume"] for row in found if row["volume"] and question.name in (row["tied_to"], row["served_by"])})
        known = known or question.name in nodes
        affected["pods"] = sorted({*affected["pods"], *(basics.path(pod) for pod in pods if pod["spec"].get("nodeName") == question.name)})
    if question.kind == "disk":
        below = list(_upon(names, hosts))
        known = known or bool(below) or any(names & {device["id"], *device["ids"]} for host in hosts.values() for device in host.devices)
        affected["volume_groups"] = sorted({*affected["volume_groups"], *(group for group, _volume in below)})
        affected["logical_volumes"] = sorted({*affected["logical_volumes"], *(volume for _group, volume in below if volume)})
    if question.kind == "target":
        known = known or any(each.get("name") == question.name for host in hosts.values() for each in host.targets)
    if question.kind == "pod":
        known = known or any(basics.path(pod) == question.name for pod in pods)
    if not known:
        raise NotFound(
            f"nothing is known of the {question.kind} {question.name}.",
            code="about-unknown",
            parameter=question.parameter,
            fix=f"give {KINDS[question.kind]} as storage_info tells it without about.",
        )
    return found, affected


def _names(question: Question, hosts: Mapping[str, Host]) -> set:
    """All names of a disk; of other things the one that was given."""
    names = {question.name, os.path.basename(question.name)}
    if question.kind == "disk":
        for host in hosts.values():
            for device in host.devices:
                # Kernel names are no names: the same one is another disk on another node.
                mine = {device["id"], *(device.get("ids") or ())}
                if names & {*mine, *map(os.path.basename, mine)}:
                    return names | mine
    return names


def _concerns(question: Question, names: set, row: Row) -> bool:
    space = f"{row['namespace']}/"
    tests: Dict[str, Callable[[], bool]] = {
        "pod": lambda: bool(row["pod"]) and space + row["pod"] == question.name,
        "claim": lambda: bool(row["claim"]) and space + row["claim"] == question.name,
        "volume": lambda: row["volume"] == question.name,
        "node": lambda: question.name in (row["node"], row["tied_to"], row["served_by"], *row["attached_to"]),
        "disk": lambda: bool(names & {row["device"], *row["disks"], *(os.path.basename(disk) for disk in row["disks"])}),
        "target": lambda: any(session["target"] == question.name for session in row["sessions"]) or row["target"] == question.name,
    }
    return tests[question.kind]()


def _upon(names: set, hosts: Mapping[str, Host]) -> Iterator[Tuple[str, str]]:
    for node, host in hosts.items():
        for group in host.groups:
            if names & {each["device"] for each in group["physical_volumes"]}:
                yield f"{node}/{group['name']}", ""
                for volume in group.get("logical_volumes") or ():
                    yield f"{node}/{group['name']}", aliases(group, volume)[0]


def _logical(row: Row) -> Iterator[str]:
    if row["logical_volume"]:
        yield f"/dev/{row['volume_group']}/{row['logical_volume']}"


def _group(row: Row) -> Iterator[str]:
    if row["volume_group"]:
        yield f"{row['served_by'] or row['tied_to'] or row['node']}/{row['volume_group']}"


_AFFECTED: Dict[str, Callable[[List[dict]], Iterator[str]]] = {
    "pods": lambda rows: (f"{row['namespace']}/{row['pod']}" for row in rows if row["pod"]),
    "claims": lambda rows: (f"{row['namespace']}/{row['claim']}" for row in rows if row["claim"]),
    "volumes": lambda rows: (row["volume"] for row in rows if row["volume"]),
    "nodes": lambda rows: (node for row in rows for node in (row["node"], row["tied_to"], row["served_by"], *row["attached_to"]) if node),
    "disks": lambda rows: (disk for row in rows for disk in row["disks"]),
    "volume_groups": lambda rows: (name for row in rows for name in _group(row)),
    "logical_volumes": lambda rows: (name for row in rows for name in _logical(row)),
    "targets": lambda rows: (name for row in rows for name in (row["target"], *(session["target"] for session in row["sessions"])) if name),
}
