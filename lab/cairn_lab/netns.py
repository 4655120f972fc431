"""The lab's network: a namespace with two bridges, and a tap on each for every node."""

from pathlib import Path

from .run import in_netns, run

NETWORKS = (1, 2)


def path(lab):
    return Path("/run/netns") / lab.netns


def tap(node, net):
    return f"{node.name}-net{net}"


def up(lab):
    """Make whatever is missing of the namespace, its bridges and its nodes' taps.

    Cables that were cut are plugged in again.
    """
    if not path(lab).exists():
        run(["ip", "netns", "add", lab.netns])
    links = _links(lab)
    batch = ["link set lo up"]
    for net in NETWORKS:
        if f"net{net}" not in links:
            batch += [
                f"link add net{net} type bridge",
                f"address add 10.90.{net}.1/24 dev net{net}",
                f"link set net{net} up",
            ]
        for node in lab.nodes:
            if tap(node, net) not in links:
                batch.append(f"tuntap add dev {tap(node, net)} mode tap")
            batch.append(f"link set {tap(node, net)} master net{net} up")
    _ip(lab, batch)


def plug(lab, node, net, plugged):
    """Connect or cut a node's cable to one of the networks."""
    where = f"master net{net}" if plugged else "nomaster"
    _ip(lab, [f"link set {tap(node, net)} {where}"])


def plugged(lab, node, net):
    return path(lab).exists() and " master " in _links(lab).get(tap(node, net), "")


def down(lab):
    """Remove the namespace and, with it, every interface in it."""
    if path(lab).exists():
        run(["ip", "netns", "delete", lab.netns])


def _links(lab):
    lines = run(in_netns(lab, ["ip", "-oneline", "link"])).splitlines()
    return {line.split(": ")[1].split("@")[0]: line for line in lines}


def _ip(lab, batch):
    run(in_netns(lab, ["ip", "-batch", "-"]), input="\n".join(batch) + "\n")
