"""What a run has changed, asked of the lab: the programs that its machines ran and the requests that its API server saw."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Iterable

REPO = Path(__file__).resolve().parents[1]
WRITERS = {"pvcreate", "vgcreate", "lvcreate", "vgextend", "lvextend", "vgchange", "lvchange", "vgremove", "lvremove", "wipefs", "mkfs.xfs", "mkfs.ext4",
           "mount", "umount", "chattr", "xfs_growfs", "resize2fs"}


def _lab(*argv: str) -> str:
    done = subprocess.run((str(REPO / "lab" / "lab"), *argv), cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def changes_since(begin: float, nodes: Iterable[str] = ()) -> list[str]:
    """Changing commands on the machines, by default all, and changing requests of the collection."""
    found = []
    for node in nodes or [each["name"] for each in json.loads(_lab("status", "--json"))["nodes"]]:
        for entry in map(json.loads, _lab("exec-log", node, "--since", str(begin), "--json").splitlines()):
            name = Path(entry["argv"][0]).name
            name = entry["argv"][1] if name == "lvm" and len(entry["argv"]) > 1 else name
            if name in WRITERS or (name == "ctr" and "ls" not in entry["argv"]):
                found.append(f"{node}: {' '.join(entry['argv'])}")
    for row in json.loads(_lab("api-log", "--since", str(begin), "--json")):
        if "python" in row["user_agent"].lower() or "cairn" in row["user_agent"]:
            if row["verb"] not in ("get", "list", "watch"):
                found.append(f"API: {row['verb']} {row['resource']}")
    return found
