# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What iSCSI calls its parts: names of targets and initiators, portals. Pure; targets and initiators share it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from .._core.errors import InvalidRequest

#: The port that IANA gives to iSCSI targets.
PORT = 3260

#: A network interface as Linux names them.
_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")
#: RFC 7143, 4.2.7: three forms, at most 223 bytes. The date is the month in which the domain's owner held it.
_LIMIT = 223
_FORMS = {
    "iqn": re.compile(r"iqn\.\d{4}-(0[1-9]|1[0-2])\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[a-z0-9:.-]+)?"),
    "eui": re.compile(r"eui\.[0-9a-f]{16}"),
    "naa": re.compile(r"naa\.(?:[0-9a-f]{16}|[0-9a-f]{32})"),
}
_EXAMPLES = {"iqn": "iqn.2026-01.com.example:disks", "eui": "eui.0123456789abcdef", "naa": "naa.5001405123456789"}


@dataclass(frozen=True, order=True)
class Portal:
    """Where a target listens: an IP address in its shortest form, without brackets, and a TCP port."""

    address: str
    port: int = PORT

    @property
    def host(self) -> str:
        """The address as it stands before a port, IPv6 in brackets."""
        return f"[{self.address}]" if ":" in self.address else self.address

    @property
    def any_address(self) -> bool:
        """Whether it means every address of its family."""
        return ipaddress.ip_address(self.address).is_unspecified

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def check_name(name: object, parameter: str) -> str:
    """An iSCSI name (RFC 7143, 4.2.7) in lower case, as it is compared on the wire."""

    def refuse(code: str, message: str, fix: str) -> InvalidRequest:
        return InvalidRequest(message, code=code, parameter=parameter, found=repr(name), fix=fix)

    if not isinstance(name, str) or name[:4].lower() not in ("iqn.", "eui.", "naa."):
        raise refuse("iscsi-name", "an iSCSI name begins with iqn., eui. or naa.", f"write it like {_EXAMPLES['iqn']}.")
    if len(name.encode()) > _LIMIT:
        raise refuse("iscsi-name-length", f"an iSCSI name has at most {_LIMIT} bytes.", "shorten it.")
    if name != name.lower():
        raise refuse("iscsi-name-case", "iSCSI names are compared in lower case.", f"write it as {name.lower()}.")
    form = name[:3]
    if not _FORMS[form].fullmatch(name):
        raise refuse(f"iscsi-name-{form}", f"not a name of the form {form}.", f"write it like {_EXAMPLES[form]}.")
    return name


def check_address(address: object, parameter: str) -> str:
    """An IPv4 or IPv6 address in its shortest form; brackets are taken off. Names of hosts are refused: who they mean may change."""
    text = str(address).strip()
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        address = str(ipaddress.ip_address(bare))
        # What stands after % is an interface; Python takes any text for one, and it becomes part of files' names.
        if "%" in address and not _INTERFACE.fullmatch(address.partition("%")[2]):
            raise ValueError
        return address
    except ValueError:
        raise InvalidRequest(
            "not an IP address.",
            code="portal-address",
            parameter=parameter,
            found=repr(address),
            fix="write it like 192.0.2.10 or 2001:db8::10.",
        ) from None


def check_port(port: int, parameter: str) -> int:
    """A TCP port."""
    if not 1 <= port <= 65535:
        raise InvalidRequest(
            "not a TCP port.", code="portal-port", parameter=parameter, found=str(port), fix=f"use 1 to 65535; iSCSI's own is {PORT}."
        )
    return port


def parse_portal(text: object, parameter: str) -> Portal:
    """A portal of ``address``, ``address:port`` or ``[address]:port``; an IPv6 address with a port needs the brackets."""
    host, port = str(text).strip(), ""
    if host.count(":") == 1 or "]:" in host:
        host, _colon, port = host.rpartition(":")
        if not re.fullmatch("[0-9]{1,5}", port):
            raise InvalidRequest(
                "not a portal.",
                code="portal-syntax",
                parameter=parameter,
                found=repr(text),
                fix=f"write it like 192.0.2.10:{PORT} or [2001:db8::10]:{PORT}.",
            )
    return Portal(check_address(host, parameter), check_port(int(port or PORT), parameter))
