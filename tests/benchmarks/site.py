"""make bench-site: a site run that changes nothing, with 4 and with 12 disks a node.

Prints the wall time (median of five runs), the tasks run on the busiest storage node and the API requests that one run makes.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time

from figures import Report
from node import call

RUNS = 5
PLAY = ("lab/lab", "exec", "--", "ansible-playbook", "-i", "inventories/lab", "playbooks/site.yml")
#: What a storage node's line in the recap says; `ok` counts changed tasks too.
RECAP = re.compile(r"^(node\d+)\s+: ok=(\d+)\s+changed=(\d+)", re.MULTILINE)


def requests() -> int:
    """API requests that the collection has made so far, as the API server's audit log counts them."""
    return sum(int(row["count"]) for row in json.loads(call("lab/lab", "api-log", "--json")) if "cairn.storage" in row["user_agent"])


def measure(disks: int, report: Report) -> float:
    """Figures of one lab with ``disks`` disks a node; the median wall time in seconds."""
    call("lab/lab", "down", "--purge")
    call("lab/lab", "up", "--disks", str(disks))
    call(*PLAY)
    times = []
    before = requests()
    for _run in range(RUNS):
        begin = time.monotonic()
        recap = RECAP.findall(call(*PLAY))
        times.append(time.monotonic() - begin)
        if any(changed != "0" for _node, _ok, changed in recap):
            sys.exit(f"a run on an unchanged lab reported changes: {recap}")
    after = requests()
    wall = statistics.median(times)
    report.add(f"site_noop_{disks}_disks", wall, "s", goal=40)
    report.add(f"site_noop_{disks}_disks_tasks_per_node", max(int(ok) for _node, ok, _changed in recap), "tasks", goal=20)
    report.add(f"site_noop_{disks}_disks_api_requests", (after - before) / RUNS, "requests")
    call("lab/lab", "down", "--purge")
    return wall


def main() -> None:
    report = Report("site", "make bench-site")
    few, many = measure(4, report), measure(12, report)
    report.add("site_noop_12_to_4_disks", abs(many / few - 1), "share", goal=0.2)
    report.end()


if __name__ == "__main__":
    main()
