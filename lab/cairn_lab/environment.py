"""The variables that make tools act on one lab."""

import os

from . import kubernetes
from .config import REPO, STATE


def variables(lab):
    """{name: value} for commands run in the lab's network namespace."""
    found = {
        "LAB_NAME": lab.name,
        "LAB_STATE": str(STATE),
        "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"),
        # Nodes have the same addresses in every lab: a shared folder would hand one lab's connection to another.
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(lab.root / "cp"),
        "PATH": os.pathsep.join([str(REPO / "lab"), os.environ.get("PATH", os.defpath)]),
    }
    if lab.has_kubernetes:
        found["KUBECONFIG"] = str(kubernetes.kubeconfig(lab))
        found["PATH"] = os.pathsep.join([str(kubernetes.bin_dir(lab)), found["PATH"]])
    return found
