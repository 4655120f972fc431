"""Which entries of a discovery directory become volumes, and when the node is ready."""

from __future__ import annotations

import pytest
from lsp_api import until
from lsp_site import CLASSES, MIB, NODES, VOLUMES, Site

TAINT = "sig-storage-local-static-provisioner/agent-not-ready"


def test_a_plain_directory_is_refused_until_something_is_mounted_there(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    (folder / "plain").mkdir()
    site.disks.mount(folder / "good", MIB)
    site.configure({local: config})
    site.start()
    site.published("good", local)
    site.passes()
    assert not site.ready()
    assert site.volume("plain", local) is None
    site.disks.mount(folder / "plain", MIB)
    site.published("plain", local)
    site.becomes_ready()


@pytest.mark.parametrize("mode", ["Filesystem", "Block"])
@pytest.mark.parametrize("entry", ["file", "dangling link"])
def test_what_is_neither_directory_nor_device_is_refused(site: Site, mode: str, entry: str) -> None:
    site.add_node()
    local, folder, config = site.fs_class("local", volumeMode=mode)
    if entry == "file":
        (folder / "entry").touch()
    else:
        (folder / "entry").symlink_to("/dev/disk/by-id/not-there")
    site.configure({local: config})
    site.start()
    site.passes()
    assert not site.ready()
    assert site.volumes(local) == []


def test_a_block_class_takes_no_file_system(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("block", volumeMode="Block")
    site.disks.mount(folder / "mounted", MIB)
    site.configure({local: config})
    site.start()
    site.passes()
    assert not site.ready()
    assert site.volumes(local) == []


def test_only_the_first_level_is_looked_at(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    site.disks.mount(folder / "disk", MIB)
    site.disks.mount(folder / "disk/deeper", MIB)
    site.configure({local: config})
    site.start()
    site.published("disk", local)
    site.passes()
    assert len(site.volumes(local)) == 1


def test_the_name_pattern_is_a_list_of_globs(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs", namePattern="wwn-*,disk-?")
    for file in ("wwn-0x12", "disk-1", "disk-12", "other"):
        site.disks.mount(folder / file, MIB)
    (folder / "refused-if-it-were-looked-at").touch()
    site.configure({local: config})
    site.start()
    site.published("wwn-0x12", local)
    site.published("disk-1", local)
    site.passes()
    assert len(site.volumes(local)) == 2
    site.becomes_ready()


def test_nothing_to_publish_is_ready(site: Site) -> None:
    site.add_node()
    local, _, config = site.fs_class("fs")
    site.configure({local: config})
    site.start()
    site.becomes_ready()


def test_the_storage_class_must_exist(site: Site) -> None:
    site.add_node()
    missing = f"{site.prefix}-later"
    folder = site.disks.folder("later")
    site.disks.mount(folder / "disk", MIB)
    site.configure({missing: {"hostDir": str(folder), "mountDir": str(folder)}})
    site.start()
    site.passes()
    assert not site.ready()
    assert site.volume("disk", missing) is None
    site.storage_class("later")
    site.published("disk", missing)
    site.becomes_ready()


def test_the_mount_directory_must_exist(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    folder.rmdir()
    site.configure({local: config})
    site.start()
    site.passes()
    assert not site.ready()


def test_a_path_is_published_once_only(site: Site) -> None:
    site.add_node()
    first, folder, config = site.fs_class("first")
    site.disks.mount(folder / "disk", MIB)
    site.configure({first: config})
    site.start()
    site.published("disk", first)
    second = site.storage_class("second")
    site.configure({first: config, second: config})
    site.passes(4)
    assert site.volumes(second) == []


def test_capacity_is_written_once(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    site.disks.mount(folder / "disk", 16 * MIB)
    site.configure({local: config})
    site.start()
    before = site.published("disk", local)
    site.disks.grow(folder / "disk", 32 * MIB)
    site.passes()
    assert site.volume("disk", local) == before


def test_a_volume_of_that_name_made_by_another_is_left_alone(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    site.disks.mount(folder / "disk", MIB)
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.process.stop()
    site.configure({local: config}, useNodeNameOnly=True)
    site.start()
    site.passes()
    assert not site.ready()
    assert site.volume("disk", local) == pv


def test_a_new_configuration_is_taken_up_and_changes_no_volume(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    site.disks.mount(folder / "old", MIB)
    site.configure({local: config}, labelsForPV={"made": "before"})
    site.start()
    old = site.published("old", local)
    later, elsewhere, added = site.fs_class("later")
    site.disks.mount(folder / "new", MIB)
    site.disks.mount(elsewhere / "new", MIB)
    site.published("new", local)
    site.configure({local: config, later: added}, labelsForPV={"made": "after"})
    assert site.published("new", later)["metadata"]["labels"] == {"made": "after"}
    assert site.volume("old", local) == old
    site.becomes_ready()


def test_the_startup_taint_goes_when_the_node_is_ready(site: Site) -> None:
    taints = [{"key": key, "effect": "NoSchedule"} for key in (TAINT, "other")]
    site.add_node(taints=taints)
    local, folder, config = site.fs_class("fs")
    (folder / "disk").mkdir()
    site.configure({local: config}, removeNodeNotReadyTaint=True)
    site.start()
    site.passes()
    assert {TAINT, "other"} <= tainted(site)
    site.disks.mount(folder / "disk", MIB)
    until(lambda: TAINT not in tainted(site), "startup taint removed")
    assert "other" in tainted(site)


def test_the_startup_taint_stays_unless_wished_and_has_a_name_of_choice(site: Site) -> None:
    taints = [{"key": key, "effect": "NoSchedule"} for key in (TAINT, "mine")]
    site.add_node(taints=taints)
    site.configure({})
    site.start()
    site.becomes_ready()
    site.passes()
    assert {TAINT, "mine"} <= tainted(site)
    site.configure({}, removeNodeNotReadyTaint=True, provisionerNotReadyNodeTaintKey="mine")
    until(lambda: "mine" not in tainted(site), "taint of the configured name removed")
    assert TAINT in tainted(site)


def tainted(site: Site) -> set[str]:
    node = site.api.get(f"{NODES}/{site.node}")
    return {taint["key"] for taint in node["spec"].get("taints", [])}


def test_a_node_without_its_hostname_label_ends_the_provisioner(site: Site) -> None:
    site.add_node(labels={})
    site.configure({})
    site.start()
    assert until(lambda: site.process.ended() is not None, "provisioner ended")
    assert site.process.ended() != 0


@pytest.mark.parametrize(
    "classes",
    [
        {"local": {"hostDir": "/mnt/local"}},
        {"local": {"mountDir": "/mnt/local"}},
        {"local": {"hostDir": "/a", "mountDir": "/a", "volumeMode": "Blocks"}},
        {"local": {"hostDir": "/a", "mountDir": "/a", "blockCleanerCommand": []}},
        "local: [",
    ],
)
def test_a_configuration_that_cannot_be_honoured_ends_the_provisioner(site: Site, classes) -> None:
    site.add_node()
    site.process.configure({"storageClassMap": classes})
    site.start()
    assert until(lambda: site.process.ended() is not None, "provisioner ended")
    assert site.process.ended() != 0


def test_metrics_are_upstreams(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    site.disks.mount(folder / "disk", MIB)
    site.configure({local: config})
    site.start("--metrics-path=/counts")
    site.published("disk", local)
    site.passes(1)
    status, text = site.process.fetch("/counts")
    assert status == 200
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE local_")}
    assert {f"local_volume_provisioner_{name}" for name in (
        "persistentvolume_capacity_bytes", "persistentvolume_discovery_total",
        "persistentvolume_discovery_duration_seconds", "apiserver_requests_total",
        "apiserver_requests_duration_seconds", "proctable_running", "proctable_failed",
        "proctable_succeeded",
    )} <= families  # fmt: skip
    assert 'local_volume_provisioner_apiserver_requests_total{method="create"} 2' in text
    assert 'local_volume_provisioner_persistentvolume_discovery_total{mode="Filesystem"} 2' in text
    assert site.process.fetch("/metrics")[0] == 404


def test_a_class_of_the_api_may_come_and_go(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    site.disks.mount(folder / "disk", MIB)
    site.configure({local: config})
    site.start()
    pv = site.published("disk", local)
    site.api.delete(f"{CLASSES}/{local}")
    until(lambda: not site.ready(), "not ready without the class")
    assert site.api.get(f"{VOLUMES}/{pv['metadata']['name']}") == pv
