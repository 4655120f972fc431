"""make bench-iscsi: a target with 64 LUNs and 16 ACLs against one call of targetcli for each object, and how fast its disk is against one made by hand.

Both sides make the same target over the same logical volumes in one run. The data path is measured in alternating pairs over one volume, with the
attributes of both targets compared.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from typing import Any

from figures import Report
from node import NODE, Ran, call, run, seconds, shell

RUNS = 5
PAIRS = 7
LUNS, ACLS = 64, 16
GROUP, DATA = "bench", "data"
TARGET = "iqn.2026-01.com.example:bench"
INITIATOR = "node2"
ADDRESS = "10.90.1.11"
DISK = "/dev/disk/by-id/wwn-0x60014055ca1ab1e00010001000000000"
LIO = "/sys/kernel/config/target"
FIO = "fio --name=pair --rw=randrw --bs=4k --iodepth=16 --ioengine=libaio --direct=1 --time_based --runtime=6 --ramp_time=1 --output-format=json"
VOLUMES = [f"lun{number:02d}" for number in range(LUNS)]
NAMES = [f"{TARGET}-initiator{number:02d}" for number in range(ACLS)]

LAYOUT = {
    "cairn.storage.lvm_layout": {
        "volume_groups": [
            {
                "name": GROUP,
                "devices": [DISK],
                "logical_volumes": [*({"name": name, "size": "4MiB"} for name in VOLUMES), {"name": DATA, "size": "1GiB"}],
            }
        ]
    }
}
GONE = {"cairn.storage.iscsi_target": {"name": TARGET, "state": "absent"}}
#: What stands in the end, by the kernel's own files: each LUN's volume, who sees how many of them, where it listens.
LOOK = f"""
cd {LIO}/iscsi/{TARGET}/tpgt_1
for lun in lun/lun_*; do for link in $lun/*; do [ -L $link ] && echo $lun $(basename $(readlink -f $link)); done; done
for acl in acls/*; do echo $acl $(ls -d $acl/lun_* | wc -l); done
ls np; cat enable
"""
#: All attributes and parameters of a target with one LUN.
ATTRIBUTES = f"""
cd {LIO}
for folder in iscsi/{TARGET}/tpgt_1/attrib iscsi/{TARGET}/tpgt_1/param iscsi/{TARGET}/tpgt_1/acls/*/attrib core/iblock_*/{DATA}/attrib; do
  for file in $folder/*; do echo "$(echo $folder | sed 's,iblock_[0-9]*,iblock,')/$(basename $file)=$(cat $file 2>/dev/null)"; done
done
"""


def ours(volumes: list[str], initiators: list[str]) -> dict[str, Any]:
    """The task that exports these volumes to these initiators."""
    group = {
        "portals": [{"address": "0.0.0.0"}],
        "luns": [{"lun": number, "backstore": name} for number, name in enumerate(volumes)],
        "acls": [{"initiator": name} for name in initiators],
    }
    stores = [{"name": name, "device": f"/dev/{GROUP}/{name}"} for name in volumes]
    return {"cairn.storage.iscsi_target": {"name": TARGET, "backstores": stores, "tpgs": [group]}}


def by_hand(volumes: list[str], initiators: list[str]) -> str:
    """The same, as a script with one call of targetcli for each object; it makes a portal on all addresses and shows each initiator all LUNs by itself."""
    group = f"/iscsi/{TARGET}/tpg1"
    lines = [f"/backstores/block create name={name} dev=/dev/{GROUP}/{name}" for name in volumes]
    lines += [f"/iscsi create {TARGET}", *(f"{group}/luns create /backstores/block/{name}" for name in volumes)]
    lines += [f"{group}/acls create {name}" for name in initiators]
    return "set -e\n" + "\n".join(f"targetcli {line} >/dev/null" for line in lines)


def unchanged(ran: list[Ran]) -> list[Ran]:
    """``ran``, none of which may have changed anything."""
    if any(each.result["changed"] for each in ran):
        sys.exit(f"a run on what is there already reported changes: {[each.result.get('actions') for each in ran]}")
    return ran


def measure_objects(report: Report) -> None:
    """The same target by us and by hand, and what a run costs that changes nothing."""
    peer = seconds(by_hand(VOLUMES, NAMES), runs=1)
    made = shell(LOOK)
    run(GONE)
    task = ours(VOLUMES, NAMES)
    created = run(task)[0].seconds
    if shell(LOOK) != made:
        sys.exit(f"not the same target:\n{made}\n{shell(LOOK)}")
    ran = run(*[task] * RUNS, *[{"ansible.builtin.ping": {}}] * RUNS)
    again, pings = unchanged(ran[:RUNS]), ran[RUNS:]
    run(GONE)
    ping = statistics.median(each.seconds for each in pings)
    report.add("iscsi_noop_64_luns_16_acls_commands", max(len(each.commands) for each in again), "commands", goal=2)
    report.add("ping", ping, "s")
    report.add("iscsi_noop_64_luns_16_acls_above_ping", statistics.median(each.seconds for each in again) - ping, "s", goal=1)
    report.add("iscsi_create_64_luns_16_acls", created, "s", peer=round(peer, 1), ratio=round(peer / created, 1), goal=10)


def there(script: str) -> str:
    """Output of a shell script on the initiator."""
    return call("lab/lab", "ssh", INITIATOR, script)


def operations() -> float:
    """Reads and writes a second on the disk of the one LUN, through a session that is made for it."""
    node = f"iscsiadm --mode node --targetname {TARGET} --portal {ADDRESS}"
    device = f"/dev/disk/by-path/ip-{ADDRESS}:3260-iscsi-{TARGET}-lun-0"
    wait = f"for n in $(seq 100); do [ -e {device} ] && break; sleep 0.1; done; udevadm settle"
    log_in, log_out = f"{{ {node} --op new; {node} --login; }} >/dev/null", f"{{ {node} --logout; {node} --op delete; }} >/dev/null"
    # A colon in a name stands between two names for fio.
    told = there(f"set -e; {log_in}; {wait}; {FIO} --filename=$(readlink -f {device}); {log_out}")
    job = json.loads(told[told.index("{") :])["jobs"][0]
    return job["read"]["iops"] + job["write"]["iops"]


def measure_data_path(report: Report) -> None:
    """The disk of one LUN through our target and through one by hand, in turn, over one volume."""
    there("systemctl start iscsid.socket")
    name = re.findall(r"^InitiatorName=(\S+)", there("cat /etc/iscsi/initiatorname.iscsi"), re.MULTILINE)[-1]
    found: dict[str, list[float]] = {"ours": [], "by hand": []}
    attributes = {}
    for pair in range(PAIRS):
        for side in sorted(found, reverse=bool(pair % 2)):
            if side == "ours":
                run(ours([DATA], [name]))
            else:
                shell(by_hand([DATA], [name]))
            attributes[side] = set(shell(ATTRIBUTES).splitlines())
            found[side].append(operations())
            run(GONE)
    differ = sorted({line.partition("=")[0] for line in attributes["ours"] ^ attributes["by hand"]})
    print(f"attributes that differ: {differ or 'none'}", flush=True)
    mine, hand = (statistics.median(found[side]) for side in ("ours", "by hand"))
    report.add("iscsi_data_path_attributes_that_differ", len(differ), "attributes")
    report.add("iscsi_data_path_4k_random", mine, "operations/s", peer=round(hand, 1), ratio=round(mine / hand, 3), goal=0.95)


def main() -> None:
    report = Report("iscsi", "make bench-iscsi")
    call("lab/lab", "down", "--purge")
    call("lab/lab", "up", "--level", "nodes", "--nodes", "2", "--disks", "1", "--disk-size", "4GiB")
    print(
        shell("dpkg-query -W -f 'targetcli ${Version}\n' targetcli-fb; fio --version; iscsiadm --version; uname -r").strip().replace("\n", ", "),
        f"on {NODE}",
        flush=True,
    )
    run(LAYOUT)
    measure_objects(report)
    measure_data_path(report)
    call("lab/lab", "down", "--purge")
    report.end()


if __name__ == "__main__":
    main()
