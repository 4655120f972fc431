"""A storage node that answers what it likes: whatever module is run there, a program of the node's own tells the result.

Ansible sends a module to the interpreter that the host has; this one does not run it. So hosts of a test's inventory lie, and the playbooks
are the real ones.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

#: Reads the module that was sent, and tells what stands in answers.json beside it for that module, or for all; it is there.
_PROGRAM = """#!{python}
import json, os, re, sys
sent = sys.stdin.read()
name = re.search(r"ansible_module='([\\w.]+)'", sent)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "answers.json")) as file:
    answers = json.load(file)
short = name[1].rpartition(".")[2] if name else ""
print(json.dumps({{"changed": False, **answers.get("all", {{}}), **answers.get(short, {{"ping": "pong"}} if short == "ping" else {{}})}}))
"""


def interpreter(folder: Path, answers: dict) -> Path:
    """The program in ``folder``; ``answers`` are results by module, ``all`` what is in each of them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    program = folder / "python"
    program.write_text(_PROGRAM.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    return program


DISK = "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"


def device(**values: object) -> dict:
    return {
        "id": DISK, "ids": [DISK], "kernel_name": "sdb", "wwn": "0x1", "serial": "S1", "model": "Model", "transport": "sas", "size_bytes": 2**31,
        "rotational": True, "read_only": False, "readable": True, "type": "disk", "signatures": [], "holders": [], "mounts": [], "system": False,
        "use": "", "found": "", "vacant": True, "health": {"state": "running", "io_errors": 0, "io_timeouts": 0}, **values,
    }  # fmt: skip


def entry(**values: object) -> dict:
    return {
        "class": "local-block", "name": "wwn-0x5000c500a1b2c3d4", "path": "/mnt/local-block/wwn-0x5000c500a1b2c3d4", "volume_mode": "Block",
        "device": DISK, "disks": [DISK], "size_bytes": 2**31, "degraded": False, **values,
    }  # fmt: skip


def group(**values: object) -> dict:
    return {
        "name": "fast", "uuid": "u", "free_bytes": 1, "physical_volumes": [{"device": DISK}],
        "logical_volumes": [{"name": "pool", "type": "thin-pool", "size_bytes": 1, "data_percent": 99.0, "uuid": "v"}], **values,
    }  # fmt: skip


def told(text: object, **more: object) -> dict:
    """Answers with ``text`` wherever a node tells of itself in its own words, and what a module needs beside it."""
    after = {"volume_groups": [], "devices": []}
    return {
        "all": {"msg": text, "stdout": text, "actions": [], "diff": [], "missing_packages": [], **more},
        "block_device_info": {
            "devices": [device(model=text, serial=text, use=text, found=text, signatures=[{"type": text, "uuid": text}], mounts=[text])]
        },
        "local_volumes": {"entries": [entry()], "degraded": [{"class": text, "entry": text, "device": text, "reason": text}], "unadopted": [text]},
        "lvm_layout": {"after": after, "degraded": [text], "unadopted": [text]},
        "lvm_info": {"volume_groups": [group(uuid=text)], "lost": [{"name": "old", "uuid": text}]},
        "iscsi_info": {"targets": [], "sessions": [], "logged_out": [], "devices": []},
    }  # fmt: skip
