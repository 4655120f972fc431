"""The driver dies at storage commands of a volume's life in a cluster, between upstream's sidecars: nothing is lost, doubled or left behind.

Each command of each call is tests/csi/test_csi_killed.py. Here kubelet and the sidecars ask again, a minute or so after each death; so it dies at the
first, second, fourth, ... command of an operation.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Callable, Iterator

import pytest
from conftest import eventually, is_ready, kubectl, lab, run
from csi_site import DRIVERS, NODE, PATTERN, apply, claim, plugins, pod, ready, site

SPACE = "csi-kills"
#: More commands than any of the operations has.
MOST = 64
SLEEP = "exec sleep 86400"
#: The node's driver, not the one for all nodes.
KILL = "pkill --signal KILL --full '^/usr/bin/python3 -m cairn_csi .*--contained'"


@pytest.fixture(scope="module", autouse=True)
def _site() -> Iterator[None]:
    with site(SPACE):
        yield


def told() -> set[str]:
    """Logical volumes of NODE by what the cluster knows."""
    volumes = (each["spec"]["csi"]["volumeHandle"] for each in kubectl("get", "persistentvolumes")["items"])
    contents = (each.get("status", {}).get("snapshotHandle", "") for each in kubectl("get", "volumesnapshotcontents")["items"])
    return {handle.rpartition("/")[2] for handle in (*volumes, *contents) if handle.startswith(f"{NODE}/")}


def there() -> set[str]:
    """The driver's logical volumes of NODE; half-made ones are told as such."""
    lines = lab("ssh", NODE, "lvs --noheadings --options lv_name,lv_tags csi").splitlines()
    return {line.split()[0] + (" half-made" if "cairn.csi.state" in line else "") for line in lines if "cairn.csi" in line}


def dies(at: int, begin: Callable[[], None], done: Callable[[], bool]) -> str:
    """The command at which the driver died, nothing when the operation was done before it came to that; it is done in both cases."""
    lab("hold", NODE, "--at", str(at))
    deadline, held = time.monotonic() + 300, ""
    try:
        begin()
        while not held and not done():
            assert time.monotonic() < deadline, "neither held nor done"
            held = lab("ssh", NODE, "cat /run/cairn-lab/hold/held 2>/dev/null || true")
        if held:  # The command dies first: as a child of another kernel namespace's it might outlive the container.
            lab("ssh", NODE, f"{KILL}; kill -KILL {json.loads(held)['pid']} 2>/dev/null || true")
    finally:
        lab("hold", NODE, "--release")
    if not held:
        return ""
    # A new pod, for kubelet waits longer each time before it starts a container again.
    run("kubectl", "delete", "pod", "-n", DRIVERS, plugins()[NODE]["metadata"]["name"], "--grace-period=1")
    eventually("the operation is done", done, 300)
    return " ".join(json.loads(held)["argv"])


def at_some_commands(what: str, begin: Callable[[int], None], done: Callable[[int], bool]) -> int:
    """How often the driver died in an operation, which is done once each time, and at last once undisturbed; they are counted from 1."""
    turn = 0
    while True:
        turn, at = turn + 1, 2**turn
        assert at <= MOST, f"more than {MOST} commands"
        held = dies(at, lambda: begin(turn), lambda: done(turn))  # pylint: disable=cell-var-from-loop
        print(f"{what}: died {f'at {held}' if held else 'not at all'}", file=sys.stderr, flush=True)
        eventually("the cluster and LVM agree", lambda: told() == there(), 120)
        eventually("the driver is back", lambda: is_ready(plugins().get(NODE, {"status": {}})), 120)
        if not held:
            assert turn > 1, "no storage command was seen"
            return turn - 1


def gone(kind: str, name: str) -> bool:
    return not run("kubectl", "get", kind, "-n", SPACE, name, "--ignore-not-found", "--output=name")


def test_nothing_is_left_whenever_the_driver_dies() -> None:
    apply(claim(SPACE, "base", "lvm-thin"), pod(SPACE, "base", f"{PATTERN}; {SLEEP}"))
    eventually("the pod of the snapshots is ready", lambda: ready(SPACE, "base"), 180)

    def create(turn: int) -> None:
        apply(claim(SPACE, f"made-{turn}", "lvm"), pod(SPACE, f"made-{turn}", SLEEP))

    made = at_some_commands("create and publish", create, lambda turn: ready(SPACE, f"made-{turn}"))

    def snapshot(turn: int) -> None:
        spec = {"volumeSnapshotClassName": "lvm", "source": {"persistentVolumeClaimName": "base"}}
        meta = {"name": f"taken-{turn}", "namespace": SPACE}
        apply({"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": meta, "spec": spec})

    def taken(turn: int) -> bool:
        return kubectl("get", "volumesnapshot", "-n", SPACE, f"taken-{turn}").get("status", {}).get("readyToUse", False)

    at_some_commands("snapshot", snapshot, taken)

    def expand(turn: int) -> None:
        apply(claim(SPACE, "base", "lvm-thin", f"{64 + 32 * turn}Mi"))

    def expanded(turn: int) -> bool:
        status = kubectl("get", "pvc", "-n", SPACE, "base")["status"]
        return status["capacity"]["storage"] == f"{64 + 32 * turn}Mi" and not status.get("conditions")

    at_some_commands("expand", expand, expanded)
    assert run("kubectl", "exec", "-n", SPACE, "base", "--", "md5sum", "-c", "/volume/sum") == "/volume/pattern: OK\n"

    def delete(turn: int) -> None:
        assert f"made-{turn}" in volumes, "more commands than there are volumes"
        run("kubectl", "delete", "-n", SPACE, f"pod/made-{turn}", f"pvc/made-{turn}", "--wait=false")

    volumes = {f"made-{turn}": kubectl("get", "pvc", "-n", SPACE, f"made-{turn}")["spec"]["volumeName"] for turn in range(1, made + 2)}
    at_some_commands("unpublish and delete", delete, lambda turn: gone("pod", f"made-{turn}") and gone("persistentvolume", volumes[f"made-{turn}"]))
    # This site has none of the local volumes that the lab's inventory wishes for.
    strict = {"audit_fail_on": "warning", "audit_patience": 0, "local_volumes_classes": []}
    assert "unreachable=1" not in run("ansible-playbook", "-i", "inventories/lab", "playbooks/audit.yml", "-e", json.dumps(strict))
