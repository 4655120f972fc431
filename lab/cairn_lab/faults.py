"""What can go wrong with machines and cables, done for real."""

from . import netns, nodes
from .run import LabError
from .ssh import hang_up, ssh


def power_cut(lab, node):
    """Take the node's power away: what it had not written is lost."""
    nodes.kill(lab, node)


def start(lab, node):
    """Switch the node on and wait until it has booted, at most half a minute after login."""
    nodes.start(lab, node)
    nodes.wait_ready(lab, [node])
    # Volume groups found at boot are activated by jobs that run on after the login is open.
    ssh(lab, node, "timeout 30 systemctl is-system-running --wait", check=False)


def reboot(lab, node):
    """A clean shutdown and a start, with the disks that are plugged in by then."""
    nodes.shut_down(lab, node)
    start(lab, node)


def cut(lab, node, nets):
    """Pull the node's cables from these networks (numbers)."""
    for net in nets:
        netns.plug(lab, node, net, False)
    if 1 in nets:
        hang_up(lab, node)


def heal(lab, node, nets):
    """Plug the cables back in and take away any delay."""
    for net in nets:
        netns.plug(lab, node, net, True)
    for net in nets:
        ssh(lab, node, f"tc qdisc delete dev vec{net - 1} root 2>/dev/null || true")


def delay(lab, node, nets, milliseconds):
    """Let everything the node sends on these networks arrive later.

    Done inside the node: a host kernel need not have netem, the node's own has it.
    """
    if milliseconds < 1:
        raise LabError(f"--ms {milliseconds}: give a number of milliseconds above 0")
    for net in nets:
        ssh(lab, node, f"tc qdisc replace dev vec{net - 1} root netem delay {milliseconds}ms")
