"""Which API server is asked and who asks: as kubernetes.core has it, with the differences that access.py tells of."""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError, InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._kube import access, connection, expiry, failures
from ansible_collections.kubernetes.core.plugins.module_utils import args_common
from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client as peer

CERTIFICATE = (Path(__file__).parent / "recordings" / "client.crt").resolve()
CONFIG = {
    "apiVersion": "v1", "kind": "Config", "current-context": "one",
    "clusters": [{"name": "c", "cluster": {"server": "https://one.example.com:6443"}},
                 {"name": "d", "cluster": {"server": "https://two.example.com:6443", "insecure-skip-tls-verify": True}}],
    "users": [{"name": "u", "user": {"token": "secret-of-one"}}, {"name": "v", "user": {"token": "secret-of-two"}}],
    "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}, {"name": "two", "context": {"cluster": "d", "user": "v"}}],
}
#: One that KUBECONFIG names.
OTHER = {**CONFIG, "current-context": "two"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("K8S_AUTH_") or name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTPS_PROXY")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(json.dumps(CONFIG), encoding="utf-8")
    (tmp_path / "other").write_text(json.dumps(OTHER), encoding="utf-8")
    return tmp_path


def test_every_option_is_one_of_kubernetes_core() -> None:
    for name, option in access.ARGUMENTS.items():
        theirs = args_common.AUTH_ARG_SPEC[name]
        assert option.get("aliases", []) == theirs.get("aliases", []), name
        assert (option["type"], option.get("elements")) == (theirs.get("type", "str"), theirs.get("elements")), name
        assert bool(option.get("no_log")) == bool(theirs.get("no_log")), name


#: Options and environment; H is a folder of its own.
GIVEN: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"kubeconfig": "H/other"}, {}),
    ({"kubeconfig": OTHER}, {}),
    ({"kubeconfig": OTHER, "context": "one"}, {}),
    ({"context": "two"}, {}),
    ({}, {"K8S_AUTH_KUBECONFIG": "H/other"}),
    ({}, {"K8S_AUTH_KUBECONFIG": "H/other", "K8S_AUTH_CONTEXT": "one"}),
    ({"context": "two"}, {"K8S_AUTH_CONTEXT": "one"}),
    ({"kubeconfig": "H/.kube/config"}, {"K8S_AUTH_KUBECONFIG": "H/other"}),
    ({"kubeconfig": "H/.kube/config"}, {"KUBECONFIG": "H/other"}),
    ({"host": "https://x.example.com/", "api_key": "abc"}, {}),
    ({"host": "https://x.example.com", "api_key": "abc", "kubeconfig": "H/other"}, {}),
    ({"host": "https://x.example.com", "api_key": "abc", "validate_certs": False}, {}),
    ({"host": "https://x.example.com"}, {}),
    ({"host": "https://x.example.com", "context": "two", "validate_certs": True}, {}),
    ({"host": "https://x.example.com"}, {"K8S_AUTH_API_KEY": "abc"}),
    ({"proxy": "http://p.example.com:3128", "no_proxy": "localhost,.local"}, {}),
    ({}, {"K8S_AUTH_PROXY": "http://p.example.com:3128", "K8S_AUTH_NO_PROXY": "localhost"}),
    # What AWX injects for its credential "OpenShift or Kubernetes API Bearer Token".
    ({}, {"K8S_AUTH_HOST": "https://x.example.com", "K8S_AUTH_API_KEY": "abc", "K8S_AUTH_VERIFY_SSL": "False"}),
    ({}, {"K8S_AUTH_HOST": "https://x.example.com", "K8S_AUTH_API_KEY": "abc", "K8S_AUTH_VERIFY_SSL": "True",
          "K8S_AUTH_SSL_CA_CERT": str(CERTIFICATE)}),
    ({}, {"K8S_AUTH_HOST": "https://x.example.com", "K8S_AUTH_API_KEY": "abc", "K8S_AUTH_CA_CERT": str(CERTIFICATE),
          "K8S_AUTH_VALIDATE_CERTS": "yes"}),
    ({"ca_cert": str(CERTIFICATE)}, {"K8S_AUTH_CA_CERT": "/no/such"}),
    ({"validate_certs": True}, {"K8S_AUTH_VERIFY_SSL": "no"}),
]


@pytest.mark.parametrize(("params", "environ"), GIVEN)
def test_as_kubernetes_core_would_connect(params: dict, environ: dict, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {name: value.replace("H/", f"{home}/") if isinstance(value, str) else value for name, value in params.items()}
    for name, value in environ.items():
        monkeypatch.setenv(name, value.replace("H/", f"{home}/"))
    # Their client takes the default configuration, which load_kube_config sets for a whole process.
    monkeypatch.setattr(peer.kubernetes.client.Configuration, "_default", None)
    # Which file is read by default is decided when their package is loaded.
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", environ.get("KUBECONFIG", str(home / ".kube" / "config")))
    theirs = peer._create_configuration(peer._create_auth_spec(**here))
    ours = connection.configuration(here)
    for field in ("host", "ssl_ca_cert", "cert_file", "key_file", "verify_ssl", "proxy", "no_proxy"):
        assert getattr(ours, field) == getattr(theirs, field), field
    assert ours.auth_settings() == theirs.auth_settings()


def test_kubeconfig_of_the_environment_comes_before_a_pods_service_account(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    pod = home / "pod"
    pod.mkdir()
    (pod / "token").write_text("token-of-the-pod", encoding="utf-8")
    (pod / "ca.crt").write_text(CERTIFICATE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(connection, "_POD", str(pod))
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_TOKEN_FILENAME", str(pod / "token"))
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_CERT_FILENAME", str(pod / "ca.crt"))
    assert connection.configuration({}).host == "https://192.0.2.1:443"
    assert connection.configuration({"context": "one"}).host == "https://one.example.com:6443"
    monkeypatch.setenv("KUBECONFIG", str(home / "other"))
    assert connection.configuration({}).host == "https://two.example.com:6443"


def test_credentials_take_the_place_of_the_kubeconfigs_own(home: Path) -> None:
    config = json.loads(json.dumps(CONFIG))
    config["users"][0]["user"] = {"client-certificate": str(CERTIFICATE), "client-key": str(CERTIFICATE)}
    found = connection.configuration({"kubeconfig": config, "api_key": "abc"})
    assert (found.cert_file, found.key_file) == (None, None) and found.auth_settings()["BearerToken"]["value"] == "Bearer abc"
    # Theirs goes on with the kubeconfig's token here.
    assert connection.configuration({"api_key": "abc"}).auth_settings()["BearerToken"]["value"] == "Bearer abc"


def test_a_host_stays_when_a_token_is_renewed(home: Path) -> None:
    found = connection.configuration({"host": "https://x.example.com"})
    assert found.auth_settings()["BearerToken"]["value"] == "Bearer secret-of-one" and found.host == "https://x.example.com"


def test_who_acts_as_somebody_else_says_so_in_each_request(home: Path) -> None:
    sent: list = []

    class Pool:
        def request(self, _method: str, _url: str, headers: Any, **_more: Any) -> Any:
            sent.append(list(headers.items()))
            return SimpleNamespace(status=200, data=b"{}")

    client = connection.connect({"impersonate_user": "ann", "impersonate_groups": ["a", "b"]})
    client._pool = Pool()
    client.get("/api")
    assert [entry for entry in sent[0] if entry[0].startswith("Impersonate")] == [
        ("Impersonate-User", "ann"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b")]
    with pytest.raises(InvalidRequest) as refused:
        connection.refuse_impersonation({"impersonate_user": "ann"})
    assert refused.value.code == "connection-impersonation"


DIRECT = {"K8S_AUTH_HOST": "https://x.example.com", "K8S_AUTH_API_KEY": "abc"}


@pytest.mark.parametrize(("code", "parameter", "params", "environ"), [
    ("connection-host", "host", {"host": "x.example.com:6443"}, {}),
    ("connection-host", "host", {"host": "https://user:hush@x.example.com"}, {}),
    ("connection-host", "host", {"host": "https://x.example.com:port"}, {}),
    ("connection-host", "K8S_AUTH_HOST", {}, {"K8S_AUTH_HOST": "ftp://x"}),
    ("connection-proxy", "proxy", {"proxy": "p.example.com:3128"}, {}),
    ("connection-token", "api_key", {"api_key": "Bearer hush"}, {}),
    ("connection-token", "K8S_AUTH_API_KEY", {}, {"K8S_AUTH_API_KEY": "hush\nhush"}),
    ("connection-boolean", "K8S_AUTH_VERIFY_SSL", {}, {"K8S_AUTH_VERIFY_SSL": "maybe"}),
    ("connection-certificate", "client_cert", {"client_cert": "/a"}, {}),
    ("connection-certificate", "K8S_AUTH_KEY_FILE", {}, {"K8S_AUTH_KEY_FILE": "/a"}),
    ("connection-impersonation", "impersonate_groups", {"impersonate_groups": ["a"]}, {}),
    ("connection-impersonation", "impersonate_user", {"impersonate_user": "a\r\nb"}, {}),
    ("connection-file", "ca_cert", {"ca_cert": "/no/such"}, {}),
    ("connection-file", "K8S_AUTH_SSL_CA_CERT", {}, {"K8S_AUTH_SSL_CA_CERT": "/dev/null"}),
    ("connection-file", "client_cert", {"client_cert": str(CERTIFICATE), "client_key": "/dev/null"}, {}),
    ("connection-ambiguous", "kubeconfig", {"kubeconfig": "/a"}, DIRECT),
    ("connection-ambiguous", "context", {"context": "one"}, DIRECT),
    ("kubeconfig-form", "kubeconfig", {"kubeconfig": ["/a"]}, {}),
    ("kubeconfig-invalid", "kubeconfig", {"kubeconfig": {"users": "hush"}}, {}),
    ("kubeconfig-missing", "K8S_AUTH_KUBECONFIG", {}, {"K8S_AUTH_KUBECONFIG": "/no/such"}),
    ("kubeconfig-missing", "kubeconfig", {"host": "https://x.example.com", "kubeconfig": "/no/such"}, {}),
    ("context-unknown", "context", {"kubeconfig": CONFIG, "context": "three"}, {}),
    ("context-unknown", "K8S_AUTH_CONTEXT", {}, {"K8S_AUTH_CONTEXT": "three"}),
])
def test_refused(code: str, parameter: str, params: dict, environ: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CairnError) as refused:
        connection.connect(params)
    assert (refused.value.code, refused.value.parameter) == (code, parameter), refused.value
    assert "hush" not in str(refused.value)


def test_a_kubeconfig_that_belongs_to_root(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.os, "access", lambda *_arguments: False)
    with pytest.raises(InvalidRequest, match="become: true") as refused:
        connection.connect({"kubeconfig": str(home / "other")})
    assert refused.value.code == "kubeconfig-unreadable"


def module(**params: Any) -> Any:
    """A module as Ansible makes it: every text in an option that is no_log is hidden."""
    hidden = set(access._texts(params.get("kubeconfig"))) | set(access._texts(params.get("api_key")))
    return SimpleNamespace(params={name: params.get(name) for name in access.ARGUMENTS}, no_log_values=hidden)


def test_of_a_kubeconfig_only_secrets_are_hidden() -> None:
    config = json.loads(json.dumps(CONFIG))
    config["users"] += [{"name": "w", "user": {"username": "ann", "password": "hush", "client-key-data": "aHVzaA=="}},
                        {"name": "x", "user": {"exec": {"command": "aws", "args": ["eks", "get-token"],
                                                       "env": [{"name": "A", "value": "long-enough"}]}}}]
    guarded = access.guard(module(kubeconfig=config, api_key="abc", proxy="http://u:pass-of-proxy@p.example.com"))
    assert {"abc", "pass-of-proxy", "secret-of-one", "secret-of-two", "hush", "aHVzaA==", "long-enough"} <= guarded.no_log_values
    assert not {"one", "Config", "v1", "c", "ann", "aws", "https://one.example.com:6443"} & guarded.no_log_values
    assert guarded.params["kubeconfig"] == "(a dictionary)"
    assert connection.configuration(guarded.params).host == "https://one.example.com:6443"
    assert access.guard(module(kubeconfig="/etc/rancher/k3s/k3s.yaml")).no_log_values == set()


def token(end: float) -> str:
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, {"exp": end}, {}))


def test_what_is_said_of_credentials_that_are_not_accepted(home: Path) -> None:
    def said(given: dict, status: int = 401, message: str = "Unauthorized") -> CairnError:
        client = connection.connect(given)
        return client._explained(failures.from_status(status, {"message": message}, "GET", "/api"))

    direct = {"host": "https://x.example.com"}
    old = said({**direct, "api_key": token(1000000000)})
    assert old.parameter == "api_key" and "it expired at 2001-09-09 01:46 UTC" in old.found and token(1000000000) not in str(old)
    assert "by itself it is good until" in said({**direct, "api_key": token(time.time() + 9999)}).found
    assert said({**direct, "api_key": "opaque"}).found == "the token of api_key; the server says: Unauthorized"
    assert said({}).parameter == "kubeconfig" and f"{home}/.kube/config" in said({}).found
    assert said({"kubeconfig": CONFIG, "context": "two"}).found.startswith("the kubeconfig given as a dictionary, context two")
    (home / ".kube" / "config").unlink()
    nobody = said(direct, 403, 'nodes is forbidden: User "system:anonymous" cannot list resource "nodes"')
    assert nobody.code == "api-unauthorized" and nobody.found.startswith("no credentials")


def test_until_when_a_certificate_is_good(tmp_path: Path) -> None:
    assert expiry.told("", str(CERTIFICATE)) == "it expired at 2020-01-02 00:00 UTC"
    assert expiry.told("", None) is None and expiry.told("", "/no/such") is None and expiry.told("Bearer a.b.c", None) is None
