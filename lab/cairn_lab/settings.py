"""From what was asked for on the command line to the lab that is to stand."""

import os
import re

from . import images as image_archives
from .config import MAX_DISKS, MAX_NODES, Lab
from .run import LabError

_UNITS = {"KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}
_DEFAULT_NODES = 3
# The name ends up in interface, namespace and socket names, which are short.
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


def lab_name(given):
    """The lab's name: the one given, else LAB_NAME, else ``lab``; LabError when it cannot be one."""
    name = given or os.environ.get("LAB_NAME") or "lab"
    if not _NAME.fullmatch(name):
        raise LabError(f"name {name!r}: use up to 30 lower-case letters, digits and dashes")
    return name


def size(text, option):
    """Bytes from ``2GiB`` and the like, or from a plain number of bytes; ``option`` is the one that has it."""
    match = re.fullmatch(r"(\d+)(KiB|MiB|GiB|TiB)?", text)
    if not match or int(match[1]) == 0:
        short = re.fullmatch(r"([1-9]\d*) ?([kKmMgGtT])[iI]?[bB]?", text)
        example = f"{short[1]}{short[2].upper()}iB" if short else "2GiB"
        raise LabError(f"{option} {text}: write a whole number and KiB, MiB, GiB or TiB, as in {example}")
    return int(match[1]) << _UNITS.get(match[2], 0)


def wanted(present, name, *, level=None, nodes=None, disks=None, disk_size=None, memory=None, images=()):
    """The lab to bring up, from the one that is ``present`` (or None) and what was asked for.

    What was not asked for stays as it is, or gets its default. A lab only grows; LabError
    for anything else. Disks are added to the nodes that exist by the caller.
    """
    lab = present or Lab(name)
    _check("nodes", nodes, MAX_NODES)
    _check("disks", disks, MAX_DISKS)
    fixed = {"disk_size": disk_size, "memory": memory}
    for key, value in fixed.items():
        if value and present and value != getattr(lab, key):
            option = "--" + key.replace("_", "-")
            raise LabError(
                f"{option}: lab {name} was made with {getattr(lab, key)} bytes;"
                f" to change it, `lab down --purge --name {name}` first"
            )
        if value:
            setattr(lab, key, value)
    _grow(lab, present, level, nodes, disks)
    lab.image_groups = sorted({*lab.image_groups, *map(_image_group, images or ())})
    return lab


def _grow(lab, present, level, nodes, disks):
    if level == "api" and nodes:
        raise LabError("--nodes: level api has none; use level nodes or cluster")
    lab.level = _joined(present.level if present else None, level)
    for option, now, asked in (("--nodes", len(lab.nodes), nodes), ("--disks", lab.disks, disks)):
        if present and asked and asked < now:
            raise LabError(
                f"{option} {asked}: lab {lab.name} has {now} already and only grows;"
                f" to start afresh, `lab down --purge --name {lab.name}` first"
            )
    lab.disks = disks or lab.disks
    if lab.level != "api":
        lab.add_nodes(nodes or len(lab.nodes) or _DEFAULT_NODES)


def _joined(now, asked):
    """The level that has everything of both; ``nodes`` and ``api`` make a ``cluster``."""
    levels = {now, asked} - {None}
    if len(levels) == 1:
        return levels.pop()
    return "cluster"


def _image_group(name):
    groups = image_archives.groups()
    if name not in groups:
        raise LabError(f"--images {name}: no such group; there is {', '.join(groups)}")
    return name


def _check(option, value, most):
    if value is not None and not 1 <= value <= most:
        raise LabError(f"--{option} {value}: between 1 and {most} are possible")


