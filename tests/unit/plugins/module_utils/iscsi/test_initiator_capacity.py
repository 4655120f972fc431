"""What is out of date of a session's LUNs, from what its disks answer."""

from __future__ import annotations

import ctypes
import dataclasses

import pytest
from initiators import lun, session

from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator import capacity
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.model import Session

SIZE = lun().size


def answers(monkeypatch: pytest.MonkeyPatch, size: int, *numbers: int) -> None:
    entries = b"".join(number.to_bytes(2, "big") + b"\0" * 6 for number in numbers)
    luns = len(entries).to_bytes(4, "big") + b"\0" * 4 + entries
    told = (size // 512 - 1).to_bytes(8, "big") + (512).to_bytes(4, "big") + b"\0" * 20
    monkeypatch.setattr(capacity, "_ask", lambda lun, command, length: luns if command[0] == 0xA0 else told)


@pytest.mark.parametrize(("size", "numbers", "expected"), [
    (SIZE, (0,), []),
    (SIZE, (0, 5, 0x4101), ["LUN 5 is new", "LUN 257 is new"]),
    (SIZE * 2, (0,), [f"LUN 0 has {SIZE * 2} bytes, not {SIZE}"]),
    (SIZE, (), []),
])
def test_new_luns_and_new_sizes_are_told(monkeypatch: pytest.MonkeyPatch, size: int, numbers: tuple, expected: list) -> None:
    answers(monkeypatch, size, *numbers)
    assert list(capacity.out_of_date(session(luns=[lun()])).values()) == expected


@pytest.mark.parametrize(("found", "expected"), [
    (session(), ["no LUN is known"]),
    (session(state="FAILED", luns=[lun()]), []),
    (session(luns=[lun(state="blocked")]), []),
    (session(luns=[dataclasses.replace(lun(), kernel_name="no-such-disk")]), []),
])
def test_who_cannot_answer_is_not_asked(found: Session, expected: list) -> None:
    assert list(capacity.out_of_date(found).values()) == expected


def test_the_request_has_the_kernel_s_layout() -> None:
    """struct sg_io_hdr of <scsi/sg.h> on 64 bits."""
    assert ctypes.sizeof(capacity._Request) == 88 and capacity._Request.status.offset == 64
