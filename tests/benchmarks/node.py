"""One machine of a lab for benchmarks: runs tasks on it, and tells how long each took and what it ran there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

REPO = Path(__file__).resolve().parents[2]
NODE = "node1"
#: It is purged, so no name that another lab may have is taken by chance.
LAB = os.environ.get("BENCH_LAB", "bench")


@dataclass(frozen=True)
class Ran:
    """One task: seconds on this side and on the node, what it returned, and the commands that the module ran."""

    seconds: float
    on_node: float
    result: dict
    commands: list[list[str]]


def call(*argv: str, **environment: str) -> str:
    """Output of a command that may not fail."""
    done = subprocess.run(
        argv, cwd=REPO, env={**os.environ, "LAB_NAME": LAB, "ANSIBLE_NOCOLOR": "1", **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return done.stdout


def shell(script: str) -> str:
    """Output of a shell script on the node."""
    return call("lab/lab", "ssh", NODE, script)


def seconds(script: str, runs: int = 3) -> float:
    """How long a command takes on the node itself; the shortest of some runs, as nothing else shall count."""
    return min(float(shell(f"s=$(date +%s.%N); {script} >/dev/null; e=$(date +%s.%N); awk \"BEGIN {{ print $e - $s }}\"")) for _run in range(runs))


def run(*tasks: dict[str, Any]) -> list[Ran]:
    """Run ``tasks`` in one play; a task's time is the task's, the start of the play and the connection excluded."""
    since = time.time()
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "play.yml"
        steps = [{"ansible.builtin.ping": {}}, *tasks]
        book.write_text(yaml.safe_dump([{"hosts": NODE, "gather_facts": False, "tasks": steps}]), encoding="utf-8")
        text = call("lab/lab", "exec", "--", "ansible-playbook", "-i", "inventories/lab", str(book), ANSIBLE_STDOUT_CALLBACK="ansible.posix.json")
    told = json.loads(text[text.index("{\n") :])["plays"][0]["tasks"]
    modules = _modules(since)
    rows = []
    for number, task in enumerate(told[1:], start=1):
        # A loop runs its module once for each item; then what ran is not told apart.
        alone = "loop" not in tasks[number - 1] and len(modules) == len(told)
        begin, end = (datetime.fromisoformat(task["task"]["duration"][side].replace("Z", "+00:00")) for side in ("start", "end"))
        spent, commands = modules[number] if alone else (0.0, [])
        rows.append(Ran((end - begin).total_seconds(), spent, task["hosts"][NODE], commands))
    return rows


def _modules(since: float) -> list[tuple[float, list[list[str]]]]:
    """Seconds and commands of each module that ran on the node, from the log of all programs that it started."""
    rows = [json.loads(line) for line in call("lab/lab", "exec-log", "--json", "--since", str(since), NODE).splitlines()]
    found = []
    for row in rows:
        if row["argv"] != ["/usr/bin/python3"]:
            continue
        # Ansible's shell line ends each module with `sleep 0`.
        end = next((each["time"] for each in rows if each["ppid"] == row["ppid"] and each["argv"] == ["sleep", "0"]), row["time"])
        found.append((end - row["time"], [each["argv"] for each in rows if each["ppid"] == row["pid"]]))
    return found
