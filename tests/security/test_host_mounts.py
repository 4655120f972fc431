"""What is mounted under a strange name, or stands so in fstab, hides no disk from the modules and stops none of them."""

from __future__ import annotations

from typing import Iterator

import pytest
from host_play import layout, own_node, play, shell

NODE = own_node()
#: Folders whose names end a line or a word for Python but not for the kernel, or are no UTF-8.
FOLDERS = [r"a\342\200\250b", r"a\rb", r"a\013\014b", r"a\302\205b", r"a\302\240b", r"a\377\376b", "- ext4"]
PLACE = "/run/strange"


@pytest.fixture(scope="module", autouse=True)
def _strange() -> Iterator[None]:
    binds = [f'name=$(printf "{folder}"); mkdir -p "{PLACE}/from/$name" {PLACE}/{number}; mount --bind "{PLACE}/from/$name" {PLACE}/{number}'
             for number, folder in enumerate(FOLDERS)]
    shell(NODE, f'mkdir -p {PLACE}/empty "{PLACE}/a b"; mount -t tmpfs "" {PLACE}/empty; mount -t tmpfs "x y" "{PLACE}/a b"; {"; ".join(binds)}')
    # Two mounts at a name that is strange itself.
    shell(NODE, f'for name in "$(printf "at\\r")" "$(printf "at\\342\\200\\250")"; do mkdir "{PLACE}/$name"; mount -t tmpfs x "{PLACE}/$name"; done')
    shell(NODE, r"cp /etc/fstab /run/fstab.before; printf '\n \t\r\n/dev/none\302\240x /mnt/x\n/dev/a\\040b\n' >>/etc/fstab")
    yield
    shell(NODE, f"cp /run/fstab.before /etc/fstab; umount {PLACE}/* 2>/dev/null; rm -rf --one-file-system {PLACE}")


def test_disks_are_told_with_their_mounts() -> None:
    (told,) = play(NODE, {"cairn.storage.block_device_info": {}})
    assert not told.get("failed"), told
    # A volume of its own, mounted before all of these and after them.
    mounts = [mount for device in told["devices"] for mount in device["mounts"]]
    assert "/" in mounts, told


def test_a_layout_is_planned() -> None:
    (planned,) = play(NODE, layout(check=True))
    assert not planned.get("failed"), planned
