"""One test's world: a node with disks, storage classes, and a provisioner that looks after them."""

from __future__ import annotations

from pathlib import Path

from lsp_api import Api, until, volume_name
from lsp_disks import Disks
from lsp_process import Process

MIB = 1 << 20
GIB = 1 << 30
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
VOLUMES = "/api/v1/persistentvolumes"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
NODES = "/api/v1/nodes"
EVENTS = "/api/v1/namespaces/default/events"


class Site:
    """``prefix`` keeps the names of this test apart from everything else in the cluster."""

    def __init__(self, api: Api, disks: Disks, process: Process, prefix: str) -> None:
        self.api, self.disks, self.process, self.prefix = api, disks, process, prefix
        self.node, self.hostname = f"{prefix}-node", f"{prefix}-hostname"
        self._classes: list[str] = []
        self._claims: list[str] = []
        self._passes = 0
        self.canary = self.storage_class("canary", "Retain")
        self.canaries = disks.folder("canaries")

    # -- what stands in the API ---------------------------------------------------------------

    def add_node(self, labels: dict | None = None, taints: list | None = None) -> dict:
        """The node; its hostname label differs from its name, so that no test mistakes them."""
        if labels is None:
            labels = {"kubernetes.io/hostname": self.hostname}
        spec = {"unschedulable": True, "taints": taints or []}
        return self.api.create(NODES, "Node", self.node, metadata={"labels": labels}, spec=spec)

    def storage_class(self, name: str, policy: str = "Delete", **parts) -> str:
        name = f"{self.prefix}-{name}"
        self.api.create(
            CLASSES, "StorageClass", name, provisioner="kubernetes.io/no-provisioner",
            reclaimPolicy=policy, volumeBindingMode="WaitForFirstConsumer", **parts,
        )  # fmt: skip
        self._classes.append(name)
        return name

    def name(self, file: str, storage_class: str) -> str:
        return volume_name(file, self.node, storage_class)

    def volume(self, file: str, storage_class: str) -> dict | None:
        """The PV of that file as the API has it now, or None."""
        return self.api.get(f"{VOLUMES}/{self.name(file, storage_class)}")

    def volumes(self, storage_class: str) -> list[dict]:
        items = self.api.request("GET", VOLUMES)["items"]
        return [pv for pv in items if pv["spec"].get("storageClassName") == storage_class]

    def published(self, file: str, storage_class: str, *, other_than: str = "") -> dict:
        """The Available PV of that file, waited for; ``other_than``: the uid of its forerunner."""

        def available() -> dict | None:
            pv = self.volume(file, storage_class)
            fresh = pv and pv["metadata"]["uid"] != other_than
            return pv if fresh and pv["status"].get("phase") == "Available" else None

        return until(available, f"an Available PV of {file} in {storage_class}")

    def phase(self, pv: dict) -> str:
        """Phase of this very PV; "gone" when it, or a PV of its name but another uid, is all."""
        now = self.api.get(f"{VOLUMES}/{pv['metadata']['name']}")
        same = now and now["metadata"]["uid"] == pv["metadata"]["uid"]
        return now["status"]["phase"] if same else "gone"

    def bind(self, pv: dict) -> str:
        """A claim bound to the PV; returns the claim's path."""
        name, spec = pv["metadata"]["name"], pv["spec"]
        self.api.create(
            CLAIMS, "PersistentVolumeClaim", name, "default",
            spec={
                "accessModes": spec["accessModes"], "storageClassName": spec["storageClassName"],
                "volumeMode": spec["volumeMode"], "volumeName": name,
                "resources": {"requests": {"storage": "1Mi"}},
            },
        )  # fmt: skip
        self._claims.append(f"{CLAIMS}/{name}")
        until(lambda: self.phase(pv) == "Bound", f"{name} Bound")
        return self._claims[-1]

    def release(self, pv: dict) -> None:
        """Take the PV through Bound to Released, by Kubernetes' own controller."""
        self.api.delete(self.bind(pv))
        until(lambda: self.phase(pv) != "Bound", f"{pv['metadata']['name']} Released")

    def events(self, pv: dict) -> set[str]:
        """The reasons of the events about this PV."""
        items = self.api.request("GET", EVENTS)["items"]
        uid = pv["metadata"]["uid"]
        return {e["reason"] for e in items if e["involvedObject"].get("uid") == uid}

    # -- the provisioner ----------------------------------------------------------------------

    def configure(self, classes: dict[str, dict], **keys) -> None:
        canary = {"hostDir": str(self.canaries), "mountDir": str(self.canaries)}
        self.process.configure({"storageClassMap": {**classes, self.canary: canary}, **keys})

    def start(self, *flags: str) -> None:
        self.process.start(self.node, *flags)

    def restart(self) -> None:
        self.process.stop()
        self.start()

    def ready(self) -> bool:
        return self.process.fetch("/ready")[0] == 200

    def becomes_ready(self) -> None:
        until(self.ready, "/ready answers 200")

    def passes(self, count: int = 2) -> None:
        """Wait until the provisioner has looked at everything again, ``count`` times.

        A new entry appears in a class of its own; once it has a PV, a look has been taken.
        """
        for _ in range(count):
            self._passes += 1
            self.disks.mount(self.canaries / f"canary-{self._passes}", MIB)
            self.published(f"canary-{self._passes}", self.canary)

    def fs_class(self, name: str, policy: str = "Delete", **config) -> tuple[str, Path, dict]:
        """A class with a folder: its name, the folder, and its part of storageClassMap."""
        folder = self.disks.folder(name)
        config = {"hostDir": str(folder), "mountDir": str(folder), **config}
        return self.storage_class(name, policy), folder, config

    def close(self) -> None:
        """Take everything of this test out of the API."""
        self.process.stop()
        for claim in self._claims:
            self.api.delete(claim)
        for name in self._classes:
            for pv in self.volumes(name):
                self.api.delete(f"{VOLUMES}/{pv['metadata']['name']}")
            self.api.delete(f"{CLASSES}/{name}")
        self.api.delete(f"{NODES}/{self.node}")
