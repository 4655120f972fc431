"""What of a lab runs, seen from outside it."""

from . import disks, kubernetes, netns, nodes


def report(lab):
    """A dictionary of plain values; ``kubernetes`` is there only where the level has it."""
    found = {
        "name": lab.name,
        "level": lab.level,
        "state": str(lab.root),
        "nodes": [_node(lab, node) for node in lab.nodes],
    }
    if lab.has_kubernetes:
        found["kubernetes"] = kubernetes.status(lab)
    return found


def as_text(found):
    lines = [f"lab {found['name']} (level {found['level']}, in {found['state']})"]
    for node in found["nodes"]:
        cables = " ".join(
            f"net{net}: {'up' if up else 'cut'}" for net, up in node["networks"].items()
        )
        numbers = " ".join(str(disk["number"]) for disk in node["disks"])
        lines.append(f"  {node['name']}: {node['power']}, {cables}, disks: {numbers or 'none'}")
    for name, value in found.get("kubernetes", {}).items():
        lines.append(f"  {name}: {value}")
    return "\n".join(lines)


def _node(lab, node):
    running = bool(nodes.pids(lab, node))
    return {
        "name": node.name,
        "power": "ready" if nodes.is_ready(lab, node) else "booting" if running else "off",
        "addresses": [node.ip1, node.ip2],
        "networks": {str(net): netns.plugged(lab, node, net) for net in netns.NETWORKS},
        "disks": [
            {
                "number": number,
                "serial": disks.serial(node, number),
                "file": str(node.disk_file(number)),
            }
            for number in node.disks
        ],
    }
