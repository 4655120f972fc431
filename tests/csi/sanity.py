"""Runs csi-sanity against the driver on a node of the lab, for one kind of volume: `sanity.py linear` or `sanity.py thin`."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Iterator

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "lab"), str(REPO / "tests" / "hosts")]

# pylint: disable=wrong-import-position
from cairn_lab import csi, images
from cairn_lab.config import Lab
from host_play import disk_ids, nodes, shell

#: Specs that have to run; csi-sanity skips what a driver does not offer.
LEAST = 70
SIZE = 64 << 20
PARAMETERS = {"linear": "type: linear\n", "thin": 'type: thin\noverprovisionRatio: "4"\n'}
#: Where a node sees what is put into its share.
HERE, UNIT, SOCKET = "/lab/share/csi", "cairn-csi-sanity", "/run/cairn-csi.sock"
#: A volume group of its own. Its disks hold nothing that is wanted.
PREPARE = "wipefs --all --quiet {disks} && vgcreate --quiet sanity {disks} && lvcreate --quiet --yes --type thin-pool --size 2g --name pool sanity"
CLEAN = f"systemctl stop {UNIT} 2>/dev/null; rm -f {SOCKET}; vgremove --quiet --force --yes sanity; pvremove --quiet {{disks}}; wipefs --all --quiet {{disks}}"
START = (
    f"systemd-run --quiet --collect --unit={UNIT} --setenv=PYTHONPATH={HERE} --setenv=PYTHONDONTWRITEBYTECODE=1 python3 -m cairn_csi"
    f" --endpoint=unix://{SOCKET} --volume-group=sanity --attach --metrics=127.0.0.1:9810"
    f" && for try in $(seq 100); do test -S {SOCKET} && exit; sleep 0.2; done; journalctl --no-pager --unit={UNIT}; exit 1"
)


def bring(node: str, kind: str) -> Path:
    """Put the driver, the collection's part of it and the parameters where the node sees them; returns that folder as seen here."""
    share = Lab.load(os.environ["LAB_NAME"]).node(node).share / "csi"
    shutil.rmtree(share, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPO / "roles/lvm_csi/files/cairn_csi", share / "cairn_csi", ignore=unwanted)
    utils = "ansible_collections/cairn/storage/plugins/module_utils"
    for room in ("_core", "_block", "_lvm"):
        shutil.copytree(REPO / "plugins/module_utils" / room, share / utils / room, ignore=unwanted)
    shutil.copytree(csi.stubs(), share, dirs_exist_ok=True)
    (share / "class.yml").write_text(PARAMETERS[kind], encoding="utf-8")
    (share / "limits.yml").write_text('iops: "1000"\n', encoding="utf-8")
    return share


@contextlib.contextmanager
def driver(node: str) -> Iterator[None]:
    """The driver on the node with a volume group of its own, until the end."""
    disks = " ".join(disk_ids(node, (1, 2, 3)))
    shell(node, f"{CLEAN.format(disks=disks)} >/dev/null 2>&1; true")
    shell(node, PREPARE.format(disks=disks))
    try:
        shell(node, START)
        yield
    finally:
        print(shell(node, f"journalctl --no-pager --output=cat --unit={UNIT} | tail -n 400; lvs -o lv_name,lv_tags sanity"))
        shell(node, CLEAN.format(disks=disks))


def main(kind: str) -> int:
    """Whether every spec that ran passed, enough of them ran, and no volume is left."""
    node = nodes()[-1]
    share = bring(node, kind)
    flags = (
        f"--csi.endpoint={SOCKET} --csi.mountdir=/var/lib/kubelet/csi-mount --csi.stagingdir=/var/lib/kubelet/csi-staging --csi.testvolumesize={SIZE}"
        f" --csi.testvolumeexpandsize={2 * SIZE} --csi.testvolumeparameters={HERE}/class.yml --csi.testvolumemutableparameters={HERE}/limits.yml"
        f" --csi.junitfile={HERE}/junit.xml --ginkgo.no-color"
    )
    with driver(node):
        print(shell(node, f"mkdir -p /var/lib/kubelet; {images.in_node(csi.sanity())} {flags} 2>&1; true"))
        left = shell(node, "lvs --noheadings --options lv_name,lv_tags sanity | awk '/cairn.csi/ {print $1}'").split()
    junit = REPO / ".work" / "junit" / f"csi-sanity-{kind}.xml"
    shutil.copy(share / "junit.xml", junit)
    cases = [case for case in ElementTree.parse(junit).iter("testcase")]
    skipped = sum(case.find("skipped") is not None for case in cases)
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    print(f"volumes left: {', '.join(left) or 'none'}")
    print(f"{len(cases) - skipped - failed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or left or len(cases) - skipped < LEAST else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
