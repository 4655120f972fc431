"""Discovery against a target of the test's own, on a local socket, that speaks the other side of RFC 7143."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Callable, Iterator

import pytest
from initiators import CHAP, NAME, OTHER, SECRET, TARGET

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.chap import Chap
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator import sendtargets
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.chap_response import binary, response
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.desired import Discovery
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.names import Portal

TARGETS = f"TargetName={TARGET}\0TargetAddress=192.0.2.10:3260,1\0TargetAddress=[2001:db8::10]:3261,2\0TargetName={OTHER}\0TargetAddress=host.example:3260,1\0"
FOUND = [(TARGET, "192.0.2.10:3260"), (TARGET, "[2001:db8::10]:3261")]


class Peer:
    """One discovery session, seen from the target. ``chap`` are the credentials that it asks for."""

    def __init__(self, chap: Chap | None = None, status: int = 0, reply: str = "") -> None:
        self.chap, self.status, self.reply = chap, status, reply

    def serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError):
            self._number = 0
            asked = self._receive(connection)
            if self.chap:
                self._send(connection, 0x23, 0, {"AuthMethod": "CHAP"})
                assert self._receive(connection)["CHAP_A"].endswith("5")
                self._send(connection, 0x23, 0, {"CHAP_A": "5", "CHAP_I": "7", "CHAP_C": "0x" + "ab" * 16})
                told = self._receive(connection)
                right = (told["CHAP_N"], binary(told["CHAP_R"])) == (self.chap.user, response("5", 7, self.chap.password, b"\xab" * 16))
                proof = {}
                if "CHAP_C" in told:
                    answer = response("5", int(told["CHAP_I"]), self.reply or self.chap.mutual_password, binary(told["CHAP_C"]))
                    proof = {"CHAP_N": self.chap.mutual_user, "CHAP_R": f"0x{answer.hex()}"}
                self._send(connection, 0x23, 0x81, proof, 0 if right else 0x0201)
                if not right:
                    return
            else:
                assert asked["SessionType"] == "Discovery" and asked["InitiatorName"] == NAME
                self._send(connection, 0x23, 0x81 if "CHAP" not in asked["AuthMethod"] else 0, {"AuthMethod": "None"}, self.status)
                if "CHAP" in asked["AuthMethod"]:
                    self._receive(connection)
                    self._send(connection, 0x23, 0x81, {})
            self._receive(connection)
            self._send(connection, 0x23, 0x87, {"HeaderDigest": "None"})
            assert self._receive(connection) == {"SendTargets": "All"}
            half = len(TARGETS) // 2
            self._send(connection, 0x24, 0, TARGETS[:half], transfer=5)
            self._receive(connection)
            self._send(connection, 0x24, 0x80, TARGETS[half:])

    def _receive(self, connection: socket.socket) -> dict:
        header = connection.recv(48, socket.MSG_WAITALL)
        if not header:
            raise ConnectionError
        length = int.from_bytes(header[5:8], "big")
        assert struct.unpack(">I", header[28:32])[0] == self._number, "ExpStatSN"
        data = connection.recv(length + -length % 4, socket.MSG_WAITALL)[:length].decode() if length else ""
        return dict(row.split("=", 1) for row in data.split("\0") if row)

    def _send(self, connection: socket.socket, kind: int, flags: int, keys: dict | str, status: int = 0, transfer: int = 0xFFFFFFFF) -> None:
        data = keys.encode() if isinstance(keys, str) else b"".join(f"{name}={value}\0".encode() for name, value in keys.items())
        words = (kind, flags, 0, len(data).to_bytes(4, "big"), 0, 1, transfer if kind == 0x24 else 0, self._number, 1, 1, status, b"")
        connection.sendall(struct.pack(">BBH4sQIIIIIH10s", *words) + data + b"\0" * (-len(data) % 4))
        self._number += 1


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[Portal]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: serve(server.accept()[0]))
        thread.start()
        yield Portal("127.0.0.1", server.getsockname()[1])
        thread.join()


ONE_WAY, MUTUAL = Chap(CHAP["user"], SECRET), Chap(**CHAP)


@pytest.mark.parametrize(("peer", "chap"), [
    (Peer(), None),
    (Peer(), ONE_WAY),
    (Peer(ONE_WAY), ONE_WAY),
    (Peer(MUTUAL), MUTUAL),
])
def test_targets_are_told_with_all_their_portals(peer: Peer, chap: Chap | None) -> None:
    with listening(peer.serve) as portal:
        offers = sendtargets.discover(Discovery(portal, "discovery[0]", chap), NAME)
    assert [(offer.target, str(offer.portal)) for offer in offers] == [*FOUND, (OTHER, str(portal))], "who has no address listens where it was asked"


@pytest.mark.parametrize(("peer", "chap", "code", "parameter"), [
    (Peer(status=0x0201), None, "discovery-denied", "discovery[0].chap"),
    (Peer(status=0x0202), None, "discovery-denied", "discovery[0].chap"),
    (Peer(status=0x0300), None, "discovery-failed", "discovery[0].portal"),
    (Peer(ONE_WAY), Chap("initiator", "another-secret-x"), "discovery-denied", "discovery[0].chap"),
    (Peer(MUTUAL, reply="not-its-own-secret"), MUTUAL, "discovery-denied", "discovery[0].chap"),
    (Peer(ONE_WAY), MUTUAL, "discovery-denied", "discovery[0].chap"),
    (Peer(), MUTUAL, "discovery-denied", "discovery[0].chap"),
])
def test_what_keeps_a_portal_from_telling_is_an_error_without_a_secret(peer: Peer, chap: Chap | None, code: str, parameter: str) -> None:
    with listening(peer.serve) as portal, pytest.raises(CairnError) as failed:
        sendtargets.discover(Discovery(portal, "discovery[0]", chap), NAME)
    assert (failed.value.code, failed.value.parameter) == (code, parameter) and failed.value.fix
    assert not chap or chap.password not in str(failed.value)


def test_a_portal_that_hangs_up_or_is_not_there_is_an_error() -> None:
    with listening(lambda connection: connection.close()) as portal, pytest.raises(CairnError) as failed:
        sendtargets.discover(Discovery(portal, "discovery[0]"), NAME)
    assert failed.value.code in ("discovery-denied", "discovery-unreachable")
    with pytest.raises(CairnError) as failed:
        sendtargets.discover(Discovery(portal, "discovery[0]"), NAME)
    assert failed.value.code == "discovery-unreachable" and str(portal) in str(failed.value)


@pytest.mark.parametrize(("text", "expected"), [("0xAB01", b"\xab\x01"), ("0xb01", b"\x0b\x01"), ("0bqwE=", b"\xab\x01")])
def test_large_values_are_hexadecimal_or_base64(text: str, expected: bytes) -> None:
    assert binary(text) == expected
