# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What an initiator has, as plain values: node records, sessions, and the LUNs behind them. No I/O here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable, Mapping, Optional, Tuple

from ..names import Portal

#: The interface that open-iscsi uses where none is chosen: whichever the routing table says.
DEFAULT_IFACE = "default"
LOGGED_IN = "LOGGED_IN"


@dataclass(frozen=True, order=True)
class Key:
    """What makes two sessions the same one. A second portal or interface is a session of its own."""

    target: str
    portal: Portal
    iface: str = DEFAULT_IFACE

    def __str__(self) -> str:
        return f"{self.target} at {self.portal}" + (f" through {self.iface}" if self.iface != DEFAULT_IFACE else "")


@dataclass(frozen=True)
class Record:
    """A node record of open-iscsi's database; ``values`` hold secrets."""

    key: Key
    path: str
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Lun:
    """A LUN as one session sees it, which is one path to it.

    ``id`` is its name below /dev/disk/by-id and ``size`` its bytes. ``map`` names the multipath map that joins its paths, of ``map_size`` bytes.
    ``used`` says what holds it or its map, in words, empty when nothing does.
    """

    lun: int
    kernel_name: str
    id: str
    size: int
    state: str
    map: str = ""
    used: str = ""
    map_size: int = 0


@dataclass(frozen=True)
class Session:
    """A session in the kernel. ``recovery`` is the time in seconds for which input and output wait when it breaks.

    ``stale`` says by LUN what the target has that the kernel does not know yet, where that was asked for.
    """

    key: Key
    number: int
    state: str = LOGGED_IN
    recovery: int = 0
    digests: Tuple[bool, bool] = (False, False)
    luns: Tuple[Lun, ...] = ()
    stale: Mapping[int, str] = field(default_factory=dict)

    @property
    def up(self) -> bool:
        """Whether it carries input and output now."""
        return self.state == LOGGED_IN


@dataclass(frozen=True)
class Offer:
    """A target at a portal, as a discovery session told it."""

    target: str
    portal: Portal


@dataclass(frozen=True)
class Observed:
    """The initiator of one machine. ``name_file`` is the text that ``name`` stands in; ``reachable`` are the portals of broken sessions that answer."""

    name: str = ""
    name_file: str = ""
    records: Tuple[Record, ...] = ()
    sessions: Tuple[Session, ...] = ()
    offers: Tuple[Offer, ...] = ()
    reachable: Tuple[Portal, ...] = ()

    def record(self, key: Key) -> Optional[Record]:
        """The record of a session, if there is one."""
        return next((record for record in self.records if record.key == key), None)

    def session(self, key: Key) -> Optional[Session]:
        """The session, if there is one."""
        return next((session for session in self.sessions if session.key == key), None)

    def paths(self, lun: Lun, without: Iterable[Key]) -> Tuple[Key, ...]:
        """Sessions through which ``lun`` can be read, other than those of ``without``."""
        gone = set(without)
        return tuple(
            session.key
            for session in self.sessions
            if session.up and session.key not in gone and any(each.id == lun.id and each.state == "running" for each in session.luns)
        )
