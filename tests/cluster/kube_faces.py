"""What the tests of the modules for one kind share: a namespace, the definitions of snapshots, and objects by their names."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cluster_play import kubectl

RWO = ["ReadWriteOnce"]


def define_snapshots() -> None:
    """Bring the CustomResourceDefinitions of snapshots; there is no controller for them."""
    folder = subprocess.run(("lab", "snapshot-crds"), check=True, capture_output=True, text=True).stdout.strip()
    kubectl("apply", "--server-side", "-f", folder)
    for file in Path(folder).iterdir():
        kubectl("wait", "--for=condition=Established", "-f", str(file), "--timeout=30s")


def nfs_volume(name: str, storage_class: str, capacity: str = "3Gi", **options: object) -> dict:
    """A static volume that the control plane alone can bind."""
    return {"name": name, "capacity": capacity, "access_modes": RWO, "storage_class": storage_class, "nfs": {"server": "nowhere", "path": "/a"},
            **options}


def named(api: str, kind: str, names: list[str], space: str = "") -> list[dict]:
    """Manifests that name objects and say nothing more, for ``look``."""
    return [{"apiVersion": api, "kind": kind, "metadata": {"name": name, **({"namespace": space} if space else {})}} for name in names]


def read(kind: str, name: str, space: str = "default") -> dict:
    """The live object."""
    return json.loads(kubectl("get", kind, name, "-n", space, "-o", "json"))


def until(holds: Callable[[], object], what: str) -> None:
    """Wait for what a controller does."""
    for _attempt in range(120):
        if holds():
            return
        time.sleep(0.25)
    raise AssertionError(what)


def meanwhile(act: Callable[[], object]) -> threading.Thread:
    """Run ``act`` beside the test."""
    thread = threading.Thread(target=act)
    thread.start()
    return thread
