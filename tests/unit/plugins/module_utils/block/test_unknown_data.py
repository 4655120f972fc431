"""What bears no signature and is not blank, who has a disk open, and one disk seen twice."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any, Callable

import pytest
from machines import GIB, disk, holding, host, names, rule, upon, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block import medium, openers
from ansible_collections.cairn.storage.plugins.module_utils._block.model import UNKNOWN, Device, Signature
from ansible_collections.cairn.storage.plugins.module_utils._block.places import HEAD, PAGE, TAIL, places
from ansible_collections.cairn.storage.plugins.module_utils._block.result import vacant
from ansible_collections.cairn.storage.plugins.module_utils._block.rules import parse
from ansible_collections.cairn.storage.plugins.module_utils._block.select import Choice, Consumer, parse_wanted, select
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent

KIB, MIB, TIB = 1024, 1024**2, 1024**4
UNSIGNED = dataclasses.replace(disk("b"), signatures=(Signature(UNKNOWN, note="not zero at byte 4096"),))

#: (size of the device, where a superblock or a copy of one stands), from the on-disk formats and what mkfs and dumpe2fs told.
COPIES = {
    "ext4, 1 KiB": (100 * MIB, [8193 * KIB, 24577 * KIB, 40961 * KIB, 57345 * KIB, 73729 * KIB]),
    "ext4, 2 KiB": (400 * MIB, [16384 * 2 * KIB, 49152 * 2 * KIB, 81920 * 2 * KIB]),
    "ext4, 4 KiB": (2 * GIB, [32768 * 4 * KIB, 98304 * 4 * KIB, 163840 * 4 * KIB, 229376 * 4 * KIB, 294912 * 4 * KIB]),
    "ext4, 64 KiB": (64 * GIB, [32 * GIB]),
    "ext4, sparse_super2, last group": (2 * GIB, [15 * 128 * MIB]),
    "xfs, 4 groups": (2 * GIB, [512 * MIB, GIB, 3 * 512 * MIB]),
    "xfs, 4 groups, no multiple": (300 * MIB + 4 * KIB, [19201 * 4 * KIB, 2 * 19201 * 4 * KIB, 3 * 19201 * 4 * KIB]),
    "xfs on stripes": (32 * GIB, [2 * GIB, 4 * GIB]),
    "xfs, groups of 1 TiB": (10 * TIB, [TIB, 2 * TIB]),
    "btrfs": (300 * GIB, [64 * KIB, 64 * MIB, 256 * GIB]),
    "GPT": (2 * GIB, [512, 2 * GIB - 512, 2 * GIB - 33 * 512]),
    "md 0.90, 1.0, 1.2": (2 * GIB, [2 * GIB - 64 * KIB, 2 * GIB - 8 * KIB, 4 * KIB]),
    "ZFS": (2 * GIB, [16 * KIB, 272 * KIB, 2 * GIB - 512 * KIB, 2 * GIB - 256 * KIB]),
    "LVM": (2 * GIB, [512, 4 * KIB, 2 * GIB - MIB]),
    "the first partition": (2 * GIB, [MIB, MIB + KIB]),
    "NTFS": (2 * GIB, [0, 2 * GIB - 512]),
}


@pytest.mark.parametrize("case", COPIES)
def test_the_places_take_in_the_copies_of_superblocks(case: str) -> None:
    size, copies = COPIES[case]
    found = places(size)
    for copy in copies:
        assert any(start <= copy < start + length for start, length in found), copy


@pytest.mark.parametrize("size", [512, 4096, 5 * 512, HEAD - 512, HEAD, HEAD + TAIL - 512, 300 * MIB + 512, 2 * GIB, 20 * TIB])
def test_the_places_are_few_apart_aligned_and_on_the_device(size: int) -> None:
    found = places(size)
    assert len(found) <= 45 and sum(length for _start, length in found) <= 4 * MIB
    assert found[0][0] == 0 and found[-1][0] + found[-1][1] == size, "head and tail, to the last byte"
    assert all(start % PAGE == 0 and length > 0 for start, length in found)
    assert all(start + length < following for (start, length), (following, _length) in zip(found, found[1:]))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for a blank disk of 300 MiB and one sector."""
    monkeypatch.setattr(os, "O_DIRECT", 0)
    path = tmp_path / "disk"
    with path.open("wb") as handle:
        handle.truncate(300 * MIB + 512)
    return path


def write(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as handle:
        handle.seek(offset)
        handle.write(data)


@pytest.mark.parametrize(
    "offset, data, words",
    [
        (0, b"ROW 4711", "not zero at byte 0"),
        (700 * KIB, b"\1", "not zero at byte 716800"),
        (HEAD - 1, b"\1", f"not zero at byte {HEAD - 1}"),
        (300 * MIB + 511, b"\1", f"not zero at byte {300 * MIB + 511}"),
        (128 * MIB + 56, b"\x53\xef", f"not zero at byte {128 * MIB + 56}, what seems a copy of the superblock of ext4 at byte {128 * MIB}"),
        (8193 * KIB + 56, b"\x53\xef", f"not zero at byte {8193 * KIB + 56}, what seems a copy of the superblock of ext4 at byte {8 * MIB}"),
        (64 * MIB + 64, b"_BHRfS_M", f"not zero at byte {64 * MIB + 64}, what seems a copy of the superblock of btrfs at byte {64 * MIB}"),
        (75 * MIB, b"XFSB", f"not zero at byte {75 * MIB}, what seems a copy of the superblock of xfs at byte {75 * MIB}"),
    ],
)
def test_what_is_seen_is_told_with_its_place(offset: int, data: bytes, words: str, file: Path) -> None:
    assert medium.unknown([str(file)]) == {str(file): ()}
    write(file, offset, data)
    assert medium.written(str(file)) == words
    ((path, (signature,)),) = medium.unknown([str(file)]).items()
    assert (path, signature.found, str(signature)) == (str(file), UNKNOWN, f"{UNKNOWN} ({words})")
    medium.clear(str(file))
    assert medium.written(str(file)) == "" and file.stat().st_size == 300 * MIB + 512


def test_clearing_writes_only_where_it_has_to(file: Path) -> None:
    write(file, 0, b"\1" * 512)
    write(file, 200 * MIB + 1, b"elsewhere")
    before = file.stat().st_blocks
    medium.clear(str(file))
    assert medium.written(str(file)) == "" and file.stat().st_blocks <= before + 512
    with file.open("rb") as handle:
        handle.seek(200 * MIB + 1)
        assert handle.read(9) == b"elsewhere"


def test_the_head_is_cleared_last(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted before that the disk shows the signature that consent was given for."""
    for offset in (0, 128 * MIB, 300 * MIB):
        write(file, offset, b"\1")
    written, real = [], os.pwritev
    monkeypatch.setattr(os, "pwritev", lambda descriptor, data, offset: written.append(offset) or real(descriptor, data, offset))
    medium.clear(str(file))
    assert written == sorted(written, reverse=True) and written[-1] == 0


def test_what_cannot_be_read_is_not_blank(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.preadv
    for broken in (0, 128 * MIB, 299 * MIB):

        def read(descriptor: int, data: Any, offset: int, broken: int = broken) -> int:
            if offset == broken:
                raise OSError(5, "Input/output error")
            return real(descriptor, data, offset)

        monkeypatch.setattr(os, "preadv", read)
        assert medium.unknown([str(file)]) in ({str(file): None}, {str(file): ()})
        assert broken == 299 * MIB or medium.unknown([str(file)]) == {str(file): None}
    assert medium.unknown([str(file.parent / "gone")]) == {str(file.parent / "gone"): None}


@pytest.mark.parametrize(
    "flags, writes", [("0100000", False), ("0100001", True), ("0100002", True), ("02100002", True), ("010000002", False), ("", False)]
)
def test_those_who_write_count(flags: str, writes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "4711" / "fdinfo").mkdir(parents=True)
    (tmp_path / "4711" / "fd").mkdir()
    (tmp_path / "self").mkdir()
    (tmp_path / "4711" / "fd" / "3").symlink_to("/dev/sdb")
    (tmp_path / "4711" / "comm").write_text("postgres\n")
    (tmp_path / "4711" / "fdinfo" / "3").write_text(f"pos:\t0\nflags:\t{flags}\nmnt_id:\t24\n")
    monkeypatch.setattr(openers, "_device", lambda link: "8:16")
    monkeypatch.setattr(openers, "_PAUSE", 0)
    found = openers.openers({"/dev/sdb": "8:16"}, {}, str(tmp_path))
    assert found == ({"/dev/sdb": "process postgres (PID 4711)"} if writes else {})


def test_who_only_looks_in_passing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [{"/dev/sdb": "process smartd (PID 1)"}, {}]
    monkeypatch.setattr(openers, "_PAUSE", 0)
    monkeypatch.setattr(openers, "_writers", lambda numbers, proc: seen.pop(0))
    assert openers.openers({"/dev/sdb": "8:16"}, {}) == {} and seen == []
    assert openers.openers({}, {}) == {}, "nobody is asked for where there is no disk to give away"


def chosen(*devices: Device, wanted: Any, wipe: Any = None, rules: Any = (), blank: Callable[[Device], bool] = lambda device: False) -> Choice:
    machine = host(*devices)
    consumer = Consumer("group", parse_wanted(wanted, "devices", False), blank=frozenset(names(filter(blank, devices))))
    consent = Consent("wipe", wipe or {})
    return select(machine, parse(rules), [consumer], consent, taken={}, marked=frozenset())["group"]


def refusal(*devices: Device, **wish: Any) -> CairnError:
    with pytest.raises(CairnError) as refused:
        chosen(*devices, **wish)
    assert refused.value.parameter and refused.value.found + refused.value.message and refused.value.fix
    return refused.value


def test_unknown_data_needs_consent_that_names_it() -> None:
    said = refusal(UNSIGNED, wanted=[wwn("b")])
    assert said.code == "device-unknown" and "not zero at byte 4096" in said.message
    assert f'"{wwn("b")}": "{UNKNOWN}"' in said.fix and "blkdiscard --zeroout" in said.fix
    assert refusal(UNSIGNED, wanted=[wwn("b")], wipe={wwn("b"): "some-uuid"}).code == "consent-differs"
    assert names(chosen(UNSIGNED, wanted=[wwn("b")], wipe={wwn("b"): UNKNOWN}).new) == ["sdb"]
    assert names(chosen(UNSIGNED, disk("c"), wanted={"only_unused": True}).new) == ["sdc"], "a rule for unused disks passes it over"
    assert refusal(UNSIGNED, wanted={"only_unused": True}).code == "rule-no-disk"
    assert refusal(UNSIGNED, wanted={"rotational": True}).code == "device-unknown"
    assert names(chosen(UNSIGNED, wanted=[wwn("b")], blank=lambda device: True).new) == ["sdb"], "our own note says that nobody wrote to it"
    assert vacant(host(UNSIGNED), UNSIGNED), "a person may choose it"


def test_a_disk_chosen_as_one_with_unknown_data_is_chosen_with_consent_for_just_that() -> None:
    def rules(found: str, **values: Any) -> list:
        return [rule("bulk", disks=[{"id": wwn("b"), "size_bytes": 2 * GIB, "found": found, **values}])]

    wish = {"wanted": {"rule": "bulk"}}
    assert names(chosen(UNSIGNED, rules=rules(UNKNOWN), **wish).new) == ["sdb"]
    assert refusal(UNSIGNED, rules=rules(""), **wish).code == "chosen-content-differs", "it was blank when it was chosen"
    assert names(chosen(disk("b"), rules=rules(UNKNOWN), **wish).new) == ["sdb"], "an interrupted run cleared it"
    assert refusal(holding(disk("b"), "ext4", "photos"), rules=rules(UNKNOWN), **wish).code == "chosen-content-differs"
    assert refusal(holding(disk("b"), "ext4", "photos"), rules=rules("photos"), **wish).code == "device-signature", "a file system needs wipe as before"
    kept = dataclasses.replace(UNSIGNED, kept="db/wwn-1")
    assert refusal(kept, rules=rules(UNKNOWN), **wish).code == "device-kept", "of that it is known whose it was"


def test_what_a_raw_volume_left_goes_by_its_name() -> None:
    kept = dataclasses.replace(UNSIGNED, kept="db/wwn-1")
    assert refusal(kept, wanted=[wwn("b")], wipe={wwn("b"): UNKNOWN}).code == "consent-differs"
    assert names(chosen(kept, wanted=[wwn("b")], wipe={wwn("b"): "db/wwn-1"}).new) == ["sdb"]
    assert host(kept).use(kept) == "data of local volume db/wwn-1"


def test_a_disk_that_a_process_writes_to_is_in_use_whatever_it_holds() -> None:
    opened = dataclasses.replace(disk("b"), opened="process postgres (PID 4711)")
    for device in (opened, dataclasses.replace(opened, signatures=UNSIGNED.signatures), holding(opened, "ext4", "u")):
        said = refusal(device, wanted=[wwn("b")], wipe={wwn("b"): device.found})
        assert said.code == "device-open" and "postgres (PID 4711)" in said.found
    assert refusal(opened, wanted={"only_unused": True}).code == "rule-no-disk" and not vacant(host(opened), opened)
    part = Device("sdb1", "/dev/sdb1", "part", GIB, opened="process dd (PID 1)")
    whole, part = upon(disk("b"), part)
    assert refusal(whole, part, wanted=[wwn("b")]).code == "device-open", "a partition of it counts"


SECOND = dataclasses.replace(disk("c"), links=("/dev/disk/by-path/pci-2",), serial=disk("b").serial)


@pytest.mark.parametrize(
    "first, second, twice",
    [
        ({"wwn": "0x1"}, {"wwn": "0x1"}, True),
        ({"wwn": "0x1"}, {"wwn": "0x1", "size": 3 * GIB}, True),
        ({"wwn": "0x1"}, {"wwn": "0x1", "serial": "other"}, True),
        ({"wwn": "0x1"}, {"wwn": "0x1", "serial": "other", "size": 3 * GIB}, False),
        ({"wwn": "0x1"}, {"wwn": "0x2"}, False),
        ({"wwn": "0x1"}, {}, False),
        ({}, {}, True),
        ({}, {"model": "other"}, False),
        ({}, {"size": 3 * GIB}, False),
        ({"serial": ""}, {"serial": ""}, False),
    ],
    ids=["WWN", "grown", "serial of the controller", "invented WWN", "two", "one without", "serial", "another model", "another size", "neither"],
)
def test_one_disk_on_two_paths_that_nothing_joins(first: dict, second: dict, twice: bool) -> None:
    devices = dataclasses.replace(disk("b"), **first), dataclasses.replace(SECOND, **second)
    for wanted in ({"only_unused": True}, [wwn("b")], {"rotational": True}):
        if twice:
            said = refusal(*devices, wanted=wanted)
            assert said.code == "path-twice" and "multipathd" in said.fix and wwn("b") in said.found
        else:
            assert "sdb" in names(chosen(*devices, wanted=wanted).new)


def test_paths_that_are_joined_are_one_disk() -> None:
    one, two = dataclasses.replace(disk("b"), wwn="0x1"), dataclasses.replace(SECOND, wwn="0x1")
    joined = Device("dm-0", "/dev/mapper/mpatha", "mpath", 2 * GIB, links=("/dev/disk/by-id/dm-uuid-mpath-1",), wwn="0x1")
    one, joined = upon(one, joined)
    two, joined = upon(two, joined)
    assert names(chosen(one, two, joined, wanted={"only_unused": True}).new) == ["dm-0"]
    stray = dataclasses.replace(disk("d"), wwn="0x1")
    assert refusal(one, two, joined, stray, wanted=[wwn("d")]).code == "path-twice", "a third path that multipathd left out"
