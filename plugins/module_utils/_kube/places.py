# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From a volume down to what it stands on: device, logical volume, disks, iSCSI sessions. Pure."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from .hosts import Host, Item


@dataclass(frozen=True)
class Place:
    """What is known of a volume's ground, on ``node``; ``served_by`` is the node whose iSCSI target serves it."""

    node: Optional[str] = None
    device: Optional[str] = None
    volume_group: Optional[str] = None
    logical_volume: Optional[str] = None
    disks: Tuple[str, ...] = ()
    sessions: Tuple[Mapping[str, Any], ...] = ()
    served_by: Optional[str] = None


NOWHERE = Place()


@dataclass
class Ground:
    """Everything that hosts told, by the names under which volumes and disks refer to it."""

    hosts: Mapping[str, Host]
    _devices: Dict[Tuple[str, str], str] = field(default_factory=dict)
    _entries: Dict[Tuple[str, str], Item] = field(default_factory=dict)
    _logical: Dict[Tuple[str, str], Tuple[Item, Item]] = field(default_factory=dict)
    _luns: Dict[Tuple[str, str], Item] = field(default_factory=dict)
    _exports: Dict[Tuple[str, int], Tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node, host in self.hosts.items():
            for entry in host.entries:
                self._entries.setdefault((node, f"{entry['class']}/{entry.get('name')}"), entry)
            for device in host.devices:
                for name in _names(device):
                    self._devices.setdefault((node, name), device["id"])
            for group in host.groups:
                for volume in group.get("logical_volumes") or ():
                    for name in aliases(group, volume):
                        self._logical[node, name] = (group, volume)
            for lun in host.luns:
                self._luns[node, lun["id"]] = lun
            self._exports.update({key: (node, path) for key, path in _exports(host)})

    def of(self, volume: Mapping[str, Any], node: Optional[str] = None) -> Place:
        """Where one of ``objects.volumes`` stands; ``node`` is where it is used, for volumes that are tied to none."""
        where = volume["node"] or node
        if where is None:
            return NOWHERE
        if volume["iscsi"]:
            return self._remote(where, volume["iscsi"]["target"], volume["iscsi"]["lun"])
        name = os.path.basename(volume["path"] or "")
        entry = self._entries.get((where, f"{volume['storage_class']}/{name}"))
        device = entry["device"] if entry else self._devices.get((where, name))
        return self._on(where, device, tuple(entry.get("disks") or ()) if entry else ()) if device else Place(where)

    def _on(self, node: str, device: str, disks: Tuple[str, ...]) -> Place:
        group, volume = self._logical.get((node, device), ({}, {}))
        if not disks:
            disks = tuple(each["device"] for each in group["physical_volumes"]) if group else (device,)
        luns = [self._luns[node, disk] for disk in disks if (node, disk) in self._luns]
        return Place(node, device, group.get("name"), volume.get("name"), disks, tuple(path for lun in luns for path in _paths(lun)))

    def _remote(self, node: str, target: str, number: int) -> Place:
        lun = next(
            (
                lun
                for lun in (self.hosts[node].luns if node in self.hosts else ())
                if any((path["target"], path["lun"]) == (target, number) for path in lun["paths"])
            ),
            None,
        )
        server, path = self._exports.get((target, number), (None, ""))
        below = self._on(server, path, ()) if server else NOWHERE
        return Place(
            node, lun["id"] if lun else None, below.volume_group, below.logical_volume, below.disks, tuple(_paths(lun)) if lun else (), server
        )


def _names(device: Item) -> Iterator[str]:
    for name in device.get("ids") or ():
        yield os.path.basename(name)
    for signature in device.get("signatures") or ():
        if signature.get("uuid"):
            yield signature["uuid"]
    # Also those of logical volumes upon a disk; an entry's mount point is named after its file system.
    for mount in device.get("mounts") or ():
        yield os.path.basename(mount)


def aliases(group: Item, volume: Item) -> List[str]:
    """All paths by which a logical volume of ``lvm_info`` may be called."""
    double = "-".join(each.replace("-", "--") for each in (group["name"], volume["name"]))
    plain = "".join(str(each.get("uuid") or "").replace("-", "") for each in (group, volume))
    return [
        volume.get("path") or f"/dev/{group['name']}/{volume['name']}",
        f"/dev/mapper/{double}",
        f"/dev/disk/by-id/dm-name-{double}",
        f"/dev/disk/by-id/dm-uuid-LVM-{plain}",
    ]


def _exports(host: Host) -> Iterator[Tuple[Tuple[str, int], str]]:
    for target in host.targets:
        running = target.get("running") or {}
        paths = {store["name"]: store.get("path") for store in running.get("backstores") or ()}
        for group in running.get("tpgs") or ():
            for lun in group.get("luns") or ():
                if paths.get(lun["backstore"]):
                    yield (target["name"], lun["lun"]), paths[lun["backstore"]]


def _paths(lun: Item) -> Iterator[Dict[str, Any]]:
    for path in lun["paths"]:
        yield {"target": path["target"], "portal": path["portal"], "state": path["state"]}
