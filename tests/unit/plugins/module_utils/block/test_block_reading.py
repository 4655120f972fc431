"""Recorded output of lsblk, blkid, wipefs and /proc, read into devices."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Dict, List

import pytest
from machines import GIB, disk, holding, host, upon

from ansible_collections.cairn.storage.plugins.module_utils._block import probe, sysfs
from ansible_collections.cairn.storage.plugins.module_utils._block.health import health
from ansible_collections.cairn.storage.plugins.module_utils._block.identity import rank
from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host, Signature, lv_mapper_path
from ansible_collections.cairn.storage.plugins.module_utils._block.observe import block_entries, parse_lsblk, parse_mounts
from ansible_collections.cairn.storage.plugins.module_utils._block.result import dump
from ansible_collections.cairn.storage.plugins.module_utils._block.sysfs import relations, survey

RECORDINGS = Path(__file__).parents[1] / "recordings"


def recording(name: str) -> str:
    return (RECORDINGS / name).read_text(encoding="utf-8")


def test_lsblk_tells_of_disks() -> None:
    devices = parse_lsblk(recording("lsblk.json"))
    assert (devices["sda"].size, devices["sda"].rotational, devices["sda"].serial, devices["sda"].optimal_io) == (
        2147483648,
        False,
        "5ca1ab1e00010001",
        126976,
    )
    assert devices["sdb"].rotational


def kernel(root: Path, name: str, slaves: tuple = (), **files: str) -> None:
    """A device in a folder like /sys/class/block."""
    for file, text in {"size": "8192", "dev": "254:7", "ro": "0", **files}.items():
        path = root / name / file.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    for slave in slaves:
        (root / name / "slaves" / slave).mkdir(parents=True)


def test_the_kernel_tells_what_stands_on_what(tmp_path: Path) -> None:
    kernel(tmp_path, "sda")
    kernel(tmp_path / "sda", "sda1", partition="1")
    (tmp_path / "sda1").symlink_to(tmp_path / "sda" / "sda1")
    kernel(tmp_path, "dm-0", ("sda1",), dm__uuid="LVM-abc", dm__name="fast-local--fs--1")
    kernel(tmp_path, "dm-1", ("dm-0",), dm__uuid="CRYPT-LUKS2-abc", dm__name="secret")
    kernel(tmp_path, "loop0", size="0")
    kernel(tmp_path, "ram0")
    volumes, others = survey(str(tmp_path))
    assert others == ["dm-1", "sda", "sda1"]
    assert volumes == {"dm-0": Device("dm-0", "/dev/mapper/fast-local--fs--1", "lvm", 4 * 1024**2, "254:7")}
    assert relations(["sda", "sda1", "dm-0", "dm-1"], str(tmp_path)) == {
        "sda": ((), ("sda1",)),
        "sda1": (("sda",), ("dm-0",)),
        "dm-0": (("sda1",), ("dm-1",)),
        "dm-1": (("dm-0",), ()),
    }


def test_what_the_kubelet_holds_for_a_pod_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A raw volume from iSCSI or another driver: no signature, no mount, nothing but a loop device."""
    root = tmp_path / "class" / "block"
    kernel(root, "sda")
    for name, path in (("loop0", "/var/lib/kubelet/plugins/kubernetes.io/csi/volumeDevices/pvc-1/dev/uid"), ("loop1", "/srv/nfs/image")):
        kernel(root, name, loop__backing_file=path)
        (root / name / "slaves").mkdir(exist_ok=True)
    (tmp_path / "dev" / "block").mkdir(parents=True)
    (tmp_path / "dev" / "block" / "8:0").symlink_to(root / "sda")
    monkeypatch.setattr(sysfs, "device_number", lambda path: "8:0")
    assert relations(["sda", "loop0", "loop1"], str(root)) == {"sda": ((), ("loop0",)), "loop0": (("sda",), ()), "loop1": ((), ())}


def test_mounts_by_device_number() -> None:
    numbers = {"98:0": "ubda", **{f"254:{minor}": f"dm-{minor}" for minor in range(8)}}
    mounts = parse_mounts(recording("mountinfo.txt"), "Filename Type Size Used Priority\n/dev/sdz\\0401 partition 1 0 -2\n", numbers)
    assert mounts["ubda"] == ["/"]
    assert any(path.startswith("/var/lib/cairn-storage/local-volumes/local-fs/") for name in numbers.values() for path in mounts.get(name, ()))
    assert mounts["sdz 1"] == ["[SWAP]"]


def test_blkid_reports_each_device_also_an_empty_one() -> None:
    found = probe.parse_blkid(recording("blkid.txt"))
    assert found["/dev/sda"][0].type == "LVM2_member"
    assert [signature.type for signature in found["/dev/sdb"]] == ["gpt partition table"] and found["/dev/sdb"][0].uuid
    assert found["/dev/sdd"] == (Signature("ext4", "db117dad-b6ea-4ccb-8c59-c24aedfe47b8", "a b"),)
    assert probe.parse_blkid("DEVNAME=/dev/sdx\nMINIMUM_IO_SIZE=512\n") == {"/dev/sdx": ()}
    assert probe.parse_blkid("") == {}


def test_a_device_with_two_file_systems_hides_neither_itself_nor_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """blkid stops there in silence; the devices after it must not pass for empty."""
    calls: List[tuple] = []

    def read(*argv: str, ok: tuple = (0,)) -> str:
        calls.append(argv)
        if argv[0] == "wipefs":
            return recording("wipefs.json")
        return recording("blkid-contradiction.txt") if "/dev/sda" in argv else "DEVNAME=/dev/sdb\nPTTYPE=gpt\nPTUUID=1-2\n"

    monkeypatch.setattr(probe, "read", read)
    found: Dict = probe.signatures(["/dev/sda", "/dev/sdd", "/dev/sdb"])
    assert [signature.type for signature in found["/dev/sdd"]] == ["xfs", "ext4"]
    assert found["/dev/sdb"] == (Signature("gpt partition table", "1-2"),)
    assert [argv[0] for argv in calls] == ["blkid", "blkid", "wipefs"]


def test_backup_copies_of_a_signature_count_once() -> None:
    rows = '{"signatures": [%s]}' % ", ".join(
        '{"device": "sdc", "type": "gpt", "uuid": null, "label": null, "usage": "partition-table"}' for _copy in range(2)
    )
    assert probe.parse_wipefs(rows) == {"sdc": (Signature("gpt partition table"),)}
    assert probe.parse_wipefs("") == {}


def test_the_most_lasting_name_comes_first() -> None:
    links = [
        f"/dev/disk/by-{kind}/{name}"
        for kind, name in (
            ("path", "pci-0000:00:1f.2-ata-1"),
            ("id", "ata-DISK_1"),
            ("id", "wwn-0x5"),
            ("id", "lvm-pv-uuid-abc"),
            ("id", "scsi-35"),
            ("id", "dm-name-vg-lv"),
            ("id", "nvme-eui.1"),
        )
    ]
    assert [link.rpartition("/")[2] for link in rank(links)] == ["wwn-0x5", "nvme-eui.1", "scsi-35", "ata-DISK_1", "pci-0000:00:1f.2-ata-1"]


@pytest.mark.parametrize(
    "path, mapper",
    [
        ("/dev/fast/data-1", "/dev/mapper/fast-data--1"),
        ("/dev/a-b/c", "/dev/mapper/a--b-c"),
        ("/dev/mapper/x", ""),
        ("/dev/sda", ""),
        ("/dev/disk/by-id", ""),
    ],
)
def test_names_of_logical_volumes(path: str, mapper: str) -> None:
    assert lv_mapper_path(path) == mapper


def test_raw_volumes_are_known_by_their_links(tmp_path: Path) -> None:
    target = tmp_path / "sdx"
    target.touch()
    (tmp_path / "volumes" / "bulk").mkdir(parents=True)
    (tmp_path / "volumes" / ".kept").mkdir()
    (tmp_path / "volumes" / "bulk" / "wwn-1").symlink_to(target)
    (tmp_path / "volumes" / "bulk" / "wwn-2").symlink_to(tmp_path / "gone")
    assert block_entries(str(tmp_path / "volumes")) == {"sdx": "bulk/wwn-1"}
    assert block_entries(str(tmp_path / "nothing")) == {}


def test_health_is_what_the_kernel_has_as_files(tmp_path: Path) -> None:
    """storage.md 5, item 50: hints of bad disks."""
    folder = tmp_path / "sda" / "device"
    folder.mkdir(parents=True)
    for name, text in (("state", "offline\n"), ("ioerr_cnt", "0x1f\n"), ("iotmo_cnt", "0x0\n")):
        (folder / name).write_text(text)
    assert health("sda", str(tmp_path)) == {"state": "offline", "io_errors": 31, "io_timeouts": 0}
    assert health("vda", str(tmp_path)) == {"state": None, "io_errors": None, "io_timeouts": None}


def test_partitions_are_told_with_their_disk() -> None:
    base, part = upon(holding(disk("a"), "gpt partition table", "1-2"), holding(Device("sda1", "/dev/sda1", "part", GIB), "ext4", "3-4"))
    machine = host(base, part, holding(disk("c"), "LVM2_member", "5-6"), disk("e"))
    values = dump(machine, base)
    assert [(each["kernel_name"], each["found"], each["size_bytes"]) for each in values["partitions"]] == [("sda1", "3-4", GIB)]
    vacant = [device.kernel_name for device in machine if dump(machine, device)["vacant"]]
    assert vacant == ["sda", "sde"], "a disk of LVM may be in a volume group that is not active"
    mounted = dataclasses.replace(part, mounts=("/srv",))
    assert not dump(host(base, mounted), base)["vacant"]
    part = Device("sdb1", "/dev/sdb1", "part", GIB, signatures=(Signature("LVM2_member", "pv"),))
    assert not dump(host(*upon(disk("b"), part)), upon(disk("b"), part)[0])["vacant"], "nor one of whose partitions that is true"
