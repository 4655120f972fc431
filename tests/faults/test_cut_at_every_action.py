"""The power goes before each changing command of a plan of more than twenty actions: a re-run goes on, and nobody else's data is harmed.

What was done before a cut stays done, so one walk through the plan cuts it everywhere: each run is held at the command after the first
that it changes something with, the node loses its power there, and the next run begins with what is left.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, Optional

import pytest
import yaml
from conftest import REPO, lab
from host_play import ERASE, FORGET  # found by conftest

NODE = os.environ.get("FAULTS_NODE", "node1")
DISKS = range(9, 15)
IDS = [f"/dev/disk/by-id/wwn-0x60014055ca1ab1e{int(NODE[4:]):04d}{number:04d}000000000" for number in DISKS]
#: lsblk, blkid and the report come before the first command that checks or changes anything.
READING = 3
#: Far more than there are commands in the plan.
MOST = 80

LAYOUT = {
    "name": "cuttest",
    "devices": IDS[:5],
    "tags": ["site"],
    "thin_pools": [{"name": "pool", "size": "10%VG", "overprovision_ratio": 2}],
    "logical_volumes": [
        {"name": "ext4", "size": "64MiB", "filesystem": {"type": "ext4", "label": "one"}},
        {"name": "xfs", "size": "320MiB", "filesystem": {"type": "xfs"}},
        {"name": "btrfs", "size": "272MiB", "filesystem": {"type": "btrfs"}},
        {"name": "striped", "type": "striped", "size": "64MiB"},
        {"name": "raid1", "type": "raid1", "size": "32MiB", "filesystem": {"type": "ext4"}},
        {"name": "raid5", "type": "raid5", "size": "32MiB"},
        {"name": "cached", "size": "64MiB", "cache": {"size": "32MiB", "devices": IDS[4:5]}},
        {"name": "off", "size": "16MiB", "active": False},
        {"name": "thin", "size": "256MiB", "thin_pool": "pool", "filesystem": {"type": "ext4"}},
        {"name": "thin-2", "size": "256MiB", "thin_pool": "pool", "tags": ["a", "b"]},
    ],
}
CLASSES = [
    {"name": "cuttest-fs", "fs_type": "ext4", "logical_volumes": {"volume_group": "cuttest", "count": 2, "size": "64MiB"}},
    {"name": "cuttest-raw", "volume_mode": "Block", "logical_volumes": {"volume_group": "cuttest", "count": 1, "size": "32MiB"}},
]
TASKS = [
    {"name": "Lay out LVM", "cairn.storage.lvm_layout": {"volume_groups": [LAYOUT]}, "register": "laid_out"},
    {
        "name": "Give out local volumes",
        "cairn.storage.local_volumes": {"classes": CLASSES, "pending": "{{ laid_out.after }}"},
        "register": "given_out",
    },
    {"name": "Tell", "ansible.builtin.debug": {"msg": "ACTIONS {{ (laid_out.actions + given_out.actions) | length }}"}},
]
BASE = "/var/lib/cairn-storage/local-volumes"
CLEAN = f"""{ERASE}
withdraw 'cuttest-*'
sed -i /x-cairn.class=cuttest/d /etc/fstab
{FORGET}
for group in cuttest cutkeep; do vgremove -qq --force --yes $group; rm -f /etc/lvm/backup/$group; done 2>/dev/null
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
true
"""
#: Of somebody else: a volume group on a disk of its own, and a volume in it that holds data.
KEEP = f"""
vgcreate -qq cutkeep {IDS[5]} && lvcreate -qq --yes --extents 16 --name data cutkeep
dd if=/dev/urandom of=/dev/cutkeep/data bs=1M count=64 oflag=direct conv=fsync status=none
"""
CHECKSUM = """
vgchange -qq --activate y cutkeep
dd if=/dev/cutkeep/data bs=1M iflag=direct status=none | sha256sum
vgs --noheadings -o vg_uuid,vg_seqno cutkeep
"""
#: What tells one state of the plan from the next.
PROGRESS = f"""
vgs --noheadings -o vg_uuid,vg_seqno cuttest
for volume in /dev/cuttest/*; do [ ! -e "$volume" ] || blkid --probe --output value --match-tag UUID "$volume"; done
cat /etc/fstab
find {BASE} -printf '%p %l\\n' 2>/dev/null
pvs --noheadings -o pv_name,pv_uuid
true
"""


def ssh(script: str) -> str:
    return lab("ssh", NODE, script)


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    for number in DISKS:
        lab("disk", "add", NODE, str(number))
    ssh(f"udevadm settle; {CLEAN}")
    yield
    ssh(CLEAN)
    for number in DISKS:
        lab("disk", "remove", NODE, str(number))


@pytest.fixture(name="book")
def playbook(tmp_path: Path) -> Path:
    path = tmp_path / "cut.yml"
    path.write_text(yaml.safe_dump([{"hosts": NODE, "gather_facts": False, "tasks": TASKS}]), encoding="utf-8")
    return path


def start(book: Path, *options: str) -> subprocess.Popen:
    argv = ("ansible-playbook", "-i", "inventories/lab", str(book), *options)
    # A connection that is kept for the next run would not outlive the node.
    environment = {**os.environ, "ANSIBLE_SSH_ARGS": "-o ControlMaster=no"}
    return subprocess.Popen(argv, cwd=REPO, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)


def finish(run: subprocess.Popen) -> tuple[str, int, int]:
    """The whole output of a run that went well, with the numbers of its actions and changed tasks."""
    output = run.communicate(timeout=600)[0]
    assert run.returncode == 0, output
    return output, int(output.partition("ACTIONS ")[2].split()[0]), int(output.partition("changed=")[2].split()[0])


def held(run: subprocess.Popen) -> Optional[list]:
    """The command that ``run`` is held at; ``None`` once it has ended without."""
    while run.poll() is None:
        said = ssh("cat /run/cairn-lab/hold/held 2>/dev/null || true")
        if said:
            return json.loads(said)["argv"]
        time.sleep(1)
    return None


def test_power_cut_at_every_action(book: Path) -> None:
    ssh(KEEP)
    untouched = ssh(CHECKSUM)
    _output, planned, _changed = finish(start(book, "--check"))
    assert planned >= 20, "a plan worth cutting"
    cuts, first, reached = [], READING + 2, {ssh(PROGRESS)}
    # vgcreate is preceded by the question whether LVM would take the disks, and by a check of each.
    at = READING + 1 + len(LAYOUT["devices"]) + 1
    while True:
        assert len(cuts) < MOST, cuts
        lab("hold", NODE, "--at", str(at))
        run = start(book)
        found = held(run)
        if found is None:
            finish(run)
            break
        cuts.append(" ".join(found))
        print(f"{time.strftime('%H:%M:%S')} cut {len(cuts)} before {cuts[-1]}", file=sys.stderr, flush=True)
        lab("power-cut", NODE)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        lab("start", NODE)
        assert ssh(CHECKSUM) == untouched
        if "fullreport" in found:
            first += READING  # The first module found nothing to do: from now on it is the second's turn.
        now = ssh(PROGRESS)
        # A run that came to nothing new was held at a check, or did again what a run before it had not ended: the next one has to get further.
        at = at + 1 if now in reached else first
        reached.add(now)
    lab("hold", NODE, "--release")
    _output, actions, changed = finish(start(book))
    assert (actions, changed) == (0, 0), "one run after the last cut is enough"
    assert len(cuts) >= planned - 2, cuts
    assert ssh(CHECKSUM) == untouched
