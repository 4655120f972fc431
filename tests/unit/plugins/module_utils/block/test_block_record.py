"""The record of what was made on a machine, and the files that only root reads and writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest
from machines import disk, host, upon

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Signature
from ansible_collections.cairn.storage.plugins.module_utils._block.record import GIVEN_UP, Made, Record, dump, lasting, parse
from ansible_collections.cairn.storage.plugins.module_utils._block.select import marked
from ansible_collections.cairn.storage.plugins.module_utils._core import trusted
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Refused

IDS = ("/dev/disk/by-id/wwn-1", "/dev/disk/by-id/scsi-1")
ONE = Made("fast", "/base", "Filesystem", IDS[0], IDS, "xfs", since="2026-01-01T00:00:00Z")
RECORD = Record({"u-1": ONE})


def changed(**values: Any) -> str:
    content = json.loads(dump(RECORD))
    content["volumes"]["u-1"].update(values)
    return json.dumps(content)


def test_what_is_written_is_read() -> None:
    assert parse(dump(RECORD)) == RECORD
    assert parse(dump(RECORD.edited({"u-2": ONE}, ["u-1"]))).volumes == {"u-2": ONE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 1}',
        '{"version": 2, "volumes": {}}',
        '{"version": "1", "volumes": {}}',
        '{"version": 1, "volumes": []}',
        '{"version": 1, "volumes": {"u": {}}}',
        dump(RECORD)[:-20],
        changed(ids="/dev/sda"),
        changed(ids=[1]),
        changed(state="maybe"),
        changed(storage_class=None),
        changed(more="x"),
    ],
)
def test_anything_else_is_refused_and_never_taken_for_empty(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.code == "record-broken" and refused.value.found and refused.value.fix


def test_a_device_is_known_by_its_own_names_and_by_its_slot_only_where_it_has_none() -> None:
    assert lasting(("/dev/disk/by-id/wwn-1", "/dev/disk/by-path/pci-1"), "/dev/sda") == ("/dev/disk/by-id/wwn-1",)
    assert lasting(("/dev/disk/by-path/pci-1",), "/dev/sda") == ("/dev/disk/by-path/pci-1",)
    assert lasting((), "/dev/sda") == ("/dev/sda",)
    assert [name for name, _made in RECORD.on(["/dev/disk/by-id/scsi-1"])] == ["u-1"] and not list(RECORD.on(["/dev/sda"]))
    assert RECORD.given_out(ONE.ids) == "fast/u-1" and RECORD.given_out(()) == ""
    assert Record({"u-1": Made("fast", "/base", "Filesystem", "x", ONE.ids, state=GIVEN_UP)}).given_out(ONE.ids) == ""


def test_what_guests_write_takes_no_room_in_a_rule() -> None:
    label, member = (Signature("xfs", "u", "cl-fast"),), (Signature("LVM2_member", "p"),)
    volume = Device("dm-0", "/dev/mapper/v-l", "lvm", 1)
    for device, counts in (
        (disk("a", signatures=label), False),
        (disk("a", signatures=label, kept="fast/u"), True),
        (disk("a", entry="bulk/x"), True),
        (disk("a", signatures=member), True),
        (disk("a", signatures=member, transport="iscsi"), False),
    ):
        assert (marked(host(device)) == {"sda"}) is counts
    assert "sda" in marked(host(*upon(disk("a", signatures=member, transport="iscsi"), volume))), "a volume group that is in use is the machine's"


def test_a_trusted_file_is_root_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "records" / "local.json"
    assert trusted.read(str(path)) is None
    for text in ("one", "two"):
        trusted.replace(str(path), text)
        assert trusted.read(str(path)) == text
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert os.listdir(path.parent) == ["local.json"]


def _link(path: Path) -> None:
    path.rename(path.parent / "elsewhere")
    path.symlink_to(path.parent / "elsewhere")


def _folder_link(path: Path) -> None:
    path.parent.rename(path.parent.parent / "elsewhere")
    path.parent.symlink_to(path.parent.parent / "elsewhere")


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "spoil",
    [
        _link,
        _folder_link,
        _fifo,
        lambda path: os.chmod(path, 0o640),
        lambda path: os.chmod(path.parent, 0o755),
        lambda path: os.link(path, path.parent / "second"),
        pytest.param(lambda path: os.chown(path, 65534, -1), marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")),
        pytest.param(lambda path: os.chown(path.parent, 65534, -1), marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")),
    ],
)
def test_a_file_that_somebody_else_could_have_written_is_refused(tmp_path: Path, spoil: Callable[[Path], Any]) -> None:
    path = tmp_path / "records" / "local.json"
    trusted.replace(str(path), dump(RECORD))
    spoil(path)
    with pytest.raises(Refused) as refused:
        trusted.read(str(path))
    assert refused.value.code == "record-foreign" and refused.value.fix
