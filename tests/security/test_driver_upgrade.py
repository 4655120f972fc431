"""Volumes that the driver of the version before made, in use while the driver is replaced: nothing is lost, nothing is interrupted."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from csi_calls import MIB, TARGET, create, gone, made, pods
from csi_node import REPO, driver

from host_play import own_node  # found by csi_node

#: The last commit of the version before.
BEFORE = "f7b8e36"


def earlier(folder: Path) -> Path:
    """The collection as it was, unpacked into ``folder``."""
    done = subprocess.run(("git", "archive", BEFORE, "plugins", "roles"), cwd=REPO, capture_output=True, check=False)
    assert done.returncode == 0, f"this test needs the history of the repository down to {BEFORE}: {done.stderr.decode()}"
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


#: Name, what it is used as, and the parameters of its class.
VOLUMES = (
    ("plain", "ext4", {}),
    ("tuned", "ext4", {"mkfsOptions": "-m 0 -i 16384"}),
    ("xfs", "xfs", {}),
    ("thin", "ext4", {"type": "thin"}),
    ("promised", "ext4", {"type": "thin", "overprovisionRatio": "2"}),
    ("raw", "block", {"wipe": "zero"}),
)
MOUNTED = [name for name, use, _parameters in VOLUMES if use != "block"]


def test_volumes_of_the_version_before_go_on_under_the_new_driver(tmp_path: Path) -> None:
    calls = {name: create(name, use, 320 * MIB, **parameters) for name, use, parameters in VOLUMES}
    with driver(own_node(), contained=True, source=earlier(tmp_path), inline=()) as here:
        ids = {name: made(here, *call) for name, call in calls.items()}
        for name, use, _parameters in VOLUMES:
            assert here.calls(*pods(ids[name], name, use)) == [{}, {}]
        for name in MOUNTED:
            here.shell(f"echo {name} >{TARGET}/{name}/file; sync -f {TARGET}/{name}")
        here.shell(f"echo raw | dd of={TARGET}/raw conv=fsync,notrunc status=none")
        taken = here.call("CreateSnapshot", name="taken", source_volume_id=ids["thin"])["snapshot"]["snapshot_id"]
        # A pod that writes through the whole upgrade.
        here.shell(f"systemd-run --quiet --unit=writer sh -c 'exec 3>>{TARGET}/plain/log; while echo x >&3; do sleep 0.2; done'")
        mounts = here.shell("grep csi- /proc/mounts | sort")

        here.renew()

        assert here.shell("grep csi- /proc/mounts | sort") == mounts
        assert here.shell("systemctl is-active writer").strip() == "active"
        assert {name: made(here, *call) for name, call in calls.items()} == ids, "the provisioner asks again, and gets the same"
        for name, use, _parameters in VOLUMES:
            assert here.calls(*pods(ids[name], name, use)) == [{}, {}], "kubelet asks again"
        assert here.shell("grep csi- /proc/mounts | sort") == mounts
        for name in MOUNTED:
            assert here.shell(f"cat {TARGET}/{name}/file").strip() == name
        assert here.call("CreateSnapshot", name="taken", source_volume_id=ids["thin"])["snapshot"]["snapshot_id"] == taken
        restored = made(here, *create("restored", "ext4", 320 * MIB, {"snapshot": {"snapshot_id": taken}}, type="thin"))
        grown = here.call("NodeExpandVolume", volume_id=ids["plain"], volume_path=f"{TARGET}/plain", capacity_range={"required_bytes": 384 * MIB})
        assert int(grown["capacity_bytes"]) == 384 * MIB, grown
        here.shell("systemctl stop writer")

        # Down and up again, as when a pod moves: what was made before is known for what it is, and not formatted.
        for name, use, _parameters in VOLUMES:
            assert here.calls(*pods(ids[name], name, use, up=False), *pods(ids[name], name, use)) == [{}] * 4
        for name in MOUNTED:
            assert here.shell(f"cat {TARGET}/{name}/file").strip() == name
        assert here.shell(f"head -c 3 {TARGET}/raw") == "raw"
        assert here.calls(*pods(restored, "restored")) == [{}, {}] and here.shell(f"cat {TARGET}/restored/file").strip() == "thin"

        down = [step for name, use, _parameters in VOLUMES for step in pods(ids[name], name, use, up=False)]
        assert here.calls(*down, *pods(restored, "restored", up=False)) == [{}] * (len(down) + 2)
        gone(here, restored, taken, *ids.values())
        assert here.volumes() == []


def test_a_volume_in_a_pod_of_the_version_before_goes_with_its_pod(tmp_path: Path) -> None:
    id_, path = "csi-0123456789abcdef", f"{TARGET}/inline"
    context = {"size": "64MiB", "csi.storage.k8s.io/ephemeral": "true"}
    with driver(own_node(), contained=True, source=earlier(tmp_path), inline=()) as here:
        use = {"access_mode": {"mode": "SINGLE_NODE_WRITER"}, "mount": {"fs_type": "ext4"}}
        assert here.call("NodePublishVolume", volume_id=id_, target_path=path, volume_capability=use, volume_context=context) == {}
        here.shell(f"echo here >{path}/file")
        here.renew()
        assert here.shell(f"cat {path}/file") == "here\n"
        assert here.call("NodeUnpublishVolume", volume_id=id_, target_path=path) == {}
        assert here.volumes() == []
