# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Who may log in to a storage cluster, and what of it a NetworkPolicy can say. No I/O here."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, List, Mapping, Tuple

from .._core.errors import InvalidRequest

#: The word for everybody. Nothing else means it, neither an empty list nor a network of the length 0.
EVERYBODY = "ALL"
#: A Secret's name is a DNS subdomain (RFC 1123).
_SECRET = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_FORMS = "name addresses and networks, like 10.20.0.0/16, or ALL for everybody who reaches the pods"


def peers(cluster: Mapping[str, Any], where: str) -> List[dict]:
    """From where a NetworkPolicy lets connections in, as its ``from``; empty means from everywhere.

    ``allowed_from`` takes the place of the addresses: a policy knows pods by their labels, a target does not.
    """
    networks = _networks(cluster.get("initiators"), f"{where}.initiators")
    if cluster.get("allowed_from") is not None:
        given = [{key: value for key, value in peer.items() if value is not None} for peer in cluster["allowed_from"]]
        if not given or not all(given):
            raise InvalidRequest("a list without anybody in it lets nobody in, and one with an empty entry everybody.", code="allowed-from-empty",
                                 parameter=f"{where}.allowed_from", found=repr(given),
                                 fix="give ipBlock, podSelector or namespaceSelector in each entry, or leave allowed_from out.")
        return given
    return [{"ipBlock": {"cidr": network}} for network in networks]


def check_secret(cluster: Mapping[str, Any], engine: Mapping[str, Any], where: str) -> None:
    """Refuse a Secret that the engine would not look at: everybody would get in whom nobody wanted."""
    name = cluster.get("chap_secret")
    if not name:
        return
    if not _SECRET.fullmatch(str(name)):
        raise InvalidRequest("not the name of a Secret.", code="chap-secret-name", parameter=f"{where}.chap_secret", found=repr(name),
                             fix="give the name alone; the Secret stands in the cluster's namespace.")
    if not (engine.get("chap") or {}).get("path"):
        raise InvalidRequest(f"the engine {cluster['engine']} knows no CHAP.", code="engine-no-chap", parameter=f"{where}.chap_secret",
                             found=str(name), fix="leave chap_secret out, or say in the engine's chap.path where it looks for the Secret.")


def _networks(given: Any, parameter: str) -> Tuple[str, ...]:
    listed = [given] if isinstance(given, str) else list(given or ())
    if not listed:
        raise InvalidRequest("nobody has said who may log in to this storage cluster.", code="initiators-missing", parameter=parameter,
                             found="nothing", fix=f"{_FORMS}.")
    if EVERYBODY in listed:
        if len(listed) > 1:
            raise InvalidRequest("ALL makes the rest of the list meaningless.", code="initiators-all", parameter=parameter,
                                 found=", ".join(map(str, listed)), fix="give ALL alone, or leave it out.")
        return ()
    return tuple(_network(each, parameter) for each in listed)


def _network(text: Any, parameter: str) -> str:
    try:
        network = ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        # The name that an initiator gives is its own claim, and no NetworkPolicy knows it: chap_secret proves who it is.
        hint = " An initiator's name proves nothing: use chap_secret for that." if str(text).startswith(("iqn.", "eui.", "naa.")) else ""
        raise InvalidRequest("neither an address nor a network.", code="initiators-form", parameter=parameter, found=repr(text),
                             fix=f"{_FORMS}.{hint}") from None
    if network.prefixlen == 0:
        raise InvalidRequest("this network is everybody.", code="initiators-everybody", parameter=parameter, found=str(text),
                             fix="if everybody who reaches the pods is meant, write ALL.")
    return str(network)
