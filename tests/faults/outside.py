"""How tests look at a lab's cluster and its machines from outside the code under test. They run inside its network: lab exec."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Callable

REPO = Path(__file__).resolve().parents[2]


def run(*argv: str, timeout: int = 900) -> str:
    """Standard output of a command; its whole output is in the error when it fails."""
    done = subprocess.run(argv, cwd=REPO, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"{' '.join(argv)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def lab(*argv: str) -> str:
    return run("lab/lab", *argv)


def kubectl(*argv: str) -> dict:
    return json.loads(run("kubectl", *argv, "--output=json"))


def play(playbook: str, *argv: str) -> dict[str, int]:
    """Run a playbook; {host: number of changed tasks}."""
    recap = run("ansible-playbook", "-i", "inventories/lab", f"playbooks/{playbook}", *argv).split("PLAY RECAP")[1]
    return {line.split(":")[0].strip(): int(line.split("changed=")[1].split()[0]) for line in recap.splitlines() if "changed=" in line}


def eventually(what: str, check: Callable[[], bool], seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(2)


def pod_on(node: str) -> dict:
    """The storage pod that runs on ``node``."""
    return next(pod for pod in kubectl("get", "pods", "-n", "storage")["items"] if pod["spec"].get("nodeName") == node)


def is_ready(pod: dict) -> bool:
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in pod["status"].get("conditions", []))


def volume_of(pod: dict) -> dict:
    """The PersistentVolume behind a storage pod's disk."""
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in pod["spec"]["volumes"] if "persistentVolumeClaim" in volume]
    claim = kubectl("get", "pvc", "-n", "storage", claims[0])
    return kubectl("get", "pv", claim["spec"]["volumeName"])
