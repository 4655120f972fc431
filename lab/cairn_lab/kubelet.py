"""What a node needs to be a member of the cluster.

All of it lies in the node's share, from where the units of the image
(lab/image/rootfs: cairn-lab-kubernetes, kubelet, kube-proxy) take it at every boot.
"""

import json

from . import control_plane, images
from .addresses import DNS_SERVICE, DOMAIN, PODS, pod_route, pod_subnet
from .pki import Identity
from .ssh import ssh

_SEEN = "/lab/share/kubernetes"


def prepare(lab, node, binary, archives):
    """Write the node's folder ``share/kubernetes``.

    binary: the program, in the cache. archives: {image name: archive in the cache} to load.
    """
    folder = node.share / "kubernetes"
    identity = Identity(
        node.name,
        f"system:node:{node.name}",
        ["system:nodes"],
        [f"IP:{node.ip1}", f"IP:{node.ip2}", f"DNS:{node.name}"],
    )
    files = control_plane.certificate(lab, identity)
    for name, file in zip(("kubelet.crt", "kubelet.key", "ca.crt"), files, strict=True):
        control_plane.write(folder / name, file.read_text())
    control_plane.write_kubeconfig(lab, folder / "kubelet.kubeconfig", identity)
    proxy = Identity("kube-proxy", "system:kube-proxy")
    control_plane.write_kubeconfig(lab, folder / "kube-proxy.kubeconfig", proxy)
    for name, content in (
        ("kubelet.json", _KUBELET),
        ("kube-proxy.json", _PROXY),
        ("cni.conflist", _network(node)),
    ):
        control_plane.write(folder / name, json.dumps(content, indent=1))
    control_plane.write(folder / "environment", f"NODE_IP={node.ip1}")
    routes = [pod_route(other) for other in lab.nodes if other is not node]
    batch = "\n".join(" ".join(["route", "replace", *route]) for route in routes)
    control_plane.write(folder / "routes", batch)
    for name in ("kubelet", "kube-proxy"):
        link(folder / "bin" / name, images.in_node(binary))
    for name, archive in archives.items():
        link(folder / "images" / images.record(name), images.in_node(archive))


def link(path, target):
    """Make ``path`` a symbolic link to ``target``, whatever it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(path)


def start(lab, node):
    """Make a running node take up what was prepared; one that has just booted has done so."""
    ssh(
        lab,
        node,
        "systemctl start containerd cairn-lab-kubernetes kubelet kube-proxy"
        " && /usr/lib/cairn-lab/kubernetes",
    )


def component(lab, node, name, action):
    """Start or stop one of the node's services."""
    ssh(lab, node, ["systemctl", action, name])


_KUBELET = {
    "apiVersion": "kubelet.config.k8s.io/v1beta1",
    "kind": "KubeletConfiguration",
    "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": f"{_SEEN}/ca.crt"}},
    "authorization": {"mode": "Webhook"},
    "cgroupDriver": "systemd",
    "clusterDNS": [DNS_SERVICE],
    "clusterDomain": DOMAIN,
    "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
    # The kernel has no cpuset controller, and kubelet does not start where it is to enforce
    # without; so it only notes that once a minute.
    "enforceNodeAllocatable": [],
    # An image that is collected cannot be had again: there is no registry.
    "imageGCHighThresholdPercent": 100,
    # There is no resolver outside the cluster.
    "resolvConf": "",
    "tlsCertFile": f"{_SEEN}/kubelet.crt",
    "tlsPrivateKeyFile": f"{_SEEN}/kubelet.key",
}

_PROXY = {
    "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
    "kind": "KubeProxyConfiguration",
    "clientConnection": {"kubeconfig": f"{_SEEN}/kube-proxy.kubeconfig"},
    "clusterCIDR": PODS,
    # The kernel has no nf_tables families for IP.
    "mode": "iptables",
    # Zeros leave the kernel's own limits alone, which cannot be set here.
    "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
}


def _network(node):
    """The CNI configuration: a bridge on the node, its addresses gone at every boot as the
    pods that had them are."""
    return {
        "cniVersion": "1.0.0",
        "name": "lab",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni-addresses",
                    "ranges": [[{"subnet": pod_subnet(node)}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }
