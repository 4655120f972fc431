"""Bringing a lab up and taking it down, in stages that may be repeated."""

import fcntl
import json
import shutil
from contextlib import contextmanager
from pathlib import Path

from . import disks, image, keys, kubernetes, netns, nodes, prereq, processes
from .config import STATE, Lab
from .parallel import together
from .progress import say, step, timings
from .run import LabError
from .settings import wanted
from .ssh import hang_up


def up(name, asked):
    """Bring lab ``name`` up as ``asked`` (see settings.wanted), and wait until it is ready."""
    prereq.check()
    with alone(name):
        present = Lab.load(name) if Lab.exists(name) else None
        grown = asked.get("disks") or 0
        lab = wanted(present, name, **asked)
        lab.save()
        keys.make(lab)
        netns.up(lab)
        _build(lab)
        running = [node for node in lab.nodes if nodes.pids(lab, node)]
        together(lambda: _machines(lab, running, grown), lambda: _control_plane(lab))
        if lab.has_kubernetes:
            with step("Nodes join the cluster") as work:
                kubernetes.join(lab, running)
                kubernetes.wait_ready(lab, work)
        (lab.root / "timings.json").write_text(json.dumps(timings(), indent=1) + "\n")
    return lab


def down(name, purge):
    """Stop everything of the lab; with ``purge`` forget its disks and settings too."""
    with alone(name):
        lab = Lab.load(name) if Lab.exists(name) else Lab(name)
        if netns.path(lab).exists():
            for late in nodes.flush(lab, [] if purge else lab.nodes):
                say(f"{late} goes down without having written its caches")
            if lab.has_kubernetes:
                kubernetes.stop(lab)
            for node in lab.nodes:
                hang_up(lab, node)
            processes.end(lambda: processes.of_lab(lab), grace=0)
            netns.down(lab)
        shutil.rmtree(lab.root / "uml", ignore_errors=True)
        if purge:
            shutil.rmtree(lab.root, ignore_errors=True)


def _build(lab):
    # Side by side: packages wait for the mirror, the compiler for the processor.
    jobs = [image.packages] if lab.nodes else []
    jobs += [lambda: kubernetes.prepare(lab)] if lab.has_kubernetes else []
    together(*jobs)
    if lab.nodes and not lab.base_image:
        preloaded = kubernetes.preloaded(lab) if lab.has_kubernetes else {}
        lab.base_image = str(image.base_image(preloaded))
        lab.save()


def _machines(lab, running, grown):
    if not lab.nodes:
        return
    if not Path(lab.base_image).exists():
        raise LabError(
            f"the image that lab {lab.name} was made from is gone ({lab.base_image}):"
            f" `lab down --purge --name {lab.name}`, then up again"
        )
    stopped = [node for node in lab.nodes if node not in running]
    for node in stopped:
        nodes.prepare(lab, node)
    with step("Nodes boot") as work:
        for node in stopped:
            nodes.start(lab, node)
        nodes.wait_ready(lab, lab.nodes)
        work.note(f"{len(stopped)} started, {len(running)} ran already")
    for node in lab.nodes:
        for number in set(range(1, grown + 1)) - set(node.disks):
            disks.add(lab, node, number)
            say(f"{node.name}: disk {number} added")


def _control_plane(lab):
    if not lab.has_kubernetes:
        return
    with step("Control plane"):
        kubernetes.start_control_plane(lab)


@contextmanager
def alone(name):
    """One command at a time changes a lab; a second one waits and says so."""
    STATE.mkdir(parents=True, exist_ok=True)
    with open(STATE / f".{name}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another command is changing lab {name}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
