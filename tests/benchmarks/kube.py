"""make bench-kube: Kubernetes objects against kubernetes.core of the ansible package, in one run, on a control plane without machines.

Task times have no start of a playbook in them; what is left of Ansible itself is told as the time of `ping`, and what of that a module of
ours adds as the time to import its client. Requests are counted by the API server's audit log. While relations of many objects are read,
controllers and the scheduler are stopped: they would be busy with nodes that do not exist.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from figures import Report
from node import LAB, REPO, call

RUNS = 5
CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "bench-wait"},
    "provisioner": "kubernetes.io/no-provisioner",
    "volumeBindingMode": "Immediate",
}
WAITING, PAUSE = 30, 0.2
MEASURE = """
import resource, sys, time
from ansible_collections.cairn.storage.plugins.module_utils._kube import survey
begin = time.monotonic()
survey.read({"kubeconfig": None, "context": None, "namespace": None, "hosts": {}, "about": None, "query": None,
             "returns": survey.PARTS, "label_selector": None, "claim_label_selector": None, "volume_label_selector": None})
print(time.monotonic() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def lab(*argv: str, **environment: str) -> str:
    """Output of a command in the lab's network."""
    return call("lab/lab", "exec", "--", *argv, **environment)


def run(*tasks: dict[str, Any]) -> list[tuple[float, float, dict]]:
    """(seconds, end as Unix time, result) of each task of one play on this side; a task that fails ends the benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "play.yml"
        book.write_text(
            yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}, *tasks]}]), encoding="utf-8"
        )
        text = lab(
            "ansible-playbook",
            "-i",
            "localhost,",
            "-c",
            "local",
            "-e",
            f"ansible_python_interpreter={sys.executable}",
            str(book),
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
        )
    found = []
    for task in json.loads(text[text.index("{\n") :])["plays"][0]["tasks"][1:]:
        begin, end = (datetime.fromisoformat(task["task"]["duration"][side].replace("Z", "+00:00")) for side in ("start", "end"))
        found.append(((end - begin).total_seconds(), end.timestamp(), task["hosts"]["localhost"]))
    return found


def ours(objects: list[dict], **options: Any) -> dict:
    return {"cairn.storage.kube_objects": {"objects": objects, **options}}


def many(spaces: int, each: int) -> list[dict]:
    """Namespaces, and in each of them ``each`` config maps, service accounts and services."""
    names = [f"bench-{number}" for number in range(spaces)]
    found: list[dict] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
    for name in names:
        for number in range(each):
            head = {"metadata": {"name": f"thing-{number}", "namespace": name, "labels": {"app": "bench"}}}
            found += [
                {"apiVersion": "v1", "kind": "ConfigMap", **head, "data": {"number": str(number)}},
                {"apiVersion": "v1", "kind": "ServiceAccount", **head},
                {"apiVersion": "v1", "kind": "Service", **head, "spec": {"clusterIP": "None", "selector": {"app": "x"}, "ports": [{"port": 3260}]}},
            ]
    return found


def requests(since: float, ours_alone: bool = True) -> int:
    """Requests since then, by the audit log: ours, or those of the kubernetes package."""
    rows = json.loads(call("lab/lab", "api-log", "--json", "--since", str(since)))
    agent = "cairn.storage" if ours_alone else "OpenAPI-Generator"
    return sum(int(row["count"]) for row in rows if agent in row["user_agent"])


def unchanged(ran: list[tuple[float, float, dict]]) -> float:
    """The median time of runs none of which may have changed anything."""
    if any(result["changed"] for _seconds, _end, result in ran):
        sys.exit(f"a run on what is there already reported changes: {[result for _seconds, _end, result in ran]}")
    return statistics.median(seconds for seconds, _end, _result in ran)


def measure_noop(report: Report, objects: list[dict], kinds_and_spaces: int, peer: dict, goal: float) -> None:
    """A run on objects that are already as wanted, by us and by the peer."""
    count = len(objects)
    run(ours(objects))
    begin = time.time()
    # A loop takes half a minute, in which what else this machine does hardly counts.
    rounds = 1 if "loop" in peer else RUNS
    theirs = unchanged(run(*[peer] * rounds))
    counted = requests(begin, ours_alone=False) / rounds
    begin = time.time()
    seconds = unchanged(run(*[ours(objects)] * RUNS))
    own = requests(begin) / RUNS
    report.add(f"kube_noop_{count}_objects", seconds, "s", peer=round(theirs, 2), ratio=round(theirs / seconds, 1), goal=goal)
    # One list for each kind and namespace, and discovery once.
    report.add(f"kube_noop_{count}_objects_requests", own, "requests", goal=kinds_and_spaces + 1)
    report.add(f"kube_noop_{count}_objects_requests_of_peer", counted, "requests")
    run(ours(objects, state="absent"))


def measure_wait(report: Report) -> None:
    """Claims that become bound one after the other while they are waited for: how long after the last one the task ends."""
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "bench-wait"}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench-wait"}}
    claims = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": f"claim-{number}", "namespace": "bench-wait"},
            "spec": {**spec, "resources": {"requests": {"storage": "1Gi"}}},
        }
        for number in range(WAITING)
    ]
    volumes = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"bench-wait-{number}"},
            "spec": {
                **spec,
                "capacity": {"storage": "1Gi"},
                "hostPath": {"path": "/nowhere"},
                "claimRef": {"namespace": "bench-wait", "name": f"claim-{number}"},
            },
        }
        for number in range(WAITING)
    ]
    run(ours([space, CLASS, *claims], wait=False))
    bound: dict[str, float] = {}
    watch = subprocess.Popen(
        ("lab/lab", "kubectl", "get", "pvc", "-n", "bench-wait", "--watch", "-o", 'jsonpath={.metadata.name} {.status.phase}{"\\n"}'),
        cwd=REPO,
        env={**os.environ, "LAB_NAME": LAB},
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )

    def look() -> None:
        for line in watch.stdout or ():
            name, _space, phase = line.strip().partition(" ")
            if phase == "Bound":
                bound.setdefault(name, time.time())

    def bind() -> None:
        # After the task has begun to wait.
        time.sleep(6)
        for volume in volumes:
            call("lab/lab", "exec", "--", "sh", "-c", 'echo "$0" | kubectl create -f - >/dev/null', json.dumps(volume))
            time.sleep(PAUSE)

    threads = [threading.Thread(target=look, daemon=True), threading.Thread(target=bind)]
    for thread in threads:
        thread.start()
    ((_seconds, end, result),) = run(ours(claims, wait_timeout=120))
    threads[1].join()
    watch.terminate()
    watch.wait()
    if len(bound) != WAITING or any(each["state"] != "ready" for each in result["readiness"]):
        sys.exit(f"{len(bound)} claims were seen to become bound, {len(result['readiness'])} were waited for")
    report.add("kube_wait_30_claims_bound_within", max(bound.values()) - min(bound.values()), "s")
    report.add("kube_wait_30_claims_after_the_last", end - max(bound.values()), "s", goal=1)
    run(ours([*claims, *volumes, CLASS, space], state="absent"))


def measure_relations(report: Report) -> None:
    """storage_info over many objects, with the memory of its process."""
    for component in ("kube-controller-manager", "kube-scheduler"):
        call("lab/lab", "component", "stop", component)
    for scale, goal in ((1, 3), (10, 30)):
        lab(sys.executable, "tests/benchmarks/kube_load.py", str(scale))
        begin = time.time()
        ran = run(*[{"cairn.storage.storage_info": {}}] * 3)
        asked = requests(begin) / len(ran)
        for _seconds, _end, result in ran:
            rows = [row for row in result["relations"] if row["pod"] and row["volume"] and row["tied_to"]]
            if len(rows) != scale * 1000:
                sys.exit(f"{len(rows)} relations were told of {scale * 1000} pods")
        seconds, memory = map(float, lab(sys.executable, "-c", MEASURE).split())
        name = f"kube_relations_{scale * 1000}_pods"
        report.add(name, statistics.median(each for each, _end, _result in ran), "s", goal=goal)
        report.add(f"{name}_less_ansible", seconds, "s")
        report.add(f"{name}_memory", memory, "MiB")
        only = run(*[{"cairn.storage.storage_info": {"returns": [], "query": "length(relations[?pod])"}}] * 3)
        report.add(f"{name}_only_a_query", statistics.median(each for each, _end, _result in only), "s")
        report.add(f"{name}_requests", asked, "requests")


def main() -> None:
    report = Report("kube", "make bench-kube")
    call("lab/lab", "down", "--purge")
    call("lab/lab", "up", "--level", "api")
    server = json.loads(call("lab/lab", "kubectl", "version", "-o", "json"))["serverVersion"]["gitVersion"]
    core = next(
        line.split()[1] for line in call("ansible-galaxy", "collection", "list", "kubernetes.core").splitlines() if line.startswith("kubernetes.core")
    )
    print(f"ansible-core {version('ansible-core')}, kubernetes.core {core}, kubernetes {version('kubernetes')}, API server {server}", flush=True)
    report.add("ping", unchanged(run(*[{"ansible.builtin.ping": {}}] * RUNS)), "s")
    begin = time.monotonic()
    call(sys.executable, "-c", "import ansible_collections.cairn.storage.plugins.module_utils._kube.connection")
    report.add("import_client", time.monotonic() - begin, "s")
    thirty, hundred = many(3, 3), many(4, 8)
    measure_noop(report, thirty, 1 + 3 * 3, {"kubernetes.core.k8s": {"definition": "{{ item }}"}, "loop": thirty, "loop_control": {"label": "x"}}, 15)
    measure_noop(report, hundred, 1 + 4 * 3, {"kubernetes.core.k8s": {"definition": hundred}}, 2)
    measure_wait(report)
    measure_relations(report)
    call("lab/lab", "down", "--purge")
    report.end()


if __name__ == "__main__":
    main()
