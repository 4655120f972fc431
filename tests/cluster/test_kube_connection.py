"""Every way to say which API server is meant and who asks, on a real one; and what is said when that is wrong."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import ARGUMENTS, connect
from cluster_play import play
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from played import REPO, environment
from rights import forget, kubeconfig

REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
READER = "system:serviceaccount:kube-public:storage-map"
NONE = {"KUBECONFIG": "", "K8S_AUTH_KUBECONFIG": "", "HOME": "/nonexistent"}
#: What no reader may do, so that the answer names who asked; the admin may, and nothing is changed.
ASKED = {"objects": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "who", "namespace": "kube-public"}}, "wait": False}


def expired_certificate(folder: Path) -> tuple[str, str]:
    """A client's certificate that no cluster has signed and that was good in 2020; its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2020, 1, 1), datetime(2020, 1, 2)).sign(key, hashes.SHA256())
    (folder / "old.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "old.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return str(folder / "old.crt"), str(folder / "old.key")


def token(claims: dict) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "RS256", "kid": "x"}, claims)]
    return ".".join([*parts, "c2lnbmF0dXJl"])


class Proxy(threading.Thread):
    """A proxy for HTTPS; ``seen`` are the servers that were asked for."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def run(self) -> None:
        while True:
            client, _address = self._listening.accept()
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            target = head.split(b" ")[1].decode()
            self.seen.append(target)
            server = socket.create_connection((target.rpartition(":")[0], int(target.rpartition(":")[2])))
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass_on(one: socket.socket, other: socket.socket) -> None:
        try:
            while part := one.recv(65536):
                other.sendall(part)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Given:
    """The lab's API server in all the forms in which people have one."""

    def __init__(self, folder: Path) -> None:
        admin = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text(encoding="utf-8"))
        self.admin, self.folder = admin, folder
        cluster, user = admin["clusters"][0]["cluster"], admin["users"][0]["user"]
        self.host = cluster["server"]
        for name, data in (("ca.crt", cluster["certificate-authority-data"]), ("admin.crt", user["client-certificate-data"]),
                           ("admin.key", user["client-key-data"])):
            (folder / name).write_bytes(base64.b64decode(data))
        self.ca, self.certificate, self.key = (str(folder / name) for name in ("ca.crt", "admin.crt", "admin.key"))
        reader = yaml.safe_load(kubeconfig("storage_map", folder).read_text(encoding="utf-8"))
        self.token = reader["users"][0]["user"]["token"]
        both = {**admin, "users": [*admin["users"], {"name": "reader", "user": {"token": self.token}}],
                "contexts": [*admin["contexts"], {"name": "reader", "context": {"cluster": admin["clusters"][0]["name"], "user": "reader"}}]}
        self.both = folder / "both.kubeconfig"
        self.both.write_text(yaml.safe_dump(both), encoding="utf-8")
        # As k3s writes it: the server's address is that of the machine itself.
        k3s = json.loads(json.dumps(admin))
        k3s["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
        self.k3s = folder / "k3s.yaml"
        self.k3s.write_text(yaml.safe_dump(k3s), encoding="utf-8")
        self.proxy = Proxy()
        self.proxy.start()

    def rows(self) -> list[tuple[str, dict, dict, str, str]]:
        """(what it is, options, environment, the code of the error or the user who is told as asking, what else the message says)."""
        server, old = {"host": self.host, "ca_cert": self.ca}, dict(zip(("client_cert", "client_key"), expired_certificate(self.folder)))
        awx = {"K8S_AUTH_HOST": self.host, "K8S_AUTH_API_KEY": self.token, "K8S_AUTH_VERIFY_SSL": "True", "K8S_AUTH_SSL_CA_CERT": self.ca}
        admin, own = {"client_cert": self.certificate, "client_key": self.key}, {"kubeconfig": str(self.both)}
        gone = token({"exp": 1000000000})
        return [
            ("token", {**server, "api_key": self.token}, {}, READER, ""),
            ("token and no check", {"host": self.host, "api_key": self.token, "validate_certs": False}, {}, READER, ""),
            ("AWX's credential", {}, awx, READER, ""),
            ("AWX's credential unchecked", {}, {**awx, "K8S_AUTH_VERIFY_SSL": "False", "K8S_AUTH_SSL_CA_CERT": ""}, READER, ""),
            ("certificate", {**server, **admin}, {}, "", ""),
            ("certificate by environment", {}, {"K8S_AUTH_HOST": self.host, "K8S_AUTH_SSL_CA_CERT": self.ca, "K8S_AUTH_CERT_FILE": self.certificate,
                                                "K8S_AUTH_KEY_FILE": self.key}, "", ""),
            ("aliases", {"host": self.host, "ssl_ca_cert": self.ca, "cert_file": self.certificate, "key_file": self.key, "verify_ssl": True}, {},
             "", ""),
            ("kubeconfig", own, {}, "", ""),
            ("context", {**own, "context": "reader"}, {}, READER, ""),
            ("kubeconfig by environment", {}, {"K8S_AUTH_KUBECONFIG": str(self.both), "K8S_AUTH_CONTEXT": "reader"}, READER, ""),
            ("kubectl's environment", {"context": "reader"}, {"KUBECONFIG": str(self.both)}, READER, ""),
            ("dictionary", {"kubeconfig": self.admin}, {}, "", ""),
            ("k3s from elsewhere", {"kubeconfig": str(self.k3s), "host": self.host}, {}, "", ""),
            ("token in place of a certificate", {**own, "api_key": self.token}, {}, READER, ""),
            ("somebody else", {**own, "impersonate_user": "ann", "impersonate_groups": ["a", "b"]}, {}, "ann", "a,b,system:authenticated"),
            ("impersonation by environment", own, {"K8S_AUTH_IMPERSONATE_USER": "ann", "K8S_AUTH_IMPERSONATE_GROUPS": "a,b"}, "ann", "a,b"),
            ("proxy", {**own, "proxy": self.proxy.url}, {}, "", ""),
            ("no proxy", {**own, "proxy": "http://127.0.0.1:1", "no_proxy": f"example.com,{self.host.split('/')[-1].split(':')[0]}"}, {}, "", ""),
            ("proxy that is not there", {**own, "proxy": "http://127.0.0.1:1"}, {}, "api-unreachable", "proxy"),
            ("token that has expired", {**server, "api_key": gone}, {}, "api-unauthorized",
             "api_key: the API server does not accept the credentials. Found: the token of api_key; it expired at 2001-09-09 01:46 UTC"),
            ("token by environment that has expired", server, {"K8S_AUTH_API_KEY": gone}, "api-unauthorized", "the token of K8S_AUTH_API_KEY"),
            ("certificate that has expired", {**server, **old}, {}, "api-unauthorized", "it expired at 2020-01-02"),
            ("nobody", {**server}, {}, "api-unauthorized", "no credentials"),
            ("wrong CA", {**server, **admin, "ca_cert": old["client_cert"]}, {}, "api-certificate", "ca_cert: the certificate of"),
            ("no CA", {"host": self.host, "api_key": self.token}, {}, "api-certificate", "cannot be verified"),
            ("key of another", {**server, **admin, "client_key": old["client_key"]}, {}, "connection-file", "admin.crt and"),
            ("no TLS", {**server, **admin, "host": self.host.replace("https", "http")}, {}, "api-invalid", "HTTPS server"),
            ("two servers", own, awx, "connection-ambiguous", "K8S_AUTH_HOST"),
            ("nothing at all", {}, {}, "kubeconfig-missing", "host with api_key"),
        ]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    yield Given(tmp_path_factory.mktemp("connection"))
    forget(["storage_map"])


def asking(options: dict, environ: dict, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who asks, as the API server says it, or the error's code and message."""
    for name in [name for name in os.environ if name.startswith("K8S_AUTH_")]:
        monkeypatch.delenv(name)
    for name, value in {**NONE, **environ}.items():
        monkeypatch.setenv(name, value)
    checked = ArgumentSpecValidator(ARGUMENTS).validate(options)
    assert not checked.error_messages, checked.error_messages
    try:
        said = connect(checked.validated_parameters).request("POST", REVIEWS, body={"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    except CairnError as error:
        return f"{error.code} {error}"
    user = said["status"]["userInfo"]
    return f"{user['username']} {','.join(user['groups'])}"


def test_who_asks_and_what_is_said_of_it(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, wrong = "admin", {}
    for what, options, environ, expected, text in given.rows():
        said = asking(options, environ, monkeypatch)
        if said.partition(" ")[0] != (expected or admin) or text not in said:
            wrong[what] = said
    assert not wrong, json.dumps(wrong, indent=1)
    assert set(given.proxy.seen) == {given.host.split("/")[-1]}, "the proxy was used where it was named"


def test_secrets_are_in_no_result_and_nothing_else_is_hidden(given: Given) -> None:
    server = {"host": given.host, "ca_cert": given.ca}
    awx = {"K8S_AUTH_HOST": given.host, "K8S_AUTH_API_KEY": given.token, "K8S_AUTH_VERIFY_SSL": "True", "K8S_AUTH_SSL_CA_CERT": given.ca}
    tasks = [({**server, "api_key": given.token}, {}), ({}, awx), ({"kubeconfig": given.admin}, {}), ({"kubeconfig": str(given.both)}, {}),
             ({**server, "api_key": token({"exp": 1})}, {})]
    results = play(*({"cairn.storage.kube_objects": {**ASKED, **options}, "check_mode": True, "environment": {**NONE, **environ}}
                     for options, environ in tasks))
    for reader in results[:2]:
        assert reader["error"]["code"] == "api-forbidden" and f'User "{READER}"' in reader["msg"], reader
    for admin in results[2:4]:
        assert [action["kind"] for action in admin["actions"]] == ["ConfigMap"], admin
        assert admin["objects"][0]["metadata"]["namespace"] == "kube-public" and "********" not in json.dumps(admin["objects"]), admin
    assert results[4]["error"]["code"] == "api-unauthorized", results[4]
    key = given.admin["users"][0]["user"]["client-key-data"]
    text = json.dumps(results)
    assert given.token not in text and key not in text and "c2lnbmF0dXJl" not in text
    # What a task was called with is shown to who asks for it.
    called = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    loud = run("ansible", "localhost", "-e", json.dumps(called), "-vvv", "-m", "cairn.storage.kube_version_info", "-a",
               json.dumps({"kubeconfig": given.admin, "api_key": given.token}))
    assert "(a dictionary)" in loud.stdout and "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in loud.stdout, loud.stdout
    assert given.token not in loud.stdout and key not in loud.stdout


def run(*command: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=REPO, env={**environment(), **NONE, "HOME": os.environ["HOME"], **variables}, capture_output=True, text=True,
                          check=False)


def test_an_inventory_by_the_environment(given: Given) -> None:
    source = given.folder / "x.kube_nodes.yml"
    source.write_text("plugin: cairn.storage.kube_nodes\n", encoding="utf-8")
    done = run("ansible-inventory", "-i", str(source), "--list", K8S_AUTH_HOST=given.host, K8S_AUTH_SSL_CA_CERT=given.ca,
               K8S_AUTH_CLIENT_CERT=given.certificate, K8S_AUTH_CLIENT_KEY=given.key)
    assert done.returncode == 0 and "[WARNING]" not in done.stderr, done.stderr


def test_playbooks_by_two_variables(given: Given) -> None:
    hosts = given.folder / "hosts.yml"
    here: dict[str, Any] = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts.write_text(yaml.safe_dump({"kube_api": {"hosts": {"localhost": here}}, "storage_nodes": {"hosts": {}}}), encoding="utf-8")
    done = run("ansible-playbook", "-i", str(hosts), "playbooks/storage_map.yml", "-e", f"storage_kubeconfig={given.both}",
               "-e", "storage_kube_context=reader")
    assert done.returncode == 0, done.stdout
