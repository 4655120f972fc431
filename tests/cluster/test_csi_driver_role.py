"""Every driver of the catalogue, applied by its role to a real API server with strict validation. There are no nodes: nothing is seen to run here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cluster_play import REPO, environment, get, kubectl, look, play, seen
from kube_faces import named

CATALOGUE = REPO / "roles" / "csi_driver" / "vars" / "catalogue"
DRIVERS = sorted(file.stem for file in CATALOGUE.glob("*.yml"))
#: What the role's tasks have told, and what they worked on.
TOLD = {"ansible.builtin.set_fact": {"told": {
    "results": "{{ [csi_driver_object, csi_driver_result, csi_driver_nodes | default({}), csi_driver_controllers | default({})] }}", "objects": "{{ csi_driver_plan.objects }}"}}}


def role(name: str, **variables: object) -> dict:
    return {"ansible.builtin.include_role": {"name": f"cairn.storage.{name}"}, "vars": variables}


def driver(name: str, **variables: object) -> dict:
    return role("csi_driver", csi_driver_name=name, csi_driver_wait=False, **variables)


def told(result: dict) -> dict:
    """What ``TOLD`` has kept, after a role that did not fail."""
    assert "ansible_facts" in result, result
    kept = result["ansible_facts"]["told"]
    assert not any(each.get("failed") for each in kept["results"]), kept["results"]
    return kept


def changes(result: dict) -> list[str]:
    """What the role's tasks did, or would have done."""
    return [f"{action['verb']} {action['kind']}" for each in told(result)["results"] for action in each.get("actions", [])]


def there(manifests: list[dict]) -> set:
    """Which of the objects the API server has."""
    return set(seen(play(look(manifests))[0]))


@pytest.fixture(scope="module", autouse=True)
def snapshots() -> Iterator[None]:
    """Definitions of snapshots from a folder, and their controller, by the role for both."""
    folder = subprocess.run(("lab", "snapshot-crds"), check=True, capture_output=True, text=True).stdout.strip()
    controller = role("snapshot_controller", snapshot_controller_definitions=[folder], snapshot_controller_wait=False)
    kept = {"ansible.builtin.set_fact": {"told": "{{ snapshot_controller_result }}"}}
    first, again = (result["ansible_facts"]["told"] for result in play(controller, kept, controller, kept)[1::2])
    assert {"Deployment", "ClusterRole"} <= {each["kind"] for each in first["objects"]} and not again["changed"], again
    assert get(named("apiextensions.k8s.io/v1", "CustomResourceDefinition", ["volumesnapshots.snapshot.storage.k8s.io"])[0])
    yield
    play({**controller, "vars": {**controller["vars"], "snapshot_controller_state": "absent"}})
    assert not get(named("apps/v1", "Deployment", ["snapshot-controller"], "cairn-snapshot-controller")[0])
    assert get(named("apiextensions.k8s.io/v1", "CustomResourceDefinition", ["volumesnapshots.snapshot.storage.k8s.io"])[0]), "snapshots would go with it"
    kubectl("delete", "namespace", "cairn-snapshot-controller", "--ignore-not-found", "--timeout=60s")


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_comes_stays_and_goes(name: str) -> None:
    here, gone = driver(name), driver(name, csi_driver_state="absent")
    (_role, checked) = play(here, TOLD, check=True)
    objects = told(checked)["objects"]
    own = [*objects, {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name}}]
    try:
        before = there(own)
        assert ("CSIDriver", name) not in before and not any(kind in ("DaemonSet", "Deployment", "StatefulSet") for kind, _name in before)
        planned = changes(checked)
        (_role, made, _again, unchanged) = play(here, TOLD, here, TOLD)
        assert changes(made) == planned and len(planned) >= len(own) - len(before), "check mode has foreseen what came"
        assert changes(unchanged) == [] and not any(each.get("changed") for each in told(unchanged)["results"])
        assert len(there(own)) == len({(each["kind"], each["metadata"]["name"]) for each in own})
        (_role, still, _gone, leaving) = play(here, TOLD, gone, TOLD, check=True)
        assert changes(still) == [] and changes(leaving), "nothing to do, and much to take away"
        assert ("CSIDriver", name) in there(own), "check mode has changed nothing"
    finally:
        (_role, left, _again, quiet) = play(gone, TOLD, gone, TOLD)
    assert changes(left) == changes(leaving) and changes(quiet) == []
    assert {kind for kind, _name in there(own)} <= {"Namespace", "CustomResourceDefinition"}
    for each in objects:
        if each["kind"] in ("Namespace", "CustomResourceDefinition"):
            kubectl("delete", each["kind"].lower(), each["metadata"]["name"], "--ignore-not-found", "--timeout=60s")


def test_our_driver_has_what_its_role_is_told() -> None:
    variables = {"lvm_csi_volume_groups": ["fast*"], "lvm_csi_pools": [{"name": "large", "volume_groups": ["archive"]}], "lvm_csi_attach": True,
                 "lvm_csi_attributes_classes": [{"name": "cairn-slow", "parameters": {"iops": "200"}}], "lvm_csi_wait": False}
    here = role("lvm_csi", **variables)
    (_role, made) = play(here, TOLD)
    try:
        told(made)
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
    finally:
        play(role("lvm_csi", **variables, lvm_csi_state="absent"))
        kubectl("delete", "namespace", "cairn-lvm-csi", "--ignore-not-found", "--timeout=60s")


def test_a_driver_with_volumes_stays() -> None:
    name = "nfs.csi.k8s.io"
    volume = Path(__file__).parent / "manifests" / "csi_volume.yml"
    play(driver(name))
    kubectl("apply", "-f", str(volume))
    try:
        play(driver(name, csi_driver_state="absent"))
        assert get(named("storage.k8s.io/v1", "CSIDriver", [name])[0]) and get(named("apps/v1", "DaemonSet", ["csi-nfs-node"], "cairn-csi-nfs")[0])
    finally:
        kubectl("delete", "-f", str(volume), "--timeout=60s")
        play(driver(name, csi_driver_state="absent"))
        kubectl("delete", "namespace", "cairn-csi-nfs", "--timeout=60s")


@pytest.mark.parametrize(("variables", "says"), [
    ({"csi_driver_name": "none.example.com"}, "csi_driver_name"),
    ({"csi_driver_name": "nfs.csi.k8s.io", "csi_driver_kubernetes": "1.30"}, "no sidecars are known for Kubernetes 1.30"),
    ({"csi_driver_name": "nfs.csi.k8s.io", "csi_driver_attach": True}, "csi_driver_attach"),
    ({"csi_driver_name": "nfs.csi.k8s.io", "csi_driver_arguments": {"nodes": ["-v=5"]}}, "csi_driver_arguments.nodes"),
])
def test_what_cannot_be_is_told_by_its_name(variables: dict, says: str, tmp_path: Path) -> None:
    # A role's failure is not a result that include_role hands on.
    book = tmp_path / "play.yml"
    book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [role("csi_driver", **variables)]}]), encoding="utf-8")
    done = subprocess.run(("ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", str(book)),
                          cwd=REPO, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode != 0 and says in done.stdout + done.stderr, done.stdout
    assert not get(named("storage.k8s.io/v1", "CSIDriver", [variables["csi_driver_name"]])[0])
