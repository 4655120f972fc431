"""What the PV of a discovered volume looks like."""

from __future__ import annotations

from lsp_api import volume_name
from lsp_site import GIB, MIB, Site

BY = "pv.kubernetes.io/provisioned-by"


def here(site: Site) -> dict:
    """The node selector term that ties a PV to the site's node."""
    hostname = {"key": "kubernetes.io/hostname", "operator": "In", "values": [site.hostname]}
    return {"matchExpressions": [hostname]}


def test_a_mounted_file_system_becomes_a_volume(site: Site) -> None:
    node = site.add_node()
    folder = site.disks.folder("seen-in-the-pod")
    site.disks.mount(folder / "uuid-1", 64 * MIB)
    local = site.storage_class("fs", "Retain", mountOptions=["noatime", "nodiratime"])
    site.configure({local: {"hostDir": "/mnt/on-the-host", "mountDir": str(folder)}})
    site.start()
    pv = site.published("uuid-1", local)
    assert pv["metadata"]["name"] == volume_name("uuid-1", site.node, local)
    uid = node["metadata"]["uid"]
    assert pv["metadata"]["annotations"] == {BY: f"local-volume-provisioner-{site.node}-{uid}"}
    assert "labels" not in pv["metadata"]
    assert "ownerReferences" not in pv["metadata"]
    assert pv["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "64Mi"},
        "local": {"path": "/mnt/on-the-host/uuid-1"},
        "mountOptions": ["noatime", "nodiratime"],
        "nodeAffinity": {"required": {"nodeSelectorTerms": [here(site)]}},
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": local,
        "volumeMode": "Filesystem",
    }
    site.becomes_ready()


def test_a_link_to_a_device_becomes_a_block_volume(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("block", volumeMode="Block")
    (folder / "wwn-0x1").symlink_to(site.disks.device(32 * MIB))
    site.configure({local: config})
    site.start()
    spec = site.published("wwn-0x1", local)["spec"]
    assert spec["volumeMode"] == "Block"
    assert spec["persistentVolumeReclaimPolicy"] == "Delete"
    assert spec["capacity"] == {"storage": "32Mi"}
    assert spec["local"] == {"path": str(folder / "wwn-0x1")}


def test_a_device_may_become_a_file_system_for_the_kubelet_to_make(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("made", volumeMode="Filesystem", fsType="xfs")
    (folder / "disk").symlink_to(site.disks.device(32 * MIB))
    site.configure({local: config})
    site.start()
    spec = site.published("disk", local)["spec"]
    assert spec["volumeMode"] == "Filesystem"
    assert spec["local"] == {"path": str(folder / "disk"), "fsType": "xfs"}


def test_the_hash_in_the_name_is_not_padded(site: Site) -> None:
    site.add_node()
    local, folder, config = site.fs_class("fs")
    short = len("local-pv-") + 7
    file = next(f for f in map(str, range(10000)) if len(site.name(f, local)) == short)
    site.disks.mount(folder / file, MIB)
    site.configure({local: config})
    site.start()
    site.published(file, local)


def test_capacity_is_rounded_down_to_ten_or_more_of_a_unit(site: Site) -> None:
    sizes = {
        "12.7GiB": (12 * GIB + 700 * MIB, "12Gi"),
        "10GiB": (10 * GIB, "10Gi"),
        "below-10GiB": (10 * GIB - 4096, "10239Mi"),
        "100.3MiB": (100 * MIB + 300 * 1024, "100Mi"),
        "below-10MiB": (10 * MIB - 4096, f"{(10 * MIB - 4096) // 1024}Ki"),
    }
    site.add_node()
    mounted, folder, mounts = site.fs_class("fs")
    linked, links, devices = site.fs_class("block", volumeMode="Block")
    for file, (size, _) in sizes.items():
        site.disks.mount(folder / file, size)
        (links / file).symlink_to(site.disks.device(size))
    site.configure({mounted: mounts, linked: devices})
    site.start()
    for file, (_, capacity) in sizes.items():
        for local in (mounted, linked):
            assert site.published(file, local)["spec"]["capacity"] == {"storage": capacity}, file


def test_labels_come_from_the_node_and_the_configuration(site: Site) -> None:
    site.add_node({"kubernetes.io/hostname": site.hostname, "rack": "r1", "zone": "z1", "other": "x"})
    local, folder, config = site.fs_class("fs")
    site.disks.mount(folder / "disk", MIB)
    labels = {"zone": "configured", "kind": "fast"}
    site.configure({local: config}, nodeLabelsForPV=["rack", "zone", "absent"], labelsForPV=labels)
    site.start()
    wanted = {"rack": "r1", "zone": "configured", "kind": "fast"}
    assert site.published("disk", local)["metadata"]["labels"] == wanted


def test_options_of_class_and_provisioner(site: Site) -> None:
    node = site.add_node()
    elsewhere = {"matchExpressions": [{"key": "san", "operator": "Exists"}]}
    local, folder, config = site.fs_class("fs", accessMode="ReadWriteMany", selector=[elsewhere])
    site.disks.mount(folder / "disk", MIB)
    site.configure(
        {local: config}, useNodeNameOnly=True, setPVOwnerRef=True, minResyncPeriod="1m0s",
        useJobForCleaning="false", useAlphaAPI="false",
    )  # fmt: skip
    site.start()
    pv = site.published("disk", local)
    assert pv["metadata"]["annotations"][BY] == f"local-volume-provisioner-{site.node}"
    owner = {"apiVersion": "v1", "kind": "Node", "name": site.node, "uid": node["metadata"]["uid"]}
    assert pv["metadata"]["ownerReferences"] == [owner]
    assert pv["spec"]["accessModes"] == ["ReadWriteMany"]
    terms = pv["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert terms == [here(site), elsewhere]
