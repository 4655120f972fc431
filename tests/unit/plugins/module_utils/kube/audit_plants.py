"""What can be done to a healthy cluster: ways to plant faults into it."""

from __future__ import annotations

from collections.abc import Callable

from audit_world import GIB, Cluster, claim, delete, pod, thing, volume

Break = Callable[[Cluster], object]
#: Each fault: what it is to be called, how bad, about what; a word of its cause or evidence and one of its fix; how it is planted.
Fault = tuple[str, str, str, str, str, Break]


def update(thing_: dict, *path: str, **values: object) -> None:
    for key in path:
        thing_ = thing_.setdefault(key, {})
    thing_.update(values)


def fact(cluster: Cluster, node: str, module: str, name: str) -> list:
    return cluster.hosts[node][module].setdefault(name, [])


def group(cluster: Cluster) -> dict:
    return fact(cluster, "node1", "lvm_info", "volume_groups")[0]


def released(cluster: Cluster) -> None:
    cluster.volumes.append(volume("left", "gone", "fast", None, nfs={}))
    cluster.volumes[-1]["status"]["phase"] = "Released"


def served_as(cluster: Cluster, name: str, space: str = "s", manager: str = "cairn.storage") -> None:
    """A StatefulSet in ``space`` whose pods serve their disks under this name."""
    template = {"spec": {"containers": [{"name": "tgt", "env": [{"name": "TARGET_IQN", "value": name}]}]}}
    live = thing("StatefulSet", "blocks", space, {"replicas": 1, "template": template}, {}, "apps/v1", labels={"app.kubernetes.io/managed-by": manager})
    cluster.sets[:] = [*(each for each in cluster.sets if each["metadata"]["namespace"] != space), live]


def lost_node(cluster: Cluster, bound: bool) -> None:
    cluster.volumes.append(volume("far", "far" if bound else None, host="node9", local={"path": "/mnt/a"}))
    if bound:
        cluster.claims.append(claim("far", "far"))


def pending(cluster: Cluster, name: str = "wants", **spec: object) -> dict:
    live = claim(name, None, "local-block", "5Gi")
    live["spec"].update(spec)
    cluster.claims.append(live)
    cluster.pods.append(pod(f"pod-{name}", name) | {"status": {"phase": "Pending", "conditions": []}})
    return live


def unschedulable(cluster: Cluster) -> None:
    waiting = thing(
        "Pod",
        "new",
        "s",
        {"nodeName": None, "volumes": []},
        {
            "phase": "Pending",
            "conditions": [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "message": "0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.",
                }
            ],
        },
    )
    cluster.pods.append(waiting)


def mount_fails(cluster: Cluster) -> None:
    waiting = pod("new", "files") | {"status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}]}}
    waiting["metadata"]["uid"] = "new"
    cluster.pods.append(waiting)
    cluster.warn(waiting, "FailedMount", "MountVolume.SetUp failed for volume d")


def local_path(cluster: Cluster) -> None:
    cluster.volumes[0]["spec"]["local"]["path"] += "-gone"
    fact(cluster, "node1", "local_volumes", "entries").pop(0)


def stuck_volume(cluster: Cluster) -> None:
    delete(cluster.volumes[0], "kubernetes.io/pv-protection")


def stuck_snapshot(cluster: Cluster) -> None:
    delete(cluster.snapshots[0], "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection")
    delete(cluster.contents[0], "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection")
    cluster.snapshot_classes.clear()


def not_ready(cluster: Cluster) -> None:
    cluster.nodes[0]["status"]["conditions"][0]["status"] = "Unknown"


def growing(cluster: Cluster, **status: object) -> None:
    cluster.claims[1]["spec"]["resources"]["requests"]["storage"] = "4Gi"
    cluster.claims[1]["status"].update(status)


def pool(cluster: Cluster, **values: object) -> None:
    group(cluster)["logical_volumes"][1].update(values)


def overprovisioned(cluster: Cluster) -> None:
    for each in group(cluster)["logical_volumes"][2:]:
        each["size_bytes"] = 20 * GIB


def shifted(cluster: Cluster) -> None:
    fact(cluster, "node1", "local_volumes", "entries")[0]["size_bytes"] = GIB


def event_on(cluster: Cluster, live: dict, reason: str, message: str) -> None:
    cluster.warn(live, reason, message)
