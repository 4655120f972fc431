"""What the provisioner's contract is held on: real mounts, real devices, a real API server.

LSP_BINARY names the program under test; without it the lab's stand-in is built.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from pathlib import Path

import pytest
from lsp_api import Api
from lsp_disks import Disks
from lsp_process import STANDIN, Process
from lsp_site import Site

LAB = Path(__file__).resolve().parents[2] / "lab"

# What upstream's chart grants, and no more.
RULES = [
    (["get", "list", "watch", "create", "delete"], "", "persistentvolumes"),
    (["get", "list", "watch"], "storage.k8s.io", "storageclasses"),
    (["create", "update", "patch"], "", "events"),
    (["get", "update"], "", "nodes"),
]


@pytest.fixture(scope="session")
def binary() -> Path:
    if given := os.environ.get("LSP_BINARY"):
        return Path(given).resolve(strict=True)
    sys.path.insert(0, str(LAB))
    from cairn_lab import gobuild

    return gobuild.program("local volume provisioner", STANDIN)


@pytest.fixture(scope="session")
def api() -> Api:
    if not os.environ.get("KUBECONFIG") or os.geteuid() != 0:
        pytest.fail("run this as root in a lab with Kubernetes: lab exec -- pytest tests/contract")
    return Api()


@pytest.fixture(scope="session")
def kubeconfig(api: Api, tmp_path_factory: pytest.TempPathFactory):
    """The way in for a service account with the provisioner's rights."""
    name = f"lsp-{uuid.uuid4().hex[:6]}"
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    bindings = roles.replace("roles", "rolebindings")
    rules = [{"verbs": v, "apiGroups": [g], "resources": [r]} for v, g, r in RULES]
    try:
        api.create(accounts, "ServiceAccount", name, "default")
        api.create(roles, "ClusterRole", name, rules=rules)
        api.create(
            bindings, "ClusterRoleBinding", name,
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            subjects=[{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
        )  # fmt: skip
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        token = api.request("POST", f"{accounts}/{name}/token", request)["status"]["token"]
        cluster = {"server": api.server, "certificate-authority": api.authority}
        file = tmp_path_factory.mktemp("access") / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": name}}],
        }))  # fmt: skip
        yield file
    finally:
        for path in (bindings, roles, accounts):
            api.delete(f"{path}/{name}")


@pytest.fixture
def disks(tmp_path: Path):
    root = tmp_path / "disks"
    root.mkdir()
    disks = Disks(root)
    try:
        yield disks
    finally:
        disks.close()


@pytest.fixture
def site(api: Api, disks: Disks, binary: Path, kubeconfig: Path, tmp_path: Path):
    process = Process(binary, tmp_path / "provisioner", kubeconfig)
    site = Site(api, disks, process, f"lsp-{uuid.uuid4().hex[:6]}")
    try:
        yield site
    finally:
        site.close()
        # pytest shows this with a test that failed.
        if process.log.exists():
            print(process.log.read_text())
