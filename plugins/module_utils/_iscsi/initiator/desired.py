# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a person wants of an initiator, parsed and checked before anything is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ..._core.errors import InvalidRequest
from ..._core.plan import Consent
from ..chap import Chap, parse_chap
from ..names import Portal, check_name, parse_portal
from .model import DEFAULT_IFACE

#: iscsiadm(8), "-I": a name that is also a file's.
_IFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
#: Least and most of each time in seconds; 0 switches pings off.
_RANGES = {"replacement": (0, 86400), "login": (1, 60), "login_retries": (1, 100), "ping_interval": (0, 300), "ping_timeout": (0, 300)}


@dataclass(frozen=True)
class Times:
    """How long things may take, in seconds; ``login_retries`` is a number of times."""

    replacement: int
    #: With these a login to a portal that does not answer has failed within 20 s.
    login: int = 5
    login_retries: int = 3
    ping_interval: int = 5
    ping_timeout: int = 5


#: Several paths: a broken one has to fail soon, so that another takes over. A single one: waiting is all that keeps the file system writable.
BY_MODE = {"multipath": Times(15), "single": Times(300)}


@dataclass(frozen=True)
class Discovery:
    """A portal to ask for targets."""

    portal: Portal
    parameter: str
    chap: Optional[Chap] = None


@dataclass(frozen=True)
class SessionWish:
    """A wanted session, or with ``present`` false one that shall be gone. Without ``portal`` it stands for all portals of the target."""

    parameter: str
    target: str
    portal: Optional[Portal]
    iface: str
    present: bool = True
    startup: str = "automatic"
    chap: Optional[Chap] = None
    times: Times = BY_MODE["single"]
    #: Whether headers and data carry checksums.
    digests: Tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class Wish:
    """The whole wish of one call."""

    name: str
    sessions: Tuple[SessionWish, ...]
    discovery: Tuple[Discovery, ...]
    rescan: bool
    disconnect: Consent


def parse(params: Mapping[str, Any]) -> Wish:
    """The wish from the module's parameters."""
    discovery: List[Discovery] = []
    for index, item in enumerate(params["discovery"]):
        here = f"discovery[{index}]"
        portal = _portal(item["portal"], f"{here}.portal")
        if portal in (each.portal for each in discovery):
            raise InvalidRequest(
                "a portal is asked once.", code="discovery-twice", parameter=f"{here}.portal", found=str(portal), fix="remove one of the two."
            )
        discovery.append(Discovery(portal, here, parse_chap(item["chap"], f"{here}.chap")))
    sessions: Dict[Tuple[str, Optional[Portal], str], SessionWish] = {}
    for index, item in enumerate(params["sessions"]):
        wish = _session(item, f"sessions[{index}]", bool(discovery))
        key = (wish.target, wish.portal, wish.iface)
        if key in sessions:
            raise InvalidRequest(
                "two wishes are for one session.",
                code="session-twice",
                parameter=wish.parameter,
                found=f"the target, portal and iface of {sessions[key].parameter}",
                fix="remove one of the two.",
            )
        sessions[key] = wish
    return Wish(
        check_name(params["name"], "name") if params["name"] is not None else "",
        tuple(sessions.values()),
        tuple(discovery),
        params["rescan"],
        Consent("allow_disconnect", params["allow_disconnect"]),
    )


def _portal(text: str, parameter: str) -> Portal:
    portal = parse_portal(text, parameter)
    if portal.any_address:
        raise InvalidRequest(
            "a target listens there, but nothing can be reached at it.",
            code="portal-any",
            parameter=parameter,
            found=text,
            fix="give an address of the target.",
        )
    return portal


def _session(item: Mapping[str, Any], here: str, discovers: bool) -> SessionWish:
    target = check_name(item["target"], f"{here}.target")
    portal = _portal(item["portal"], f"{here}.portal") if item["portal"] is not None else None
    if not _IFACE.fullmatch(item["iface"]):
        raise InvalidRequest(
            "not the name of an interface of open-iscsi.",
            code="iface-name",
            parameter=f"{here}.iface",
            found=repr(item["iface"]),
            fix="iscsiadm -m iface lists them.",
        )
    if item["state"] == "absent":
        return SessionWish(here, target, portal, item["iface"], present=False)
    if portal is None and not discovers:
        raise InvalidRequest(
            "nobody says where the target listens.",
            code="portal-missing",
            parameter=f"{here}.portal",
            found="neither it nor discovery",
            fix="give portal, or discovery a portal to ask.",
        )
    if portal is None and item["iface"] != DEFAULT_IFACE:
        raise InvalidRequest(
            "an interface reaches its own network alone.",
            code="iface-portal",
            parameter=f"{here}.portal",
            found=f"iface {item['iface']} and no portal",
            fix="name the portal that it leads to.",
        )
    return SessionWish(
        here,
        target,
        portal,
        item["iface"],
        startup=item["startup"],
        chap=parse_chap(item["chap"], f"{here}.chap"),
        times=_times(item["mode"], item["timeouts"] or {}, f"{here}.timeouts"),
        digests=(item["header_digest"], item["data_digest"]),
    )


def _times(mode: str, given: Mapping[str, Optional[int]], here: str) -> Times:
    values = {**vars(BY_MODE[mode]), **{name: value for name, value in given.items() if value is not None}}
    for name, (least, most) in _RANGES.items():
        if not least <= values[name] <= most:
            raise InvalidRequest(
                "out of range.", code="timeout-range", parameter=f"{here}.{name}", found=str(values[name]), fix=f"use {least} to {most}."
            )
    if bool(values["ping_interval"]) != bool(values["ping_timeout"]):
        raise InvalidRequest(
            "pings need both an interval and a timeout.",
            code="timeout-ping",
            parameter=f"{here}.ping_timeout",
            found=str(values["ping_timeout"]),
            fix="set both, or both to 0.",
        )
    detected = values["ping_interval"] + values["ping_timeout"]
    if mode == "multipath" and not detected:
        raise InvalidRequest(
            "without pings a dead path is not noticed, and no other takes over.",
            code="timeout-multipath",
            parameter=f"{here}.ping_interval",
            found="0",
            fix="leave pings on.",
        )
    if mode == "multipath" and values["replacement"] > 120:
        raise InvalidRequest(
            "input and output would wait for minutes before another path takes over.",
            code="timeout-multipath",
            parameter=f"{here}.replacement",
            found=f"{values['replacement']} s",
            fix="use at most 120 with mode: multipath.",
        )
    attempts = values["login"] * values["login_retries"]
    if attempts > 300:
        raise InvalidRequest(
            "a login that fails would take minutes.",
            code="timeout-login",
            parameter=f"{here}.login_retries",
            found=f"{attempts} s in all",
            fix="stay at or below 300 s.",
        )
    return Times(**values)
