# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Until when credentials are good, as they say themselves. Only for messages: the API server decides, and says no more than Unauthorized."""

from __future__ import annotations

import base64
import binascii
import json
import re
import ssl
import time
from datetime import datetime, timezone
from typing import Optional

_FORM = "%Y-%m-%d %H:%M UTC"
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
#: Validity of a certificate in DER: two times, as UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5).
_VALIDITY = re.compile(rb"(?:\x17\x0d\d{12}|\x18\x0f\d{14})Z(?:\x17\x0d(?P<short>\d{12})|\x18\x0f(?P<long>\d{14}))Z", re.DOTALL)


def told(authorization: str, certificate: Optional[str]) -> Optional[str]:
    """``expired at ...`` or ``good until ...`` of the token or, without one, of the certificate in a file; ``None`` if that is not known."""
    end = _of_token(authorization) if authorization else _of_certificate(certificate)
    if end is None:
        return None
    return ("it expired at " if end < time.time() else "by itself it is good until ") + datetime.fromtimestamp(end, timezone.utc).strftime(_FORM)


def _of_token(authorization: str) -> Optional[float]:
    parts = authorization.rpartition(" ")[2].split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        end = claims["exp"]
        return float(end) if isinstance(end, (int, float)) and 0 < end < 2**35 else None
    except (ValueError, TypeError, KeyError, binascii.Error):
        return None


def _of_certificate(file: Optional[str]) -> Optional[float]:
    if not file:
        return None
    try:
        with open(file, encoding="ascii") as stream:
            first = _PEM.search(stream.read(1 << 20))
        found = _VALIDITY.search(ssl.PEM_cert_to_DER_cert(first[0])) if first else None
        if not found:
            return None
        # Two digits of a year are those from 1950 to 2049.
        short = found["short"] and ("20" if found["short"] < b"5" else "19") + found["short"].decode()
        return datetime.strptime(short or found["long"].decode(), "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc).timestamp()
    except (OSError, ValueError, binascii.Error):
        return None
