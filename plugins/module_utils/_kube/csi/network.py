# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Who may talk to a CSI driver's pods over the network. Pure.

CSI itself is spoken at a socket, and kubelet's probes come from the node, which no NetworkPolicy keeps out (kubernetes.io, "Network Policies"). So
nobody has to come in but those who scrape figures, and the callers of a service that a driver has of its own.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from .descriptor import Descriptor
from .pods import Options, ports


def network_policy(descriptor: Descriptor, options: Options, selector: Mapping[str, str], labels: Mapping[str, str]) -> Dict[str, Any]:
    """The NetworkPolicy of all pods of a driver, which ``selector`` tells. Those in the node's own network are beyond it, and listen to it alone."""
    apart = [each for each in descriptor.workloads if not each.host_network]
    rules: List[Dict[str, Any]] = []
    services = sorted({container.port for workload in apart for container in workload.containers if container.port})
    if services:
        rules.append({"ports": _ports(services)})
    figures = sorted({port for workload in apart for port in ports(workload, options).values()}) if options.metrics_from else []
    if figures:
        rules.append({"from": [dict(each) for each in options.metrics_from], "ports": _ports(figures)})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": descriptor.short, "namespace": options.namespace, "labels": dict(labels)},
            "spec": {"podSelector": {"matchLabels": dict(selector)}, "policyTypes": ["Ingress"], "ingress": rules}}


def _ports(numbers: List[int]) -> List[Dict[str, Any]]:
    return [{"port": number, "protocol": "TCP"} for number in numbers]
