"""The driver on a node of the lab, run straight from this repository beside a volume group of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator, Sequence

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / each) for each in ("lab", "tests", "tests/hosts")]

# pylint: disable=wrong-import-position
from cairn_lab import csi
from cairn_lab.config import Lab
from host_play import ERASE, disk_ids, shell

#: Where a node sees what is put into its share. By the unit's name the lab counts its storage commands as those of a pod.
HERE, UNIT, SOCKET = "/lab/share/csi", "kubepods-csi-test", "/run/cairn-csi.sock"
GROUP, KUBELET = "csi", "/var/lib/kubelet-csi"
#: A volume group of its own, with a thin pool. Its disks hold nothing that is wanted.
_PREPARE = (
    f"wipefs --all --quiet {{disks}} && vgcreate --quiet {GROUP} {{disks}} && lvcreate --quiet --yes --type thin-pool --size 2g --name pool {GROUP}"
)
_UNMOUNT = f"grep -o '{KUBELET}/[^ ]*' /proc/mounts | tac | xargs --no-run-if-empty umount"
_CLEAN = f"""{ERASE.replace("{", "{{").replace("}", "}}")}
systemctl stop {UNIT}; rm -f {SOCKET}; {_UNMOUNT}
vgremove --quiet --force --yes {GROUP}; erase {{disks}}; rm -rf --one-file-system {KUBELET}; true
"""
_START = (
    f"mkdir -p {KUBELET} && systemd-run --quiet --collect --unit={UNIT} --setenv=PYTHONPATH={HERE} --setenv=PYTHONDONTWRITEBYTECODE=1 {{properties}}"
    f" python3 -m cairn_csi --endpoint=unix://{SOCKET} --volume-group={GROUP} --kubelet-dir={KUBELET} --attach --metrics=127.0.0.1:9810 {{options}}"
    f" && for try in $(seq 150); do test -S {SOCKET} && exit; sleep 0.2; done; journalctl --no-pager --unit={UNIT} --lines=50; exit 1"
)
#: What pods' manifests may name in the tests of such volumes.
INLINE = {"name": "scratch", "limit": "1TiB", "parameters": {"type": "linear"}}
#: Mounts of its own, and empty folders where the machine keeps what it needs, as in a container: what it does has to reach the machine all the same.
_EMPTY = ("/run/cairn-storage", "/run/lock", KUBELET)
_CONTAINED = " ".join(f"--property={each}" for each in ("PrivateMounts=yes", *(f"TemporaryFileSystem={folder}" for folder in _EMPTY)))


class Driver:
    """The driver as those who call it see it."""

    def __init__(self, node: str, contained: bool, inline: Sequence[dict] = (INLINE,)) -> None:
        self.node = node
        #: Classes that are released for inline volumes when it starts.
        self.inline = list(inline)
        #: More arguments for it.
        self.arguments: list[str] = []
        self._how = {"properties": _CONTAINED, "options": "--contained"} if contained else {"properties": "", "options": ""}
        self.share = Lab.load(os.environ["LAB_NAME"]).node(node).share / "csi"
        self._client: Any = None

    def shell(self, script: str) -> str:
        """Output of a shell script on the node."""
        return shell(self.node, script)

    def start(self) -> None:
        """Start it and wait until it answers."""
        released = " ".join(f"--inline-class={shlex.quote(json.dumps(each))}" for each in self.inline)
        self.shell(_START.format(properties=self._how["properties"], options=" ".join((self._how["options"], released, *map(shlex.quote, self.arguments)))))

    def connect(self) -> None:
        """Start the client, one for all calls: Python takes seconds to start on a node."""
        line = f"PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={HERE} python3 {HERE}/call.py {SOCKET}"
        self._client = subprocess.Popen(  # pylint: disable=consider-using-with
            (REPO / "lab" / "lab", "ssh", self.node, line), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def disconnect(self) -> None:
        """End the client."""
        if self._client:
            self._client.stdin.close()
            self._client.wait(30)

    def renew(self) -> None:
        """Stop what runs, and start the driver of this folder in its place, as an upgrade does."""
        self.shell(f"systemctl stop {UNIT}; rm -f {SOCKET}")
        _bring(self.share, REPO)
        self.disconnect()
        self.start()
        self.connect()

    def kill(self) -> None:
        """End it as a crash would."""
        self.shell(f"systemctl kill --signal=KILL {UNIT}; while systemctl --quiet is-active {UNIT}; do sleep 0.1; done; rm -f {SOCKET}")

    def calls(self, *requests: tuple[str, dict]) -> list[dict]:
        """The answers to several calls, one after the other, by one client."""
        self._client.stdin.write(json.dumps(requests) + "\n")
        self._client.stdin.flush()
        return json.loads(self._client.stdout.readline())

    def call(self, method: str, **request: Any) -> dict:
        """The answer to one call."""
        return self.calls((method, request))[0]

    def together(self, *requests: tuple[str, dict], apart: float = 0.1, seconds: float = 60) -> list[dict]:
        """The answers to calls at a time, one begun ``apart`` seconds after the other; none waits longer than ``seconds``."""
        self._client.stdin.write(json.dumps({"together": [[*each, index * apart, seconds] for index, each in enumerate(requests)]}) + "\n")
        self._client.stdin.flush()
        return json.loads(self._client.stdout.readline())

    def volumes(self) -> list[str]:
        """What is left of the driver's logical volumes."""
        return self.shell(f"lvs --noheadings --options lv_name,lv_tags {GROUP} | awk '/cairn.csi/ {{print $1}}'").split()

    def clear(self) -> None:
        """Take away what a test that failed has left."""
        self.shell(f"{_UNMOUNT}; rm -rf --one-file-system {KUBELET}/pods {KUBELET}/staging")
        for name in sorted(self.volumes(), key=lambda name: not name.startswith("snap-")):
            self.shell(f"! lvs {GROUP}/{name} >/dev/null 2>&1 || lvremove --quiet --yes {GROUP}/{name}")


@contextlib.contextmanager
def driver(node: str, contained: bool = False, source: Path = REPO, inline: Sequence[dict] = (INLINE,)) -> Iterator[Driver]:
    """The driver on a node, ``contained`` as in a container, until the end; its journal is printed then.

    ``source`` is the collection's folder, ``inline`` are the classes that are released for volumes in pods' manifests.
    """
    here = Driver(node, contained, inline)
    disks = " ".join(disk_ids(here.node, (1, 2, 3)))
    _bring(here.share, source)
    here.shell(f"({_CLEAN.format(disks=disks)}) >/dev/null 2>&1")
    here.shell(_PREPARE.format(disks=disks))
    try:
        here.start()
        here.connect()
        yield here
    finally:
        here.disconnect()
        print(here.shell(f"journalctl --no-pager --output=cat --unit={UNIT} | tail -n 2000"))
        here.shell(_CLEAN.format(disks=disks))


def _bring(share: Path, source: Path) -> None:
    """Put the driver and the collection's part of it where the node sees them."""
    shutil.rmtree(share, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source / "roles/lvm_csi/files/cairn_csi", share / "cairn_csi", ignore=unwanted)
    for room in ("_core", "_block", "_lvm"):
        place = Path("plugins/module_utils") / room
        shutil.copytree(source / place, share / "ansible_collections/cairn/storage" / place, ignore=unwanted)
    shutil.copytree(csi.stubs(), share, dirs_exist_ok=True)
    shutil.copy(REPO / "tests/csi/call.py", share)
