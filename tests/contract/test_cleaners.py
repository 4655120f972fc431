"""The cleaners that come with the image, on real devices."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from lsp_disks import Disks, run
from lsp_process import STANDIN
from lsp_site import MIB

SIZE = 16 * MIB
MARK = b"belongs to somebody"


def clean(script: str, *arguments: str, **environment: str) -> int:
    argv = [str(STANDIN / "scripts" / script), *arguments]
    return subprocess.run(argv, env={**os.environ, **environment}, check=False).returncode


@pytest.mark.parametrize(
    ("script", "arguments", "zeroed"),
    [
        ("quick_reset.sh", [], False),
        ("dd_zero.sh", ["2"], True),
        ("shred.sh", ["1"], True),
        ("blkdiscard.sh", [], True),
    ],
)
def test_a_device_is_empty_afterwards(
    disks: Disks, script: str, arguments: list[str], zeroed: bool
) -> None:
    device = disks.device(SIZE)
    run("mkfs.ext4", "-q", device)
    with device.open("r+b") as disk:
        disk.seek(SIZE - len(MARK))
        disk.write(MARK)
    assert clean(script, *arguments, LOCAL_PV_BLKDEVICE=str(device)) == 0
    assert run("wipefs", "--noheadings", device) == ""
    content = device.read_bytes()
    assert len(content) == SIZE
    if zeroed:
        assert not any(content)


def test_a_folder_is_empty_afterwards(disks: Disks) -> None:
    folder = disks.mount(disks.folder("fs"), MIB)
    (folder / "deep/er").mkdir(parents=True)
    (folder / ".hidden").touch()
    assert clean("fsclean.sh", LOCAL_PV_FILESYSTEM=str(folder)) == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("script", ["quick_reset.sh", "dd_zero.sh", "shred.sh", "blkdiscard.sh"])
def test_without_a_device_nothing_is_cleaned(tmp_path: Path, script: str) -> None:
    assert clean(script) != 0
    assert clean(script, LOCAL_PV_BLKDEVICE=str(tmp_path / "not-there")) != 0
    assert list(tmp_path.iterdir()) == []
