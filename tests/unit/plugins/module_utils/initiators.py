"""Machines with iSCSI sessions as plain values, wishes as a module's parameters, and their plans, for the tables of tests."""

from __future__ import annotations

from typing import Any, Iterable

from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator import records
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.desired import parse
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.model import Key, Lun, Observed, Record, Session
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.plan import plan
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.names import Portal

TARGET, OTHER = "iqn.2026-01.com.example:disks", "iqn.2026-01.com.example:other"
FIRST, SECOND = "192.0.2.10:3260", "198.51.100.10:3260"
SECRET, REPLY = "not-for-the-log-1", "not-for-the-log-2"
CHAP = {"user": "initiator", "password": SECRET, "mutual_user": "target", "mutual_password": REPLY}
NAME = "iqn.2026-01.com.example:node1"
LUN = "/dev/disk/by-id/wwn-0x6001405000000000000000000000001"


def wanted(portal: Any = FIRST, target: str = TARGET, **values: Any) -> dict:
    """A wished session as the module's parameters have it."""
    chap = values.pop("chap", None)
    return {
        **{"target": target, "portal": portal, "iface": "default", "startup": "automatic", "mode": "single", "timeouts": None},
        **{"chap": {"mutual_user": None, "mutual_password": None, **chap} if chap else None},
        **{"header_digest": False, "data_digest": False, "state": "present", **values},
    }


def params(*sessions: dict, **options: Any) -> dict:
    """A module's parameters."""
    return {"name": None, "sessions": list(sessions), "discovery": [], "rescan": False, "allow_disconnect": {}, **options}


def key(portal: str = FIRST, target: str = TARGET, iface: str = "default") -> Key:
    address, port = portal.split(":")
    return Key(target, Portal(address, int(port)), iface)


def record(portal: str = FIRST, target: str = TARGET, **values: Any) -> Record:
    """The record that the wish for this session leads to."""
    wish = parse(params(wanted(portal, target, **values))).sessions[0]
    return Record(key(portal, target, wish.iface), "/record", {name: value for name, value in records.settings(wish).items() if value})


def session(portal: str = FIRST, target: str = TARGET, number: int = 1, luns: Iterable[Lun] = (), **values: Any) -> Session:
    return Session(key(portal, target), number, recovery=300, luns=tuple(luns), **values)


def lun(number: int = 0, used: str = "", state: str = "running", id: str = LUN, name: str = "sdb", map: str = "") -> Lun:
    return Lun(number, name, id, 1024**3, state, map, used, 1024**3 if map else 0)


def planned(observed: Observed, *sessions: dict, **options: Any) -> Plan:
    return plan(observed, parse(params(*sessions, **options)))


def verbs(made: Plan) -> list:
    """A plan's actions as text, without the target."""
    return [f"{action.verb} {action.name.replace(TARGET + ' at ', '')}" for action in made.actions]


def steps(made: Plan) -> list:
    """A plan's steps as text."""
    return [str(step) for action in made.actions for step in action.steps]
