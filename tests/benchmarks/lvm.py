"""make bench-lvm: one volume group, thirty logical volumes and ten file systems, against community.general's modules in loops.

Then what a run that changes nothing costs with 1, 30 and 300 volumes, and lvm_info with 1000. A task's time has no start of a playbook
in it; what is left of Ansible itself is told as the time of `ping`. Times "less the report" are the module's own on the node, without
the time that LVM takes for the same report when nothing else asks for it.
"""

from __future__ import annotations

import base64
import gzip
import re
import shlex
import statistics
import sys
from importlib.metadata import version
from typing import Any

from figures import Report
from node import REPO, Ran, call, run, seconds, shell

sys.path.insert(0, str(REPO / "tests" / "hosts"))
from host_play import ERASE  # noqa: E402

from ansible_collections.cairn.storage.plugins.module_utils._lvm.report import argv as report_argv

RUNS = 5
GROUP = "bench"
DISKS = [f"/dev/disk/by-id/wwn-0x60014055ca1ab1e0001{number:04d}000000000" for number in (1, 2)]
#: (name, size, file system); the smallest XFS that mkfs makes is 300 MiB.
VOLUMES = [(f"lv{number:02d}", 64, "") for number in range(20)] + [(f"fs{number:02d}", 320, ("xfs", "ext4")[number % 2]) for number in range(10)]

OURS = {
    "cairn.storage.lvm_layout": {
        "volume_groups": [
            {
                "name": GROUP,
                "devices": DISKS,
                "logical_volumes": [
                    {"name": name, "size": f"{size}MiB", **({"filesystem": {"type": kind}} if kind else {})} for name, size, kind in VOLUMES
                ],
            }
        ]
    }
}
PEERS = (
    {"community.general.lvg": {"vg": GROUP, "pvs": DISKS, "pesize": "4"}},
    {
        "community.general.lvol": {"vg": GROUP, "lv": "{{ item.name }}", "size": "{{ item.size }}"},
        "loop": [{"name": name, "size": f"{size}m"} for name, size, _kind in VOLUMES],
    },
    {
        "community.general.filesystem": {"dev": f"/dev/{GROUP}/{{{{ item.name }}}}", "fstype": "{{ item.kind }}"},
        "loop": [{"name": name, "kind": kind} for name, _size, kind in VOLUMES if kind],
    },
)
CLEAN = f"{ERASE} vgremove -qff --yes {GROUP} >/dev/null 2>&1; erase {' '.join(DISKS)}; rm -f /etc/lvm/backup/{GROUP}; udevadm settle"
#: What stands in the end, by tools that neither side brings.
LOOK = f"lvs --noheadings --units m -o lv_name,lv_size {GROUP}; for v in /dev/{GROUP}/*; do echo $v $(blkid -p -o value -s TYPE $v); done"


def many(count: int) -> dict[str, Any]:
    """Make the volume group hold ``count`` volumes of one extent; the task to which that is nothing new.

    The volumes are written into the group's metadata, which is one command instead of thousands.
    """
    text = shell(f"vgchange -qan {GROUP} >/dev/null; vgcfgbackup -q -f /run/many {GROUP} >/dev/null; cat /run/many")
    text = re.sub(r"\n\tlogical_volumes \{.*\n\t\}\n", "\n", text, flags=re.DOTALL)
    rows = []
    for number in range(count):
        digits = f"{number:032d}"
        uuid = "-".join((digits[:6], *(digits[start : start + 4] for start in range(6, 26, 4)), digits[26:]))
        rows.append(
            f'v{number:04d} {{ id = "{uuid}" status = ["READ", "WRITE", "VISIBLE"] flags = [] segment_count = 1 segment1 {{ start_extent = 0 '
            f'extent_count = 1 type = "striped" stripe_count = 1 stripes = ["pv0", {number}] }} }}'
        )
    end = text.index("\n}\n")
    text = "\n".join((text[:end], "logical_volumes {", *rows, "}", text[end:]))
    packed = base64.b64encode(gzip.compress(text.encode())).decode()
    shell(f"echo {packed} | base64 -d | gzip -d > /run/many; vgcfgrestore -q -f /run/many {GROUP} >/dev/null && vgchange -qay {GROUP} >/dev/null")
    shell("udevadm settle -t 300")
    volumes = [{"name": f"v{number:04d}", "size": "4MiB"} for number in range(count)]
    return {"cairn.storage.lvm_layout": {"volume_groups": [{"name": GROUP, "devices": DISKS, "logical_volumes": volumes}]}}


def unchanged(ran: list[Ran]) -> list[Ran]:
    """``ran``, none of which may have changed anything."""
    if any(each.result["changed"] for each in ran):
        sys.exit(f"a run on what is there already reported changes: {[each.result.get('actions') for each in ran]}")
    return ran


def less_report(ran: list[Ran]) -> float:
    """Median time of a module on the node without that of LVM's report."""
    return statistics.median(each.on_node for each in ran) - seconds(shlex.join(report_argv()))


def measure_many(report: Report) -> None:
    """What many volumes cost a run that changes nothing."""
    shell(f"{CLEAN}; vgcreate -q {GROUP} {' '.join(DISKS)} >/dev/null")
    own = {}
    for count in (1, 30, 300):
        ran = unchanged(run(*[many(count)] * RUNS))
        reading = [argv for argv in ran[0].commands if argv[0] in ("lsblk", "blkid") or argv[:2] == ["lvm", "fullreport"]]
        report.add(f"lvm_noop_{count}_reading_commands", len(reading), "commands", goal=3)
        report.add(f"lvm_noop_{count}_changing_commands", len(ran[0].commands) - len(reading), "commands", goal=0)
        own[count] = less_report(ran)
        report.add(f"lvm_noop_{count}_less_report", own[count], "s")
    report.add("lvm_noop_300_to_30_less_report", own[300] / own[30], "times", goal=2)
    many(1000)
    report.add("lvm_info_1000_less_report", less_report(run(*[{"cairn.storage.lvm_info": {}}] * RUNS)), "s", goal=3)
    shell(CLEAN)


def measure_peers(report: Report) -> None:
    """The same layout by us, by the peers, and by our commands in a shell, made and found made, on the same disks."""
    shell(CLEAN)
    peers = sum(each.seconds for each in run(*PEERS))
    made = shell(LOOK)
    peers_again = sum(each.seconds for each in unchanged(run(*PEERS)))
    shell(CLEAN)
    ours = run(OURS)[0]
    if shell(LOOK) != made:
        sys.exit(f"not the same layout:\n{made}\n{shell(LOOK)}")
    shell(CLEAN)
    by_hand = seconds("{ " + "; ".join(map(shlex.join, ours.commands)) + "; }", runs=1)
    again = unchanged(run(*[OURS] * RUNS, {"ansible.builtin.ping": {}}))
    report.add("ping", again.pop().seconds, "s")
    noop = statistics.median(each.seconds for each in again)
    report.add("lvm_create_30_volumes_10_file_systems", ours.seconds, "s", peer=round(peers, 1), ratio=round(peers / ours.seconds, 1), goal=5)
    report.add("lvm_create_same_commands_by_hand", by_hand, "s", peer=round(peers, 1), ratio=round(peers / by_hand, 1))
    report.add("lvm_noop_30_volumes_10_file_systems", noop, "s", peer=round(peers_again, 1), ratio=round(peers_again / noop, 1), goal=40)


def main() -> None:
    report = Report("lvm", "make bench-lvm")
    call("lab/lab", "down", "--purge")
    call("lab/lab", "up", "--level", "nodes", "--nodes", "1", "--disks", "2", "--disk-size", "8GiB")
    tools = shell("lvm version | awk '/LVM version/ {print $3}'; uname -r").split()
    print(f"ansible-core {version('ansible-core')}, ansible {version('ansible')} (community.general), lvm2 {tools[0]}, Linux {tools[1]}", flush=True)
    measure_many(report)
    measure_peers(report)
    call("lab/lab", "down", "--purge")
    report.end()


if __name__ == "__main__":
    main()
