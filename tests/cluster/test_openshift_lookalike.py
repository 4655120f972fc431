"""SecurityContextConstraints where the API has them and nothing where it has not; against a look-alike of the kind, unverified on OpenShift."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cluster_play import kubectl, objects, play, requests_since

SPACE = "cairn-openshift"
NAME = "local-static-provisioner"
LOOKALIKE = Path(__file__).parent / "manifests" / "scc_lookalike.yml"
DEFINITION = next(yaml.safe_load_all(LOOKALIKE.read_text(encoding="utf-8")))["metadata"]["name"]
OPTIONAL = [{"api_version": "security.openshift.io/v1", "kind": "SecurityContextConstraints"}]
ROLE = {
    "ansible.builtin.include_role": {"name": "cairn.storage.local_static_provisioner"},
    "vars": {
        "local_static_provisioner_namespace": SPACE,
        "local_static_provisioner_wait_for_pods": False,
        "local_static_provisioner_live": [],
        "local_static_provisioner_image": "registry.example.com/provisioner:1",
    },
}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
CONSTRAINTS = {
    "apiVersion": "security.openshift.io/v1",
    "kind": "SecurityContextConstraints",
    "metadata": {"name": "cairn-openshift"},
    **dict.fromkeys(
        (
            "allowHostDirVolumePlugin",
            "allowHostIPC",
            "allowHostNetwork",
            "allowHostPID",
            "allowHostPorts",
            "allowPrivilegedContainer",
            "readOnlyRootFilesystem",
        ),
        False,
    ),
}


def absent() -> None:
    play({**ROLE, "vars": {**ROLE["vars"], "local_static_provisioner_state": "absent"}})
    kubectl("delete", "configmap", "a", "-n", "default", "--ignore-not-found")
    kubectl("delete", "crd", DEFINITION, "--ignore-not-found", "--wait=true", "--timeout=60s")


@pytest.fixture(scope="module", autouse=True)
def clean() -> Iterator[None]:
    absent()
    yield
    absent()


def role_result(*more: dict) -> dict:
    """What the role's own task has returned."""
    told = {"ansible.builtin.set_fact": {"told": "{{ local_static_provisioner_result }}"}}
    return play(ROLE, told, *more)[1]["ansible_facts"]["told"]


def test_a_plain_cluster_is_unaffected() -> None:
    begin = time.time()
    (without,) = play(objects([CONFIG], check=True))
    plain = requests_since(begin)
    begin = time.time()
    with_it, refused, unused = play(
        objects([CONFIG, CONSTRAINTS], optional=OPTIONAL, check=True), objects([CONFIG, CONSTRAINTS]), objects([CONFIG], optional=OPTIONAL)
    )
    assert not with_it.get("failed") and [action["kind"] for action in with_it["actions"]] == [action["kind"] for action in without["actions"]] == [
        "ConfigMap"
    ]
    assert len(with_it["objects"]) == 1
    # Discovery of the groups beside that of the core; one of the three tasks stops at it, one before it.
    assert with_it["requests"] == plain + 1
    assert refused["error"]["code"] == "kind-unknown" and unused["error"]["code"] == "optional-unused"
    assert requests_since(begin) >= with_it["requests"]
    made = role_result()
    assert not made.get("failed") and made["changed"] and "SecurityContextConstraints" not in {each["kind"] for each in made["objects"]}, made


def test_the_provisioner_is_let_in_where_the_kind_is_there() -> None:
    kubectl("apply", "-f", str(LOOKALIKE))
    kubectl("wait", "--for=condition=Established", "--timeout=30s", f"crd/{DEFINITION}")
    made, again = role_result(), role_result()
    assert [f"{action['verb']} {action['kind']}" for action in made["actions"]] == ["create SecurityContextConstraints"], made
    assert not again["changed"], again["diff"]
    live = yaml.safe_load(kubectl("get", "scc", NAME, "-o", "yaml"))
    assert live["users"] == [f"system:serviceaccount:{SPACE}:{NAME}"] and live["allowPrivilegedContainer"] and not live["allowHostNetwork"]
    pod = yaml.safe_load(kubectl("get", "daemonset", NAME, "-n", SPACE, "-o", "yaml"))["spec"]["template"]["spec"]
    mounted = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    # The API server adds the token of the service account, a projected volume, to each pod.
    assert mounted | {"projected"} == set(live["volumes"]), "what its pods mount and no more"
    assert pod["containers"][0]["securityContext"]["privileged"] and pod["serviceAccountName"] == NAME


def test_they_go_with_it() -> None:
    play({**ROLE, "vars": {**ROLE["vars"], "local_static_provisioner_state": "absent"}})
    done = subprocess.run(("kubectl", "get", "scc", NAME), capture_output=True, text=True, check=False)
    assert "NotFound" in done.stderr
