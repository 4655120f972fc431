# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From what was given to a client. The kubernetes package is used for this and for nothing else."""

from __future__ import annotations

import os
import ssl
from dataclasses import replace
from typing import Any, Mapping, Optional, Tuple

from .._core.errors import InvalidRequest, NotFound
from .access import ARGUMENTS, Access, Inline, Settings, guard, settings
from .client import Client

try:
    import urllib3
    from kubernetes import config
    from kubernetes.client import Configuration
    from kubernetes.client.rest import RESTClientObject
    HAS_KUBERNETES = True
except ImportError:
    HAS_KUBERNETES = False

__all__ = ["ARGUMENTS", "configuration", "connect", "guard", "refuse_impersonation"]
_HOME = "~/.kube/config"
_POD = "/var/run/secrets/kubernetes.io/serviceaccount"
#: Where distributions put the administrator's kubeconfig: k3s, RKE2, kubeadm, k0s, MicroK8s.
_ELSEWHERE = ("/etc/rancher/k3s/k3s.yaml", "/etc/rancher/rke2/rke2.yaml", "/etc/kubernetes/admin.conf", "/var/lib/k0s/pki/admin.conf",
              "/var/snap/microk8s/current/credentials/client.config")
_POD_ACCESS = Access("", "the service account of this pod", "give the pod a service account of this cluster, or name a kubeconfig.",
                     "ca_cert", "host")


def connect(params: Mapping[str, Any]) -> Client:
    """The client for the options of ``access.ARGUMENTS``; nothing is sent yet."""
    given = settings(params, os.environ)
    found, access = _load(given)
    try:
        pool = RESTClientObject(found).pool_manager
    except ImportError as problem:
        raise NotFound("a SOCKS proxy needs a Python package that is not installed here.", code="library-missing", parameter=given.told("proxy"),
                       found=str(problem), fix="pip install PySocks, for the Python that runs this module (ansible_python_interpreter).") from None

    def headers() -> list:
        auth = found.auth_settings().get("BearerToken")
        return [*([(auth["key"], auth["value"])] if auth else ()), *_impersonation(given)]

    return Client(pool, found.host, headers, access, found.cert_file)


def configuration(params: Mapping[str, Any]) -> Any:
    """What the kubernetes package makes of the options, for the one thing that our client does not speak: commands in pods."""
    return _load(settings(params, os.environ))[0]


def refuse_impersonation(params: Mapping[str, Any]) -> None:
    """For commands in pods: the kubernetes package does not send as whom, and they would be run with rights that nobody meant."""
    given = settings(params, os.environ)
    if _impersonation(given):
        raise InvalidRequest("a command in a pod cannot be run as somebody else.", code="connection-impersonation",
                             parameter=given.told("impersonate_user"), found=given.get("impersonate_user"),
                             fix="give a gate of another form (http or promql), or a kubeconfig of that user.")


def _impersonation(given: Settings) -> list:
    user = given.get("impersonate_user")
    return [("Impersonate-User", user), *(("Impersonate-Group", group) for group in given.get("impersonate_groups") or ())] if user else []


def _load(given: Settings) -> Tuple[Any, Access]:
    if not HAS_KUBERNETES:
        raise NotFound("the Python package kubernetes is not installed here.", code="library-missing",
                       fix="pip install kubernetes, for the Python that runs this module (ansible_python_interpreter).")
    found = Configuration()
    access = Access("host", "no credentials", "give api_key, client_cert and client_key, or a kubeconfig.", "ca_cert")
    if not given.direct:
        access = _from_elsewhere(found, given) or access
    trust = given.told("ca_cert" if given.get("ca_cert") else access.trust)
    own = _own(given)
    _override(found, given)
    refresh = found.refresh_api_key_hook
    if refresh:
        # A kubeconfig's own hook writes all that stands in it, the server's address too.
        def renewed(anew: Any) -> None:
            refresh(anew)
            _override(anew, given)
        found.refresh_api_key_hook = renewed
    _check_files(found, given)
    server = given.told("host" if given.get("host") else access.server)
    return found, replace(own or access, trust=trust, server=server)


def _own(given: Settings) -> Optional[Access]:
    """Who asks with a token or certificate that was given by itself."""
    if given.get("api_key"):
        name = given.told("api_key")
        return Access(name, f"the token of {name}", "give a token of this cluster that has not expired.")
    if given.get("client_cert"):
        name = given.told("client_cert")
        return Access(name, f"the certificate {given.get('client_cert')}", "give a certificate that this cluster's CA has signed for clients, "
                      "and that has not expired.")
    return None


def _override(found: Any, given: Settings) -> None:
    """What was given by itself wins over the kubeconfig, each value alone; credentials take the place of all others."""
    if given.get("api_key") or given.get("client_cert"):
        found.api_key, found.cert_file, found.key_file, found.refresh_api_key_hook = {}, None, None, None
    if given.get("api_key"):
        found.api_key = {"authorization": f"Bearer {given.get('api_key')}"}
    for name, field in (("ca_cert", "ssl_ca_cert"), ("client_cert", "cert_file"), ("client_key", "key_file")):
        if given.get(name):
            setattr(found, field, _expanded(given.get(name)))
    for name, field in (("host", "host"), ("validate_certs", "verify_ssl"), ("proxy", "proxy"), ("no_proxy", "no_proxy")):
        if given.get(name) is not None:
            setattr(found, field, given.get(name))
    found.host = found.host.rstrip("/")
    if given.get("validate_certs") is False:
        # It was asked for, so that it need not be said with each request.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def _expanded(path: str) -> str:
    return os.path.expanduser(os.path.expandvars(path))


def _check_files(found: Any, given: Settings) -> None:
    """Certificates that cannot be used are told by their names; the connection itself would only say that something is wrong."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for option, use in (("ca_cert", lambda: context.load_verify_locations(found.ssl_ca_cert)),
                        ("client_cert", lambda: context.load_cert_chain(found.cert_file, found.key_file, password=_no_password))):
        if not given.get(option):
            continue
        files = " and ".join(_expanded(given.get(name)) for name in ((option,) if option == "ca_cert" else (option, "client_key")))
        try:
            use()
        except (OSError, ValueError) as problem:
            what = "the CA's certificate" if option == "ca_cert" else "the client's certificate and its key"
            raise InvalidRequest(f"{what} cannot be used.", code="connection-file", parameter=given.told(option),
                                 found=f"{files}: {getattr(problem, 'strerror', None) or problem}",
                                 fix="give a PEM file that this user can read, on the host that runs this task.") from None


def _no_password() -> bytes:
    raise ValueError("the key is encrypted, and nobody is here to give its passphrase")


def _from_elsewhere(found: Any, given: Settings) -> Optional[Access]:
    """Fill in ``found`` from a kubeconfig or a pod's service account; ``None`` where there is neither and a host was given."""
    wish = given.get("kubeconfig")
    if isinstance(wish, (Inline, Mapping)):
        _use(found, given, "a kubeconfig given as a dictionary", wish.config if isinstance(wish, Inline) else wish)
        return _told(given, "the kubeconfig given as a dictionary")
    chosen = wish or os.environ.get("KUBECONFIG", "").strip()
    in_pod = "KUBERNETES_SERVICE_HOST" in os.environ and os.path.isfile(f"{_POD}/token")
    if not chosen and not given.get("context") and in_pod:
        config.load_incluster_config(client_configuration=found)
        return _POD_ACCESS
    files = [_expanded(part) for part in (chosen or _HOME).split(os.pathsep) if part]
    if not any(os.path.exists(file) for file in files):
        if given.get("host") and not chosen and not given.get("context"):
            return None
        there = [file for file in _ELSEWHERE if os.path.exists(file)]
        raise InvalidRequest("there is no such kubeconfig.", code="kubeconfig-missing", parameter=given.told("kubeconfig"),
                             found=os.pathsep.join(files),
                             fix=f"name a kubeconfig on the host that runs this task{f', such as {there[0]}' if there else ''}, "
                                 "or give host with api_key or client_cert.")
    for file in files:
        if os.path.exists(file) and not os.access(file, os.R_OK):
            raise InvalidRequest("this user cannot read the kubeconfig.", code="kubeconfig-unreadable", parameter=given.told("kubeconfig"),
                                 found=file, fix="run the task as a user who can (become: true), or give this user a copy.")
    told = os.pathsep.join(files)
    _use(found, given, told, None)
    return _told(given, f"the kubeconfig {told}")


def _told(given: Settings, who: str) -> Access:
    context = f", context {given.get('context')}" if given.get("context") else ""
    return Access(given.told("kubeconfig"), f"{who}{context}", "renew the client certificate or token in the kubeconfig.")


def _use(found: Any, given: Settings, told: str, inline: Optional[Mapping[str, Any]]) -> None:
    context = given.get("context")
    files = None if inline is not None else told
    try:
        if inline is not None:
            names = [each["name"] for each in inline["contexts"]]
        else:
            names = [each["name"] for each in config.list_kube_config_contexts(files)[0]]
        if context and context not in names:
            raise InvalidRequest(f"the kubeconfig has no context {context}.", code="context-unknown", parameter=given.told("context"),
                                 found=", ".join(names) or "none", fix="name one of these.")
        if inline is not None:
            config.load_kube_config_from_dict(inline, context, found, persist_config=False)
        else:
            config.load_kube_config(files, context, found, persist_config=False)
    except InvalidRequest:
        raise
    except Exception as problem:  # the package raises whatever its YAML and file readers do
        said = f"it lacks {problem}" if isinstance(problem, KeyError) else str(problem).strip().rstrip(".")
        raise InvalidRequest("the kubeconfig cannot be used.", code="kubeconfig-invalid", parameter=given.told("kubeconfig"), found=f"{told}: {said}",
                             fix="try it with: kubectl --kubeconfig FILE version.") from None
