# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A CSI driver's descriptor: data that says which pods it runs in, which sidecars stand beside it and what classes it has. Reading it, no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Tuple

from ..faces import csi_driver, snapshot_class, storage_class
from .reading import Reader, unique, wrong

KINDS = ("DaemonSet", "Deployment", "StatefulSet")
SIDECARS = ("livenessprobe", "node_driver_registrar", "provisioner", "attacher", "resizer", "snapshotter")
#: How upstream's sidecars are told that a driver runs on each node (KEP-1472, external-snapshotter's distributed snapshotting).
_ON_NODES = ("provisioner", "snapshotter")
_SIDECAR_KEYS = {"arguments", "capacity"}
#: CSI's own rule for a driver's name (csi.proto, GetPluginInfoResponse); the short one becomes part of objects' names.
_NAME = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9.]{0,61}[a-zA-Z0-9])?")
_SHORT = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")
_MINOR = re.compile(r"1\.\d{1,3}")
_PROVEN = ("api", "lab")


@dataclass(frozen=True)
class Mount:
    """A folder of the node at ``at`` in the container; ``$(KUBELET_DIR)`` stands for kubelet's own."""

    path: str
    at: str
    type: str
    propagation: Optional[str]
    read_only: bool


@dataclass(frozen=True)
class Container:
    """One program. Without ``image`` it runs the driver's own."""

    name: str
    image: str
    arguments: Tuple[str, ...]
    environment: Mapping[str, str]
    privileged: bool
    mounts: Tuple[Mount, ...]
    port: Optional[int]
    #: Whether it writes nothing to its own root file system.
    sealed: bool = False


@dataclass(frozen=True)
class Workload:
    """Pods of one sort. The first container listens at the socket when there are sidecars."""

    name: str
    kind: str
    replicas: int
    host_network: bool
    host_pid: bool
    account: bool
    containers: Tuple[Container, ...]
    sidecars: Mapping[str, Mapping[str, Any]]
    first_port: int
    metrics: bool

    @property
    def on_nodes(self) -> bool:
        """Whether kubelet talks to it: then its socket stands in kubelet's folder."""
        return "node_driver_registrar" in self.sidecars


@dataclass(frozen=True)
class Descriptor:
    """A driver. ``driver``, ``classes`` and ``snapshot_classes`` are items as the modules of these kinds take them."""

    name: str
    short: str
    image: str
    minors: Tuple[str, str]
    proven: str
    driver: Mapping[str, Any]
    workloads: Tuple[Workload, ...]
    rules: Tuple[Mapping[str, Any], ...]
    classes: Tuple[Mapping[str, Any], ...]
    snapshot_classes: Tuple[Mapping[str, Any], ...]
    attributes_classes: Tuple[Mapping[str, Any], ...]
    objects: Tuple[Mapping[str, Any], ...] = field(default_factory=tuple)
    #: The key of the topology by which its volumes are tied to one node; empty for drivers whose volumes are not.
    node_topology: str = ""
    #: Whether the driver on a node annotates its pods, so that kubelet looks at a claim that grows.
    wakes_kubelet: bool = False


def parse(given: Mapping[str, Any], where: str) -> Descriptor:
    """The descriptor; ``InvalidRequest`` names what is wrong in it as ``where.key``."""
    value = Reader(given, where, ("name", "short_name", "image", "kubernetes", "proven", "driver", "workloads", "rules", "storage_classes",
                                  "snapshot_classes", "attributes_classes", "objects", "scheduler_extender", "node_topology", "wakes_kubelet"))
    extender = value.take("scheduler_extender", dict, {})
    if extender and not str(extender.get("urlPrefix", "")).startswith("http"):
        raise wrong("csi-extender-url", "the scheduler has to know where to ask.", f"{where}.scheduler_extender.urlPrefix",
                    repr(extender.get("urlPrefix")), "give it, as in a KubeSchedulerConfiguration.")
    minors = Reader(value.take("kubernetes", dict), f"{where}.kubernetes", ("from", "to"))
    workloads = value.items("workloads")
    if not workloads:
        raise wrong("csi-workloads", "a driver runs somewhere.", f"{where}.workloads", "none", "list at least one workload.")
    read = tuple(_workload(each, f"{where}.workloads[{index}]") for index, each in enumerate(workloads))
    unique([each.name for each in read], f"{where}.workloads", "csi-workload-twice")
    return Descriptor(
        name=value.text("name", _NAME, "a CSI driver's name has letters, digits, - and . and at most 63 of them."),
        short=value.text("short_name", _SHORT, "lower-case letters, digits and -, at most 32."),
        image=value.take("image", str),
        minors=tuple(minors.text(key, _MINOR, "write it like '1.35', in quotes.") for key in ("from", "to")),  # type: ignore[arg-type]
        proven=value.choice("proven", _PROVEN),
        driver=_item(value.take("driver", dict), f"{where}.driver", csi_driver.OPTIONS),
        workloads=read,
        rules=tuple(value.items("rules")),
        classes=_classes(value, "storage_classes", {**storage_class.OPTIONS}),
        snapshot_classes=_classes(value, "snapshot_classes", {**snapshot_class.OPTIONS}),
        attributes_classes=_classes(value, "attributes_classes", {"parameters": {}}),
        objects=tuple(value.items("objects")),
        node_topology=value.take("node_topology", str, ""),
        wakes_kubelet=value.take("wakes_kubelet", bool, False),
    )


def _workload(given: Any, where: str) -> Workload:
    value = Reader(given, where, ("name", "kind", "replicas", "host_network", "host_pid", "service_account", "containers", "sidecars", "first_port",
                                  "metrics"))
    sidecars = value.take("sidecars", dict, {})
    kind = value.choice("kind", KINDS)
    for name, options in sidecars.items():
        if name not in SIDECARS:
            raise wrong("csi-sidecar-unknown", "there is no such sidecar.", f"{where}.sidecars", str(name), f"use {', '.join(SIDECARS)}.")
        Reader(options or {}, f"{where}.sidecars.{name}", _SIDECAR_KEYS)
        if (options or {}).get("capacity") and name != "provisioner":
            raise wrong("csi-capacity-of", "only the provisioner publishes capacity.", f"{where}.sidecars.{name}.capacity", "true", "leave it out.")
    if kind == "DaemonSet":
        central = [name for name in sidecars if name in ("attacher", "resizer")]
        if central:
            raise wrong("csi-sidecar-on-nodes", "it has no node deployment; one for the cluster is needed.", f"{where}.sidecars", central[0],
                        "put it beside a Deployment or a StatefulSet.")
    containers = value.items("containers")
    if not containers:
        raise wrong("csi-containers", "a workload runs something.", f"{where}.containers", "none", "list the driver's container.")
    read = tuple(_container(each, f"{where}.containers[{index}]") for index, each in enumerate(containers))
    unique([each.name for each in read], f"{where}.containers", "csi-container-twice")
    return Workload(
        name=value.text("name", _SHORT, "lower-case letters, digits and -, at most 32."),
        kind=kind,
        replicas=value.take("replicas", int, 1),
        host_network=value.take("host_network", bool, False),
        host_pid=value.take("host_pid", bool, False),
        account=value.take("service_account", bool, False),
        containers=read,
        sidecars={name: dict(sidecars[name] or {}) for name in SIDECARS if name in sidecars},
        first_port=value.take("first_port", int, 9808),
        metrics=value.take("metrics", bool, False),
    )


def _container(given: Any, where: str) -> Container:
    value = Reader(given, where, ("name", "image", "arguments", "environment", "privileged", "mounts", "port", "sealed"))
    return Container(
        name=value.text("name", _SHORT, "lower-case letters, digits and -, at most 32."),
        image=value.take("image", str, ""),
        arguments=tuple(str(each) for each in value.take("arguments", list, [])),
        environment={str(key): str(each) for key, each in value.take("environment", dict, {}).items()},
        privileged=value.take("privileged", bool, False),
        mounts=tuple(_mount(each, f"{where}.mounts[{index}]") for index, each in enumerate(value.items("mounts"))),
        port=value.take("port", int, None),
        sealed=value.take("sealed", bool, False),
    )


def _mount(given: Any, where: str) -> Mount:
    value = Reader(given, where, ("path", "at", "type", "propagation", "read_only"))
    path = value.take("path", str)
    if not path.startswith(("/", "$(KUBELET_DIR)")):
        raise wrong("csi-mount-path", "a folder of the node is needed.", f"{where}.path", path, "write it from / on, or from $(KUBELET_DIR) on.")
    propagation = value.choice("propagation", ("Bidirectional", "HostToContainer"), optional=True)
    return Mount(path, value.take("at", str, path), value.take("type", str, ""), propagation or None, value.take("read_only", bool, False))


def _classes(value: Reader, key: str, known: Mapping[str, Any]) -> Tuple[Mapping[str, Any], ...]:
    where = f"{value.where}.{key}"
    found = [_item(each, f"{where}[{index}]", {**known, "name": {}}) for index, each in enumerate(value.items(key))]
    for index, each in enumerate(found):
        if not each.get("name"):
            raise wrong("csi-class-name", "a class has a name.", f"{where}[{index}].name", "none", "give one.")
    unique([each["name"] for each in found], where, "csi-class-twice")
    return tuple(found)


def _item(given: Any, where: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
    Reader(given, where, tuple(known))
    for key, value in given.items():
        choices = known[key].get("choices")
        for each in value if isinstance(value, list) else [value]:
            if choices and each not in choices:
                raise wrong("csi-choice", "not one of the choices.", f"{where}.{key}", str(each), f"use one of: {', '.join(choices)}.")
    return given
