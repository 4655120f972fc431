"""Sessions, LUNs and what uses them, from a copy of the kernel's own files in the shape that a node of the lab shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from initiators import TARGET, key

from ansible_collections.cairn.storage.plugins.module_utils._core import files
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator import holders, sysfs
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.model import Session

WWID = "60014050000000000000000000000001"
BY_ID = f"/dev/disk/by-id/wwn-0x{WWID}"


def write(root: Path, values: dict) -> None:
    for name, value in values.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{value}\n")


def add_session(root: Path, number: int, address: str, disk: str, state: str = "LOGGED_IN") -> None:
    device = root / f"devices/platform/host{number}/session{number}"
    scsi = device / f"target{number}:0:0" / f"{number}:0:0:3"
    write(scsi, {"type": 0, "state": "running", "wwid": f"naa.{WWID}", f"block/{disk}/name": disk})
    write(device / f"target{number}:0:0" / f"{number}:0:0:0", {"type": 12})
    (device / f"connection{number}:0").mkdir()
    write(root / f"class/iscsi_connection/connection{number}:0", {"persistent_address": address, "persistent_port": 3260, "header_digest": 1, "data_digest": 0})
    write(root / f"class/iscsi_session/session{number}", {"targetname": TARGET, "ifacename": "default", "state": state, "recovery_tmo": 15})
    (root / f"class/iscsi_session/session{number}/device").symlink_to(device)


def add_block(root: Path, name: str, number: str, holder: str = "", **values: str) -> None:
    folder = root / "class/block" / name
    write(folder, {"dev": number, **values})
    (folder / "holders").mkdir()
    if holder:
        (folder / "holders" / holder).mkdir()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two paths to one LUN, joined by multipath."""
    (tmp_path / "by-id").mkdir()
    (tmp_path / "by-id" / f"wwn-0x{WWID}").symlink_to("../../dm-0")
    monkeypatch.setattr(sysfs, "_BY_ID", str(tmp_path / "by-id"))
    monkeypatch.setattr(holders, "_taken", lambda path: False)
    monkeypatch.setattr(files, "text", lambda path, real=files.text: "" if path.startswith("/proc") else real(path))
    add_session(tmp_path, 2, "192.0.2.10", "sdb")
    add_session(tmp_path, 10, "198.51.100.10", "sdc", "FAILED")
    add_block(tmp_path, "sdb", "8:16", "dm-0", size="2048")
    add_block(tmp_path, "sdc", "8:32", "dm-0", size="2048")
    add_block(tmp_path, "dm-0", "254:0", **{"dm/uuid": f"mpath-3{WWID}", "dm/name": "mpatha", "size": "1024"})
    return tmp_path


def read(root: Path) -> tuple[Session, ...]:
    return sysfs.sessions(str(root), thorough=True)


def test_each_path_is_told_with_its_disk_by_a_name_that_all_share(root: Path) -> None:
    first, second = read(root)
    assert (first.key, first.number, first.up, first.recovery, first.digests) == (key(), 2, True, 15, (True, False))
    assert (second.key, second.up) == (key("198.51.100.10:3260"), False)
    assert [(each.lun, each.kernel_name, each.size, each.map, each.map_size, each.used) for each in (*first.luns, *second.luns)] == [
        (3, "sdb", 2048 * 512, "mpatha", 1024 * 512, ""),
        (3, "sdc", 2048 * 512, "mpatha", 1024 * 512, ""),
    ]
    assert {each.id for each in (*first.luns, *second.luns)} == {str(root / "by-id" / f"wwn-0x{WWID}")}


def test_a_machine_without_sessions_has_none(tmp_path: Path) -> None:
    assert read(tmp_path) == ()


@pytest.mark.parametrize(("mountinfo", "used"), [
    ("", ""),
    ("1 2 254:0 / /srv rw - ext4 /dev/dm-0 rw", "mount /srv"),
    ("1 2 254:5 / /srv rw - ext4 /dev/dm-5 rw", "mount /srv"),
    ("1 2 8:99 / /else rw - ext4 /dev/sdz rw", ""),
])
def test_what_is_mounted_from_the_map_or_its_partition_uses_every_path(root: Path, monkeypatch: pytest.MonkeyPatch, mountinfo: str, used: str) -> None:
    (root / "class/block/dm-0/holders/dm-5").mkdir()
    add_block(root, "dm-5", "254:5", **{"dm/uuid": f"part1-mpath-3{WWID}", "dm/name": "mpatha-part1"})
    real = files.text
    monkeypatch.setattr(files, "text", lambda path: mountinfo if path == "/proc/self/mountinfo" else real(path))
    assert {lun.used for session in read(root) for lun in session.luns} == {used}


def test_a_logical_volume_upon_it_is_a_use_and_so_is_whoever_opened_it_for_himself(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "_taken", lambda path: path == "/dev/dm-0")
    assert {lun.used for session in read(root) for lun in session.luns} == {"opened exclusively"}
    (root / "class/block/dm-0/holders/dm-7").mkdir()
    add_block(root, "dm-7", "254:7", **{"dm/uuid": "LVM-abc", "dm/name": "data-own"})
    assert {lun.used for session in read(root) for lun in session.luns} == {"device data-own"}
