"""Plugging, pulling and breaking the data disks of a node."""

from . import mconsole, nodes
from .config import MAX_DISKS
from .run import LabError
from .ssh import ssh

_GUEST = "/usr/lib/cairn-lab/disk"


def serial(node, number):
    """The serial that the disk shows: the same in every lab. Its WWN is 0x6001405 and this."""
    return f"5ca1ab1e{node.index:04d}{number:04d}"


def add(lab, node, number=None):
    """Plug in a disk, with the data it had if it was there before; returns its number.

    Without a number it is a new disk, with the first one that was never used.
    """
    if number is None:
        number = next(n for n in range(1, MAX_DISKS + 2) if not node.disk_file(n).exists())
    if not 1 <= number <= MAX_DISKS:
        raise LabError(f"{node.name}: a node has room for disks 1 to {MAX_DISKS}, not {number}")
    if number in node.disks:
        raise LabError(f"{node.name}: disk {number} is plugged in already")
    nodes.make_disk(lab, node, number)
    if nodes.pids(lab, node):
        file = node.disk_file(number)
        mconsole.command(nodes.console(lab, node), f"config ubd{number}d={file}")
        ssh(lab, node, [_GUEST, "attach", number])
    node.disks = sorted([*node.disks, number])
    lab.save()
    return number


def remove(lab, node, number):
    """Pull the disk out, in use or not; its content stays for the next ``add``."""
    _check(node, number)
    if nodes.pids(lab, node):
        ssh(lab, node, [_GUEST, "detach", number])
        mconsole.command(nodes.console(lab, node), f"remove ubd{number}")
    node.disks = [other for other in node.disks if other != number]
    lab.save()


def fail(lab, node, number):
    """Let every read and write of the disk end in an I/O error, until ``heal`` or a reboot."""
    _check(node, number)
    ssh(lab, node, [_GUEST, "fail", number])


def heal(lab, node, number):
    """Undo ``fail``."""
    _check(node, number)
    ssh(lab, node, [_GUEST, "heal", number])


def _check(node, number):
    if number not in node.disks:
        there = ", ".join(map(str, node.disks)) or "none"
        raise LabError(f"{node.name}: disk {number} is not plugged in (disks: {there})")
