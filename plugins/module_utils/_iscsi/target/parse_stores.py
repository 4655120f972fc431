# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Backstores as wished, parsed and checked before anything is looked at. Pure."""

from __future__ import annotations

import posixpath
import re
import uuid
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..._block.identity import check_reference
from ..._core.errors import InvalidRequest
from ..._core.quantity import human, parse_bytes
from .build_store import PAGE
from .model import ALUA_STATES, BLOCK, DEFAULT_GROUP, FILEIO, RAMDISK, AluaGroup, Backstore
from .values import check_once, check_range, parse_attributes

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SERIAL = re.compile(r"[A-Za-z0-9._-]{1,254}")
_SECTOR = 512
#: What each kind is made of, and what it has no use for.
_NEEDS = {BLOCK: ("device",), FILEIO: ("path", "size"), RAMDISK: ("size",)}
_OPTIONS = {"device": (BLOCK,), "path": (FILEIO,), "size": (FILEIO, RAMDISK), "write_back": (FILEIO,), "read_only": (BLOCK,)}
_OWN = {"emulate_write_cache": "write_back"}


def parse_stores(items: Sequence[Mapping[str, Any]], here: str) -> Tuple[Backstore, ...]:
    """The wished backstores. A serial number that is left out is empty here, see ``default_serial``."""
    found: List[Backstore] = []
    places: Dict[str, str] = {}
    for index, item in enumerate(items):
        parameter = f"{here}[{index}]"
        store = _store(item, parameter)
        check_once(store.name, [each.name for each in found], "backstore-twice", "backstore", f"{parameter}.name")
        if store.path:
            check_once(store.path, places, "backstore-path-twice", "device or file", f"{parameter}.{_NEEDS[store.kind][0]}")
            places[store.path] = parameter
        found.append(store)
    return tuple(found)


def default_serial(target: str, store: str) -> str:
    """The same for the same names on every run and machine, so that initiators know a LUN again that had to be made anew."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"iscsi:{target}/{store}"))


def identifier(serial: str) -> str:
    """What initiators see as WWN of a serial number: the kernel takes its first 25 hexadecimal digits and drops all else."""
    return re.sub("[^0-9a-f]", "", serial.lower())[:25]


def check_identifiers(stores: Sequence[Backstore], here: str) -> None:
    """Refuse two LUNs that initiators could not tell from each other."""
    seen: Dict[str, str] = {}
    for index, store in enumerate(stores):
        wwn = identifier(store.serial)
        if wwn in seen:
            raise InvalidRequest(
                "two backstores would have the same WWN, and initiators would take them for two paths of one disk.",
                code="serial-wwn",
                parameter=f"{here}[{index}].serial",
                found=f"{store.serial} and {seen[wwn]} have the same hexadecimal digits",
                fix="give serial numbers that differ in these, such as UUIDs.",
            )
        seen[wwn] = store.serial


def _store(item: Mapping[str, Any], here: str) -> Backstore:
    kind, name = item["type"], item["name"]
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "not a name for a backstore.",
            code="backstore-name",
            parameter=f"{here}.name",
            found=repr(name),
            fix="use up to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.",
        )
    for option in _NEEDS[kind]:
        if not item.get(option):
            raise InvalidRequest(
                f"a backstore of type {kind} needs this.",
                code=f"backstore-{option}-missing",
                parameter=f"{here}.{option}",
                found="nothing",
                fix="give it, or choose another type.",
            )
    for option, kinds in _OPTIONS.items():
        if item.get(option) and kind not in kinds:
            raise InvalidRequest(
                f"a backstore of type {kind} has no such option.",
                code=f"backstore-{option}-type",
                parameter=f"{here}.{option}",
                found=str(item[option]),
                fix=f"take it out, or use type: {kinds[0]}.",
            )
    serial = item.get("serial") or ""
    if serial and not _SERIAL.fullmatch(serial):
        raise InvalidRequest(
            "not a serial number.",
            code="serial",
            parameter=f"{here}.serial",
            found=repr(serial),
            fix="use up to 254 letters, digits, dots, hyphens and underscores, or leave it out.",
        )
    if serial and not identifier(serial):
        raise InvalidRequest(
            "a serial number without hexadecimal digits gives no WWN.",
            code="serial-no-wwn",
            parameter=f"{here}.serial",
            found=serial,
            fix="use a UUID, or leave it out.",
        )
    path = _device(item["device"], f"{here}.device") if kind == BLOCK else _file(item["path"], f"{here}.path") if kind == FILEIO else ""
    return Backstore(
        name,
        kind,
        path,
        _size(item, kind, here),
        item["write_back"],
        item["read_only"],
        serial,
        parse_attributes(item.get("attributes"), f"{here}.attributes", _OWN),
        _alua_groups(item.get("alua_groups") or (), f"{here}.alua_groups"),
    )


def _device(device: str, parameter: str) -> str:
    if re.fullmatch(r"/dev/[^/]+", device):
        raise InvalidRequest(
            "kernel names move between boots, and targets are restored at boot.",
            code="kernel-name",
            parameter=parameter,
            found=device,
            fix="use its name in /dev/disk/by-id (cairn.storage.block_device_info lists them).",
        )
    if not device.startswith("/dev/"):
        raise InvalidRequest(
            "a device is named by its path here, since it has to be found at boot.",
            code="device-path",
            parameter=parameter,
            found=device,
            fix="use a path such as /dev/disk/by-id/wwn-0x... or /dev/vg/lv.",
        )
    return _plain(check_reference(device, parameter, False), parameter)


def _file(path: str, parameter: str) -> str:
    if not path.startswith("/") or posixpath.normpath(path) != path or path == "/":
        raise InvalidRequest(
            "not the path of a file.", code="file-path", parameter=parameter, found=repr(path), fix="give a whole path without dots."
        )
    if path.startswith(("/dev/", "/proc/", "/sys/", "/run/")):
        raise InvalidRequest(
            "files do not last there.",
            code="file-place",
            parameter=parameter,
            found=path,
            fix="name a file on a file system; a device takes type: block.",
        )
    return _plain(path, parameter)


def _plain(path: str, parameter: str) -> str:
    # The kernel's control file separates its words by commas.
    if re.search(r"[,\s]", path):
        raise InvalidRequest(
            "the kernel takes no commas and blanks in a path.", code="path-characters", parameter=parameter, found=repr(path), fix="use another name."
        )
    return path


def _size(item: Mapping[str, Any], kind: str, here: str) -> int:
    if kind == BLOCK:
        return 0
    size = parse_bytes(item["size"], f"{here}.size")
    unit = _SECTOR if kind == FILEIO else PAGE
    if size % unit:
        raise InvalidRequest(
            f"not a multiple of {unit} bytes.",
            code="backstore-size-unit",
            parameter=f"{here}.size",
            found=human(size),
            fix=f"use {size // unit * unit + unit}.",
        )
    return size


def _alua_groups(items: Sequence[Mapping[str, Any]], here: str) -> Tuple[AluaGroup, ...]:
    found: List[AluaGroup] = []
    for index, item in enumerate(items):
        name = item["name"]
        if not _NAME.fullmatch(name) or name == DEFAULT_GROUP:
            raise InvalidRequest(
                "not a name for an ALUA group.",
                code="alua-name",
                parameter=f"{here}[{index}].name",
                found=repr(name),
                fix=f"use letters, digits, dots, hyphens and underscores, and not {DEFAULT_GROUP}.",
            )
        check_once(name, [each.name for each in found], "alua-twice", "ALUA group", f"{here}[{index}].name")
        check_range(item["id"], 1, 65535, "alua-id", "an ALUA group's number", f"{here}[{index}].id")
        check_once(item["id"], [each.id for each in found], "alua-id-twice", "number", f"{here}[{index}].id")
        found.append(AluaGroup(name, item["id"], ALUA_STATES[item["state"]], item["preferred"]))
    return tuple(found)
