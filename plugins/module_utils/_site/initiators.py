# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Who may log in to a storage cluster, and what of it a NetworkPolicy can say. No I/O here."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Dict, List, Mapping, Sequence, Tuple, Union

from .._core.errors import InvalidRequest

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
#: The word for everybody. Nothing else means it, neither an empty list nor a network of the length 0.
EVERYBODY = "ALL"
#: A Secret's name is a DNS subdomain (RFC 1123).
_SECRET = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
#: What no two programs read differently: tgtd takes a length like 016 for an octal number. Neither netmasks nor zones (fe80::1%eth0).
_FORM = re.compile(r"(?:(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:/(?:0|[1-9][0-9]{0,2}))?")
_FORMS = "name addresses and networks, like 10.20.0.0/16, or ALL for everybody who reaches the pods"


def access(cluster: Mapping[str, Any], engine: Mapping[str, Any], where: str) -> Dict[str, list]:
    """``initiators``, each as every program reads it the same way, and ``peers``.

    The latter are from where a NetworkPolicy lets connections in, as its ``from``; empty means from everywhere.
    ``allowed_from`` takes the place of the addresses there: a policy knows pods by their labels, a target does not.
    """
    networks = _networks(cluster.get("initiators"), tuple(engine.get("initiator_families") or ()), f"{where}.initiators")
    told = [text for text, _network in networks] or [EVERYBODY]
    return {"initiators": told, "peers": _peers(cluster, [network for _text, network in networks], where)}


def _peers(cluster: Mapping[str, Any], networks: Sequence[Network], where: str) -> List[dict]:
    if cluster.get("allowed_from") is not None:
        given = [{key: value for key, value in peer.items() if value is not None} for peer in cluster["allowed_from"]]
        if not given or not all(given):
            raise InvalidRequest("a list without anybody in it lets nobody in, and one with an empty entry everybody.", code="allowed-from-empty",
                                 parameter=f"{where}.allowed_from", found=repr(given),
                                 fix="give ipBlock, podSelector or namespaceSelector in each entry, or leave allowed_from out.")
        return given
    return [{"ipBlock": {"cidr": str(network)}} for network in networks]


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


def _networks(given: Any, families: Sequence[str], parameter: str) -> List[Tuple[str, Network]]:
    listed = [given] if isinstance(given, str) else list(given or ())
    if not listed:
        raise InvalidRequest("nobody has said who may log in to this storage cluster.", code="initiators-missing", parameter=parameter,
                             found="nothing", fix=f"{_FORMS}.")
    if EVERYBODY in listed:
        if len(listed) > 1:
            raise InvalidRequest("ALL makes the rest of the list meaningless.", code="initiators-all", parameter=parameter,
                                 found=", ".join(map(str, listed)), fix="give ALL alone, or leave it out.")
        return []
    networks = [_network(str(each), families, parameter) for each in listed]
    for version in (4, 6):
        together = ipaddress.collapse_addresses(network for network in networks if network.version == version)
        if any(network.prefixlen == 0 for network in together):
            raise InvalidRequest("these networks together are everybody.", code="initiators-everybody", parameter=parameter,
                                 found=", ".join(map(str, listed)), fix="if everybody who reaches the pods is meant, write ALL.")
    return [(_text(str(given), network), network) for given, network in zip(listed, networks)]


def _network(text: str, families: Sequence[str], parameter: str) -> Network:
    try:
        if not _FORM.fullmatch(text):
            raise ValueError
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        # The name that an initiator gives is its own claim, and no NetworkPolicy knows it: chap_secret proves who it is.
        hint = " An initiator's name proves nothing: use chap_secret for that." if text.startswith(("iqn.", "eui.", "naa.")) else ""
        raise InvalidRequest("neither an address nor a network.", code="initiators-form", parameter=parameter, found=repr(text),
                             fix=f"{_FORMS}; a network's length is a decimal number without leading zeros.{hint}") from None
    if families and f"IPv{network.version}" not in families:
        raise InvalidRequest(f"the engine of this storage cluster serves {' and '.join(families)} alone.", code="initiators-family",
                             parameter=parameter, found=text, fix=f"name addresses and networks of {' and '.join(families)}.")
    return network


def _text(given: str, network: Network) -> str:
    """What the engine is told. What is written in the usual way stays as it is: another text would start the pods anew."""
    address = str(network.network_address)
    single = network.prefixlen == network.max_prefixlen
    return given if given == str(network) or single and given == address else address if single else str(network)
