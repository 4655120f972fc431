"""What a lab consists of, and where it keeps its things."""

import functools
import json
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from .run import LabError

REPO = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("LAB_STATE", "/var/lib/cairn-lab")).absolute()
_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
CACHE = Path(os.environ.get("LAB_CACHE") or _CACHES / "cairn-storage/lab").absolute()
GATEWAY = "10.90.1.1"
MAX_NODES = 9
# user-mode Linux has 16 block devices, and the first is the root file system.
MAX_DISKS = 15
LEVELS = ("nodes", "api", "cluster")


@functools.cache
def versions():
    """meta/versions.toml as a dictionary."""
    return tomllib.loads((REPO / "meta/versions.toml").read_text())


@dataclass
class Node:
    """One machine. ``disks`` are the numbers (from 1) of the data disks plugged in now."""

    name: str
    index: int
    dir: Path
    disks: list = field(default_factory=list)

    @property
    def ip1(self):
        return f"10.90.1.{10 + self.index}"

    @property
    def ip2(self):
        return f"10.90.2.{10 + self.index}"

    @property
    def share(self):
        """The folder that the node sees, writable, at /lab/share."""
        return self.dir / "share"

    def disk_file(self, number):
        return self.dir / f"disk{number}.img"


@dataclass
class Lab:
    """A lab as it was asked for; ``disk_size`` and ``memory`` are bytes."""

    name: str
    level: str = "cluster"
    disks: int = 4
    disk_size: int = 2 << 30
    memory: int = 2 << 30
    nodes: list = field(default_factory=list)
    base_image: str = ""
    # Images beside those of every lab: groups in lab/images/catalogue.toml.
    image_groups: list = field(default_factory=list)

    @property
    def root(self):
        return STATE / self.name

    @property
    def netns(self):
        return f"cairn-{self.name}"

    @property
    def has_kubernetes(self):
        return self.level != "nodes"

    def node(self, name):
        """The node of that name; LabError lists those there are."""
        for node in self.nodes:
            if node.name == name:
                return node
        names = ", ".join(node.name for node in self.nodes) or "none"
        raise LabError(f"node {name}: not in lab {self.name} (its nodes: {names})")

    def add_nodes(self, count):
        """Grow to ``count`` nodes, the new ones with this lab's number of disks."""
        for index in range(len(self.nodes) + 1, count + 1):
            name = f"node{index}"
            disks = list(range(1, self.disks + 1))
            self.nodes.append(Node(name, index, self.root / "nodes" / name, disks))

    def save(self):
        record = {key: getattr(self, key) for key in _SAVED}
        record["nodes"] = [{"name": n.name, "index": n.index, "disks": n.disks} for n in self.nodes]
        self.root.mkdir(parents=True, exist_ok=True)
        new = self.root / "lab.json.new"
        new.write_text(json.dumps(record, indent=1) + "\n")
        new.replace(self.root / "lab.json")

    @classmethod
    def exists(cls, name):
        return (STATE / name / "lab.json").exists()

    @classmethod
    def load(cls, name):
        """The lab saved under that name; LabError when there is none."""
        try:
            record = json.loads((STATE / name / "lab.json").read_text())
        except FileNotFoundError:
            raise LabError(f"no lab named {name}: make it with `lab up --name {name}`") from None
        lab = cls(**{key: record[key] for key in _SAVED if key in record})
        lab.nodes = [
            Node(n["name"], n["index"], lab.root / "nodes" / n["name"], n["disks"])
            for n in record["nodes"]
        ]
        return lab


_SAVED = ("name", "level", "disks", "disk_size", "memory", "base_image", "image_groups")
