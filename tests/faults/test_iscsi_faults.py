"""A path is lost under running input and output, and a target loses its power: nothing above the disk notices more than a pause, and nobody has to act."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Iterator

import pytest
from conftest import eventually
from host_play import lab, nodes, own_node, peer, shell
from iscsi_site import Site, site

NODE, PEER = own_node(), nodes()[0]
MOUNT = "/mnt/exported"
#: Writes files one after another, each down to the disk, and notes its checksum once that is done.
WRITER = f"""
import hashlib, os, time
number = 0
while not os.path.exists("/run/exported.stop"):
    data = os.urandom(256 * 1024)
    with open("{MOUNT}/%d" % (number % 64), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    with open("/run/exported.sums", "a") as sums:
        sums.write("%d %s\\n" % (number % 64, hashlib.sha256(data).hexdigest()))
    number += 1
    time.sleep(0.05)
"""
BEGIN = f"""
set -e
mkfs.ext4 -q -F DISK; mkdir -p {MOUNT}; mount -o errors=remount-ro DISK {MOUNT}
rm -f /run/exported.*
cat > /run/exported.py <<'END'
{WRITER}
END
systemd-run --quiet --collect --unit exported-writer sh -c 'python3 /run/exported.py 2> /run/exported.err'
"""
#: What the writer left, read from the disk itself, against what it noted. It stops by itself between two files.
VERIFY = f"""
set -e
touch /run/exported.stop
for n in $(seq 600); do systemctl is-active --quiet exported-writer || break; sleep 0.5; done
[ ! -s /run/exported.err ] || {{ cat /run/exported.err; exit 1; }}
if grep ' {MOUNT} ext4 ro' /proc/mounts; then exit 1; fi
cat /sys/fs/ext4/$(basename $(readlink -f DISK))/errors_count
umount {MOUNT}; blockdev --flushbufs DISK; mount DISK {MOUNT}
tac /run/exported.sums | awk '!seen[$1]++ {{ print $2 "  {MOUNT}/" $1 }}' > /run/exported.last
sha256sum --check --quiet /run/exported.last
wc -l < /run/exported.sums
umount {MOUNT}
"""


def written() -> int:
    """How many files have reached the disk."""
    return int(shell(NODE, "touch /run/exported.sums; wc -l < /run/exported.sums"))


def advance(seconds: int) -> None:
    """Wait until more files are written."""
    before = written()
    eventually("more is written", lambda: written() > before + 3, seconds)


def verified(disk: str) -> int:
    """The number of files that were written, if nothing went wrong with any of them."""
    errors, count = shell(NODE, VERIFY.replace("DISK", disk)).split()
    assert errors == "0"
    return int(count)


def start(two: Site) -> str:
    """Make the export and write to it; the disk."""
    two.run()
    disk = two.disk()
    assert disk["state"] == "up" and len(disk["paths"]) == len(two.portals)
    shell(NODE, BEGIN.replace("DISK", disk["id"]))
    advance(30)
    return disk["id"]


@pytest.fixture(autouse=True)
def no_kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is kept for the next run would not outlive the machine."""
    monkeypatch.setenv("ANSIBLE_SSH_ARGS", "-o ControlMaster=no")


@pytest.fixture
def both_networks(tmp_path: Path) -> Iterator[Site]:
    with peer(), site(tmp_path, "pathtest", PEER, NODE, ("10.90.1.11", "10.90.2.11"), 9) as made:
        yield made
        lab("net", "heal", NODE, "--net", "2")


@pytest.fixture
def one_network(tmp_path: Path) -> Iterator[Site]:
    with peer(), site(tmp_path, "powertest", PEER, NODE, ("10.90.1.11",), 9) as made:
        yield made


def test_a_path_is_lost_and_comes_back_under_running_io(both_networks: Site) -> None:
    two = both_networks
    disk = start(two)
    lab("net", "cut", NODE, "--net", "2")
    eventually("the path is known to be lost", lambda: two.disk()["state"] == "degraded", 60)
    advance(45)
    assert [each["portal"] for each in two.sessions() if each["state"] != "LOGGED_IN"] == ["10.90.2.11:3260"]
    lab("net", "heal", NODE, "--net", "2")
    eventually("the path is back", lambda: two.disk()["state"] == "up", 90)
    advance(30)
    assert verified(disk) > 20


def test_a_target_without_power_is_back_before_its_initiator_gives_up(one_network: Site) -> None:
    two = one_network
    disk = start(two)
    limit = two.sessions()[0]["recovery_seconds"]
    before = two.exported()["running"]
    begin = time.monotonic()
    lab("power-cut", PEER)
    lab("start", PEER)
    eventually("the session is back", lambda: two.sessions()[0]["state"] == "LOGGED_IN", limit)
    assert time.monotonic() - begin < limit
    advance(60)
    after = two.exported()
    assert after["running"] == before and not after["drift"] and not after["degraded"]
    assert shell(PEER, f"cat {two.tpg}/attrib/authentication {two.tpg}/acls/{two.initiator}/auth/userid").split() == ["1", "exported"]
    assert verified(disk) > 20
