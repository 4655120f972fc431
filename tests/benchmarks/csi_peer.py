"""The part of make bench-csi that compares the driver with TopoLVM, on two nodes: starts, deletions, growth, snapshots, and what they cost.

TopoLVM's figures are constants, measured on 2026-12-01 beside the driver of that day, on the same two nodes of this lab (Kubernetes 1.35, kernel 6.1,
one CPU and 3 GiB each): TopoLVM 0.41 (chart 17.1.0, lvmd embedded, one controller replica), thin pool and volumes in the same volume group, claims
of 64Mi with ext4; medians of three rounds, by turns with this driver. They say something on a machine that is as fast, and idle otherwise; the
goals without a peer are about waiting, which takes as long everywhere.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from typing import Any

from csi_objects import SPACE, apply, claim, clear, kubectl, pod, ssh
from figures import Report
from node import LAB, REPO, call

NODES = ("node1", "node2")
PODS, ROUNDS, SINGLES = 20, 3, 5
DRIVERS = "cairn-lvm-csi"
#: Seconds, of 20 pods with 20 claims: until all were ready, pods gone, and volumes gone after one deletion of both.
TOPOLVM_START, TOPOLVM_PODS_GONE, TOPOLVM_VOLUMES_GONE = 49.6, 22.5, 29.3
#: CPU seconds of the driver on both nodes for the start and the deletion.
TOPOLVM_CPU = 26.2 + 12.1
#: LVM commands that a volume of these took in its life, reports among them.
TOPOLVM_LVM = 12.0
#: Seconds: one pod alone, a grown claim seen by its pod, a thin snapshot ready, and a pod with what was restored from it.
TOPOLVM_ONE, TOPOLVM_GROWTH, TOPOLVM_SNAPSHOT, TOPOLVM_RESTORE = 5.24, 4.17, 7.86, 15.71


def items(kind: str, *more: str) -> list[dict[str, Any]]:
    return json.loads(kubectl("get", kind, *more, "--output", "json"))["items"]


def cpu() -> float:
    """CPU seconds of the driver's containers on the nodes until now, with all that they have started."""
    group = "/sys/fs/cgroup$(cut -d: -f3 /proc/$(pgrep -f 'python3 -m cairn_csi' | head -1)/cgroup)"
    script = f"awk '/^usage_usec/ {{print $2}}' {group}/cpu.stat"
    return sum(int(ssh(node, script)) for node in NODES) / 1e6


def lvm(since: float) -> list[list[str]]:
    """What was started of LVM on the nodes since then."""
    found = []
    for node in NODES:
        lines = call("lab/lab", "exec-log", "--json", "--since", str(since), node).splitlines()
        found += [json.loads(line)["argv"] for line in lines]
    return [argv for argv in found if argv[0].rpartition("/")[2] in ("lvm", "lvs", "vgs", "pvs", "lvcreate", "lvremove", "lvchange", "lvextend")]


def until(done: Any, seconds: float = 600) -> float:
    """When something became true, by time.monotonic()."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit("it does not come true")
        time.sleep(0.2)
    return time.monotonic()


def beside(report: Report, figure: str, ours: float, unit: str, peer: float) -> None:
    """A figure that is to be no worse than TopoLVM's."""
    report.add(figure, ours, unit, peer=peer, ratio=round(peer / ours, 2), goal=1)


def rounds_of_many(report: Report) -> None:
    """Twenty pods with twenty claims, and both deleted at a time."""
    starts, pods_gone, volumes_gone, commands, reports, used, refused = [], [], [], [], [], [], 0
    names = [f"pod-{number:02d}" for number in range(PODS)]
    for _round in range(ROUNDS):
        apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}])
        since, before, begin = time.time(), cpu(), time.monotonic()
        apply([each for name in names for each in (claim(name, "lvm", "64Mi"), pod(name))])
        kubectl("wait", "--namespace", SPACE, "--for=condition=Ready", "pods", "--all", "--timeout=600s")
        starts.append(time.monotonic() - begin)
        begin = time.monotonic()
        kubectl("delete", "--namespace", SPACE, "--wait=false", *(f"{kind}/{name}" for name in names for kind in ("pod", "pvc")))
        pods_gone.append(until(lambda: not items("pods", "--namespace", SPACE)) - begin)
        volumes_gone.append(until(lambda: "pvc-" not in kubectl("get", "persistentvolumes", "--output", "name")) - begin)
        used.append(cpu() - before)
        ran = lvm(since)
        commands.append(len(ran) / PODS)
        reports.append(sum("fullreport" in argv for argv in ran) / PODS)
        refused += len(items("events", "--namespace", "default", "--field-selector", "reason=VolumeFailedDelete"))
        print(json.dumps({"start": starts[-1], "pods_gone": pods_gone[-1], "volumes_gone": volumes_gone[-1], "cpu": used[-1]}), flush=True)
        clear()
    median = statistics.median
    beside(report, "csi_20_pods_ready", median(starts), "s", TOPOLVM_START)
    report.add("csi_20_pods_gone", median(pods_gone), "s", peer=TOPOLVM_PODS_GONE)
    beside(report, "csi_20_volumes_gone", median(volumes_gone), "s", TOPOLVM_VOLUMES_GONE)
    report.add("csi_volumes_gone_after_pods", max(late / early for late, early in zip(volumes_gone, pods_gone)), "times", goal=1.3)
    report.add("csi_deletions_that_failed", refused, "events", goal=0)
    report.add("csi_reports_a_volume", max(reports), "reports", goal=3)
    beside(report, "csi_lvm_commands_a_volume", median(commands), "commands", TOPOLVM_LVM)
    beside(report, "csi_20_volumes_cpu", median(used), "s", TOPOLVM_CPU)


def one(name: str, storage_class: str = "lvm", node: str = NODES[0], source: dict[str, Any] | None = None) -> float:
    """Seconds until a pod with a claim is ready on a node."""
    wanted, user = claim(name, storage_class, "64Mi"), pod(name)
    user["spec"]["nodeSelector"] = {"kubernetes.io/hostname": node}
    if source:
        wanted["spec"]["dataSource"] = source
    begin = time.monotonic()
    apply([wanted, user])
    kubectl("wait", "--namespace", SPACE, f"pod/{name}", "--for=condition=Ready", "--timeout=300s")
    return time.monotonic() - begin


def growth(name: str) -> float:
    """Seconds from the change of a claim of a pod on the first node until the file system is larger there."""
    volume = kubectl("get", "--namespace", SPACE, "pvc", name, "--output", "jsonpath={.spec.volumeName}")
    path = f"$(findmnt --noheadings --first-only --output TARGET /dev/csi/csi-{volume})"
    script = f"path={path}; was=$(stat -fc %b $path); echo ready; while test $(stat -fc %b $path) = $was; do sleep 0.05; done"
    argv = (str(REPO / "lab" / "lab"), "ssh", NODES[0], script)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env={**os.environ, "LAB_NAME": LAB}) as watching:
        assert watching.stdout and watching.stdout.readline() == "ready\n"
        begin = time.monotonic()
        kubectl("patch", "--namespace", SPACE, "pvc", name, "--patch", '{"spec": {"resources": {"requests": {"storage": "128Mi"}}}}')
        watching.wait(120)
        return time.monotonic() - begin


def singles(report: Report) -> None:
    """One after the other: a pod, its growth, a snapshot, and what is restored from it."""
    apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}])
    started, grown, told, taken, restored = [], [], [], [], []
    for number in range(SINGLES):
        name = f"one-{number}"
        started.append(one(name))
        begin = time.monotonic()
        grown.append(growth(name))
        kubectl("wait", "--namespace", SPACE, f"pvc/{name}", "--for=jsonpath={.status.capacity.storage}=128Mi", "--timeout=120s")
        told.append(time.monotonic() - begin)
        one(f"thin-{number}", "lvm-thin")
        begin = time.monotonic()
        source = {"persistentVolumeClaimName": f"thin-{number}"}
        head = {"name": f"taken-{number}", "namespace": SPACE}
        apply([{"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": head,
                "spec": {"volumeSnapshotClassName": "lvm", "source": source}}])
        kubectl("wait", "--namespace", SPACE, f"volumesnapshot/taken-{number}", "--for=jsonpath={.status.readyToUse}=true", "--timeout=120s")
        taken.append(time.monotonic() - begin)
        restore = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": f"taken-{number}"}
        restored.append(one(f"restored-{number}", "lvm-thin", source=restore))
        print(json.dumps({"one": started[-1], "grown": grown[-1], "told": told[-1], "taken": taken[-1], "restored": restored[-1]}), flush=True)
    clear()
    median = statistics.median
    beside(report, "csi_one_pod_ready", median(started), "s", TOPOLVM_ONE)
    report.add("csi_growth_seen", median(grown), "s", peer=TOPOLVM_GROWTH, goal=3)
    report.add("csi_growth_told", median(told), "s")
    beside(report, "csi_snapshot_ready", median(taken), "s", TOPOLVM_SNAPSHOT)
    beside(report, "csi_restored_pod_ready", median(restored), "s", TOPOLVM_RESTORE)
