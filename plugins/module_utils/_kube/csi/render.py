# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From a CSI driver's descriptor to the objects that it needs in the cluster. Pure."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from ..faces import snapshot_class, storage_class
from ..faces.frame import texts
from . import policy
from .access import access
from .descriptor import Descriptor, Workload
from .network import network_policy
from .pods import Options, specification
from .reading import wrong

_PART = "app.kubernetes.io"


def objects(descriptor: Descriptor, options: Options) -> List[dict]:
    """All objects but the CSIDriver, each once, in an order that a person reads."""
    labels = {f"{_PART}/name": descriptor.short, f"{_PART}/managed-by": "cairn.storage"}
    # Drivers mount file systems and open devices on the nodes.
    admit = {f"{_PART}/managed-by": "cairn.storage", "pod-security.kubernetes.io/enforce": "privileged"}
    built: List[dict] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": options.namespace, "labels": admit}}]
    built.append(network_policy(descriptor, options, {f"{_PART}/name": descriptor.short}, labels))
    for workload in descriptor.workloads:
        guarded = bool(options.node_policy and descriptor.node_topology and workload.kind == "DaemonSet" and "provisioner" in workload.sidecars)
        built += access(descriptor, workload, options, labels, guarded)
        if guarded:
            name = f"{descriptor.short}-{workload.name}"
            account = f"system:serviceaccount:{options.namespace}:{name}"
            told = workload.sidecars["provisioner"].get("arguments") or ()
            built += policy.of_driver(descriptor.name, descriptor.node_topology, f"cairn-{name}", account, labels, told)
        built += _workload(descriptor, workload, options, labels)
    built += [_class(item, index, storage_class.build, "storage.k8s.io/v1", "StorageClass", "storage_classes", labels)
              for index, item in enumerate(classes(descriptor))]
    built += [_class(item, index, snapshot_class.build, "snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", "snapshot_classes", labels)
              for index, item in enumerate(snapshot_classes(descriptor))]
    built += [_attributes(descriptor, item, labels) for item in descriptor.attributes_classes]
    return built + [_placed(each, options) for each in descriptor.objects]


def driver(descriptor: Descriptor) -> Dict[str, Any]:
    """The CSIDriver, as an item of the module csi_driver."""
    return {"name": descriptor.name, **descriptor.driver, "labels": {f"{_PART}/managed-by": "cairn.storage"}}


def node_workloads(descriptor: Descriptor, options: Options) -> List[Dict[str, str]]:
    """The DaemonSets that are brought to a new template node by node."""
    return [{"namespace": options.namespace, "name": name} for workload in descriptor.workloads if _by_hand(workload)
            for name, _own, _rule, _told in _pools(descriptor, workload, options)]


def classes(descriptor: Descriptor) -> List[Mapping[str, Any]]:
    """StorageClasses, whose provisioner is this driver."""
    return [{"provisioner": descriptor.name, **item} for item in descriptor.classes]


def snapshot_classes(descriptor: Descriptor) -> List[Mapping[str, Any]]:
    """VolumeSnapshotClasses of this driver."""
    return [{"driver": descriptor.name, **item} for item in descriptor.snapshot_classes]


def _by_hand(workload: Workload) -> bool:
    # A node plugin that restarts takes mounts through FUSE with it and leaves kubelet without a driver meanwhile: one node after the other.
    return workload.kind == "DaemonSet" and workload.on_nodes


def _workload(descriptor: Descriptor, workload: Workload, options: Options, labels: Mapping[str, str]) -> Iterator[dict]:
    for name, own, rule, told in _pools(descriptor, workload, options):
        selector = {f"{_PART}/name": descriptor.short, f"{_PART}/component": own}
        spec: Dict[str, Any] = {"selector": {"matchLabels": selector}}
        pod = specification(descriptor, workload, options, told)
        if rule:
            terms = {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}
            pod["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
        if workload.kind == "DaemonSet":
            spec["updateStrategy"] = {"type": "OnDelete"} if _by_hand(workload) else {"type": "RollingUpdate"}
        else:
            spec["replicas"] = workload.replicas
        if workload.kind == "StatefulSet":
            spec["serviceName"] = name
        if workload.kind == "Deployment":
            # The old pod stays until the new one is ready, but in the node's own network both would want the same ports.
            surge = {"maxSurge": 0, "maxUnavailable": 1} if workload.host_network else {"maxSurge": 1, "maxUnavailable": 0}
            spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": surge}
        spec["template"] = {"metadata": {"labels": {**labels, **selector}}, "spec": pod}
        yield {"apiVersion": "apps/v1", "kind": workload.kind,
               "metadata": {"name": name, "namespace": options.namespace, "labels": {**labels, **selector}}, "spec": spec}


def _pools(descriptor: Descriptor, workload: Workload, options: Options) -> Iterator[Tuple[str, str, Dict[str, Any], Sequence[str]]]:
    """Name, component, rule for nodes and arguments of each DaemonSet that a workload becomes; no node can belong to two."""
    name, told = f"{descriptor.short}-{workload.name}", options.arguments.get(workload.name, ())
    if not workload.on_nodes or not options.pools:
        yield name, workload.name, {}, told
        return
    key = pool_label(descriptor)
    yield name, workload.name, {"key": key, "operator": "DoesNotExist"}, told
    for pool in options.pools:
        yield f"{name}-{pool['name']}", f"{workload.name}-{pool['name']}", {"key": key, "operator": "In", "values": [pool["name"]]}, pool["arguments"]


def pool_label(descriptor: Descriptor) -> str:
    """The label that says to which group a node belongs."""
    return f"cairn.storage/{descriptor.short}-pool"


def _class(item: Mapping[str, Any], index: int, build: Any, api: str, kind: str, key: str, labels: Mapping[str, str]) -> dict:
    content = build(item, f"{key}[{index}]")
    metadata = {"name": item["name"], "labels": dict(labels), **{name: value for name, value in content.pop("metadata", {}).items() if value}}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **content}


def _attributes(descriptor: Descriptor, item: Mapping[str, Any], labels: Mapping[str, str]) -> dict:
    if not item.get("parameters"):
        raise wrong("csi-attributes-empty", "a class of attributes changes something.", f"attributes_classes.{item['name']}.parameters", "none",
                    "give the parameters that a claim of the class gets.")
    return {"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttributesClass", "metadata": {"name": item["name"], "labels": dict(labels)},
            "driverName": descriptor.name, "parameters": texts(item, "parameters", f"attributes_classes.{item['name']}")}


def _placed(manifest: Mapping[str, Any], options: Options) -> dict:
    """A further object as it is written; ``$(NAMESPACE)`` in its head is ours."""
    metadata = dict(manifest.get("metadata") or {})
    if metadata.get("namespace") == "$(NAMESPACE)":
        metadata["namespace"] = options.namespace
    return {**manifest, "metadata": metadata}
