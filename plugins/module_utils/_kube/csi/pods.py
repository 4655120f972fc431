# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The pods of a CSI driver: its containers, the sidecars beside them, their ports, probes and folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Dict, List, Mapping, Optional, Sequence

from .descriptor import Container, Descriptor, Mount, Workload
from .sidecars import SOCKET, Place, address, arguments, listens, plugin_dir

#: Seconds that a driver has to answer Probe; it may be busy with LVM or with a server far away.
_PROBE = 10
#: How many owners up from the pod the workload is: upstream's meaning of --capacity-ownerref-level.
_LEVEL = {"DaemonSet": 1, "StatefulSet": 1, "Deployment": 2}
_REQUESTS = {"requests": {"cpu": "10m", "memory": "32Mi"}}


@dataclass(frozen=True)
class Options:
    """What the user says of a driver in his cluster. ``images`` are those of the sidecars, by their names; ``image`` is the driver's own."""

    namespace: str
    image: str
    images: Mapping[str, str]
    kubelet_dir: str = "/var/lib/kubelet"
    timeout: int = 120
    #: Workload -> arguments for its first container, the driver.
    arguments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, Any]] = ()
    #: Groups of nodes whose driver is started with ``arguments`` instead of those above, each with a ``name``.
    pools: Sequence[Mapping[str, Any]] = ()
    #: NetworkPolicyPeers that may scrape figures; nothing serves any without them.
    metrics_from: Sequence[Mapping[str, Any]] = ()
    #: Whether the API server holds the account of the driver's pods on nodes to volumes of each pod's node.
    node_policy: bool = True


def specification(descriptor: Descriptor, workload: Workload, options: Options, told: Sequence[str]) -> Dict[str, Any]:
    """The ``spec`` of a workload's pods. ``told`` are further arguments for the driver itself."""
    place = Place(descriptor.name, options.kubelet_dir, workload.kind == "DaemonSet", options.timeout, _PROBE, workload.host_network,
                  bool(options.metrics_from))
    listening = ports(workload, options)
    beside = [_sidecar(name, workload, options, place, listening.get(name, 0)) for name in workload.sidecars]
    own = [_container(each, options, told, workload, place, listening) for each in workload.containers[:1]]
    own += [_container(each, options) for each in workload.containers[1:]]
    spec: Dict[str, Any] = {
        "serviceAccountName": f"{descriptor.short}-{workload.name}",
        # Who needs no rights in the cluster gets no token.
        "automountServiceAccountToken": workload.account or any(name not in ("livenessprobe", "node_driver_registrar") for name in workload.sidecars),
        "enableServiceLinks": False,
        "priorityClassName": "system-node-critical" if workload.kind == "DaemonSet" or workload.on_nodes else "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/os": "linux", **options.node_selector} if workload.on_nodes else {"kubernetes.io/os": "linux"},
        "tolerations": [dict(each) for each in options.tolerations],
        "containers": [*own, *beside],
        "volumes": _volumes(workload, options, place),
    }
    if workload.host_network:
        spec.update(hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet")
    if workload.host_pid:
        spec["hostPID"] = True
    return spec


def ports(workload: Workload, options: Options) -> Dict[str, int]:
    """A port for each that serves figures or health. All differ, because in the node's own network they have to."""
    place = Place("", "", workload.kind == "DaemonSet", 0, 0, workload.host_network, bool(options.metrics_from))
    numbers = {name: workload.first_port + index for index, name in enumerate([*workload.sidecars, "metrics"])}
    wanted = [name for name in workload.sidecars if listens(name, place)]
    return {name: numbers[name] for name in [*wanted, *(["metrics"] if workload.metrics and place.metrics else [])]}


def _environment(port: int = 0) -> List[Dict[str, Any]]:
    """What arguments may name as ``$(NAME)``."""
    fields = {"NODE_NAME": "spec.nodeName", "POD_NAME": "metadata.name", "NAMESPACE": "metadata.namespace"}
    told = [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in fields.items()]
    return [*told, *([{"name": "HTTP_PORT", "value": str(port)}] if port else [])]


def _container(container: Container, options: Options, more: Sequence[str] = (), driver: Optional[Workload] = None, place: Optional[Place] = None,
               listening: Mapping[str, int] = MappingProxyType({})) -> Dict[str, Any]:
    """One of the driver's own programs; with ``driver`` and ``place`` the one that listens at the socket."""
    fixed = {"KUBELET_DIR": options.kubelet_dir}
    mounts = [_mounted(each, options) for each in container.mounts]
    named = {"http": container.port} if container.port else {}
    if driver and driver.sidecars:
        fixed["CSI_ENDPOINT"] = f"unix://{SOCKET}"
        mounts.insert(0, _SOCKET_MOUNT)
    if place and driver and driver.metrics:
        fixed["METRICS_ADDRESS"] = address(place, listening["metrics"]) if "metrics" in listening else ""
        named.update({"metrics": listening["metrics"]} if "metrics" in listening else {})
    told = {**fixed, **container.environment}
    built: Dict[str, Any] = {
        "name": container.name,
        "image": container.image or options.image,
        "args": [*container.arguments, *more],
        "env": [*_environment(), *({"name": name, "value": value} for name, value in told.items())],
        "securityContext": {**({"privileged": True} if container.privileged else _CONFINED), **(_READ_ONLY if container.sealed else {})},
        "resources": _REQUESTS,
        "volumeMounts": mounts,
    }
    if named:
        built["ports"] = [_port(name, port) for name, port in named.items()]
    if place and "livenessprobe" in listening:
        # By number: kubelet knows the name of a port in its own container only, and this one is the sidecar's.
        asked = {"httpGet": _asked(place, "/healthz", listening["livenessprobe"]), "timeoutSeconds": _PROBE + 1}
        built["readinessProbe"] = {**asked, "periodSeconds": 10}
        # A driver that is killed in the middle of its work is a worse thing than one that is slow.
        built["livenessProbe"] = {**asked, "periodSeconds": 15, "failureThreshold": 6, "initialDelaySeconds": 10}
    return built


def _asked(place: Place, path: str, port: Any) -> Dict[str, Any]:
    """What kubelet asks, at the pod's address unless that is the node's."""
    return {"path": path, "port": port, **({"host": "127.0.0.1"} if place.host_network else {})}


def _port(name: str, number: int) -> Dict[str, Any]:
    return {"name": name, "containerPort": number, "protocol": "TCP"}


#: For everything that touches neither devices nor mounts.
_CONFINED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_READ_ONLY = {"readOnlyRootFilesystem": True}
_SEALED = {**_CONFINED, **_READ_ONLY}
_SOCKET_MOUNT = {"name": "socket", "mountPath": SOCKET.rpartition("/")[0]}


def _sidecar(name: str, workload: Workload, options: Options, place: Place, port: int) -> Dict[str, Any]:
    registers = name == "node_driver_registrar"
    privileged = any(each.privileged for each in workload.containers)
    built: Dict[str, Any] = {
        "name": name.replace("_", "-"),
        "image": options.images[name],
        "args": arguments(name, workload.sidecars[name], place, _LEVEL[workload.kind]),
        "env": _environment(port),
        # Where SELinux is on, the socket of a privileged driver is only for those of this type.
        "securityContext": {**_SEALED, "seLinuxOptions": {"type": "spc_t"}} if privileged else _SEALED,
        "resources": _REQUESTS,
        "volumeMounts": [_SOCKET_MOUNT, *([{"name": "registration", "mountPath": "/registration"}] if registers else [])],
    }
    if port:
        built["ports"] = [_port(_port_name(name), port)]
    if registers:
        built["livenessProbe"] = {"httpGet": _asked(place, "/healthz", _port_name(name)), "periodSeconds": 15, "timeoutSeconds": 5,
                                  "failureThreshold": 4}
    elif name != "livenessprobe" and not place.on_nodes:
        # It fails when a leader could not renew its lease and has not ended either.
        built["livenessProbe"] = {"httpGet": _asked(place, "/healthz/leader-election", _port_name(name)), "periodSeconds": 20, "timeoutSeconds": 5,
                                  "failureThreshold": 3}
    return built


def _port_name(name: str) -> str:
    # The API server allows 15 characters.
    return {"node_driver_registrar": "registrar"}.get(name, name)


def _mounted(mount: Mount, options: Options) -> Dict[str, Any]:
    built: Dict[str, Any] = {"name": _volume_name(mount), "mountPath": _path(mount.at, options)}
    if mount.propagation:
        built["mountPropagation"] = mount.propagation
    if mount.read_only:
        built["readOnly"] = True
    return built


def _volume_name(mount: Mount) -> str:
    # One for all containers that mount the folder.
    words = mount.path.replace("$(KUBELET_DIR)", "kubelet").replace("/", " ").replace(".", " ").replace("_", " ").lower().split()
    return "-".join(["host", *words])


def _path(path: str, options: Options) -> str:
    return path.replace("$(KUBELET_DIR)", options.kubelet_dir)


def _volumes(workload: Workload, options: Options, place: Place) -> List[Dict[str, Any]]:
    built: Dict[str, Dict[str, Any]] = {}
    if workload.sidecars:
        built["socket"] = {"hostPath": {"path": plugin_dir(place), "type": "DirectoryOrCreate"}} if workload.on_nodes else {"emptyDir": {}}
    if workload.on_nodes:
        built["registration"] = {"hostPath": {"path": f"{options.kubelet_dir}/plugins_registry", "type": "Directory"}}
    for container in workload.containers:
        for mount in container.mounts:
            told = {"path": _path(mount.path, options), **({"type": mount.type} if mount.type else {})}
            built.setdefault(_volume_name(mount), {"hostPath": told})
    return [{"name": name, **source} for name, source in built.items()]
