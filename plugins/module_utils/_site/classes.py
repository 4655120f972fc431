# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether local volume classes agree with each other and with the volumes that exist. No I/O here."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Sequence

from .._core import foreign
from .._core.errors import CairnError, Conflict, InvalidRequest, NotFound, Refused
from .volumes import MODES


def told_classes(given: Any) -> Dict[str, List[Dict[str, Any]]]:
    """``local_volumes_classes`` by host, with what counts in the cluster, each value of its type.

    What modules that run on a host return as facts can take the place of its variables of the inventory, so these are the host's words too.
    """
    foreign.mapping(given, "local_volumes_classes")
    found: Dict[str, List[Dict[str, Any]]] = {}
    for host, classes in given.items():
        where = f"{host}: local_volumes_classes"
        read = [foreign.Facts(each, f"{where}[{index}]") for index, each in enumerate(foreign.items(classes, where))]
        found[host] = [
            {"name": each.name("name"), "volume_mode": each.choice("volume_mode", MODES, "Filesystem"),
             "state": each.choice("state", ("present", "absent"), "present")}
            for each in read
        ]
    return found


def merge_classes(by_host: Mapping[str, Sequence[Mapping[str, Any]]], options: Mapping[str, Mapping[str, Any]]) -> List[Dict[str, Any]]:
    """The classes of all hosts, each once: ``{name, volume_mode, ...}`` with the cluster-wide ``options`` of its name.

    One StorageClass stands for a class on every node, so ``Conflict`` where hosts disagree on its volume mode.
    """
    merged: Dict[str, Dict[str, Any]] = {}
    for host, classes in by_host.items():
        for wanted in classes:
            if wanted.get("state", "present") != "present":
                continue
            name, mode = wanted["name"], wanted.get("volume_mode", "Filesystem")
            first = merged.setdefault(name, {"name": name, "volume_mode": mode, **options.get(name, {})})
            if first["volume_mode"] != mode:
                raise Conflict(f"the class {name} is not the same on all nodes.", code="class-differs", parameter="local_volumes_classes",
                               found=f"volume_mode {mode} on {host}, {first['volume_mode']} on others", fix="give it one mode, or use two names.")
    unknown = sorted(set(options) - set(merged))
    if unknown:
        raise NotFound(f"no node offers the class {unknown[0]}.", code="class-unknown", parameter="storage_class_options",
                       found=f"classes {', '.join(sorted(merged)) or 'none'}", fix="name one of these, or define it in local_volumes_classes.")
    return list(merged.values())


def class_problems(classes: Sequence[Mapping[str, Any]], live: Iterable[Mapping[str, Any]], base_dir: str) -> List[CairnError]:
    """What forbids to configure the provisioner for ``classes``, given the ``live`` volumes of ``storage_info``.

    Only volumes below ``base_dir`` or one of the classes' directories are this provisioner's.
    The provisioner derives a volume's name from its class, so a renamed class would publish the same disk twice; so would two classes
    that share a directory (local-static-provisioner, docs/operations). A class whose volumes exist cannot go.
    """
    problems: List[CairnError] = []
    directories = [wanted.get("directory") or f"{base_dir}/{wanted['name']}" for wanted in classes]
    for number, (wanted, directory) in enumerate(zip(classes, directories)):
        where = f"local_static_provisioner_classes[{number}]"
        problems += _not_plain(wanted, directory, where)
        for other, others in zip(classes[:number], directories):
            if wanted["name"] == other["name"]:
                problems.append(InvalidRequest("two classes have the same name.", code="class-duplicate", parameter=f"{where}.name", found=wanted["name"],
                                               fix="remove one of them."))
            elif _inside(directory, others) or _inside(others, directory):
                problems.append(InvalidRequest("two classes share a discovery directory.", code="class-directory-shared", parameter=f"{where}.directory",
                                               found=f"{wanted['name']} in {directory}, {other['name']} in {others}",
                                               fix="give each class a directory of its own."))
    names = {wanted["name"] for wanted in classes}
    rooms = [base_dir, *directories]
    orphans: Dict[str, List[Mapping[str, Any]]] = {}
    for volume in live:
        if volume["storage_class"] not in names and any(_inside(volume.get("path") or "/", room) for room in rooms):
            orphans.setdefault(volume["storage_class"], []).append(volume)
    for gone, volumes in sorted(orphans.items()):
        heir = next((wanted["name"] for wanted, directory in zip(classes, directories) if _inside(volumes[0]["path"], directory)), None)
        if heir:
            problems.append(Refused(f"the class {gone} cannot be renamed to {heir}: its disks would be published twice.", code="class-renamed",
                                    parameter="local_static_provisioner_classes", found=_names(volumes),
                                    fix=f"keep the name {gone}, or use another directory."))
        else:
            problems.append(Refused(f"the class {gone} still has volumes.", code="class-in-use", parameter="local_static_provisioner_classes",
                                    found=_names(volumes), fix="keep the class, or delete these volumes first (their data stays on the disks)."))
    return problems


def _not_plain(wanted: Mapping[str, Any], directory: str, where: str) -> List[CairnError]:
    """What would be more than a name or a path where the provisioner's own configuration is written."""
    found: List[CairnError] = []
    if not foreign.object_name(wanted["name"]):
        found.append(InvalidRequest("a StorageClass cannot be called so.", code="class-name", parameter=f"{where}.name", found=repr(wanted["name"]),
                                    fix="use lower-case letters, digits, - and . alone."))
    if wanted.get("volume_mode", "Filesystem") not in MODES:
        found.append(InvalidRequest("not a volume mode.", code="class-mode", parameter=f"{where}.volume_mode", found=repr(wanted["volume_mode"]),
                                    fix=f"use {' or '.join(MODES)}."))
    if not foreign.path(directory):
        found.append(InvalidRequest("not the path of a folder.", code="class-directory", parameter=f"{where}.directory", found=repr(directory),
                                    fix="give an absolute path without .. in it."))
    return found


def _inside(path: str, directory: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{directory.rstrip('/')}/")


def _names(volumes: Sequence[Mapping[str, Any]]) -> str:
    names = sorted(volume["name"] for volume in volumes)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
