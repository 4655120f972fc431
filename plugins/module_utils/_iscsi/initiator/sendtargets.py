# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Asking a portal which targets it has (SendTargets, RFC 7143), over a connection of our own.

iscsiadm would write what it learns into its records, where it sets their startup mode back (open-iscsi#58), and would want the secret in a file first.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ..._core.errors import CairnError, CommandFailed, InvalidRequest, Timeout
from ..chap import Chap
from ..names import Portal, parse_portal
from . import chap_response
from .desired import Discovery
from .model import Offer

#: Seconds for each message.
PATIENCE = 5
_LOGIN, _LOGIN_ANSWER, _TEXT, _TEXT_ANSWER = 0x43, 0x23, 0x44, 0x24
_FINAL, _SECURITY, _OPERATIONAL, _FULL = 0x80, 0, 1, 3
_ROUNDS = 100
_WORDS = struct.Struct(">BBBB4s8sIIIIQQ")
#: What a discovery session has to agree on before it may ask.
_TERMS = {
    "HeaderDigest": "None",
    "DataDigest": "None",
    "MaxRecvDataSegmentLength": "65536",
    "DefaultTime2Wait": "0",
    "DefaultTime2Retain": "0",
    "ErrorRecoveryLevel": "0",
}


def discover(wish: Discovery, initiator: str) -> Tuple[Offer, ...]:
    """The targets at a portal, with all their portals that are given as addresses; raises what keeps the portal from telling."""
    try:
        with socket.create_connection((wish.portal.address, wish.portal.port), PATIENCE) as connection:
            asked = _Conversation(connection, wish)
            asked.log_in(initiator, wish.chap)
            return offers(asked.send_targets(), wish.portal)
    except OSError as error:
        raise Timeout(
            "the portal does not answer.",
            code="discovery-unreachable",
            parameter=f"{wish.parameter}.portal",
            found=f"{wish.portal}: {error.strerror or 'no answer within ' + str(PATIENCE) + ' s'}",
            fix="check the address, the network and the target's firewall.",
        ) from None


def offers(text: bytes, asked: Portal) -> Tuple[Offer, ...]:
    """Targets and portals from the answer to SendTargets; a target without an address listens where it was ``asked``."""
    found: Dict[str, List[Portal]] = {}
    target = ""
    for key, value in _pairs(text):
        if key == "TargetName":
            target = value
            found[target] = []
        elif key == "TargetAddress" and target:
            try:
                found[target].append(parse_portal(value.rpartition(",")[0] or value, "discovery"))
            except InvalidRequest:
                # A name of a host: who that is may change, so nobody can wish for it.
                continue
    return tuple(Offer(name, portal) for name, portals in found.items() for portal in (portals or [asked]))


def _pairs(text: bytes) -> List[Tuple[str, str]]:
    rows = (row.partition("=") for row in text.decode("utf-8", "replace").split("\0") if row)
    return [(key, value) for key, _sign, value in rows]


@dataclass
class _Answer:
    flags: int
    status: int
    transfer: int
    data: bytes


class _Conversation:
    """One discovery session; ``stage`` and numbers as in RFC 7143, 6 and 11."""

    def __init__(self, connection: socket.socket, wish: Discovery) -> None:
        self._connection, self._wish = connection, wish
        self._isid = b"\x80" + os.urandom(3) + b"\0\0" + b"\0\0"
        self._status_number = 0

    def log_in(self, initiator: str, chap: Optional[Chap]) -> None:
        methods = "None" if not chap else "CHAP" if chap.mutual_user else "CHAP,None"
        keys = {"InitiatorName": initiator, "SessionType": "Discovery", "AuthMethod": methods}
        answer = self._login(_SECURITY, keys, ready=not chap)
        told = dict(_pairs(answer.data))
        if told.get("AuthMethod") == "CHAP" and chap:
            told = dict(_pairs(self._login(_SECURITY, {"CHAP_A": chap_response.OFFERED}, ready=False).data))
            proof = chap_response.Proof(chap, told, self._denied)
            answer = self._login(_SECURITY, proof.keys, ready=True)
            proof.check(dict(_pairs(answer.data)))
        elif chap and chap.mutual_user:
            raise self._denied("it asks for no credentials, and so proves nothing itself")
        elif not answer.flags & _FINAL:
            self._login(_SECURITY, {}, ready=True)
        keys = _TERMS
        for _round in range(_ROUNDS):
            answer = self._login(_OPERATIONAL, keys, ready=True)
            if answer.flags & _FINAL:
                return
            keys = {}
        raise self._failed("the login does not come to an end")

    def send_targets(self) -> bytes:
        text, answer = b"", self._ask(_TEXT, _FINAL, b"SendTargets=All\0", 0xFFFFFFFF)
        for _round in range(_ROUNDS):
            text += answer.data
            if answer.flags & _FINAL:
                return text
            answer = self._ask(_TEXT, _FINAL, b"", answer.transfer)
        raise self._failed("the list of targets does not come to an end")

    def _login(self, stage: int, keys: Dict[str, str], ready: bool) -> _Answer:
        following = _OPERATIONAL if stage == _SECURITY else _FULL
        flags = (_FINAL | following if ready else 0) | stage << 2
        answer = self._ask(_LOGIN, flags, b"".join(f"{key}={value}\0".encode() for key, value in keys.items()), 0)
        if answer.status in (0x0201, 0x0202):
            raise self._denied("the portal refused the login")
        if answer.status:
            raise self._failed(f"login status {answer.status:#06x}")
        return answer

    def _ask(self, kind: int, flags: int, data: bytes, transfer: int) -> _Answer:
        first = self._isid if kind == _LOGIN else b"\0" * 8
        header = _WORDS.pack(kind, flags, 0, 0, len(data).to_bytes(4, "big"), first, 1, transfer, 1, self._status_number, 0, 0)
        self._connection.sendall(header + data + b"\0" * (-len(data) % 4))
        kind_told, flags, _a, _b, length, _c, _tag, transfer, self._status_number, _expected, status, _d = _WORDS.unpack(self._receive(_WORDS.size))
        data = self._receive(int.from_bytes(length[1:], "big"), padded=True)
        if kind_told & 0x3F != (_LOGIN_ANSWER if kind == _LOGIN else _TEXT_ANSWER):
            raise self._failed(f"a message of kind {kind_told & 0x3F:#04x}")
        self._status_number += 1
        return _Answer(flags, status >> 16 & 0xFFFF if kind == _LOGIN else 0, transfer, data)

    def _receive(self, length: int, padded: bool = False) -> bytes:
        wanted, found = length + (-length % 4 if padded else 0), b""
        while len(found) < wanted:
            part = self._connection.recv(wanted - len(found))
            if not part:
                # Some targets that want credentials say so in no other way.
                raise self._denied("it closed the connection")
            found += part
        return found[:length]

    def _denied(self, why: str) -> CairnError:
        return CommandFailed(
            "the portal does not let this initiator discover its targets.",
            code="discovery-denied",
            parameter=f"{self._wish.parameter}.chap",
            found=f"{self._wish.portal}: {why}",
            fix="compare the credentials for discovery on both sides; they are others than those of a target.",
        )

    def _failed(self, why: str) -> CairnError:
        return CommandFailed(
            "the portal did not answer as an iSCSI target does.",
            code="discovery-failed",
            parameter=f"{self._wish.parameter}.portal",
            found=f"{self._wish.portal}: {why}",
            fix="check that a target listens there.",
        )
