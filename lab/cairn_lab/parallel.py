"""Doing several things at the same time, and giving up on all of them at once."""

import os
import queue
import signal
import threading
import time
from pathlib import Path


def together(*jobs):
    """Run functions side by side and wait for all; the first error is raised when it happens.

    The others then end with this process (see ``end_children``): their threads are daemons,
    so that neither an error nor an interruption waits for a compiler or a boot.
    """
    ended = queue.SimpleQueue()

    def work(job):
        try:
            job()
            ended.put(None)
        except BaseException as error:
            ended.put(error)

    for job in jobs:
        threading.Thread(target=work, args=(job,), daemon=True).start()
    for _ in jobs:
        error = ended.get()
        if error:
            raise error


def end_children(patience=10):
    """Interrupt the commands this process still waits for, as Ctrl-C would, for so many seconds.

    Machines and the control plane have sessions of their own and are left alone.
    """
    deadline = time.monotonic() + patience
    while (pids := _children()) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGINT)
            except ProcessLookupError:
                pass
        time.sleep(0.5)


def _children():
    """Child processes in this process's session that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, _, session = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        own = int(parent) == os.getpid() and int(session) == os.getsid(0)
        if own and state != "Z":
            found.append(int(path.parent.name))
    return found
