"""Sites as people write them, on the lab: see the folder sites. Each is played as those would who have configured nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

from outside import REPO, kubectl, lab

sys.path.insert(0, str(REPO / "tests" / "hosts"))

from host_play import ERASE, FORGET  # noqa: E402

NODES = ["node1", "node2"]
DISKS = {node: [f"/dev/disk/by-id/wwn-0x60014055ca1ab1e{number:04d}{disk:04d}000000000" for disk in range(1, 5)] for number, node in enumerate(NODES, 1)}
CLEAN = f"""
umount -q /srv/data; rm -rf /srv/data
vgchange -qan bulk data fast; vgremove -qff bulk data fast; pvremove -qff $(pvs --noheadings -o pv_name)
{ERASE}
for disk in $DISKS; do [ -e $disk ] || continue; sfdisk -q --delete $disk; erase $disk; done
udevadm settle
{FORGET}
"""


def play(site: str, book: str, *argv: str) -> str:
    """What a playbook says that ends well, in the shape that people see by default."""
    inventories = ("-i", "tests/faults/sites/lab_hosts", "-i", f"tests/faults/sites/{site}")
    done = subprocess.run(("ansible-playbook", *inventories, f"playbooks/{book}.yml", *argv), cwd=REPO, capture_output=True, text=True,
                          timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def changes(said: str) -> int:
    """How many tasks changed something, on all hosts."""
    return sum(int(line.split("changed=")[1].split()[0]) for line in said.split("PLAY RECAP")[1].splitlines() if "changed=" in line)


def made(site: str, *books: str, more: tuple = ()) -> None:
    """The site is made as check mode has foretold, without another change in the second run, and its map is readable."""
    for book in ("site", *books):
        foretold = play(site, book, *more, "--check", "--diff")
        assert changes(foretold) and changes(play(site, book, *more)), foretold
        assert changes(play(site, book, *more)) == 0
    assert "POD  PHASE  CLAIM" in play(site, "storage_map")


def volumes(name: str) -> list[str]:
    """The nodes of the volumes of a class."""
    found = [each for each in kubectl("get", "pv")["items"] if each["spec"]["storageClassName"] == name and each["status"]["phase"] == "Available"]
    return sorted(json.dumps(each["spec"]["nodeAffinity"]).split('"values": ["')[1].split('"')[0] for each in found)


def clean() -> None:
    for node in NODES:
        lab("ssh", node, f"DISKS='{' '.join(DISKS[node])}'\n{CLEAN} true")
