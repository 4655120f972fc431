"""The cluster's addresses; the same in every lab, since each has a network of its own."""

from .config import GATEWAY

PODS = "10.91.0.0/16"
SERVICES = "10.92.0.0/16"
KUBERNETES_SERVICE = "10.92.0.1"
DNS_SERVICE = "10.92.0.10"
DOMAIN = "cluster.local"
API = f"https://{GATEWAY}:6443"


def pod_subnet(node):
    """The addresses of a node's pods."""
    return f"10.91.{node.index}.0/24"


def pod_route(node):
    """How everybody else reaches them, as words for ip-route(8)."""
    return [pod_subnet(node), "via", node.ip1]
