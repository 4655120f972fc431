"""Starting and stopping the machines."""

import hashlib
import os
import shutil
import subprocess
import time

from . import cache, netns, processes
from .config import CACHE, GATEWAY, REPO
from .run import LabError, in_netns, run
from .ssh import command, hang_up, ssh

# A boot takes ten seconds; on a machine with much else to do it may take minutes.
BOOT_SECONDS = 600

_XSTATE = REPO / "lab/machine/xstate.c"

# A kernel that reboots in place finds its own taps busy, so it ends instead. The node says
# through its share ($0) that it means to come back.
_POWER = 'until "$@"; [ ! -e "$0" ]; do rm "$0"; done'


def umid(lab, node):
    return f"{lab.name}-{node.name}"


def pids(lab, node):
    """All processes of the node's kernel: itself, its helpers and its traced children."""
    return processes.with_argument(processes.of_lab(lab), f"umid={umid(lab, node)}")


def is_ready(lab, node):
    """Whether the node runs and has said that it takes logins."""
    return (node.share / "ready").exists() and bool(pids(lab, node))


def console(lab, node):
    return lab.root / "uml" / umid(lab, node) / "mconsole"


def log(node):
    """Everything the kernel and its services wrote to the console, over all boots."""
    return node.dir / "console.log"


def prepare(lab, node):
    """Make the node's folders and the disks it is to start with, once."""
    (node.share / "ssh").mkdir(parents=True, exist_ok=True)
    for name in ("host_ed25519_key", "authorized_keys"):
        shutil.copy(lab.root / "ssh" / name, node.share / "ssh" / name)
    for number in node.disks:
        make_disk(lab, node, number)


def make_disk(lab, node, number):
    """A sparse file of the lab's disk size, unless the disk exists already."""
    file = node.disk_file(number)
    if not file.exists():
        with open(file, "wb") as new:
            new.truncate(lab.disk_size)


def start(lab, node):
    """Switch the node on and return at once; ``wait_ready`` waits for it."""
    if pids(lab, node):
        return
    hang_up(lab, node)
    shutil.rmtree(console(lab, node).parent, ignore_errors=True)
    (node.share / "ready").unlink(missing_ok=True)
    _rebooting(node).unlink(missing_ok=True)
    with open(log(node), "ab") as out:
        subprocess.Popen(
            in_netns(lab, ["sh", "-c", _POWER, _rebooting(node), *_command(lab, node)]),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=node.dir,
            start_new_session=True,
        )


def wait_ready(lab, nodes):
    """Wait until every one of ``nodes`` has said, through its share, that it takes logins."""
    looked = time.monotonic()
    deadline = looked + BOOT_SECONDS
    for node in nodes:
        while not (node.share / "ready").exists():
            # Not at once: the process needs a moment to become one of the lab's.
            if time.monotonic() > looked + 5:
                looked = time.monotonic()
                if not pids(lab, node):
                    raise LabError(f"{node.name} died while it booted: see {log(node)}")
            if time.monotonic() > deadline:
                raise LabError(
                    f"{node.name} did not boot in {BOOT_SECONDS} s: see {log(node)},"
                    f" then `lab power-cut {node.name}` and `lab start {node.name}`"
                )
            time.sleep(0.1)


def kill(lab, node):
    """End the node as a power cut would: nothing is written any more, by anybody."""
    processes.end(lambda: pids(lab, node), grace=0)
    hang_up(lab, node)


def shut_down(lab, node, timeout=60):
    """Switch the node off properly; LabError when it takes longer than ``timeout`` seconds."""
    ssh(lab, node, "systemctl poweroff", check=False)
    deadline = time.monotonic() + timeout
    while pids(lab, node):
        if time.monotonic() > deadline:
            raise LabError(
                f"{node.name} is still shutting down after {timeout} s: see {log(node)},"
                f" or end it with `lab power-cut {node.name}`"
            )
        time.sleep(0.1)


def flush(lab, nodes, timeout=20):
    """Have the running ones of ``nodes`` write their caches to their disks.

    Returns those that did not say so within ``timeout`` seconds; it takes less than one
    unless the machine is very busy or the node cannot be reached.
    """
    asked = {
        node.name: subprocess.Popen(
            command(lab, node, ["sync"], ["-o", "BatchMode=yes", "-o", f"ConnectTimeout={timeout}"]),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for node in nodes
        if is_ready(lab, node)
    }
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and any(one.poll() is None for one in asked.values()):
        time.sleep(0.02)
    return [name for name, one in asked.items() if one.poll() != 0]


def _rebooting(node):
    return node.share / "rebooting"


def _processor(lab, node):
    """The one processor of this machine that the node runs on.

    A user-mode kernel and its programs take turns; on one processor that costs no wake-up of
    another, and everything in a node runs about twice as fast.
    """
    usable = sorted(os.sched_getaffinity(0))
    return str(usable[(sum(lab.name.encode()) + node.index) % len(usable)])


def _preload():
    """The library that lets the kernel run on every processor, compiled; its source says why."""
    options = ["-O2", "-Wall", "-shared", "-fPIC"]
    return cache.product(
        "machine", [_XSTATE, *options], lambda out: run(["gcc", *options, "-o", out, _XSTATE])
    )


def _command(lab, node):
    disks = [f"ubd{number}d={node.disk_file(number)}" for number in node.disks]
    cards = [
        f"vec{net - 1}:transport=tap,ifname={netns.tap(node, net)},depth=128,gro=1,"
        f"mac=02:ca:00:00:{net:02x}:{node.index:02x}"
        for net in netns.NETWORKS
    ]
    machine = hashlib.md5(f"{lab.name}/{node.name}".encode()).hexdigest()
    return [
        "taskset",
        "--cpu-list",
        _processor(lab, node),
        "env",
        f"LD_PRELOAD={_preload()}",
        "linux.uml",
        "noreboot",
        f"umid={umid(lab, node)}",
        f"uml_dir={lab.root}/uml/",
        f"mem={lab.memory >> 20}M",
        f"ubd0={node.dir}/root.cow,{lab.base_image}",
        *disks,
        "root=/dev/ubda",
        "rw",
        *cards,
        "con0=null,fd:1",
        "con=null",
        "quiet",
        # Nothing here speaks it, and kube-proxy would do everything twice.
        "ipv6.disable=1",
        # The image has no policy; systemd would look for one at every start.
        "lsm=capability",
        f"systemd.hostname={node.name}",
        f"systemd.machine_id={machine}",
        f"cairn.share={node.share}",
        f"cairn.cache={CACHE}",
        f"cairn.ip1={node.ip1}",
        f"cairn.ip2={node.ip2}",
        f"cairn.gateway={GATEWAY}",
    ]
