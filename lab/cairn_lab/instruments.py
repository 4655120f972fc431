"""What really ran on a node, and a way to stop it half-way (lab/image/preload)."""

import json
import shlex
import time

from .run import LabError
from .ssh import ssh

_LOG = "/run/cairn-lab/exec.log"
_HOLD = "/run/cairn-lab/hold"


def exec_log(lab, node, since=0.0):
    """The programs started on the node since boot, or since a time (Unix seconds).

    A list of {"time": float, "pid": int, "ppid": int, "argv": [str]}, with "cut": true where
    the arguments were too long to keep whole. Static programs and containers are not in it.
    """
    return parse_exec_log(ssh(lab, node, f"cat {_LOG}.1 {_LOG} 2>/dev/null || true"), since)


def parse_exec_log(text, since=0.0):
    """See ``exec_log``; a last line that is still being written does not count."""
    # Not splitlines: names of files may hold what it takes for the end of a line.
    entries = [json.loads(line) for line in text.split("\n") if line.endswith("}")]
    return [entry for entry in entries if entry["time"] >= since]


def hold(lab, node, at):
    """From now on, let the ``at``-th storage command (from 1) wait before it does anything.

    The commands are those in /usr/lib/cairn-lab/storage-commands of the image, started by
    somebody who logged in or by a pod.
    """
    if at < 1:
        raise LabError(f"--at {at}: storage commands are counted from 1")
    ssh(lab, node, f"rm -rf {_HOLD}; mkdir -p {_HOLD} && echo {at} > {_HOLD}/at")


def wait_held(lab, node, timeout):
    """Wait until a command is held and return its exec-log entry.

    Raises LabError after ``timeout`` seconds, saying how many commands there were.
    """
    deadline = time.monotonic() + timeout
    while True:
        said = ssh(lab, node, f"cat {_HOLD}/held 2>/dev/null || true")
        if said:
            return json.loads(said)
        if time.monotonic() > deadline:
            count = ssh(lab, node, f"cat {_HOLD}/count 2>/dev/null || echo 0").strip()
            raise LabError(f"{node.name}: nothing was held in {timeout} s ({count} commands ran)")
        time.sleep(0.2)


def release(lab, node):
    """Let the held command go on, and hold no more; returns how many commands there were."""
    return int(ssh(lab, node, f"cat {_HOLD}/count 2>/dev/null || echo 0; rm -rf {_HOLD}"))


def as_text(entries):
    """One line per program: time of day, process, parent, command line."""
    for entry in entries:
        clock = time.strftime("%H:%M:%S", time.gmtime(entry["time"]))
        words = shlex.join(entry["argv"]).replace("\n", "\\n")
        yield f"{clock} {entry['pid']:6} {entry['ppid']:6}  {words}"
