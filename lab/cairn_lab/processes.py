"""The processes that belong to a lab: those in its network namespace, and no others."""

import os
import signal
import time
from pathlib import Path

from . import netns


def of_lab(lab):
    """Process ids in the lab's namespace, without this process and those it descends from."""
    try:
        namespace = netns.path(lab).stat()
    except FileNotFoundError:
        return []
    spared = _ancestors()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in spared:
            try:
                own = (entry / "ns/net").stat()
            except OSError:
                continue
            if (own.st_dev, own.st_ino) == (namespace.st_dev, namespace.st_ino):
                found.append(int(entry.name))
    return found


def with_argument(pids, argument):
    """Those of ``pids`` whose command line carries exactly this argument."""
    wanted = argument.encode()
    found = []
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in words:
            found.append(pid)
    return found


def end(list_pids, *, grace):
    """End every process that ``list_pids()`` names, asking first when ``grace`` (seconds) > 0.

    Looks again after each round, since a killed kernel leaves traced children behind.
    """
    deadline = time.monotonic() + grace
    if grace:
        _signal(list_pids(), signal.SIGTERM)
    while pids := list_pids():
        if time.monotonic() >= deadline:
            _signal(pids, signal.SIGKILL)
        time.sleep(0.02)


def _signal(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def _ancestors():
    spared, pid = set(), os.getpid()
    while pid > 1:
        spared.add(pid)
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
    return spared
