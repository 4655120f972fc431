# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The arithmetic of CHAP (RFC 1994 and RFC 7143, 13.1.4), for discovery. Pure but for the random challenge."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Callable, Dict, Mapping

from ..chap import Chap

#: Algorithms by their number in CHAP_A: MD5, which every target has, and those that a machine in FIPS mode is left with.
_ALGORITHMS = {"7": "sha256", "6": "sha1", "5": "md5"}
OFFERED = ",".join(_ALGORITHMS)


def response(algorithm: str, identifier: int, secret: str, challenge: bytes) -> bytes:
    """The proof that one knows ``secret``; ``algorithm`` is a number as in CHAP_A."""
    made = hashlib.new(_ALGORITHMS[algorithm], usedforsecurity=False)
    made.update(bytes([identifier]) + secret.encode() + challenge)
    return made.digest()


def binary(text: str) -> bytes:
    """Large binary values of login keys: hexadecimal after 0x, base64 after 0b (RFC 7143, 6.1)."""
    if text[:2].lower() == "0b":
        return base64.b64decode(text[2:])
    digits = text[2:]
    return bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}")


class Proof:
    """The initiator's answer to a target's challenge ``told``, and with mutual credentials a challenge in return."""

    def __init__(self, chap: Chap, told: Mapping[str, str], denied: Callable[[str], Exception]) -> None:
        self._chap, self._denied = chap, denied
        try:
            self._algorithm = told["CHAP_A"]
            proof = response(self._algorithm, int(told["CHAP_I"], 0), chap.password, binary(told["CHAP_C"]))
        except (KeyError, ValueError):
            raise denied("it sent no challenge that can be answered") from None
        #: What to send.
        self.keys: Dict[str, str] = {"CHAP_N": chap.user, "CHAP_R": f"0x{proof.hex()}"}
        self._identifier, self._challenge = os.urandom(1)[0], os.urandom(16)
        if chap.mutual_user:
            self.keys.update({"CHAP_I": str(self._identifier), "CHAP_C": f"0x{self._challenge.hex()}"})

    def check(self, told: Mapping[str, str]) -> None:
        """Refuse a target that does not prove itself, where that was asked."""
        if not self._chap.mutual_user:
            return
        proof = response(self._algorithm, self._identifier, self._chap.mutual_password, self._challenge)
        try:
            known = told["CHAP_N"] == self._chap.mutual_user and hmac.compare_digest(binary(told["CHAP_R"]), proof)
        except (KeyError, ValueError):
            known = False
        if not known:
            raise self._denied("it does not prove itself with mutual_user and mutual_password")
