# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A target of the kernel (LIO) as plain values: as wished, as running, and as saved, all three in the same words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple

from ..chap import Chap
from ..names import Portal

#: Attributes by name, values as the kernel writes them.
Attributes = Mapping[str, str]

BLOCK, FILEIO, RAMDISK = "block", "fileio", "ramdisk"

#: SPC-4, 5.16.2.4: access states by the numbers that the kernel takes.
ALUA_STATES = {"optimized": "0", "nonoptimized": "1", "standby": "2", "unavailable": "3", "offline": "14"}
#: The group of every LUN that is in no other.
DEFAULT_GROUP = "default_tg_pt_gp"


@dataclass(frozen=True)
class AluaGroup:
    """A target port group of a backstore."""

    name: str
    id: int
    state: str = "0"
    preferred: bool = False


@dataclass(frozen=True)
class Backstore:
    """What stands behind LUNs. ``path`` is the device or file, ``size`` is in bytes, 0 for a block device, which has its own.

    An empty ``serial`` is one that does not matter. ``number`` is the device's ``major:minor`` as running, empty in a wish.
    """

    name: str
    kind: str
    path: str = ""
    size: int = 0
    write_back: bool = False
    read_only: bool = False
    serial: str = ""
    attributes: Attributes = field(default_factory=dict)
    alua_groups: Tuple[AluaGroup, ...] = ()
    number: str = field(default="", compare=False)
    #: The folder in configfs that it stands in, ``iblock_0``; empty in a wish.
    folder: str = field(default="", compare=False)
    active: bool = field(default=True, compare=False)

    @property
    def key(self) -> str:
        """The name by which LUNs refer to it, one for all kinds."""
        return f"{self.kind}/{self.name}"

    def show(self) -> Dict[str, Any]:
        """As a module returns it."""
        return {
            "name": self.name,
            "type": self.kind,
            **({"path": self.path} if self.path else {}),
            **({"size_bytes": self.size} if self.kind != BLOCK else {}),
            **({"write_back": self.write_back} if self.kind == FILEIO else {}),
            **({"read_only": self.read_only} if self.kind == BLOCK else {}),
            "serial": self.serial,
            "attributes": dict(self.attributes),
            "alua_groups": [
                {"name": each.name, "id": each.id, "state": state_name(each.state), "preferred": each.preferred} for each in self.alua_groups
            ],
        }


@dataclass(frozen=True)
class Lun:
    """A LUN of a portal group. ``backstore`` is a key; ``link`` is the name of the link that binds them as running."""

    number: int
    backstore: str
    alua_group: str = DEFAULT_GROUP
    link: str = field(default="", compare=False)

    def show(self) -> Dict[str, Any]:
        """As a module returns it."""
        return {"lun": self.number, "backstore": self.backstore.partition("/")[2], "alua_group": self.alua_group}


@dataclass(frozen=True)
class MappedLun:
    """What an initiator sees as ``number``; ``lun`` is its number in the portal group."""

    number: int
    lun: int
    read_only: bool = False
    link: str = field(default="", compare=False)

    def show(self) -> Dict[str, Any]:
        """As a module returns it."""
        return {"lun": self.lun, "mapped_lun": self.number, "read_only": self.read_only}


@dataclass(frozen=True)
class Acl:
    """An initiator and what it may see. ``session`` is what is known of its live session, empty when there is none."""

    initiator: str
    luns: Tuple[MappedLun, ...] = ()
    chap: Optional[Chap] = None
    attributes: Attributes = field(default_factory=dict)
    #: Commands that a session may have under way; ``None`` leaves it to the kernel.
    depth: Optional[int] = None
    session: str = field(default="", compare=False)

    def show(self) -> Dict[str, Any]:
        """As a module returns it, without secrets."""
        return {**self.show_alone(), "luns": [each.show() for each in self.luns]}

    def show_alone(self) -> Dict[str, Any]:
        """Without its LUNs."""
        return {
            "initiator": self.initiator,
            "chap": show_chap(self.chap) if self.chap else None,
            "attributes": dict(self.attributes),
            **({"depth": self.depth} if self.depth is not None else {}),
        }


@dataclass(frozen=True)
class PortalSetting:
    """A portal of a group and whether it speaks iSER."""

    portal: Portal
    iser: bool = False

    def show(self) -> Dict[str, Any]:
        """As a module returns it."""
        return {"address": self.portal.address, "port": self.portal.port, "iser": self.iser}


@dataclass(frozen=True)
class PortalGroup:
    """A target portal group (TPG): LUNs, who may use them, and where."""

    tag: int
    enabled: bool = True
    attributes: Attributes = field(default_factory=dict)
    parameters: Attributes = field(default_factory=dict)
    portals: Tuple[PortalSetting, ...] = ()
    luns: Tuple[Lun, ...] = ()
    acls: Tuple[Acl, ...] = ()
    #: For initiators without an ACL.
    chap: Optional[Chap] = None
    #: Initiators without an ACL that have a session.
    dynamic: Tuple[str, ...] = field(default=(), compare=False)

    def show_alone(self) -> Dict[str, Any]:
        """Without what stands in it, without secrets."""
        return {
            "tag": self.tag,
            "enabled": self.enabled,
            "attributes": dict(self.attributes),
            "parameters": dict(self.parameters),
            **({"chap": show_chap(self.chap)} if self.chap else {}),
        }

    def show(self) -> Dict[str, Any]:
        """As a module returns it, without secrets."""
        return {
            **self.show_alone(),
            "portals": [each.show() for each in self.portals],
            "luns": [each.show() for each in self.luns],
            "acls": [each.show() for each in self.acls],
        }


@dataclass(frozen=True)
class Target:
    """A target with its backstores. One that is not there has no groups and ``present`` false."""

    name: str
    present: bool = True
    groups: Tuple[PortalGroup, ...] = ()
    backstores: Tuple[Backstore, ...] = ()

    def backstore(self, key: str) -> Optional[Backstore]:
        """The backstore of that key, if it is one of the target's."""
        return next((each for each in self.backstores if each.key == key), None)

    def group(self, tag: int) -> Optional[PortalGroup]:
        """The portal group of that tag, if there is one."""
        return next((each for each in self.groups if each.tag == tag), None)

    def show(self) -> Dict[str, Any]:
        """As a module returns it, without secrets."""
        return {
            "name": self.name,
            "present": self.present,
            "tpgs": [each.show() for each in self.groups],
            "backstores": [each.show() for each in self.backstores],
        }


def absent(name: str) -> Target:
    """A target that is not there."""
    return Target(name, present=False)


def state_name(state: str) -> str:
    """An ALUA state in words, or the kernel's number where it has none here."""
    return next((name for name, number in ALUA_STATES.items() if number == state), state)


def show_chap(chap: Chap) -> Dict[str, Any]:
    """Without secrets."""
    return {"user": chap.user, "mutual_user": chap.mutual_user}
