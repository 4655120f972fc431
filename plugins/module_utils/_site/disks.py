# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Disks that were found, written down for a person to choose from, and what the person chose, as disk rules. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from .._core import foreign
from .._core.errors import InvalidRequest
from .._core.quantity import human

#: The one key of the file; below it are lists of disks by host.
KEY = "storage_disks"


def told_devices(given: Any) -> Dict[str, List[Dict[str, Any]]]:
    """``devices`` of ``block_device_info`` by host, with what the file says of them, each value of its type.

    A maker's text, or what a tenant wrote on a disk, must not become more than text in a file that a person edits and plays read. Of what
    is found on a disk the same holds: if it is not plain, the file says something that the machine does not, and the disk is refused later.
    """
    foreign.mapping(given, "devices")
    return {
        host: [_told(each, f"{host}: devices[{index}]") for index, each in enumerate(foreign.items(devices, f"{host}: devices"))]
        for host, devices in given.items()
    }


def _told(given: Any, where: str) -> Dict[str, Any]:
    told = foreign.Facts(given, where)
    names = [told.text("id"), *told.texts("ids")]
    stranger = next((name for name in names if not (foreign.path(name) or "").startswith("/dev/")), None)
    if stranger is not None:
        raise foreign.wrong(f"{where}.id", stranger, "the path of a device")
    return {
        "id": names[0],
        "ids": names[1:],
        "size_bytes": told.whole("size_bytes"),
        "rotational": told.truth("rotational") if given.get("rotational") is not None else None,
        "vacant": told.truth("vacant"),
        **{key: foreign.plain(given.get(key)) for key in ("model", "serial", "use", "found")},
    }


def write_down(found: Mapping[str, Sequence[Mapping[str, Any]]], known: Any) -> Dict[str, Any]:
    """The file's content: the vacant disks of ``found`` (devices of block_device_info by host) besides the answers in ``known``.

    An answer stays as it was written, whatever became of its disk, and so does everything about hosts that were not asked.
    """
    before = disks_of(known)
    after = dict(before)
    for host, devices in found.items():
        answered = [disk for disk in before.get(host, ()) if disk.get("use")]
        ids = {disk["id"] for disk in answered}
        new = [_describe(device) for device in devices if device["vacant"] and device["ids"] and not ids & set(device["ids"])]
        after[host] = sorted((*answered, *new), key=lambda disk: str(disk["id"]))
    return {KEY: {host: after[host] for host in sorted(after)}}


def _describe(device: Mapping[str, Any]) -> Dict[str, Any]:
    return {
        "id": device["id"],
        "size_bytes": device["size_bytes"],
        "size": human(device["size_bytes"]),
        "rotational": device["rotational"],
        "model": device["model"],
        "serial": device["serial"],
        "holds": device["use"],
        "found": device["found"],
        "use": "",
    }


def chosen(rules: Sequence[Mapping[str, Any]], known: Any, host: str) -> List[Dict[str, Any]]:
    """Disk rules for ``host`` that stand for what a person chose: each name of ``rules`` and each ``use`` with its disks, and no others."""
    disks = disks_of(known).get(host, ())
    named = {rule["name"]: rule for rule in rules if rule.get("name")}
    names = dict.fromkeys([*named, *(disk["use"] for disk in disks if disk.get("use"))])
    return [
        {
            "name": name,
            # That a machine may have none of a kind holds, whoever chooses.
            **({"at_least": 0} if str(named.get(name, {}).get("at_least")) == "0" else {}),
            "disks": [{key: disk[key] for key in ("id", "size_bytes", "found") if key in disk} for disk in disks if disk.get("use") == name],
        }
        for name in names
    ]


def disks_of(known: Any) -> Dict[str, List[Dict[str, Any]]]:
    """Disks by host from the file's content; nothing from an empty one."""
    if not known:
        return {}
    hosts = known.get(KEY) if isinstance(known, Mapping) else None
    if not isinstance(hosts, Mapping):
        raise _wrong("the file", known)
    for host, disks in hosts.items():
        for index, disk in enumerate(disks if isinstance(disks, Sequence) and not isinstance(disks, str) else [disks]):
            if not isinstance(disk, Mapping) or not _printable(disk.get("id")) or not _printable(disk.get("use") or "-"):
                raise _wrong(f"{KEY}.{host}[{index}]", disk)
    return {host: [dict(disk) for disk in disks] for host, disks in hosts.items()}


def _printable(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()


def _wrong(where: str, what: object) -> InvalidRequest:
    return InvalidRequest(
        f"{where} is not what discover.yml wrote.",
        code="disks-file",
        parameter="storage_disks_file",
        found=foreign.shown(repr(what)),
        fix="fill in use: alone, or move the file away and discover again.",
    )
