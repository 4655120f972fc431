"""A storage cluster on real disks goes through its whole life by playbooks: canaries, growth, scale, a disk that is gone, each under its own Role.

Asked are the API server and the machines, not the modules.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "hosts"))

from cluster_play import kubectl  # noqa: E402
from host_play import nodes, shell  # noqa: E402
from played import environment  # noqa: E402
from rights import forget, kubeconfig  # noqa: E402

MIB = 1024**2
BROKEN = "registry.example.com/no-such-image:1"
RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)", re.MULTILINE)


def inventory(folder: Path) -> Path:
    """The lab's inventory with hosts that are not called as the cluster calls its nodes."""
    lab = json.loads(subprocess.run(("lab", "inventory", "--list"), check=True, capture_output=True, text=True).stdout)
    variables = lab["_meta"]["hostvars"]
    hosts = {f"box-{node}": {**variables[node], "storage_node_name": node} for node in lab["storage_nodes"]["hosts"]}
    made = folder / "inventory"
    made.mkdir()
    (made / "hosts.yml").write_text(json.dumps({
        "all": {"vars": lab["all"]["vars"]}, "storage_nodes": {"hosts": hosts},
        "kube_api": {"hosts": {host: variables[host] for host in lab["kube_api"]["hosts"]}}}), encoding="utf-8")
    (made / "group_vars").symlink_to(REPO / "inventories" / "lab" / "group_vars")
    return made


class Site:
    """The inventory of one lab, with what the tests change in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inventory = inventory(folder)
        self.books: set[str] = set()
        self.size = 128
        self.options: dict[str, Any] = {}
        self.replicas = 2
        self.initiators = ["ALL"]

    def variables(self) -> dict:
        """What the inventory says now. Volumes are logical volumes, so that they can grow."""
        size = f"{self.size}MiB"
        return {
            "storage_disk_rules": [{"name": "fast", "rotational": False}],
            "lvm_volume_groups": [{"name": "fast", "devices": {"rule": "fast"}}],
            "local_volumes_classes": [
                {"name": "lab-block", "volume_mode": "Block", "grow": True, "logical_volumes": {"volume_group": "fast", "count": 1, "size": size}},
                {"name": "lab-files", "fs_type": "ext4", "grow": True, "logical_volumes": {"volume_group": "fast", "count": 1, "size": size}}],
            "storage_class_options": {"lab-block": {"allow_volume_expansion": True}, "lab-files": {"allow_volume_expansion": True}},
            "storage_cluster_clusters": [{"name": "blocks", "replicas": self.replicas, "disk": {"class": "lab-block", "size": size},
                                          "initiators": self.initiators}],
            **self.options}

    def play(self, book: str, fails: bool = False, **more: Any) -> str:
        """Run one playbook as a user who has its Role and nothing else; what it prints."""
        # As extra variables, which is how an AWX template gives them: they win over everything that a playbook says.
        variables = self.folder / "variables.json"
        variables.write_text(json.dumps({**self.variables(), **more}), encoding="utf-8")
        self.books.add(book)
        where = str(kubeconfig(book, self.folder))
        done = subprocess.run(("ansible-playbook", "-i", str(self.inventory), "-e", f"@{variables}", f"playbooks/{book}.yml"), cwd=REPO,
                              env={**environment(), "KUBECONFIG": where, "K8S_AUTH_KUBECONFIG": where}, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) is fails, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout


def listed(*arguments: str) -> list[dict]:
    return json.loads(kubectl("get", *arguments, "-o", "json"))["items"]


def pods() -> list[dict]:
    return sorted(listed("pods", "-n", "storage"), key=lambda pod: pod["metadata"]["name"])


def uids() -> list[str]:
    return [pod["metadata"]["uid"] for pod in pods()]


def restarts() -> int:
    return sum(status["restartCount"] for pod in pods() for status in pod["status"]["containerStatuses"])


def images() -> set[str]:
    return {pod["spec"]["containers"][0]["image"] for pod in pods()}


def all_ready() -> bool:
    return all(status["ready"] for pod in pods() for status in pod["status"]["containerStatuses"])


def volumes() -> dict[str, dict]:
    """Volumes by the claim that they are bound to; one that is released still names the claim that it was bound to."""
    return {volume["spec"]["claimRef"]["name"]: volume for volume in listed("pv") if volume["status"]["phase"] == "Bound"}


def changed(output: str) -> list[tuple[str, str]]:
    return [(host, count) for host, _ok, count in RECAP.findall(output) if count != "0"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    made.play("site")
    assert all_ready() and len(pods()) == 2
    yield made
    kubectl("delete", "pod", "reader", "-n", "storage", "--ignore-not-found", "--wait")
    kubectl("delete", "pvc", "files", "-n", "storage", "--ignore-not-found", "--wait")
    groups = {f"box-{node}": {"fast": shell(node, "vgs --noheadings -o vg_uuid fast").strip()} for node in nodes()}
    made.play("teardown", teardown_confirm="storage/blocks", teardown_allow_data_loss=groups)
    forget(sorted(made.books))


def test_the_second_run_of_the_site_changes_nothing(site: Site) -> None:
    assert changed(site.play("site")) == []
    labelled = json.loads(kubectl("get", "nodes", "-l", "cairn.storage/storage-node=true", "-o", "json"))["items"]
    assert sorted(node["metadata"]["name"] for node in labelled) == sorted(nodes())
    told = site.play("storage_map")
    # What the task prints, up to the play that tells who was left out, which names hosts.
    table = told.partition("Print the map")[2].partition("PLAY [")[0]
    assert all(f"{node} " in told and f"box-{node}" not in table for node in nodes()), told
    assert "/dev/" in told and not changed(site.play("audit", audit_fail_on="error"))


def test_a_broken_image_stops_at_the_canary_and_is_taken_back(site: Site) -> None:
    before, good = uids(), images()
    told = site.play("canary", fails=True, canary_cluster="blocks", storage_cluster_engines={"tgt": {"image": BROKEN}})
    assert "ImagePullBackOff" in told or "ErrImagePull" in told
    assert "the old one is back" in told
    assert images() == good and all_ready()
    assert uids()[0] == before[0] and uids()[1] != before[1], "the canary alone was touched"
    found = json.loads(kubectl("get", "statefulset", "blocks", "-n", "storage", "-o", "json"))
    assert found["status"]["currentRevision"] == found["status"]["updateRevision"] and not found["spec"]["updateStrategy"]["rollingUpdate"].get("partition")
    assert changed(site.play("rollout")) == []
    assert "there is no such storage cluster. Found: blokcs" in " ".join(site.play("rollout", fails=True, rollout_clusters=["blokcs"]).split())


def test_a_good_template_goes_wave_by_wave_through_the_engines_gate(site: Site) -> None:
    site.initiators = ["10.90.0.0/16"]
    told = site.play("canary", canary_cluster="blocks", canary_gate={"hold": 2})
    assert changed(told) and all_ready()
    assert all({"name": "TARGET_INITIATORS", "value": "10.90.0.0/16"} in pod["spec"]["containers"][0]["env"] for pod in pods())
    stopped = site.play("canary", fails=True, canary_cluster="blocks", canary_gate={"command": ["/usr/bin/sh", "-c", "echo no; exit 3"]},
                        storage_cluster_engines={"tgt": {"environment": {"TARGET_NEWS": "1"}}})
    assert "ended with 3: no" in stopped and all_ready()
    assert not any(each["name"] == "TARGET_NEWS" for pod in pods() for each in pod["spec"]["containers"][0]["env"])


READER = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "reader", "namespace": "storage"},
          "spec": {"automountServiceAccountToken": False, "containers": [{"name": "c", "image": "IMAGE", "command": ["/usr/bin/sleep", "9999"],
                                                                           "volumeMounts": [{"name": "files", "mountPath": "/files"}]}],
                   "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": "files"}}]}}
FILES = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "files", "namespace": "storage"},
         "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "lab-files", "resources": {"requests": {"storage": "64Mi"}}}}


@contextmanager
def kubelets_looking() -> Iterator[None]:
    """kubelets look at the volumes of a pod that runs once a minute, and whenever the pod changes: here many times in a second.

    So whatever kubelet may do with a claim between two writes of a playbook, it does.
    """
    ended = threading.Event()

    def touch() -> None:
        turn = 0
        while not ended.wait(0.2):
            turn += 1
            subprocess.run(("kubectl", "annotate", "pods", "--all", "-n", "storage", "--overwrite", f"lab.cairn.storage/turn={turn}"),
                           capture_output=True, check=False)

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_volumes_and_claims_grow_under_pods_that_run(site: Site) -> None:
    kubectl("apply", "-f", "-", stdin=json.dumps(FILES))
    kubectl("apply", "-f", "-", stdin=json.dumps(READER).replace("IMAGE", images().pop()))
    kubectl("wait", "--for=condition=Ready", "pod/reader", "-n", "storage", "--timeout=120s")
    before = uids()
    small = {name: int(volume["spec"]["capacity"]["storage"].rstrip("Mi")) for name, volume in volumes().items() if name != "files"}
    site.size = 256
    unchanged = site.play("grow_claims", fails=True)
    assert "grow_local_volume.yml" in unchanged
    with kubelets_looking():
        site.play("grow_local_volume")
    claims = {claim["metadata"]["name"]: claim for claim in listed("pvc", "-n", "storage")}
    assert all(volume["spec"]["capacity"]["storage"] == claims[name]["status"]["capacity"]["storage"] for name, volume in volumes().items())
    assert {claims[name]["status"]["capacity"]["storage"] for name in small} == {"256Mi"} and set(small.values()) == {128}
    stages = {name: (claim["status"].get("conditions"), claim["status"].get("allocatedResourceStatuses")) for name, claim in claims.items()}
    assert not any(any(stage) for stage in stages.values()), stages
    files = volumes()["files"]
    node = files["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]["values"][0]
    blocks_of, size_of = shell(node, f"stat -f -c '%b %S' {files['spec']['local']['path']}").split()
    assert int(blocks_of) * int(size_of) > 200 * MIB
    assert changed(site.play("grow_local_volume")) == []
    old = json.loads(kubectl("get", "statefulset", "blocks", "-n", "storage", "-o", "json"))["metadata"]["uid"]
    assert changed(site.play("grow_claims"))
    found = json.loads(kubectl("get", "statefulset", "blocks", "-n", "storage", "-o", "json"))
    assert found["metadata"]["uid"] != old and found["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "256Mi"
    assert uids() == before and restarts() == 0 and all_ready()
    assert changed(site.play("grow_claims")) == []


def test_scale(site: Site) -> None:
    site.replicas = 3
    site.play("scale")
    assert len([pod for pod in pods() if pod["metadata"]["name"].startswith("blocks-")]) == 3 and all_ready()
    site.replicas = 4
    assert "1 more volumes" in site.play("scale", fails=True)
    site.replicas = 2
    told = site.play("scale")
    assert "disk-blocks-2" in told and "disk-blocks-2" in [claim["metadata"]["name"] for claim in listed("pvc", "-n", "storage")]
    assert changed(site.play("scale")) == []


def eventually_released() -> list[dict]:
    for _attempt in range(30):
        found = [volume for volume in listed("pv") if volume["status"]["phase"] == "Released"]
        if found:
            return found
        time.sleep(1)
    raise AssertionError("no volume was released")


def test_a_pod_whose_disk_is_gone_gets_another(site: Site) -> None:
    site.play("scale", scale_removed_claims="delete")
    free = eventually_released()
    lost = volumes()["disk-blocks-1"]["metadata"]["name"]
    words = {"replace_cluster": "blocks", "replace_pod": "blocks-1"}
    assert lost in site.play("replace_pod_disk", fails=True, **words)
    words["replace_allow_data_loss"] = {"storage/disk-blocks-1": lost}
    for volume in free:
        # The claim that scale.yml has deleted: somebody has looked at it, and gives the volume back.
        kubectl("patch", "pv", volume["metadata"]["name"], "--type=merge", "-p", '{"spec": {"claimRef": null}}')
    told = site.play("replace_pod_disk", **words)
    assert lost in told and volumes()["disk-blocks-1"]["metadata"]["name"] != lost and all_ready()
    assert changed(site.play("replace_pod_disk", **words)) == []
    phases = {volume["metadata"]["name"]: volume["status"]["phase"] for volume in listed("pv")}
    assert phases[lost] == "Released", "what was given up is kept until somebody deletes it"
