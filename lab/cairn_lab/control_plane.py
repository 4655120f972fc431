"""The control plane: four processes on the host side, in the lab's network namespace."""

import base64
import functools
import json
import subprocess
import time

from . import pki, processes
from .addresses import API, DOMAIN, KUBERNETES_SERVICE, SERVICES
from .config import GATEWAY
from .run import LabError, in_netns, run

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
_ETCD = "http://127.0.0.1:2379"
_PEER = "http://127.0.0.1:2380"

# Each request is recorded once, when it is answered; a watch also when it begins,
# because it may never end.
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


def folder(lab):
    """Where everything of the lab's control plane is kept."""
    return lab.root / "kubernetes"


def log(lab, component):
    return folder(lab) / "logs" / f"{component}.log"


def audit_log(lab):
    """The present audit log; the one before it, rotated away, lies beside it."""
    return folder(lab) / "logs/audit.log"


def binary(lab, component):
    """The program of that name; the links are made by ``kubernetes.prepare``."""
    return folder(lab) / "bin" / component


def prepare(lab):
    """Write the control plane's certificates and configuration, where they are missing."""
    pki.make_ca(_pki(lab))
    names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    hosts = [f"IP:{ip}" for ip in (GATEWAY, "127.0.0.1", KUBERNETES_SERVICE)]
    hosts += [f"DNS:{name}" for name in (*names, f"{names[-1]}.{DOMAIN}", "localhost")]
    # One certificate to serve with and, as a member of system:masters, to call kubelets with.
    pki.issue(_pki(lab), pki.Identity("apiserver", "kube-apiserver", ["system:masters"], hosts))
    for name, user, groups in (
        ("admin", "admin", ["system:masters"]),
        ("kube-controller-manager", "system:kube-controller-manager", []),
        ("kube-scheduler", "system:kube-scheduler", []),
    ):
        write_kubeconfig(
            lab, folder(lab) / f"{name}.kubeconfig", pki.Identity(name, user, groups)
        )
    write(folder(lab) / "audit-policy.json", json.dumps(_AUDIT_POLICY))


def start(lab, seconds=60):
    """Start what is not running; returns when the API server says it is ready."""
    started = {name: _start(lab, name) for name in ("etcd", "kube-apiserver")}
    limit = time.monotonic() + seconds
    while not _ready(lab):
        for name, process in started.items():
            if process and process.poll() is not None:
                raise LabError(f"{name} ended with {process.returncode}; see {log(lab, name)}")
        if time.monotonic() > limit:
            raise LabError(
                f"the API server was not ready after {seconds} s; see {log(lab, 'kube-apiserver')}"
            )
        time.sleep(0.3)
    # Only now: the controller manager gives up on an API server that is not there.
    for name in ("kube-controller-manager", "kube-scheduler"):
        _start(lab, name)


def halt(lab):
    """End all of it; etcd's log is safe against a kill."""
    processes.end(lambda: [pid for name in COMPONENTS for pid in _pids(lab, name)], grace=1)


def component(lab, name, action):
    """Start or stop ("start", "stop") one of COMPONENTS."""
    if action == "start":
        _start(lab, name)
    else:
        processes.end(lambda: _pids(lab, name), grace=10)


def status(lab):
    """{component: whether it is running}."""
    return {name: bool(_pids(lab, name)) for name in COMPONENTS}


def write_kubeconfig(lab, path, identity):
    """Write a kubeconfig with which ``identity`` reaches the API server."""
    certificate, key = pki.issue(_pki(lab), identity)

    def data(file):
        return base64.b64encode(file.read_bytes()).decode()

    cluster = {"server": API, "certificate-authority-data": data(_pki(lab) / "ca.crt")}
    user = {"client-certificate-data": data(certificate), "client-key-data": data(key)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": identity.name, "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": identity.name}}],
        "current-context": "lab",
    }
    write(path, json.dumps(config, indent=1))


def write(path, text):
    """Write a file only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.touch(mode=0o600)
    new.write_text(text.rstrip("\n") + "\n")
    new.replace(path)


def certificate(lab, identity):
    """The files (certificate, key) of an identity, and the CA's certificate."""
    return *pki.issue(_pki(lab), identity), _pki(lab) / "ca.crt"


def _pki(lab):
    return folder(lab) / "pki"


def _ready(lab):
    argv = [binary(lab, "kubectl"), "--kubeconfig", folder(lab) / "admin.kubeconfig"]
    argv += ["get", "--raw", "/readyz"]
    return run(in_netns(lab, argv), check=False) == "ok"


def _start(lab, name):
    """Start a component detached; None when it is running already."""
    if _pids(lab, name):
        return None
    log(lab, name).parent.mkdir(parents=True, exist_ok=True)
    with log(lab, name).open("ab") as output:
        return subprocess.Popen(
            in_netns(lab, [binary(lab, name), *_ARGUMENTS[name](lab)]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _pids(lab, name):
    return processes.with_argument(processes.of_lab(lab), str(binary(lab, name)))


def _etcd(lab):
    return [
        f"--data-dir={folder(lab) / 'etcd'}",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        f"--listen-peer-urls={_PEER}",
        f"--initial-advertise-peer-urls={_PEER}",
        f"--initial-cluster=default={_PEER}",
        # The faults of a lab never cut this machine's own power.
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _apiserver(lab):
    keys = _pki(lab)
    return [
        f"--etcd-servers={_ETCD}",
        f"--advertise-address={GATEWAY}",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged",
        f"--client-ca-file={keys}/ca.crt",
        f"--tls-cert-file={keys}/apiserver.crt",
        f"--tls-private-key-file={keys}/apiserver.key",
        # exec and logs: the API server calls the kubelet, whose node's name no DNS knows.
        f"--kubelet-client-certificate={keys}/apiserver.crt",
        f"--kubelet-client-key={keys}/apiserver.key",
        f"--kubelet-certificate-authority={keys}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        # No kube-proxy stands in this namespace: webhooks are reached at their pods' addresses.
        "--enable-aggregator-routing",
        f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
        f"--service-account-signing-key-file={keys}/sa.key",
        f"--service-account-key-file={keys}/sa.pub",
        f"--audit-policy-file={folder(lab) / 'audit-policy.json'}",
        f"--audit-log-path={audit_log(lab)}",
        # MB a file: an hour of a busy lab, twice.
        "--audit-log-maxsize=256",
        "--audit-log-maxbackup=1",
    ]


def _controller_manager(lab):
    keys = _pki(lab)
    return [
        *_client(lab, "kube-controller-manager"),
        "--use-service-account-credentials",
        f"--root-ca-file={keys}/ca.crt",
        f"--service-account-private-key-file={keys}/sa.key",
        f"--cluster-signing-cert-file={keys}/ca.crt",
        f"--cluster-signing-key-file={keys}/ca.key",
    ]


def _client(lab, name):
    config = folder(lab) / f"{name}.kubeconfig"
    return [
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        # There is only one; waiting for the lease of a killed one would take 15 s.
        "--leader-elect=false",
    ]


_ARGUMENTS = {
    "etcd": _etcd,
    "kube-apiserver": _apiserver,
    "kube-controller-manager": _controller_manager,
    "kube-scheduler": functools.partial(_client, name="kube-scheduler"),
}
