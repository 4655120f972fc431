# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which API server is asked, and who asks: options and environment as kubernetes.core has them. Pure.

Names, aliases, environment variables and their order are those of kubernetes.core (args_common.py, k8s/client.py), so that a credential of AWX
or a habit of k8s tasks does the same here. Three differences, for here the wrong cluster loses data: KUBECONFIG comes before a pod's service
account, as it does for kubectl; a kubeconfig that a task names is never passed over without a word for the environment's server; and who gives
a token or a certificate does not come as the kubeconfig's user as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Set
from urllib.parse import urlsplit

from .._core.errors import CairnError, InvalidRequest

#: Argument spec of the doc fragment kube_connection.
ARGUMENTS: Dict[str, Dict[str, Any]] = {
    "kubeconfig": {"type": "raw", "no_log": True},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
}
_BOOLEANS = {**dict.fromkeys(("1", "true", "yes", "on", "y", "t"), True), **dict.fromkeys(("0", "false", "no", "off", "n", "f"), False)}
_VISIBLE = re.compile(r"[!-~]+")
_HEADER = re.compile(r"[ -~]+")
#: What of a kubeconfig's user is no secret.
_PUBLIC = ("username", "client-certificate", "client-certificate-data", "client-key", "tokenFile", "as", "as-groups", "as-uid")
#: Words of a credential plugin's arguments that are shorter are no secret, and hiding them would hide words of every message.
_SECRET = 8


class Inline(str):
    """What a result shows in the place of a kubeconfig that was given as a dictionary; ``config`` is the dictionary."""

    config: Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """What was given, from options or environment, and where each of it comes from."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]

    def get(self, name: str) -> Any:
        """The value, ``None`` if nobody gave it."""
        return self.values.get(name)

    @property
    def direct(self) -> bool:
        """Whether the values alone say which server and who asks: then no kubeconfig is looked at."""
        return bool(self.get("host") and (self.get("api_key") or (self.get("client_cert") and self.get("client_key"))))

    def told(self, name: str) -> str:
        """The name by which a value was given, for messages."""
        return self.origins.get(name, name)


def settings(params: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The connection's parameters; an option comes before its environment variables, an empty one counts as none."""
    values: Dict[str, Any] = {}
    origins: Dict[str, str] = {}
    for name, option in ARGUMENTS.items():
        value = params.get(name)
        if value not in (None, "", []):
            # Not what stands for a kubeconfig that was given as a dictionary: stripped, it would be plain text.
            plain = isinstance(value, str) and not isinstance(value, Inline)
            values[name], origins[name] = value.strip() if plain else value, name
            continue
        for variable in (f"K8S_AUTH_{each.upper()}" for each in (name, *option.get("aliases", ()))):
            text = environ.get(variable, "").strip()
            if text:
                values[name], origins[name] = _parsed(text, option["type"], variable), variable
                break
    found = Settings(values, origins)
    _check(found)
    return found


def _parsed(text: str, kind: str, variable: str) -> Any:
    if kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind != "bool":
        return text
    if text.lower() not in _BOOLEANS:
        raise InvalidRequest("neither true nor false.", code="connection-boolean", parameter=variable, found=repr(text),
                             fix="set it to true or false.")
    return _BOOLEANS[text.lower()]


def _check(given: Settings) -> None:
    def refuse(code: str, name: str, message: str, fix: str, found: str = "") -> InvalidRequest:
        return InvalidRequest(message, code=code, parameter=given.told(name), found=found, fix=fix)

    host = given.get("host")
    if host and not _is_url(host, ("http", "https")):
        # It may hold a password, so it is not shown.
        raise refuse("connection-host", "host", "this is not the address of an API server.",
                     "write it like https://api.example.com:6443, without a user.")
    if given.get("proxy") and not _is_url(given.get("proxy"), ("http", "https", "socks4", "socks4a", "socks5", "socks5h"), user=True):
        raise refuse("connection-proxy", "proxy", "this is not the address of a proxy.", "write it like http://proxy.example.com:3128.")
    if given.get("api_key") and not _VISIBLE.fullmatch(given.get("api_key")):
        raise refuse("connection-token", "api_key", "this is not a token: it holds blanks or characters that no token has.",
                     "give the token alone, without Bearer before it.")
    for one, other in (("client_cert", "client_key"), ("client_key", "client_cert")):
        if given.get(one) and not given.get(other):
            raise refuse("connection-certificate", one, "a client certificate and its key go together.", f"give {other} as well.")
    if given.get("impersonate_groups") and not given.get("impersonate_user"):
        raise refuse("connection-impersonation", "impersonate_groups", "groups are taken on along with a user.", "give impersonate_user as well.")
    for name in [given.get("impersonate_user"), *(given.get("impersonate_groups") or ())]:
        if name and not _HEADER.fullmatch(name):
            raise refuse("connection-impersonation", "impersonate_user", "this name cannot be sent in a header.", "use ASCII characters.", repr(name))
    config = given.get("kubeconfig")
    if config is not None and not isinstance(config, (str, Mapping)):
        raise refuse("kubeconfig-form", "kubeconfig", "a kubeconfig is a path or a dictionary.", "give the path of a file, or what is in it.",
                     type(config).__name__)
    named = [name for name in ("kubeconfig", "context") if given.origins.get(name) == name]
    if named and given.direct and given.told("host") != "host":
        raise refuse("connection-ambiguous", named[0], "two API servers are named: by this option, and by the environment.",
                     f"leave out {' and '.join(named)}, or unset {given.told('host')} for this task.", f"{given.told('host')} is {host}")


def _is_url(text: str, schemes: tuple, user: bool = False) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0 and (user or "@" not in parts.netloc) and bool(
            _VISIBLE.fullmatch(text)) and not parts.query and not parts.fragment
    except ValueError:
        return False


def guard(module: Any) -> Any:
    """``module``, so that secrets of the connection are neither returned nor logged, and nothing but secrets is hidden.

    Ansible hides every text of an option that is no_log wherever it stands. Of a kubeconfig these are the file's name and, in a dictionary, words
    like "default" or "true", which made results unreadable.
    """
    config = module.params.get("kubeconfig")
    hidden: Set[str] = _secrets(config, module.params)
    if config:
        module.no_log_values = {text for text in module.no_log_values if text not in _texts(config)}
    module.no_log_values = {*module.no_log_values, *hidden}
    if isinstance(config, Mapping):
        shown = Inline("(a dictionary)")
        shown.config = config
        module.params["kubeconfig"] = shown
    return module


def _secrets(config: Any, params: Mapping[str, Any]) -> Set[str]:
    found = {params["api_key"]} if params.get("api_key") else set()
    try:
        found.add(urlsplit(params.get("proxy") or "").password or "")
    except ValueError:
        pass
    users = config.get("users") if isinstance(config, Mapping) else None
    for entry in users if isinstance(users, list) else ():
        user = entry.get("user") if isinstance(entry, Mapping) else None
        for name, value in user.items() if isinstance(user, Mapping) else ():
            if name in ("exec", "auth-provider"):
                found |= {text for text in _texts(value) if len(text) >= _SECRET}
            elif name not in _PUBLIC:
                found |= _texts(value)
    return found - {""}


def _texts(value: Any) -> Set[str]:
    if isinstance(value, Mapping):
        return {text for inner in value.values() for text in _texts(inner)}
    if isinstance(value, (list, tuple)):
        return {text for inner in value for text in _texts(inner)}
    return set() if value is None or isinstance(value, bool) else {str(value)}


@dataclass(frozen=True)
class Access:
    """Who asks, in words, and which option to look at when the server does not accept that."""

    parameter: str
    who: str
    fix: str
    #: The option that says which certificates are trusted.
    trust: str = "kubeconfig"
    #: The option that says where the server is.
    server: str = "kubeconfig"

    def explain(self, error: CairnError, expiry: Optional[str]) -> CairnError:
        """The same error, saying with what credentials the request came."""
        if error.code == "api-unauthorized":
            error.parameter, error.fix = self.parameter, self.fix
            error.found = "; ".join(filter(None, (self.who, expiry, f"the server says: {error.found}")))
        elif error.code == "api-certificate":
            error.parameter = self.trust
        elif error.code in ("api-unreachable", "api-no-tls", "api-no-api"):
            error.parameter = self.server
        error.args = (str(error),)
        return error
