# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The targets that the kernel runs, by one walk of configfs and no command."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from ..._core import files
from ..chap import Chap
from ..names import parse_portal
from . import paths, saved
from .model import DEFAULT_GROUP, FILEIO, RAMDISK, Acl, AluaGroup, Backstore, Lun, MappedLun, PortalGroup, PortalSetting, Target
from .state import Document, Kernel
from .view import restrict

ROOT = "/sys/kernel/config/target"
#: What an unset user or password reads as.
_UNSET = ("", "NULL", "(NULL)")
_NUMBER = re.compile(r"Major: (\d+) Minor: (\d+)")
_ADDRESS = re.compile(r"Address (\S+)")


def numbered(path: str, prefix: str) -> Iterator[Tuple[int, str]]:
    """Folders named ``prefix`` and a number below ``path``, with the number, in its order."""
    numbers = {name.removeprefix(prefix): name for name in files.listed(path) if name.startswith(prefix)}
    found = [(int(number), f"{path}/{name}") for number, name in numbers.items() if number.isdigit()]
    yield from sorted(found)


def names(root: str = ROOT) -> List[str]:
    """All iSCSI targets that run."""
    return [name for name in files.listed(f"{root}/{paths.FABRIC}") if name.startswith(("iqn.", "eui.", "naa."))]


def survey(root: str = ROOT) -> Kernel:
    """All backstores and who uses them."""
    folders = tuple(name for name in files.listed(f"{root}/core") if re.fullmatch(r"\w+_\d+", name))
    found = {each.key: each for folder in folders for each in _backstores(root, folder)}
    fabrics = tuple(name for name in files.listed(root) if name != "core" and os.path.isdir(f"{root}/{name}"))
    users: Dict[str, set] = {}
    for fabric in fabrics:
        for target in files.listed(f"{root}/{fabric}"):
            for _tag, group in numbered(f"{root}/{fabric}/{target}", "tpgt_"):
                for _number, lun in numbered(f"{group}/lun", "lun_"):
                    users.setdefault(_link(lun)[1], set()).add(f"{fabric}/{target}")
    return Kernel(found, {key: frozenset(names) for key, names in users.items()}, folders, fabrics)


def _backstores(root: str, folder: str) -> Iterator[Backstore]:
    kind = paths.KINDS.get(folder.rpartition("_")[0], folder.rpartition("_")[0])
    for name in files.listed(f"{root}/core/{folder}"):
        here = f"{root}/core/{folder}/{name}"
        if os.path.isdir(here):
            info = files.value(f"{here}/info")
            number = _NUMBER.search(info)
            yield Backstore(
                name,
                kind,
                "" if kind == RAMDISK else files.value(f"{here}/udev_path") or _between(info, "File: ", "  Size:"),
                _size(kind, info),
                read_only="readonly: 1" in info,
                number=f"{number[1]}:{number[2]}" if number else "",
                folder=folder,
                active=files.value(f"{here}/enable") == "1",
            )


def _between(text: str, begin: str, end: str) -> str:
    return text.partition(begin)[2].partition(end)[0].strip()


def _size(kind: str, info: str) -> int:
    pages = re.search(r"PAGES/PAGE_SIZE: (\d+)\*(\d+)", info)
    if pages:
        return int(pages[1]) * int(pages[2])
    size = re.search(r"\bSize: (\d+)", info)
    return int(size[1]) if size and kind == FILEIO else 0


def running(wish: Target, document: Document) -> Tuple[Kernel, Target]:
    """All that runs, and the target as it runs in what ``wish`` speaks of, with backstores that only the saved ``document`` knows as its own."""
    shared = survey()
    keys = [each.key for each in (*wish.backstores, *saved.target(document, wish.name).backstores)]
    return shared, restrict(target(wish.name, shared, wish, keys), wish)


def target(name: str, kernel: Kernel, like: Target, keys: Iterable[str], root: str = ROOT) -> Target:
    """The target as it runs, with its backstores and those of ``keys`` that are there.

    Of attributes it has those that ``like`` speaks of.
    """
    folder = f"{root}/{paths.target(name)}"
    groups = tuple(_group(tag, path, like.group(tag)) for tag, path in numbered(folder, "tpgt_"))
    found = dict.fromkeys([*(lun.backstore for group in groups for lun in group.luns), *keys])
    stores = tuple(_detailed(kernel.backstores[key], like.backstore(key), root) for key in found if key in kernel.backstores)
    return Target(name, os.path.isdir(folder), groups, stores)


def _detailed(found: Backstore, like: Optional[Backstore], root: str) -> Backstore:
    here = f"{root}/{paths.backstore(found.folder, found.name)}"
    names = files.listed(f"{here}/alua")
    return replace(
        found,
        serial=files.value(f"{here}/wwn/vpd_unit_serial").partition(":")[2].strip(),
        write_back=found.kind == FILEIO and files.value(f"{here}/attrib/emulate_write_cache") == "1",
        attributes=_values(f"{here}/attrib", like.attributes if like else ()),
        alua_groups=tuple(_alua_group(name, f"{here}/alua/{name}") for name in names if name != DEFAULT_GROUP),
    )


def _alua_group(name: str, here: str) -> AluaGroup:
    number, state = int(files.value(f"{here}/tg_pt_gp_id") or 0), files.value(f"{here}/alua_access_state")
    return AluaGroup(name, number, state, files.value(f"{here}/preferred") == "1")


def _values(folder: str, names: Iterable[str]) -> Dict[str, str]:
    return {name: files.value(f"{folder}/{name}") for name in names}


def _group(tag: int, here: str, like: Optional[PortalGroup]) -> PortalGroup:
    return PortalGroup(
        tag,
        files.value(f"{here}/enable") == "1",
        _values(f"{here}/attrib", like.attributes if like else ()),
        _values(f"{here}/param", like.parameters if like else ()),
        tuple(_portal(name, f"{here}/np/{name}") for name in files.listed(f"{here}/np")),
        tuple(_lun(number, path) for number, path in numbered(f"{here}/lun", "lun_")),
        tuple(_acl(name, f"{here}/acls/{name}", like) for name in files.listed(f"{here}/acls")),
        _chap(f"{here}/auth"),
        tuple(filter(None, files.value(f"{here}/dynamic_sessions").split("\0"))),
    )


def _portal(name: str, here: str) -> PortalSetting:
    return PortalSetting(parse_portal(name, "portals"), files.value(f"{here}/iser") == "1")


def _link(folder: str) -> Tuple[str, str]:
    """The link in a folder and what it leads to: the key of a backstore, or the number of a LUN."""
    for name in files.listed(folder):
        try:
            to = os.readlink(f"{folder}/{name}").split("/")
        except OSError:
            continue
        if to[-1].startswith("lun_") and "core" not in to:
            return name, to[-1][4:]
        plugin = to[-2].rpartition("_")[0]
        return name, f"{paths.KINDS.get(plugin, plugin)}/{to[-1]}"
    return "", ""


def _lun(number: int, here: str) -> Lun:
    link, backstore = _link(here)
    group = _between(files.value(f"{here}/alua_tg_pt_gp"), "TG Port Alias: ", "\n")
    return Lun(number, backstore, group or DEFAULT_GROUP, link)


def _acl(initiator: str, here: str, like: Optional[PortalGroup]) -> Acl:
    wished = next((each for each in like.acls if each.initiator == initiator), None) if like else None
    luns = []
    for number, path in numbered(here, "lun_"):
        link, lun = _link(path)
        luns.append(MappedLun(number, int(lun) if lun else -1, files.value(f"{path}/write_protect") == "1", link))
    depth = int(files.value(f"{here}/cmdsn_depth") or 0) if wished and wished.depth is not None else None
    attributes = _values(f"{here}/attrib", wished.attributes if wished else ())
    return Acl(initiator, tuple(luns), _chap(f"{here}/auth"), attributes, depth, _session(files.value(f"{here}/info")))


def _session(info: str) -> str:
    if not info or info.startswith("No active"):
        return ""
    return ", ".join(sorted(set(_ADDRESS.findall(info)))) or "a session"


def _chap(folder: str) -> Optional[Chap]:
    user, password, mutual_user, mutual_password = (
        "" if value in _UNSET else value
        for value in (files.value(f"{folder}/{name}") for name in ("userid", "password", "userid_mutual", "password_mutual"))
    )
    return Chap(user, password, mutual_user, mutual_password) if user or password or mutual_user or mutual_password else None


def discovery(root: str = ROOT) -> Optional[Chap]:
    """Discovery authentication, ``None`` where it is not in force."""
    folder = f"{root}/{paths.FABRIC}/discovery_auth"
    return (_chap(folder) or Chap("", "")) if files.value(f"{folder}/enforce_discovery_auth") == "1" else None
