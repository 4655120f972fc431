"""The site with volumes on demand, as people would write it: needs the images of the CSI driver, which other labs do not have."""

from __future__ import annotations

import json

from outside import kubectl, lab
from site_play import clean, made, play

#: What the lab's nodes cannot fetch.
IMAGES = {
    "image_bundle_archives": [{"path": "{{ lab_images[lookup('cairn.storage.image', 'lvm_csi')] }}"}],
    "snapshot_controller_definitions": ["{{ lookup('pipe', 'lab/lab snapshot-crds') }}"],
}


def test_volumes_on_demand_where_one_machine_has_no_disk_for_them() -> None:
    clean()
    lab("disk", "remove", "node2", "2")
    try:
        made("mixed", "csi", more=("-e", json.dumps(IMAGES)))
        assert kubectl("get", "csidrivers", "lvm.csi.cairn.storage")["metadata"]["name"]
        classes = {each["metadata"]["name"] for each in kubectl("get", "storageclass")["items"]}
        assert {"lvm", "lvm-thin", "ssd-fs"} <= classes
    finally:
        lab("disk", "add", "node2", "2")
        play("mixed", "csi", "-e", json.dumps({**IMAGES, "lvm_csi_state": "absent"}))
        play("mixed", "teardown", "-e", "teardown_confirm=no storage clusters")
        clean()
