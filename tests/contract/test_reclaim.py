"""What happens to volumes that were released, deleted, or whose disk is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_api import until
from lsp_disks import run
from lsp_process import STANDIN
from lsp_site import MIB, VOLUMES, Site

FAILED = 'local_volume_provisioner_persistentvolume_delete_failed_total{mode="unknown",type="process"}'


def fill(folder: Path) -> None:
    (folder / "data").write_text("kept")
    (folder / ".hidden").touch()
    (folder / "deep/er").mkdir(parents=True)
    (folder / "deep/er/file").touch()


def script(folder: Path, text: str) -> str:
    """An executable for blockCleanerCommand, in a folder that is no class's."""
    file = folder / "cleaner"
    file.write_text(f"#!/bin/sh\nset -eu\n{text}\n")
    file.chmod(0o755)
    return str(file)


def test_a_released_file_system_is_emptied_and_published_anew(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs", "Delete")
    disk = site.disks.mount(folder / "disk", MIB)
    fill(disk)
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    claim = site.bind(pv)
    site.passes()
    assert (disk / "deep/er/file").exists(), "touched while in use"
    site.api.delete(claim)
    site.published("disk", local, other_than=pv["metadata"]["uid"])
    assert list(disk.iterdir()) == []
    _, metrics = site.process.fetch("/metrics")
    total = 'persistentvolume_delete_total{mode="Filesystem",type="process"} 1'
    assert f"local_volume_provisioner_{total}" in metrics
    assert "local_volume_provisioner_persistentvolume_delete_duration_seconds_count{" in metrics


def test_a_released_device_is_cleaned_by_the_configured_command(site: Site, tmp_path: Path) -> None:
    site.add_node()
    command = script(tmp_path, f'echo "$LOCAL_PV_BLKDEVICE" "$@" >{tmp_path}/called')
    local, folder, config = site.fs_class("block", volumeMode="Block")
    config |= {"hostDir": "/mnt/on-the-host", "blockCleanerCommand": [command, "-n", "2"]}
    (folder / "disk").symlink_to(site.disks.device(16 * MIB))
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.release(pv)
    site.published("disk", local, other_than=pv["metadata"]["uid"])
    assert (tmp_path / "called").read_text() == f"{folder}/disk -n 2\n"
    until(lambda: "VolumeDelete" in site.events(pv), "event VolumeDelete")


def test_a_released_device_holds_no_file_system_afterwards(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("block", volumeMode="Block")
    config["blockCleanerCommand"] = [str(STANDIN / "scripts/quick_reset.sh")]
    device = site.disks.device(16 * MIB)
    run("mkfs.ext4", "-q", device)
    (folder / "disk").symlink_to(device)
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.release(pv)
    site.published("disk", local, other_than=pv["metadata"]["uid"])
    assert run("wipefs", "--noheadings", device) == ""


def test_a_cleaning_that_fails_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.add_node()
    command = script(tmp_path, f"echo again >>{tmp_path}/tries; test -e {tmp_path}/possible")
    local, folder, config = site.fs_class("block", volumeMode="Block")
    config["blockCleanerCommand"] = [command]
    (folder / "disk").symlink_to(site.disks.device(16 * MIB))
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.release(pv)
    tries = tmp_path / "tries"
    until(lambda: tries.exists() and len(tries.read_text().split()) > 2, "tried three times")
    assert site.phase(pv) == "Released"
    (tmp_path / "possible").touch()
    site.published("disk", local, other_than=pv["metadata"]["uid"])


def test_a_volume_being_cleaned_is_not_published(site: Site, tmp_path: Path) -> None:
    site.add_node()
    wait = f"touch {tmp_path}/began; until test -e {tmp_path}/end; do sleep 0.1; done"
    local, folder, config = site.fs_class("block", volumeMode="Block")
    config["blockCleanerCommand"] = [script(tmp_path, wait)]
    (folder / "disk").symlink_to(site.disks.device(16 * MIB))
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.release(pv)
    until((tmp_path / "began").exists, "cleaning began")
    site.api.delete(f"{VOLUMES}/{pv['metadata']['name']}")
    until(lambda: site.phase(pv) == "gone", "PV deleted by hand")
    site.passes()
    assert site.volume("disk", local) is None
    assert "local_volume_provisioner_proctable_running 1" in site.process.fetch("/metrics")[1]
    (tmp_path / "end").touch()
    site.published("disk", local)


def test_a_retained_volume_is_left_as_it_is(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs", "Retain")
    disk = site.disks.mount(folder / "disk", MIB)
    fill(disk)
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.release(pv)
    site.passes(3)
    assert site.phase(pv) == "Released"
    assert (disk / "data").read_text() == "kept"


def test_a_released_volume_whose_path_is_gone_is_never_deleted(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("block", volumeMode="Block")
    config["blockCleanerCommand"] = ["true"]
    device = site.disks.device(16 * MIB)
    (folder / "disk").symlink_to(device)
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    (folder / "disk").unlink()
    site.release(pv)
    site.passes(3)
    assert site.phase(pv) == "Released"
    assert FAILED in site.process.fetch("/metrics")[1]
    until(lambda: "VolumeFailedDelete" in site.events(pv), "event VolumeFailedDelete")
    (folder / "disk").symlink_to(device)
    site.published("disk", local, other_than=pv["metadata"]["uid"])


@pytest.mark.parametrize("phase", ["Available", "Bound"])
def test_a_volume_in_use_whose_path_is_gone_stays(site: Site, phase: str) -> None:
    site.add_node()
    local, folder, config = site.fs_class("block", volumeMode="Block")
    (folder / "disk").symlink_to(site.disks.device(16 * MIB))
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    if phase == "Bound":
        site.bind(pv)
    (folder / "disk").unlink()
    site.passes(3)
    assert site.phase(pv) == phase
    site.becomes_ready()


def test_a_volume_deleted_by_hand_comes_back_with_its_data(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs", "Delete")
    disk = site.disks.mount(folder / "disk", MIB)
    fill(disk)
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.api.delete(f"{VOLUMES}/{pv['metadata']['name']}")
    site.published("disk", local, other_than=pv["metadata"]["uid"])
    assert (disk / "data").read_text() == "kept"


def test_a_released_volume_of_another_identity_is_not_touched(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs", "Delete")
    disk = site.disks.mount(folder / "disk", MIB)
    fill(disk)
    site.configure({local: config}, useNodeNameOnly=True)
    site.start()
    pv = site.published("disk", local)
    site.process.stop()
    site.release(pv)
    site.configure({local: config})
    site.start()
    site.passes(3)
    assert site.phase(pv) == "Released"
    assert (disk / "data").read_text() == "kept"


def test_a_released_volume_of_a_class_no_longer_configured_stays(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs", "Delete")
    disk = site.disks.mount(folder / "disk", MIB)
    fill(disk)
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.process.stop()
    site.release(pv)
    site.configure({})
    site.start()
    site.passes(3)
    assert site.phase(pv) == "Released"
    assert (disk / "data").read_text() == "kept"
