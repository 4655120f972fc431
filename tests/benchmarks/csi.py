"""make bench-csi: the CSI driver against what it is made of, on three nodes, in one run.

Pods with claims against the same pods on local volumes that were made beforehand; the driver's CreateVolume against one report and one lvcreate by
hand on the same node; fio in a pod against fio on the same logical volume, in alternating pairs; a limited class against its limit, by the block
device's own counters. fio is the node's own: it runs in the pod's control group and opens the device as the pod has it. Then, on two nodes, what
TopoLVM was measured at: csi_peer.py.
"""

from __future__ import annotations

import json
import statistics
import time

import csi_peer
from csi_objects import SPACE, apply, claim, clear, kubectl, pod, ssh
from figures import Report
from node import call

NODES = ("node1", "node2", "node3")
PODS, ROUNDS, PAIRS, CALLS = 20, 3, 5, 20
DRIVERS = "cairn-lvm-csi"
#: What converge.yml of the Molecule scenario says.
GROUP, LIMIT = "csi", 4 * 1024**2
FIO = "fio --name=pair --ioengine=libaio --direct=1 --time_based --output-format=json"
RANDOM = "--rw=randrw --bs=4k --iodepth=16 --runtime=6 --ramp_time=1"
WRITES = "--rw=write --bs=256k --iodepth=4 --runtime=20"


def local_volumes() -> list[dict]:
    """Local volumes and their class, for more pods than there will be: a third of them on each node."""
    found: list[dict] = [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "bench-local"},
            "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer",
        }
    ]
    for node in NODES:
        terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]
        for number in range(PODS // len(NODES) + 1):
            spec = {
                "capacity": {"storage": "64Mi"},
                "accessModes": ["ReadWriteOncePod"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "bench-local",
                "local": {"path": f"/mnt/bench-{number}"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
            }
            found.append({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"bench-{node}-{number}"}, "spec": spec})
    return found


def until_running(storage_class: str) -> float:
    """Seconds from the creation of the pods and their claims until all are ready; afterwards they are gone, with their volumes."""
    names = [f"pod-{number:02d}" for number in range(PODS)]
    apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}])
    objects = [each for name in names for each in (claim(name, storage_class, "64Mi"), pod(name))]
    begin = time.monotonic()
    apply(objects)
    kubectl("wait", "--namespace", SPACE, "--for=condition=Ready", "pods", "--all", "--timeout=600s")
    spent = time.monotonic() - begin
    clear()
    return spent


def measure_pods(report: Report) -> None:
    """Claims on demand against volumes that are there, by turns."""
    make = "".join(
        f"lvcreate -qq --yes --size 64m --name bench-{number} {GROUP} && mkfs.ext4 -q /dev/{GROUP}/bench-{number} && mkdir -p /mnt/bench-{number}"
        f" && mount /dev/{GROUP}/bench-{number} /mnt/bench-{number} || exit\n"
        for number in range(PODS // len(NODES) + 1)
    )
    for node in NODES:
        ssh(node, make)
    volumes, times = local_volumes(), {"lvm": [], "bench-local": []}
    for _round in range(ROUNDS):
        for storage_class, found in times.items():
            apply(volumes)
            found.append(until_running(storage_class))
            # A volume that is released stays so.
            kubectl("delete", "persistentvolumes", *(each["metadata"]["name"] for each in volumes[1:]))
    for node in NODES:
        ssh(node, f"umount /mnt/bench-* && lvremove -qq --yes $(lvs --noheadings -o vg_name,lv_name --separator / -S 'lv_name=~^bench-' {GROUP})")
    ours, theirs = (statistics.median(found) for found in times.values())
    # The least part of the peer's speed that ours may have.
    report.add(f"csi_{PODS}_pods_running", ours, "s", peer=round(theirs, 2), ratio=round(theirs / ours, 2), goal=round(1 / 1.3, 2))


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def measure_create(report: Report) -> None:
    """CreateVolume by what the driver says each call took, against the same by hand, by turns; no pod starts meanwhile."""
    pods = ("get", "pods", "--namespace", DRIVERS, "--selector", "app.kubernetes.io/component=node")
    driver = kubectl(*pods, "--field-selector", f"spec.nodeName={NODES[0]}", "--output", "name").strip()
    hand = f"lvs --options lv_name,lv_size,lv_tags {GROUP} >/dev/null; lvcreate -qq --yes --wipesignatures n --addtag a --size 64m --name hand-$i {GROUP}"
    apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}])
    peer = []
    for number in range(CALLS):
        peer.append(float(ssh(NODES[0], f"i={number}; s=$(date +%s.%N); {hand}; e=$(date +%s.%N); awk \"BEGIN {{ print $e - $s }}\"")))
        one = claim(f"one-{number:02d}", "lvm-block", "64Mi", "Block")
        # What the scheduler would write for a pod.
        one["metadata"]["annotations"] = {"volume.kubernetes.io/selected-node": NODES[0]}
        apply([one])
        kubectl("wait", "--namespace", SPACE, f"pvc/{one['metadata']['name']}", "--for=jsonpath={.status.phase}=Bound", "--timeout=120s")
    lines = (json.loads(line) for line in kubectl("logs", "--namespace", DRIVERS, driver, "--container", "driver").splitlines() if line.startswith("{"))
    calls = [line["seconds"] for line in lines if line.get("event") == "call" and line["method"] == "CreateVolume" and line["code"] == "OK"][-CALLS:]
    ssh(NODES[0], f"lvremove -qq --yes $(lvs --noheadings -o vg_name,lv_name --separator / -S 'lv_name=~^hand-' {GROUP})")
    clear()
    report.add("csi_create_volume_p95", p95(calls), "s", peer=round(p95(peer), 3), ratio=round(p95(peer) / p95(calls), 2), goal=round(1 / 1.5, 2))
    pid = ssh(NODES[0], "pgrep -f 'python3 -m cairn_csi' | head -1").strip()
    report.add("csi_driver_memory", int(ssh(NODES[0], f"awk '/VmRSS/ {{print $2}}' /proc/{pid}/status")) / 1024, "MiB", goal=80)


def used_by_pod(name: str, storage_class: str, size: str) -> tuple[str, str, str]:
    """(node, process in the pod, logical volume on the node) of a pod with a raw claim, once it runs."""
    apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}, claim(name, storage_class, size, "Block"), pod(name, "Block")])
    kubectl("wait", "--namespace", SPACE, f"pod/{name}", "--for=condition=Ready", "--timeout=300s")
    found = json.loads(kubectl("get", "--namespace", SPACE, "pod", name, "--output", "json"))
    uid, node = found["metadata"]["uid"].replace("-", "_"), found["spec"]["nodeName"]
    volume = kubectl("get", "--namespace", SPACE, "pvc", name, "--output", "jsonpath={.spec.volumeName}")
    process = ssh(node, f"for file in $(find /sys/fs/cgroup/kubepods.slice -path '*pod{uid}*' -name cgroup.procs); do for pid in $(cat $file); do"
                        f" test -b /proc/$pid/root/dev/volume && echo $pid && exit; done; done")
    return node, process.strip(), f"/dev/{GROUP}/csi-{volume}"


def in_pod(process: str, options: str) -> str:
    """The command for fio in the pod's control group, on its device."""
    return f"sh -c 'echo $$ >/sys/fs/cgroup$(cut -d: -f3 /proc/{process}/cgroup)/cgroup.procs; exec {FIO} {options} --filename=/proc/{process}/root/dev/volume'"


def operations(said: str) -> float:
    job = json.loads(said[said.index("{"):])["jobs"][0]
    return float(job["read"]["iops"] + job["write"]["iops"])


def measure_data_path(report: Report) -> None:
    """The same device from the pod and from the node, by turns."""
    node, process, path = used_by_pod("path", "lvm-block", "1Gi")
    ratios, inside = [], []
    for _pair in range(PAIRS):
        inside.append(operations(ssh(node, in_pod(process, RANDOM))))
        ratios.append(inside[-1] / operations(ssh(node, f"{FIO} {RANDOM} --filename={path}")))
    clear()
    report.add("csi_fio_in_a_pod", statistics.median(inside), "operations/s", peer=round(statistics.median(inside) / statistics.median(ratios)),
               ratio=round(statistics.median(ratios), 3), goal=0.97)


def measure_limit(report: Report) -> None:
    """What the block device has written a second while the pod wrote as fast as it may."""
    node, process, path = used_by_pod("limited", "lvm-io-throttling", "256Mi")
    number = ssh(node, f"stat -Lc '%Hr:%Lr' {path}").strip()
    limited = f"grep -qrs --include=io.max '^{number} .*wbps={LIMIT} ' /sys/fs/cgroup/kubepods.slice"
    ssh(node, f"for try in $(seq 60); do {limited} && exit; sleep 1; done; exit 1")
    # The first second fills queues, so it is left out.
    count = f"awk '{{print $7}}' /sys/dev/block/{number}/stat"
    meter = f"(sleep 3; a=$({count}); s=$(date +%s.%N); sleep 15; b=$({count}); e=$(date +%s.%N)"
    meter += '; awk "BEGIN { print ($b - $a) * 512 / ($e - $s) }" >/run/bench-csi) & '
    ssh(node, f"{meter}{in_pod(process, WRITES)} >/dev/null; wait")
    written = float(ssh(node, "cat /run/bench-csi; rm /run/bench-csi"))
    clear()
    report.add("csi_limit_bytes_a_second", written, "bytes/s", peer=LIMIT)
    report.add("csi_limit_off_by", abs(written / LIMIT - 1) * 100, "%", goal=5)


def main() -> None:
    report = Report("csi", "make bench-csi")
    for nodes, measures in ((3, (measure_create, measure_data_path, measure_limit, measure_pods)), (2, (csi_peer.rounds_of_many, csi_peer.singles))):
        call("lab/lab", "down", "--purge")
        call("lab/lab", "up", f"--nodes={nodes}", "--disks=2", "--disk-size=8GiB", "--images=csi")
        call("lab/lab", "exec", "--", "ansible-playbook", "-i", "inventories/lab", "molecule/csi/converge.yml")
        for measure in measures:
            measure(report)
    call("lab/lab", "down", "--purge")
    report.end()


if __name__ == "__main__":
    main()
