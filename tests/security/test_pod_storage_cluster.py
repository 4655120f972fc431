"""Initiators at the disk of a storage cluster's pod: with its account and without, from an address that may and from one that may not.

A real pod serves a real disk; the kernel of a machine is the initiator. The lab's network keeps no NetworkPolicy: it is the pod that asks.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from cluster_play import kubectl
from host_play import nodes, shell
from played import REPO, environment

SPACE, CLASS = "storage", "attacked-block"
USER, PASSWORD, TARGET_USER, TARGET_PASSWORD = "initiator", "correct-horse-battery", "target", "another-horse-battery"
SECRET = {"username": USER, "password": PASSWORD, "username_in": TARGET_USER, "password_in": TARGET_PASSWORD}
FORGET = "iscsiadm -m node --logoutall=all; iscsiadm -m node -o delete; iscsiadm -m discoverydb -o delete; true"


def variables(**more: Any) -> dict:
    return {"storage_disk_rules": [{"name": "bulk", "rotational": True, "only_unused": True, "at_most": 1}], "lvm_volume_groups": [],
            "local_volumes_classes": [{"name": CLASS, "volume_mode": "Block", "devices": {"rule": "bulk"}}],
            "storage_cluster_clusters": [{"name": "attacked", "replicas": 1, "disk": {"class": CLASS, "size": "max"}, "initiators": ["ALL"],
                                          "chap_secret": "storage-chap", **more}]}


def play(book: str, given: dict, *options: str) -> str:
    done = subprocess.run(("ansible-playbook", "-i", "inventories/lab", "-e", json.dumps(given), *options, f"playbooks/{book}.yml"), cwd=REPO,
                          env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def target() -> Iterator[tuple[str, str]]:
    """The address and the name of the pod's target."""
    if not kubectl("get", "namespace", SPACE, "--ignore-not-found"):
        kubectl("create", "namespace", SPACE)
    kubectl("apply", "-f", "-", stdin=json.dumps({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/iscsi-chap", "metadata": {"name": "storage-chap", "namespace": SPACE},
        "stringData": {f"node.session.auth.{key}": value for key, value in SECRET.items()}}))
    play("site", variables())
    shell(nodes()[0], "systemctl start iscsid")
    yield served()
    shell(nodes()[0], FORGET)
    play("teardown", {**variables(), "teardown_confirm": f"{SPACE}/attacked"})
    kubectl("delete", "secret", "storage-chap", "-n", SPACE)


def served() -> tuple[str, str]:
    pod = json.loads(kubectl("get", "pod", "attacked-0", "-n", SPACE, "-o", "json"))
    name = next(each["value"] for each in pod["spec"]["containers"][0]["env"] if each["name"] == "TARGET_IQN")
    return pod["status"]["podIP"], name.replace("$(POD_NAME)", "attacked-0")


def login(target: tuple[str, str], **account: str) -> str:
    """What a login with these settings of the initiator comes to: ``in`` or ``out``."""
    address, name = target
    node = f"iscsiadm -m node -T {name} -p {address}:3260"
    settings = {"node.session.initial_login_retry_max": "1", **({"node.session.auth.authmethod": "CHAP"} if account else {}),
                **{f"node.session.auth.{key}": value for key, value in account.items()}}
    updates = "".join(f"{node} -o update -n {key} -v {value}\n" for key, value in settings.items())
    return shell(nodes()[0], f"({FORGET}) >/dev/null 2>&1\n{node} -o new >/dev/null\n{updates}{node} --login >/dev/null 2>&1 && echo in || echo out").strip()


WRONG = "not-the-right-password"


@pytest.mark.parametrize(("account", "end"), [
    ({}, "out"),
    ({"username": USER, "password": WRONG}, "out"),
    ({"username": "somebody", "password": PASSWORD}, "out"),
    # Its own account, which it proves itself with, lets nobody in.
    ({"username": TARGET_USER, "password": TARGET_PASSWORD}, "out"),
    ({"username": USER, "password": PASSWORD}, "in"),
    (SECRET, "in"),
    # The initiator refuses a target that cannot prove itself.
    ({**SECRET, "password_in": WRONG}, "out"),
])
def test_a_login_needs_the_account_of_the_secret(target: tuple[str, str], account: dict, end: str) -> None:
    assert login(target, **account) == end


def test_the_disk_is_known_by_a_name_of_its_own(target: tuple[str, str]) -> None:
    uid = kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
    assert target[1] == f"iqn.2026-01.storage.cairn:{uid}.{SPACE}.attacked-0"
    assert login(target, username=USER, password=PASSWORD) == "in"
    device = f"/dev/disk/by-path/ip-{target[0]}:3260-iscsi-{target[1]}-lun-1"
    serial = shell(nodes()[0], f"udevadm settle; lsblk --nodeps --noheadings --output SERIAL {device}").strip()
    assert serial == hashlib.md5(target[1].encode()).hexdigest()[:16]
    assert shell(nodes()[0], f"dd if={device} of=/dev/null bs=4096 count=1 iflag=direct status=none && echo read").strip() == "read"


def test_the_password_is_in_no_variable_and_in_no_log(target: tuple[str, str]) -> None:
    node = kubectl("get", "pod", "attacked-0", "-n", SPACE, "-o", "jsonpath={.spec.nodeName}")
    script = "for each in $(pgrep -f storage-target) $(pgrep tgtd); do tr '\\0' '\\n' < /proc/$each/environ; tr '\\0' ' ' < /proc/$each/cmdline; done"
    seen = shell(node, script)
    assert "TARGET_CHAP=/run/secrets/chap" in seen
    for shown in (seen, kubectl("logs", "attacked-0", "-n", SPACE), kubectl("get", "pod,statefulset", "-n", SPACE, "-o", "json")):
        assert PASSWORD not in shown and TARGET_PASSWORD not in shown


def test_an_address_that_may_not_is_refused_with_the_right_account_too(target: tuple[str, str]) -> None:
    shell(nodes()[0], FORGET)
    play("rollout", variables(initiators=["192.0.2.0/24"]))
    now = served()
    assert now[1] == target[1]
    assert login(now, **SECRET) == "out"
    assert now[1] not in shell(nodes()[0], f"iscsiadm -m discovery -t st -p {now[0]}:3260 2>&1 || true"), "it tells its name to who may not log in"
    play("rollout", variables())
    assert login(served(), **SECRET) == "in"


@pytest.mark.skipif(len(nodes()) < 2, reason="takes a node that is left out")
def test_a_run_that_leaves_a_node_out_lets_no_pod_onto_it(target: tuple[str, str]) -> None:
    """The attack: --limit, and a node that nobody has set up is labelled and loses its startup taint."""
    mine, left_out = nodes()[:2]
    try:
        for node in (mine, left_out):
            kubectl("taint", "node", node, "cairn.storage/not-ready=:NoSchedule", "--overwrite")
            kubectl("label", "node", node, "cairn.storage/storage-node-")
        play("site", variables(), "--limit", f"{mine},kube_api")
        assert marks(mine) == ("true", False)
        assert marks(left_out) == (None, True)
    finally:
        play("site", variables())
    assert marks(left_out) == ("true", False)


def marks(node: str) -> tuple[str | None, bool]:
    """The label of a storage node, and whether pods are kept off."""
    live = json.loads(kubectl("get", "node", node, "-o", "json"))
    return (live["metadata"]["labels"].get("cairn.storage/storage-node"),
            any(taint["key"] == "cairn.storage/not-ready" for taint in live["spec"].get("taints") or ()))
