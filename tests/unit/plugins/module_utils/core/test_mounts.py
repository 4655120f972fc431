"""The kernel's tables as it writes them, whatever a pod or a person mounts."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core import files
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Conflict
from ansible_collections.cairn.storage.plugins.module_utils._core.mounts import fstab, mountinfo, swaps, unescape, unescape_hex

VOLUME = "61 22 253:4 / /mnt/volume rw,relatime shared:9 - ext4 /dev/mapper/vg-csi rw"


@pytest.mark.parametrize(
    ("strange", "path"),
    [
        ("70 22 0:45 / /mnt/e rw,relatime - tmpfs  rw", "/mnt/e"),  # mount -t tmpfs "" /mnt/e, Linux 6.1
        ("70 22 0:45 / /mnt/e rw,relatime shared:3 master:1 propagate_from:2 - tmpfs  rw", "/mnt/e"),
        ("70 22 253:4 /a\u2028b /mnt/e rw - ext4 /dev/x rw", "/mnt/e"),  # the folder of a subPath, with what Python takes for the end of a line
        ("70 22 253:4 /a\x0b\x0c\x1c\x85\xa0\u2003b /mnt/e rw - ext4 /dev/x rw", "/mnt/e"),
        ("70 22 253:4 /a\rb /mnt/e\r rw - ext4 /dev/x rw", "/mnt/e\r"),
        ("70 22 253:4 /\udcff\udcfe /mnt/e rw - ext4 /dev/x rw", "/mnt/e"),  # not UTF-8
        ("70 22 0:4 net:[4026531840] /run/netns/x rw - nsfs nsfs rw", "/run/netns/x"),
        ("70 22 0:45 / /mnt/a\\040b\\011c\\012d\\134e rw - tmpfs x rw", "/mnt/a b\tc\nd\\e"),
        ("70 22 0:45 / /mnt/- rw - tmpfs - rw", "/mnt/-"),
        ("70 22 0:45 / /mnt/e rw - overlay overlay rw,lowerdir=/a - b", "/mnt/e"),
        ("70 22 0:45 / /mnt/e rw", "/mnt/e"),  # no kernel writes so little; where it is mounted is told all the same
        ("70 22 0:45 / /mnt/e", "/mnt/e"),
    ],
)
def test_one_strange_mount_hides_no_other(strange: str, path: str) -> None:
    found = mountinfo(f"{strange}\n{VOLUME}\n{strange}\n")
    assert [mount.path for mount in found] == [path, "/mnt/volume", path]
    assert (found[1].number, found[1].fs, found[1].source, found[1].root) == ("253:4", "ext4", "/dev/mapper/vg-csi", "/")


def test_a_mount_is_told_in_full() -> None:
    (mount,) = mountinfo("63 22 253:5 /a\\040b /mnt/x rw,noatime shared:1 - xfs /dev/mapper/a\\040b ro,inode64\n")
    assert (mount.root, mount.fs, mount.source, mount.failed, mount.read_only) == ("/a b", "xfs", "/dev/mapper/a b", True, False)
    (mount,) = mountinfo("63 22 253:5 / /mnt/x ro - xfs x ro\n")
    assert (mount.failed, mount.read_only) == (False, True)
    assert mountinfo("63 22 0:9 / /mnt/x rw - tmpfs  ro\n")[0].source == ""


@pytest.mark.parametrize("line", ["70 22 0:45 /", "garbage", "a b c d e f g", "70 22  0:45 / /mnt/e rw - tmpfs x rw"])
def test_where_something_is_mounted_is_never_passed_over(line: str) -> None:
    with pytest.raises(Conflict) as refused:
        mountinfo(f"{VOLUME}\n{line}\n")
    assert refused.value.code == "mounts-unreadable" and line in str(refused.value)


def test_swap_and_fstab() -> None:
    rows = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    rows += "/dev/sdz\\0401                              partition\t1\t\t0\t\t-2\n/swap\xa0x  file\t1\t0\t-3\n"
    assert swaps(rows) == ["/dev/sdz 1", "/swap\xa0x"] and swaps("") == [] and swaps("Filename\n") == []
    assert fstab("  /dev/a\\040b\t /mnt \text4  defaults 0 0\r") == ["/dev/a b", "/mnt", "ext4", "defaults", "0", "0"]
    assert fstab("\t# /dev/a") == fstab("") == fstab(" \r\n") == [] and fstab("/dev/a\xa0b") == ["/dev/a\xa0b"]


def test_octal_numbers_are_bytes() -> None:
    assert unescape_hex(r"/a\xc3\xa4\x2d\xff\x4") == "/aä-\udcff\\x4"
    assert unescape("/a\\303\\244") == "/aä" and unescape("/a\\377") == "/a\udcff" and unescape("/a\\777\\04") == "/a\\777\\04"


def test_a_carriage_return_in_a_path_ends_no_line(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_bytes(b"70 22 253:4 /a\rb /mnt/\xff rw - ext4 /dev/x rw\n")
    (mount,) = mountinfo(files.text(str(tmp_path / "mountinfo")))
    assert (mount.root, mount.path) == ("/a\rb", "/mnt/\udcff")
    files.replace(str(tmp_path / "copy"), files.text(str(tmp_path / "mountinfo")))
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "mountinfo").read_bytes()
