"""Tasks through Ansible, as those who use it would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Sequence

import yaml

REPO = Path(__file__).resolve().parents[1]


def environment() -> dict:
    """For Ansible: this collection, and the programs that belong to this Python."""
    return {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(REPO / ".work" / "collections"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def results(host: str, tasks: Sequence[dict], *options: str) -> list[dict]:
    """What each of ``tasks`` returned on ``host``, in one playbook run; failures do not stop it."""
    steps = [{"name": f"Step {number}", "register": f"result_{number}", "ignore_errors": True, **task} for number, task in enumerate(tasks)]
    names = ", ".join(f"result_{number}" for number in range(len(tasks)))
    # Told on the screen: a file would take two modules more, which is a third of a short run.
    steps.append({"name": "Tell", "ansible.builtin.debug": {"msg": f"{{{{ [{names}] | to_json }}}}"}})
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "play.yml"
        book.write_text(yaml.safe_dump([{"hosts": host, "gather_facts": False, "tasks": steps}]), encoding="utf-8")
        command, readable = ("ansible-playbook", *options, str(book)), {**environment(), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
        done = subprocess.run(command, cwd=REPO, env=readable, capture_output=True, text=True, check=False)
    said = done.stdout.partition("\nTASK [Tell]")[2].partition("\nok: [")[2].partition(" => ")[2]
    assert said, done.stdout + done.stderr
    return json.loads(json.JSONDecoder().raw_decode(said)[0]["msg"])
