"""Running host-side tasks on a node of the lab, and asking its kernel without the code under test."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
from typing import Any, Iterable, Iterator

from played import REPO, results

#: What a check run must leave as it was: LVM, device-mapper, mounts, fstab, signatures, discovery directories.
STATE = """
vgs --noheadings -o vg_all; pvs --noheadings -o pv_all
lvs --noheadings -a -o lv_name,lv_uuid,lv_size,lv_tags,lv_layout,lv_active,lv_permissions,lv_profile,origin,pool_lv,seg_monitor,cache_mode,seg_pe_ranges
dmsetup table | sort
cat /proc/mounts /proc/swaps /etc/fstab
{ ls /dev/sd*; find /dev/mapper -type l | sort; } | xargs wipefs --json
find /var/lib/cairn-storage /etc/lvm -printf '%p %l %T@\\n' 2>/dev/null || true
"""
#: What makes a node forget what was made there, for scripts that clean up by hand.
FORGET = "rm -rf /var/lib/cairn-storage/records; rm -f /etc/udev/rules.d/61-cairn-storage-local.rules; udevadm control --reload"

#: Shell functions for scripts that clean up by hand.
ERASE = """
# Makes devices blank as the collection understands it: no signature, and zeroes where data shows itself.
erase() {
wipefs -qa "$@" || return
python3 - "$@" <<'END'
import os, sys
for path in sys.argv[1:]:
    with open(path, "r+b", buffering=0) as device:
        size = device.seek(0, 2)
        # All that file systems put copies of their superblocks on is a multiple of 8 MiB on the lab's disks.
        for start, length in ((0, 4 << 20), (max(0, size - (2 << 20)), 2 << 20), *((place, 8192) for place in range(0, size, 8 << 20))):
            device.seek(start)
            device.write(bytes(min(length, size - start)))
        os.fsync(device.fileno())
END
}
# The table on standard input for the disk given first. Its partitions are zeroed to the last byte: wherever they begin, a file system of the tests
# before may have a copy of its superblock where one is looked for.
partition() {
sfdisk -q "$@" || return
udevadm settle
for part in "$1"-part*; do blkdiscard --zeroout "$part"; done
}
# What was given out of classes, by patterns of their names; their lines in fstab are left.
withdraw() {
for class in "$@"; do
  for entry in /var/lib/cairn-storage/local-volumes/$class/*; do
    if mountpoint -q "$entry"; then umount "$entry"; fi
    if [ -d "$entry" ]; then chattr -i "$entry"; rmdir "$entry"; fi
    rm -f "$entry"
  done
  rm -rf /var/lib/cairn-storage/local-volumes/$class /var/lib/cairn-storage/local-volumes/.kept/$class
done
}
"""


def lab(*arguments: Any) -> str:
    """Output of the lab's command."""
    done = subprocess.run((str(REPO / "lab" / "lab"), *map(str, arguments)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"lab {arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def nodes() -> list[str]:
    """The lab's nodes."""
    return json.loads(lab("inventory", "--list"))["storage_nodes"]["hosts"]


def own_node() -> str:
    """The node of a file of tests: the last one, or with workers side by side each its own."""
    return nodes()[-1 - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])]


@contextlib.contextmanager
def peer() -> Iterator[str]:
    """The first node, which is nobody's own, until the end; with workers side by side one after the other."""
    with open(REPO / ".work" / f"peer-{os.environ.get('LAB_NAME', 'lab')}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield nodes()[0]


def shell(node: str, script: str) -> str:
    """Output of a shell script on ``node``."""
    return lab("ssh", node, script)


def disk_ids(node: str, numbers: Iterable[int]) -> list[str]:
    """Stable names of the node's disks of these numbers."""
    return [f"/dev/disk/by-id/wwn-0x60014055ca1ab1e{nodes().index(node) + 1:04d}{number:04d}000000000" for number in numbers]


@contextlib.contextmanager
def plugged(node: str, numbers: Iterable[int], clean: str) -> Iterator[None]:
    """These disks in the node, blank to the last byte; ``clean`` is the script that gives them up, before and after."""
    for number in numbers:
        lab("disk", "add", node, number)
    shell(node, f"udevadm settle; {clean}")
    for disk in _there(node, numbers):
        length = str(os.path.getsize(disk["file"]))
        subprocess.run(("fallocate", "--punch-hole", "--length", length, disk["file"]), check=True)
    try:
        yield
    finally:
        shell(node, clean)
        for disk in _there(node, numbers):
            lab("disk", "remove", node, disk["number"])


def _there(node: str, numbers: Iterable[int]) -> list[dict]:
    """Those of the disks that are plugged in: each with the file that it is on this side."""
    disks = next(each["disks"] for each in json.loads(lab("status", "--json"))["nodes"] if each["name"] == node)
    return [disk for disk in disks if disk["number"] in numbers]


def state(node: str) -> str:
    """All that the node's kernel and files say about its storage."""
    return shell(node, STATE)


def play(node: str, *tasks: dict) -> list[dict]:
    """The results of ``tasks`` on ``node``, in one playbook run; failures do not stop it."""
    return results(node, tasks, "-i", "inventories/lab")


def script(text: str) -> dict:
    """A task between others that runs a shell script behind their back, or looks at the kernel; its output comes as ``stdout``."""
    return {"ansible.builtin.shell": {"cmd": text, "executable": "/bin/bash"}, "changed_when": False}


def layout(*groups: dict, check: bool = False, **options: Any) -> dict:
    """A task that lays out LVM."""
    return {"cairn.storage.lvm_layout": {"volume_groups": list(groups), **options}, "check_mode": check, "diff": True}


def volumes(*classes: dict, check: bool = False, **options: Any) -> dict:
    """A task that gives out local volumes."""
    return {"cairn.storage.local_volumes": {"classes": list(classes), **options}, "check_mode": check, "diff": True}


def changed(results: list[dict]) -> list[bool]:
    """Which of ``results`` changed something; a failure is told in full."""
    for result in results:
        assert not result.get("failed"), result
    return [result["changed"] for result in results]


def without_uuids(value: Any) -> Any:
    """``value`` without what only the kernel and LVM can tell (UUIDs, how full pools are), to compare a prediction with what came."""
    if isinstance(value, dict):
        return {key: without_uuids(each) for key, each in value.items() if key not in ("uuid", "data_percent", "metadata_percent")}
    return [without_uuids(each) for each in value] if isinstance(value, list) else value
