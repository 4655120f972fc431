"""A wish that cannot be met stops site.yml in its preflight, with the reason, before anything changed anywhere.

Whether anything changed is asked of the lab: the programs that its machines ran and the requests that its API server saw.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "hosts"))

from host_play import ERASE  # noqa: E402
from traces import changes_since  # noqa: E402

DISK = "/dev/disk/by-id/wwn-0x60014055ca1ab1e000{node}000{disk}000000000"


def run(*argv: str, stdin: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(argv, cwd=REPO, capture_output=True, text=True, input=stdin, timeout=300)


def lab(*argv: str) -> str:
    done = run("lab/lab", *argv)
    assert done.returncode == 0, done.stderr
    return done.stdout


WISHES = {
    "a disk that is absent": (
        {"lvm_volume_groups": [{"name": "fast", "devices": [DISK.format(node=9, disk=9)]}]},
        ["wwn-0x60014055ca1ab1e00090009000000000"]),
    "a disk that holds a file system": (
        {"lvm_volume_groups": [{"name": "fast", "devices": ["{{ '" + DISK.format(node="@", disk=1) + "' | replace('@', inventory_hostname[-1]) }}"]}]},
        ["ext4", "wipe"]),
    "a disk that is too small": (
        {"storage_disk_rules": [{"name": "fast", "rotational": False, "size_min": "3TiB"}, {"name": "bulk", "rotational": True}]},
        ["fast"]),
    "an unknown class": (
        {"storage_cluster_clusters": [{"name": "blocks", "engine": "tgt", "replicas": 3, "initiators": ["ALL"],
                                      "disk": {"class": "no-such-class", "size": "1GiB"}}]},
        ["no-such-class"]),
    "a storage cluster of which nobody has said who may log in": (
        {"storage_cluster_clusters": [{"name": "blocks", "engine": "tgt", "replicas": 3, "disk": {"class": "local-block", "size": "1GiB"}}]},
        ["initiators", "nobody has said who may log in"]),
    "a volume group named twice": (
        {"lvm_volume_groups": [{"name": "fast", "devices": {"rule": "fast"}}, {"name": "fast", "devices": {"rule": "bulk"}}]},
        ["fast", "same name"]),
    "more than is free": (
        {"lvm_volume_groups": [{"name": "fast", "devices": {"rule": "fast"}, "logical_volumes": [{"name": "huge", "size": "3TiB"}]}]},
        ["too little space", "3TiB"]),
    "a rule that matches the system disk": (
        {"storage_disk_rules": [{"name": "fast", "id": "ubd"}, {"name": "bulk", "rotational": True}]},
        ["system"]),
    "a claim larger than any volume of its class": (
        {"storage_cluster_clusters": [{"name": "blocks", "engine": "tgt", "replicas": 3, "initiators": ["ALL"],
                                      "disk": {"class": "local-block", "size": "3GiB"}}]},
        ["local-block", "3GiB"]),
    "two consumers of one rule": (
        {"lvm_volume_groups": [{"name": "fast", "devices": {"rule": "bulk"}}]},
        ["already given"]),
    "an ambiguous size": (
        {"lvm_volume_groups": [{"name": "fast", "devices": {"rule": "fast"}, "logical_volumes": [{"name": "some", "size": "10G"}]}]},
        ["10G", "10GiB"]),
}


@pytest.fixture
def file_system_on_disk_1() -> None:
    """The first disk of each machine holds a file system of somebody's."""
    for node in ("1", "2", "3"):
        lab("ssh", f"node{node}", f"mkfs.ext4 -q -L precious {DISK.format(node=node, disk=1)}")
    yield
    for node in ("1", "2", "3"):
        lab("ssh", f"node{node}", f"{ERASE} erase {DISK.format(node=node, disk=1)}")


@pytest.mark.parametrize("case", WISHES)
def test_refused_before_anything_changed(case: str, request: pytest.FixtureRequest) -> None:
    wish, words = WISHES[case]
    if "file system" in case:
        request.getfixturevalue("file_system_on_disk_1")
        time.sleep(1)
    begin = time.time()
    done = run("ansible-playbook", "-i", "inventories/lab", "playbooks/site.yml", "-e", json.dumps(wish))
    assert done.returncode != 0, done.stdout
    errors = [line for line in done.stdout.splitlines() + done.stderr.splitlines() if all(word in line for word in words)]
    assert errors, f"no line names {words}:\n{done.stdout}"
    assert changes_since(begin) == []
