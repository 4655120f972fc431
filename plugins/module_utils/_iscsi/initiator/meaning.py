# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What iscsiadm's exit codes mean (open-iscsi, include/iscsi_err.h), and what to do about each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Tuple, Type

from ..._core.errors import Busy, CairnError, CommandFailed, NotFound, Refused, Timeout
from .model import Key

#: Ends of a login and a logout that found everything as it was to become (ISCSI_ERR_SESS_EXISTS, ISCSI_ERR_NO_OBJS_FOUND).
ALREADY_IN, ALREADY_OUT = 15, 21


@dataclass(frozen=True)
class Meaning:
    """One reason. ``says`` completes "could not ...: "."""

    code: str
    says: str
    fix: str
    kind: Type[CairnError] = CommandFailed


_UNREACHABLE = Meaning("portal-unreachable", "the portal does not answer", "check the address, the network and the target's firewall.", Timeout)
_DENIED = Meaning(
    "target-denied",
    "the target refused this initiator: the CHAP credentials are wrong, or it has no ACL for it, which a target does not tell apart",
    "compare user and password on both sides, and look for the initiator's name among the target's ACLs.",
)
_LOGIN = Meaning(
    "target-login",
    "target and initiator did not come to terms, and trying again would not help",
    "compare the target's name with what it offers (discovery), and CHAP, the mutual part included, and the ACLs with the target; iscsid's log says more.",
)
_DAEMON = Meaning("iscsid-down", "iscsid does not answer", "start iscsid.socket, and look for errors in the log of iscsid.service.")
_DATABASE = Meaning(
    "record-database", "the records of open-iscsi cannot be read or written", "check the file system below /var/lib/iscsi or /etc/iscsi."
)
_MEANINGS: Dict[int, Meaning] = {
    2: Meaning("session-gone", "the session went away", "run again.", NotFound),
    3: Meaning("iscsi-memory", "iscsid has no memory left", "free memory, then run again."),
    4: _UNREACHABLE,
    5: _LOGIN,
    6: _DATABASE,
    7: Meaning(
        "iscsiadm-argument",
        "iscsiadm does not accept one of its arguments",
        "check the iface (iscsiadm -m iface) and the versions of iscsiadm and iscsid.",
    ),
    8: _UNREACHABLE,
    9: _DAEMON,
    10: Meaning("logout-failed", "the target did not answer the logout", "check the path to the portal, then run again."),
    11: Meaning(
        "target-silent",
        "the portal is there, but the target does not answer",
        "look at the target; it may be starting, stopping or overloaded.",
        Timeout,
    ),
    12: Meaning("transport-missing", "the kernel lacks the transport", "load the kernel module iscsi_tcp, or that of the iface's transport."),
    13: Meaning("iscsi-permission", "permission denied", "run as root (become: true)."),
    14: Meaning("transport-lacks", "the transport cannot do this", "use another iface."),
    18: _DAEMON,
    19: _LOGIN,
    20: _DAEMON,
    21: Meaning("record-missing", "there is no such record", "run again; somebody else is changing the records.", NotFound),
    22: Meaning("session-sysfs", "the kernel's own files do not show it", "run again.", NotFound),
    23: Meaning("iface-missing", "the iface leads to no host", "check the iface (iscsiadm -m iface) and the network device that it names.", NotFound),
    24: _DENIED,
    27: Meaning("iscsi-unsupported", "the operation is not supported", "update open-iscsi."),
    28: Meaning("session-busy", "the session's disks are in use (iscsid.safe_logout)", "unmount what is on them.", Refused),
    29: Meaning("iscsi-again", "it failed, but may succeed if tried again", "run again.", Busy),
    31: Meaning("iscsid-ended", "iscsid's helper was ended", "look for errors in the log of iscsid.service."),
    32: Meaning("session-limit", "no more sessions fit", "log out of some.", Refused),
}
_OTHER = Meaning("iscsiadm-failed", "iscsiadm failed", "look for errors in the log of iscsid.service.")


def explain(status: int, verb: str, key: Key, parameter: str, said: str) -> CairnError:
    """The error for a command that ended with ``status``; ``verb`` says what it was to do with the session ``key``."""
    meaning = _MEANINGS.get(status, _OTHER)
    return meaning.kind(
        f"could not {verb} {key}: {meaning.says}.",
        code=meaning.code,
        parameter=parameter,
        found=f"iscsiadm ended with {status}{said and ': '}{said}",
        fix=meaning.fix,
    )


def known() -> Tuple[int, ...]:
    """Exit codes that have a meaning of their own."""
    return tuple(_MEANINGS)
