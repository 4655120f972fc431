"""Every driver of the catalogue, applied by its role to a real API server with strict validation. There are no nodes: nothing is seen to run here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cluster_play import get, kubectl, play, seen
from kube_faces import named
from played import REPO, environment

DRIVERS = sorted(file.stem for file in (REPO / "roles" / "csi_driver" / "files" / "catalogue").glob("*.yml"))
CENTRAL = ("DaemonSet", "Deployment", "StatefulSet")
#: What the role's tasks have told.
TOLD = {"ansible.builtin.set_fact": {
    "told": "{{ [csi_driver_object, csi_driver_result, csi_driver_nodes | default({}), csi_driver_controllers | default({})] }}"}}
#: What the API server has of the objects, and the CSIDriver.
LOOK = {"ansible.builtin.command": {"argv": ["kubectl", "get", "--ignore-not-found", "-o", "json", "-f", "-"], "stdin": (
    "{{ (csi_driver_plan.objects + [{'apiVersion': 'storage.k8s.io/v1', 'kind': 'CSIDriver', 'metadata': {'name': csi_driver_plan.driver.name}}])"
    " | map('to_json') | join('\n---\n') }}")}, "failed_when": False}
DEFINITION = named("apiextensions.k8s.io/v1", "CustomResourceDefinition", ["volumesnapshots.snapshot.storage.k8s.io"])[0]


def role(name: str, check: bool = False, **variables: object) -> dict:
    return {"ansible.builtin.include_role": {"name": f"cairn.storage.{name}", "apply": {"check_mode": check}}, "vars": variables}


def driver(name: str, check: bool = False, **variables: object) -> dict:
    return role("csi_driver", check, csi_driver_name=name, csi_driver_wait=False, **variables)


def changes(result: dict) -> list[str]:
    """What the role's tasks did, or would have done."""
    told = result["ansible_facts"]["told"]
    assert not any(each.get("failed") for each in told), told
    actions = [f"{action['verb']} {action['kind']} {action['name']}" for each in told for action in each.get("actions", [])]
    assert bool(actions) == any(each.get("changed") for each in told)
    return actions


def fails(tmp_path: Path, *tasks: dict) -> str:
    """What a play says that ends with an error: a role's failure is no result that include_role hands on."""
    book = tmp_path / "play.yml"
    book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}]), encoding="utf-8")
    done = subprocess.run(("ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", str(book)),
                          cwd=REPO, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


@pytest.fixture(scope="module", autouse=True)
def snapshots() -> Iterator[None]:
    """Definitions of snapshots from a folder, and their controller, by the role for both."""
    folder = subprocess.run(("lab", "snapshot-crds"), check=True, capture_output=True, text=True).stdout.strip()
    controller = role("snapshot_controller", snapshot_controller_definitions=[folder], snapshot_controller_wait=False)
    kept = {"ansible.builtin.set_fact": {"told": "{{ snapshot_controller_result }}"}}
    first, again = (result["ansible_facts"]["told"] for result in play(controller, kept, controller, kept)[1::2])
    assert {"Deployment", "ClusterRole", "CustomResourceDefinition"} <= {each["kind"] for each in first["objects"]} and not again["changed"], again
    assert get(DEFINITION)
    yield
    play(role("snapshot_controller", snapshot_controller_state="absent"))
    assert not get(named("apps/v1", "Deployment", ["snapshot-controller"], "cairn-snapshot-controller")[0])
    assert get(DEFINITION), "all snapshots would go with it"
    spaces = [f"cairn-{name}" for name in ("snapshot-controller", "lvm-csi", "csi-hostpath", "csi-nfs", "open-local")]
    kubectl("delete", "namespace", *spaces, "--ignore-not-found", "--timeout=60s")
    kubectl("delete", "crd", "nodelocalstorages.csi.aliyun.com", "nodelocalstorageinitconfigs.csi.aliyun.com", "--ignore-not-found", "--timeout=60s")


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_comes_stays_and_goes(name: str) -> None:
    gone = {"csi_driver_state": "absent"}
    results = play(driver(name, check=True), TOLD, LOOK, driver(name), TOLD, LOOK, driver(name), TOLD, driver(name, check=True, **gone), TOLD, LOOK,
                   driver(name, **gone), TOLD, LOOK, driver(name, **gone), TOLD)
    assert len(results) == 16, "each step was taken"
    before, after, still, left = (set(seen(results[index])) for index in (2, 5, 10, 13))
    foreseen, made, again, leaving, removed, quiet = (changes(results[index]) for index in (1, 4, 7, 9, 12, 15))
    assert not before & {(kind, each) for kind, each in after if kind in (*CENTRAL, "CSIDriver")}, "check mode has changed nothing"
    assert foreseen == made and len(made) == len(after - before) and ("CSIDriver", name) in after
    assert {kind for kind, _name in after} & set(CENTRAL) and again == []
    assert still == after, "check mode has taken nothing away"
    assert sorted(leaving) == sorted(removed) and quiet == []
    assert {kind for kind, _name in left} <= {"Namespace", "CustomResourceDefinition"}


def test_our_driver_has_what_its_role_is_told_and_stays_while_it_has_volumes(tmp_path: Path) -> None:
    variables = {"lvm_csi_volume_groups": ["fast*"], "lvm_csi_pools": [{"name": "large", "volume_groups": ["archive"]}], "lvm_csi_attach": True,
                 "lvm_csi_attributes_classes": [{"name": "cairn-slow", "parameters": {"iops": "200"}}], "lvm_csi_wait": False}
    volume = str(Path(__file__).parent / "manifests" / "csi_volume.yml")
    gone = role("lvm_csi", lvm_csi_state="absent", **variables)
    changes(play(role("lvm_csi", **variables), TOLD)[1])
    sets = {each["metadata"]["name"]: each for each in yaml.safe_load(kubectl("get", "daemonsets", "-n", "cairn-lvm-csi", "-o", "yaml"))["items"]}
    options = {name: each["spec"]["template"]["spec"]["containers"][0]["args"] for name, each in sets.items()}
    assert set(sets) == {"lvm-csi-node", "lvm-csi-node-large"}
    assert "--volume-group=fast*" in options["lvm-csi-node"] and "--volume-group=archive" not in options["lvm-csi-node"]
    assert "--volume-group=archive" in options["lvm-csi-node-large"] and "--volume-group=fast*" not in options["lvm-csi-node-large"]
    assert all("--attach" in each for each in options.values())
    assert all(each["spec"]["updateStrategy"]["type"] == "OnDelete" for each in sets.values())
    classes = {each["metadata"]["name"] for each in yaml.safe_load(kubectl("get", "storageclasses", "-o", "yaml"))["items"]
               if each["provisioner"] == "lvm.csi.cairn.storage"}
    assert classes == {"lvm", "lvm-xfs", "lvm-io-throttling", "lvm-thin", "lvm-block"}
    assert yaml.safe_load(kubectl("get", "csidriver", "lvm.csi.cairn.storage", "-o", "yaml"))["spec"]["attachRequired"] is True
    assert yaml.safe_load(kubectl("get", "volumeattributesclass", "cairn-slow", "-o", "yaml"))["parameters"] == {"iops": "200"}
    kubectl("apply", "-f", volume)
    assert "driver-in-use" in fails(tmp_path, gone)
    assert "lvm-csi-node" in kubectl("get", "daemonsets", "-n", "cairn-lvm-csi")
    kubectl("delete", "-f", volume, "--timeout=60s")
    assert changes(play(gone, TOLD)[1]) and not kubectl("get", "daemonsets", "-n", "cairn-lvm-csi", "-o", "name")


@pytest.mark.parametrize(("name", "variables", "says"), [
    ("none.example.com", {}, "csi_driver_name: there is no descriptor of that name"),
    ("nfs.csi.k8s.io", {"csi_driver_kubernetes": "1.30"}, "no sidecars are known for Kubernetes 1.30"),
    ("nfs.csi.k8s.io", {"csi_driver_attach": True}, "csi_driver_attach: the driver has no attacher"),
    ("nfs.csi.k8s.io", {"csi_driver_arguments": {"nodes": ["-v=5"]}}, "csi_driver_arguments.nodes: the driver has no such workload"),
])
def test_what_cannot_be_is_told_by_its_name(name: str, variables: dict, says: str, tmp_path: Path) -> None:
    told = fails(tmp_path, driver(name, **variables))
    assert says in " ".join(told.split()), told
    assert not get(named("storage.k8s.io/v1", "CSIDriver", [name])[0])


def test_a_scheduler_learns_of_an_extender_and_forgets_it(tmp_path: Path) -> None:
    """On files like those of a node of the control plane; the lab's scheduler is no static pod."""
    manifest, config = tmp_path / "kube-scheduler.yaml", tmp_path / "config.yaml"
    container = {"name": "kube-scheduler", "command": ["kube-scheduler", "--kubeconfig=/etc/kubernetes/scheduler.conf"]}
    before = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "kube-scheduler"}, "spec": {"hostNetwork": True, "containers": [container]}}
    manifest.write_text(yaml.safe_dump(before), encoding="utf-8")
    variables = {"csi_driver_name": "local.csi.aliyun.com", "csi_driver_scheduler_manifest": str(manifest),
                 "csi_driver_scheduler_config": str(config)}
    changed = "{{ [csi_driver_scheduler_config_result is changed, csi_driver_scheduler_pod_result is changed] }}"
    kept = {"ansible.builtin.set_fact": {"told": changed}}
    read = {"ansible.builtin.command": {"argv": ["cat", str(manifest)]}}

    def task(check: bool = False, **more: object) -> dict:
        return {"ansible.builtin.include_role": {"name": "cairn.storage.csi_driver", "tasks_from": "scheduler", "apply": {"check_mode": check}},
                "vars": {**variables, **more}}

    results = play(task(True), kept, read, task(), kept, task(), kept, read, task(csi_driver_state="absent"), kept)
    told = [result["ansible_facts"]["told"] for result in results if "told" in result.get("ansible_facts", {})]
    assert told == [[True, True], [True, True], [False, False], [True, True]]
    assert yaml.safe_load(results[2]["stdout"]) == before, "check mode has changed nothing"
    made = yaml.safe_load(results[7]["stdout"])
    assert f"--config={config}" in made["spec"]["containers"][0]["command"] and made["spec"]["dnsPolicy"] == "ClusterFirstWithHostNet"
    assert "extenders" not in yaml.safe_load(config.read_text(encoding="utf-8"))
