"""Runs csi-sanity against the driver on a lab's first node, for one kind of volume: `sanity.py linear` or `sanity.py thin`."""

from __future__ import annotations

import shutil
import sys
import xml.etree.ElementTree as ElementTree

from csi_node import HERE, KUBELET, REPO, SOCKET, UNIT, driver

from cairn_lab import csi, images  # found by csi_node
from host_play import nodes

#: Specs that have to run; csi-sanity skips what a driver does not offer.
LEAST = 70
SIZE = 64 << 20
PARAMETERS = {"linear": "type: linear\n", "thin": 'type: thin\noverprovisionRatio: "4"\n'}
FLAGS = (
    f"--csi.endpoint={SOCKET} --csi.mountdir={KUBELET}/csi-mount --csi.stagingdir={KUBELET}/csi-staging --csi.testvolumesize={SIZE}"
    f" --csi.testvolumeexpandsize={2 * SIZE} --csi.testvolumeparameters={HERE}/class.yml --csi.testvolumemutableparameters={HERE}/limits.yml"
    f" --csi.junitfile={HERE}/junit.xml --ginkgo.no-color"
)


def main(kind: str) -> int:
    """Whether every spec that ran passed, enough of them ran, and no volume is left."""
    junit = REPO / ".work" / "junit" / f"csi-sanity-{kind}.xml"
    with driver(nodes()[0]) as here:
        (here.share / "class.yml").write_text(PARAMETERS[kind], encoding="utf-8")
        (here.share / "limits.yml").write_text('iops: "1000"\n', encoding="utf-8")
        print(here.shell(f"{images.in_node(csi.sanity())} {FLAGS} 2>&1; true"))
        left = here.volumes()
        memory = here.shell(f"grep VmRSS /proc/$(systemctl show --property MainPID --value {UNIT})/status").split()[1]
        shutil.copy(here.share / "junit.xml", junit)
    cases = list(ElementTree.parse(junit).iter("testcase"))
    skipped = sum(case.find("skipped") is not None for case in cases)
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    print(f"resident memory of the driver afterwards: {int(memory) // 1024} MiB")
    print(f"volumes left: {', '.join(left) or 'none'}")
    print(f"{len(cases) - skipped - failed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or left or len(cases) - skipped < LEAST else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
