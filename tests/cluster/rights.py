"""A user who may do what one playbook's Roles allow, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import yaml
from cluster_play import kubectl
from played import REPO

HOME = "kube-public"


def kubeconfig(book: str, folder: Path, space: str = "storage") -> Path:
    """A kubeconfig of a service account that is bound to the Roles of ``playbooks/rbac``; ``space`` is the clusters' namespace."""
    file, name = folder / f"{book}.kubeconfig", book.replace("_", "-")
    if file.exists():
        return file
    roles = (REPO / "playbooks" / "rbac" / f"{book}.yml").read_text(encoding="utf-8").replace("namespace: storage}", f"namespace: {space}}}")
    for namespace in (space, "cairn-local-volumes"):
        if not kubectl("get", "namespace", namespace, "--ignore-not-found"):
            kubectl("create", "namespace", namespace)
    kubectl("apply", "-f", "-", stdin=roles)
    kubectl("create", "serviceaccount", name, "-n", HOME)
    account = f"--serviceaccount={HOME}:{name}"
    kubectl("create", "clusterrolebinding", f"test-{name}", f"--clusterrole=cairn-storage-{name}", account)
    given = yaml.safe_load(roles)
    for found in given.get("items", [given]):
        if found["kind"] == "Role":
            kubectl("create", "rolebinding", f"test-{name}", "-n", found["metadata"]["namespace"], f"--role=cairn-storage-{name}", account)
    config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text(encoding="utf-8"))
    config["users"][0]["user"] = {"token": kubectl("create", "token", name, "-n", HOME, "--duration=2h").strip()}
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


def forget(books: list[str]) -> None:
    """Take the users away again, and their rights in the whole cluster."""
    for name in (book.replace("_", "-") for book in books):
        kubectl("delete", "clusterrolebinding", f"test-{name}", "--ignore-not-found")
        kubectl("delete", "clusterrole", f"cairn-storage-{name}", "--ignore-not-found")
        kubectl("delete", "serviceaccount", name, "-n", HOME, "--ignore-not-found")
