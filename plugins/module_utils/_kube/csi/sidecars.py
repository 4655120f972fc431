# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The six sidecars: what each is told and what it may do. Flags and permissions are those of their README and deploy/kubernetes/rbac.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Tuple

Rule = Dict[str, Any]
_SNAPSHOTS = "snapshot.storage.k8s.io"


@dataclass(frozen=True)
class Place:
    """Where a sidecar stands. ``on_nodes``: in each node's own pod, so that nobody has to be elected. ``metrics``: somebody scrapes figures."""

    driver: str
    kubelet_dir: str
    on_nodes: bool
    timeout: int
    probe_timeout: int
    host_network: bool = False
    metrics: bool = False


def rule(group: str, resources: str, verbs: str) -> Rule:
    """A rule of a Role; names stand in one text each."""
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}


_EVENTS = rule("", "events", "list watch create update patch")
_LEASES = rule("coordination.k8s.io", "leases", "get list watch create update delete")

#: In the whole cluster.
_CLUSTER: Mapping[str, Tuple[Rule, ...]] = {
    "provisioner": (
        rule("", "persistentvolumes", "get list watch create patch delete"),
        rule("", "persistentvolumeclaims", "get list watch update"),
        rule("", "nodes", "get list watch"),
        _EVENTS,
        rule("storage.k8s.io", "storageclasses csinodes volumeattachments", "get list watch"),
        # Of a claim that names one it gets the parameters at creation.
        rule("storage.k8s.io", "volumeattributesclasses", "get"),
        # Writing: the finalizer that keeps a snapshot while a volume is made from it.
        rule(_SNAPSHOTS, "volumesnapshots", "get list watch update"),
        rule(_SNAPSHOTS, "volumesnapshotcontents", "get list"),
    ),
    "attacher": (
        rule("", "persistentvolumes", "get list watch patch"),
        rule("storage.k8s.io", "csinodes", "get list watch"),
        rule("storage.k8s.io", "volumeattachments", "get list watch patch"),
        rule("storage.k8s.io", "volumeattachments/status", "patch"),
    ),
    "resizer": (
        rule("", "persistentvolumes", "get list watch patch"),
        rule("", "persistentvolumeclaims", "get list watch"),
        rule("", "persistentvolumeclaims/status", "patch"),
        _EVENTS,
        rule("storage.k8s.io", "volumeattributesclasses", "get list watch"),
    ),
    "snapshotter": (
        _EVENTS,
        rule(_SNAPSHOTS, "volumesnapshotclasses", "get list watch"),
        rule(_SNAPSHOTS, "volumesnapshotcontents", "get list watch update patch"),
        rule(_SNAPSHOTS, "volumesnapshotcontents/status", "update patch"),
    ),
}


def cluster_rules(name: str) -> Tuple[Rule, ...]:
    """What a sidecar may do in the whole cluster."""
    return _CLUSTER.get(name, ())


def own_rules(name: str, kind: str, capacity: bool) -> Tuple[Rule, ...]:
    """What it may do in its own namespace, beside a workload of a kind."""
    rules = () if kind == "DaemonSet" or name not in _CLUSTER else (_LEASES,)
    if not capacity:
        return rules
    # It looks up who owns its pod, so that what it publishes goes with the driver.
    owners = (rule("", "pods", "get"), *((rule("apps", "replicasets", "get"),) if kind == "Deployment" else ()))
    return (*rules, *owners, rule("storage.k8s.io", "csistoragecapacities", "get list watch create update patch delete"))


def arguments(name: str, options: Mapping[str, Any], place: Place, owner_level: int) -> List[str]:
    """The command line of a sidecar; ``$(HTTP_PORT)`` and the like are replaced by kubelet."""
    told = [f"--csi-address={SOCKET}", *_http(name, place), *_special(name, options, place, owner_level)]
    if name in _CLUSTER:
        # 10 to 15 seconds are short for a volume that is wiped, and a call that is given up begins anew.
        told.append(f"--timeout={place.timeout}s")
        if not place.on_nodes:
            told += ["--leader-election", "--leader-election-namespace=$(NAMESPACE)"]
    return [*told, *(str(each) for each in options.get("arguments") or ())]


def listens(name: str, place: Place) -> bool:
    """Whether a sidecar has a port: kubelet asks it for its health there, or somebody for figures. None of them asks who it is that asks."""
    probed = name in ("livenessprobe", "node_driver_registrar") or (name in _CLUSTER and not place.on_nodes)
    return probed or (place.metrics and not place.host_network)


def address(place: Place, port: object) -> str:
    """What to listen at: in the node's own network only kubelet may ask, elsewhere a NetworkPolicy says who else."""
    return f"{'127.0.0.1' if place.host_network else ''}:{port}"


def _http(name: str, place: Place) -> List[str]:
    if not listens(name, place):
        return []
    if name == "livenessprobe" and not (place.metrics or place.host_network):
        # Health alone; with an endpoint come its figures.
        return ["--health-port=$(HTTP_PORT)"]
    return [f"--http-endpoint={address(place, '$(HTTP_PORT)')}"]


#: The driver's socket in each container.
SOCKET = "/csi/csi.sock"


def _special(name: str, options: Mapping[str, Any], place: Place, owner_level: int) -> List[str]:
    if name == "livenessprobe":
        return [f"--probe-timeout={place.probe_timeout}s"]
    if name == "node_driver_registrar":
        return [f"--kubelet-registration-path={plugin_dir(place)}/csi.sock"]
    told = []
    if name in ("provisioner", "snapshotter"):
        told.append("--extra-create-metadata")
        if place.on_nodes:
            told.append("--node-deployment")
    if name == "provisioner" and place.on_nodes:
        # A volume is made where its pod is to run, and nowhere else.
        told += ["--strict-topology", "--immediate-topology=false"]
    if name == "provisioner" and options.get("capacity"):
        told += ["--enable-capacity", f"--capacity-ownerref-level={owner_level}"]
    if name == "resizer":
        # It would watch every pod of the cluster otherwise, for drivers that cannot grow a volume in use.
        told.append("--handle-volume-inuse-error=false")
    return told


def plugin_dir(place: Place) -> str:
    """The folder of the node in which the driver's socket stands."""
    return f"{place.kubelet_dir}/plugins/{place.driver}"
