"""kubelet, and the authors of pods, against the driver on a node: what a pod has it keeps, and nobody gets what is another's."""

from __future__ import annotations

import json
import subprocess
from typing import Iterator

import pytest
from csi_site import PATTERN, PLAIN, apply, claim, namespace, pod
from host_play import own_node
from outside import eventually, is_ready, kubectl, lab, run

SPACE = "attack-kubelet"
NODE = own_node()
#: A container that ends, and is started again, once somebody makes the file; its own root file system is new each time.
WORK = "while [ ! -e /end ]; do sleep 0.2; done"
#: What a driver's container is asked to do, whose image has no more than it needs.
WRITE = "try: open('/x', 'w')\nexcept OSError as error: print(error)"
#: What Python takes for the end of a line, in the name of a folder that a pod's author chooses.
STRANGE = "a\u2028b"


def with_sub_path(name: str, folder: str) -> dict:
    """A pod that has a folder of its volume."""
    made = pod(SPACE, name, f"{PATTERN}; {WORK}", NODE)
    made["spec"]["containers"][0]["volumeMounts"][0]["subPath"] = folder
    return made


def raw_claim(name: str) -> dict:
    made = claim(SPACE, name, "lvm-block")
    made["spec"]["volumeMode"] = "Block"
    return made


def with_device(name: str) -> dict:
    """A pod that has a raw volume."""
    made = pod(SPACE, name, f"[ -b /dev/volume ] && {WORK}", NODE)
    container = made["spec"]["containers"][0]
    del container["volumeMounts"]
    container["volumeDevices"] = [{"name": "volume", "devicePath": "/dev/volume"}]
    return made


PODS = ("plain", "folder", "strange", "raw")


def manifests(name: str) -> tuple[dict, dict]:
    """A ReadWriteOncePod claim, and the pod that has it."""
    if name == "raw":
        return raw_claim(name), with_device(name)
    folders = {"folder": "data", "strange": STRANGE}
    made = with_sub_path(name, folders[name]) if name in folders else pod(SPACE, name, f"{PATTERN}; {WORK}", NODE)
    return claim(SPACE, name, "lvm"), made


@pytest.fixture(scope="module", autouse=True)
def _works() -> Iterator[None]:
    """The driver, and pods that run. The disks that rotate are for the other file of this tier."""
    run(*PLAIN, "-e", json.dumps({"lvm_disk_rules": [{"name": "all", "rotational": False, "only_unused": True}]}))
    with namespace(SPACE):
        for name in PODS:
            apply(*manifests(name))
        for name in PODS:
            eventually(f"pod {name} works", lambda name=name: working(name), 180)
        yield


def working(name: str, restarts: int = 0) -> bool:
    """Whether a pod's container runs, and was started again so often at least."""
    found = kubectl("get", "pod", "-n", SPACE, name)
    return is_ready(found) and found["status"]["containerStatuses"][0]["restartCount"] >= restarts


def messages(name: str) -> str:
    """What was told of a pod."""
    found = kubectl("get", "events", "-n", SPACE, "--field-selector", f"involvedObject.name={name}")["items"]
    return "\n".join(f"{each['reason']}: {each['message']}" for each in found)


def mounts() -> str:
    """Where the node has these pods' volumes; without the driver's own socket and the like."""
    uids = "|".join(kubectl("get", "pod", "-n", SPACE, name)["metadata"]["uid"] for name in PODS)
    return lab("ssh", NODE, f"cut -d ' ' -f 3-5 /proc/self/mountinfo | grep -E '({uids})' | grep -E 'csi|volume-subpaths' | sort")


def restart_kubelet() -> None:
    lab("component", "stop", f"kubelet@{NODE}")
    lab("component", "start", f"kubelet@{NODE}")
    # Its node counts as ready for a while whether it is there or not.
    eventually("kubelet answers", answers, 120)


def answers() -> bool:
    """Whether kubelet runs commands in the pods of the node."""
    done = subprocess.run(("kubectl", "exec", "-n", SPACE, PODS[0], "--", "/usr/bin/sh", "-c", ":"), capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def end(name: str) -> None:
    """Let a pod's container end."""
    run("kubectl", "exec", "-n", SPACE, name, "--", "/usr/bin/sh", "-c", ": >/end")


def test_after_a_restart_of_kubelet_pods_have_their_volumes_and_their_containers_come_back() -> None:
    before = mounts()
    assert before.count("\n") >= 7, f"of each pod its volume, of those with a folder that as well, of the raw one two\n{before}"
    restart_kubelet()
    for name in PODS:
        end(name)
    for name in PODS:
        eventually(f"the container of pod {name} comes back\n", lambda name=name: working(name, 1), 180)
    assert mounts() == before, "nothing was mounted twice, and nothing went"
    for name in ("plain", "folder", "strange"):
        assert run("kubectl", "exec", "-n", SPACE, name, "--", "md5sum", "-c", "/volume/sum") == "/volume/pattern: OK\n"


@pytest.mark.parametrize("name", PODS)
def test_a_second_pod_of_a_claim_for_one_is_not_let_in_also_past_the_scheduler(name: str) -> None:
    second = manifests(name)[1]
    second["metadata"]["name"] = f"{name}-second"
    # Whoever may say where a pod runs goes past the scheduler's own check.
    second["spec"].update(nodeName=NODE, nodeSelector={})
    apply(second)
    try:
        eventually("it is told why", lambda: "Failed" in messages(f"{name}-second"), 120)
        restart_kubelet()
        found = kubectl("get", "pod", "-n", SPACE, f"{name}-second")
        assert found["status"]["phase"] == "Pending" and not is_ready(found), found["status"]
        uid = found["metadata"]["uid"]
        assert lab("ssh", NODE, f"grep -c {uid}.*csi /proc/self/mountinfo || true").strip() == "0"
    finally:
        run("kubectl", "delete", "-n", SPACE, "pod", f"{name}-second", "--timeout=120s")
    assert working(name)


#: What an author of a pod may try to read of the node: mkfs.ext4 -d copies a folder into the file system that it makes.
INLINE = [
    {"size": "400MiB", "mkfsOptions": "-d etc"},
    {"size": "400MiB", "mkfsOptions": "-d /etc"},
    {"size": "400MiB", "mkfsOptions": "-O ^resize_inode -d etc"},
    {"size": "400MiB", "mkfsOptions": "-z undo"},
]


@pytest.mark.parametrize("given", INLINE, ids=lambda given: given["mkfsOptions"])
def test_an_inline_volume_reads_nothing_of_the_node(given: dict[str, str]) -> None:
    made = pod(SPACE, "inline", "ls -laR /volume; exec sleep 86400", NODE)
    made["spec"]["volumes"] = [{"name": "volume", "csi": {"driver": "lvm.csi.cairn.storage", "volumeAttributes": given}}]
    apply(made)
    try:
        eventually("it is told why", lambda: "FailedMount" in messages("inline") or is_ready(kubectl("get", "pod", "-n", SPACE, "inline")), 90)
        found = kubectl("get", "pod", "-n", SPACE, "inline")
        assert not is_ready(found) and found["status"]["phase"] == "Pending", "it must not start"
        uid = found["metadata"]["uid"]
        # By files that every node has there.
        assert lab("ssh", NODE, f"find /var/lib/kubelet/pods/{uid}/volumes -name passwd -o -name shadow").strip() == ""
        assert lab("ssh", NODE, "ls /undo /*.e2undo 2>/dev/null || true").strip() == ""
    finally:
        run("kubectl", "delete", "-n", SPACE, "pod", "inline", "--timeout=120s")
        eventually("no volume of it stays", lambda: "inline-" not in lab("ssh", NODE, "lvs --noheadings -o lv_name csi"), 120)


def test_the_drivers_pods_answer_nobody_over_the_network_and_cannot_write_to_their_own_root() -> None:
    policy = kubectl("get", "networkpolicy", "-n", "cairn-lvm-csi", "lvm-csi")
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    drivers = kubectl("get", "pods", "-n", "cairn-lvm-csi", "--selector=app.kubernetes.io/component=node")["items"]
    for each in drivers:
        assert all(one["securityContext"]["readOnlyRootFilesystem"] for one in each["spec"]["containers"])
        told = run("kubectl", "exec", "-n", "cairn-lvm-csi", each["metadata"]["name"], "-c", "driver", "--", "/usr/bin/python3", "-c", WRITE)
        assert "Read-only file system" in told, told


def test_pods_go_as_they_came() -> None:
    """Last, for the others need them: no mount stays."""
    for name in PODS:
        run("kubectl", "delete", "-n", SPACE, "pod", name, "--timeout=120s")
    eventually("all are unmounted", lambda: lab("ssh", NODE, "grep -c 'csi-csi--' /proc/self/mountinfo || true").strip() == "0", 60)
