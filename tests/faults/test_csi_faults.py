"""What befalls the CSI driver while a pod works on a volume: it is renewed, it is given an image that does not start, its node loses the power."""

from __future__ import annotations

import json
import subprocess
from typing import Iterator

import pytest
from conftest import REPO, eventually, is_ready, kubectl, lab, run
from csi_site import CONVERGE, NODE, PATTERN, apply, claim, plugins, pod, ready, site

SPACE = "csi-faults"
#: It writes a pattern with its checksum once, and then goes on writing.
WRITE = f"{PATTERN}; i=0; while echo $i >>/volume/log; do i=$((i+1)); sleep 0.2; done"


@pytest.fixture(scope="module", autouse=True)
def _works() -> Iterator[None]:
    with site(SPACE):
        apply(claim(SPACE, "works", "lvm"), pod(SPACE, "works", WRITE))
        eventually("the pod works", lambda: ready(SPACE, "works") and lines() > 5, 120)
        yield


def lines() -> int:
    """How much the pod has written; it is asked on the node, so that nobody but its volume has to work."""
    return int(lab("ssh", NODE, "cat /var/lib/kubelet/pods/*/volumes/kubernetes.io~csi/*/mount/log | wc -l"))


def drivers() -> dict[str, tuple[str, str, str]]:
    """UID, time of creation and image of the driver's pod on each node."""
    found = plugins()
    assert len(found) == 2 and all(is_ready(each) for each in found.values())
    return {
        node: (each["metadata"]["uid"], each["metadata"]["creationTimestamp"], each["spec"]["containers"][0]["image"]) for node, each in found.items()
    }


def untouched() -> tuple:
    """What of the working pod may not change: itself, its container, its mount."""
    found = kubectl("get", "pod", "-n", SPACE, "works")
    mount = lab("ssh", NODE, "findmnt --noheadings --list --output ID,TARGET,SOURCE | grep '/kubernetes.io~csi/.*/mount'")
    return found["metadata"]["uid"], found["status"]["containerStatuses"][0]["restartCount"], mount


def test_a_driver_is_renewed_the_canary_first_while_its_volume_is_written_to() -> None:
    before, working, written = drivers(), untouched(), lines()
    run(*CONVERGE, "-e", "lvm_csi_timeout=130", "-e", json.dumps({"lvm_csi_canary_nodes": [NODE]}))
    after = drivers()
    assert all(after[node][0] != before[node][0] for node in before), "each was renewed"
    assert all(after[NODE][1] <= created for _uid, created, _image in after.values()), "the canary first"
    assert untouched() == working and lines() > written + 20
    run(*CONVERGE)


def test_an_image_that_does_not_start_stops_at_the_canary_and_goes_back() -> None:
    before, working, written = drivers(), untouched(), lines()
    canary = ("-e", json.dumps({"lvm_csi_canary_nodes": [NODE], "lvm_csi_image": "registry.example.com/none:1"}))
    done = subprocess.run((*CONVERGE, *canary), cwd=REPO, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode != 0 and "the old one is back on all nodes" in " ".join(done.stdout.split()), done.stdout
    after = drivers()
    assert [node for node in before if after[node][0] != before[node][0]] == [NODE], "no other node was reached"
    assert {image for _uid, _created, image in after.values()} == {image for _uid, _created, image in before.values()}
    assert untouched() == working and lines() > written + 20


def test_a_node_that_was_filled_after_it_was_chosen_is_left_within_a_minute() -> None:
    prefers = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}]}
    moves = pod(SPACE, "moves", "exec sleep 86400")
    del moves["spec"]["nodeSelector"]
    moves["spec"]["affinity"] = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": prefers}]}}

    def was_refused() -> bool:
        events = kubectl("get", "events", "-n", SPACE, "--field-selector=involvedObject.name=moves,reason=ProvisioningFailed")["items"]
        return any("ResourceExhausted" in event["message"] for event in events)

    for _try in range(3):  # now and then a node's capacity is asked for just after it was filled, and then the pod does not go there
        lab("ssh", NODE, "lvcreate --quiet --yes --extents 100%FREE --name filler csi")
        try:
            apply(claim(SPACE, "moves", "lvm"), moves)
            eventually("it is on another node", lambda: kubectl("get", "pod", "-n", SPACE, "moves")["spec"].get("nodeName", NODE) != NODE, 60)
            eventually("it has its volume", lambda: ready(SPACE, "moves"), 120)
        finally:
            lab("ssh", NODE, "lvremove --quiet --yes csi/filler")
            run("kubectl", "delete", "-n", SPACE, "pod/moves", "pvc/moves", "--timeout=120s")
        if was_refused():
            return
    raise AssertionError("it was never on its way to the full one")


def test_after_a_power_cut_the_pod_has_its_data() -> None:
    volumes = lab("ssh", NODE, "lvs --noheadings --options lv_name,lv_uuid csi")
    restarts = untouched()[1]
    # What the container runtime notes of a pod's network is not synced; cut off in the middle, it keeps that node from ever ending these pods.
    lab("ssh", NODE, "sync")
    lab("power-cut", NODE)
    lab("start", NODE)

    def back() -> bool:
        found = kubectl("get", "pod", "-n", SPACE, "works")
        return is_ready(found) and found["status"]["containerStatuses"][0]["restartCount"] > restarts

    eventually("the pod works again", back, 300)
    assert run("kubectl", "exec", "-n", SPACE, "works", "--", "md5sum", "-c", "/volume/sum") == "/volume/pattern: OK\n"
    assert lab("ssh", NODE, "lvs --noheadings --options lv_name,lv_uuid csi") == volumes
