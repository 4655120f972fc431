# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The one place where what others wrote becomes a value of a type: what an API server, a node or a disk says of itself. Pure.

A parser says what is allowed and gives ``None`` for everything else, or ``InvalidRequest`` where the caller cannot go on without it.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Dict, List, Mapping, Optional, Sequence

from .errors import InvalidRequest, shown
from .quantity import MAX_BYTES

__all__ = ["Facts", "dns_address", "host_address", "host_name", "ip_address", "line", "object_name", "path", "plain", "shown", "tidy"]

_LABEL = r"[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_DNS = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_OBJECT = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
#: getaddrinfo takes 127.1, 0x7f000001 and 2130706433 for addresses; a name whose last part is a number is none (RFC 3696, 2).
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
#: Longest name of the domain name system (RFC 1035), and of a Kubernetes object.
_LONGEST_NAME = 253
_LONGEST_PATH = 4096
#: In a file that a person edits and Ansible may read as variables: nothing of YAML, of a template or of a shell.
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._:/+#()@,=;-]")
_ADDRESSES = ("InternalIP", "ExternalIP")


def ip_address(value: object) -> Optional[str]:
    """An IP address under which another machine can be reached, as it is usually written.

    Without a zone (``fe80::1%eth0``), which may hold any text, and without those that lead to this machine, to many or to none.
    """
    if not isinstance(value, str) or not value.isascii() or "%" in value:
        return None
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None) or address
    return None if mapped.is_loopback or mapped.is_unspecified or mapped.is_multicast or mapped.is_link_local or mapped.is_reserved else str(address)


def dns_address(value: object) -> Optional[str]:
    """A host's name of RFC 1123; no other spelling of an IP address, and no name of this machine."""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or not _DNS.fullmatch(value):
        return None
    last = value.rpartition(".")[2].lower()
    return None if _NUMBER.fullmatch(last) or last in ("localhost", "localdomain") else value


def host_address(kind: object, value: object) -> Optional[str]:
    """One of a node's addresses (``status.addresses``): an IP address where its type says so, else a host's name."""
    return ip_address(value) if kind in _ADDRESSES else dns_address(value)


def host_name(value: object) -> Optional[str]:
    """A node's name that can be a host of the inventory: a host's name, or an IP address, after which some clusters name their nodes."""
    return object_name(value) and (dns_address(value) or ip_address(value))


def object_name(value: object) -> Optional[str]:
    """A name of a Kubernetes object (RFC 1123, a subdomain in lower case)."""
    return value if isinstance(value, str) and len(value) <= _LONGEST_NAME and _OBJECT.fullmatch(value) else None


def line(value: object, longest: int = 1024) -> Optional[str]:
    """Printable text on one line; a longer one is cut, what cannot be printed is written as its number."""
    return shown(value, longest) if isinstance(value, str) else None


def plain(value: object, longest: int = 200) -> str:
    """The letters, digits and a few signs of a text; everything else in it becomes ``?``."""
    return _NOT_PLAIN.sub("?", value[:longest]) if isinstance(value, str) else ""


def path(value: object) -> Optional[str]:
    """An absolute path without ``.`` and ``..``, of printable characters."""
    if not isinstance(value, str) or not value.startswith("/") or len(value) > _LONGEST_PATH or not value.isprintable():
        return None
    return None if {".", ".."} & set(value.split("/")) else value


def tidy(value: Any, depth: int = 12) -> Any:
    """The same value for a person to read: every text in it is printable and of bounded length."""
    if isinstance(value, str):
        return shown(value, 2000)
    if depth and isinstance(value, Mapping):
        return {tidy(key, 0) if isinstance(key, str) else key: tidy(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, (list, tuple, set)):
        return [tidy(each, depth - 1) for each in value]
    return value if value is None or isinstance(value, (bool, int, float)) else shown(str(value), 2000)


class Facts:
    """A map that another machine told, read value by value; ``where`` says whose it is, as in ``node1: entries[0]``."""

    def __init__(self, given: Any, where: str) -> None:
        self._given, self.where = mapping(given, where), where

    def text(self, key: str, *default: Optional[str]) -> Any:
        """A printable text on one line, as it is."""
        value = self._value(key, *default)
        if value is not None and not (isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_PATH):
            raise wrong(f"{self.where}.{key}", value, "printable text on one line")
        return value

    def name(self, key: str, *default: Optional[str]) -> Any:
        """A name of a Kubernetes object."""
        value = self._value(key, *default)
        if value is not None and not object_name(value):
            raise wrong(f"{self.where}.{key}", value, "a name of lower-case letters, digits, - and .")
        return value

    def file(self, key: str, *default: Optional[str]) -> Any:
        """A name of a file in a folder."""
        value = self.text(key, *default)
        if value is not None and (not value or len(value) > 255 or "/" in value or value in (".", "..")):
            raise wrong(f"{self.where}.{key}", value, "the name of a file")
        return value

    def whole(self, key: str, *default: Optional[int]) -> Any:
        """A whole number that a size can have."""
        value = self._value(key, *default)
        if value is not None and not (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_BYTES):
            raise wrong(f"{self.where}.{key}", value, f"a whole number up to {MAX_BYTES}")
        return value

    def choice(self, key: str, choices: Sequence[str], *default: str) -> str:
        """One of a few texts."""
        value = self._value(key, *default)
        if not isinstance(value, str) or value not in choices:
            raise wrong(f"{self.where}.{key}", value, " or ".join(choices))
        return value

    def truth(self, key: str) -> bool:
        """A truth value; nothing is false."""
        value = self._given.get(key)
        if value is not None and not isinstance(value, bool):
            raise wrong(f"{self.where}.{key}", value, "true or false")
        return bool(value)

    def texts(self, key: str) -> List[str]:
        """A list of printable texts; nothing is an empty one."""
        inner = items(self._given.get(key) or [], f"{self.where}.{key}")
        return [Facts({"": each}, f"{self.where}.{key}[{index}]").text("") for index, each in enumerate(inner)]

    def _value(self, key: str, *default: Any) -> Any:
        value = self._given.get(key)
        if value is None and not default:
            raise wrong(f"{self.where}.{key}", value, "a value")
        return default[0] if value is None else value


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """A map."""
    if not isinstance(value, Mapping):
        raise wrong(where, value, "a map")
    return value


def printable(value: Any) -> Dict[str, str]:
    """The entries of a map of texts that are printable on one line; what else stands there is left out."""
    known = value.items() if isinstance(value, Mapping) else ()
    return {key: text for key, text in known if all(isinstance(each, str) and each.isprintable() and len(each) <= _LONGEST_PATH for each in (key, text))}


def items(value: Any, where: str) -> Sequence[Any]:
    """A list."""
    if not isinstance(value, (list, tuple)):
        raise wrong(where, value, "a list")
    return value


def wrong(where: str, value: object, needed: str) -> InvalidRequest:
    """The error for a value that is not of its type."""
    return InvalidRequest(
        f"{needed} is needed.",
        code="foreign-value",
        parameter=shown(where),
        found=shown(repr(value)),
        fix="find out who wrote this there; nothing was done with it.",
    )
