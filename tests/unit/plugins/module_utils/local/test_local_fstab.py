"""Our lines in /etc/fstab; all others stay byte for byte."""

from __future__ import annotations

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Conflict
from ansible_collections.cairn.storage.plugins.module_utils._local import fstab

OURS = fstab.line("u-1", "/base/c/u-1", "xfs", ("noatime",), "c", "/dev/disk/by-id/wwn-1")
OTHERS = "# a comment\nUUID=x\t/\text4  defaults 0 1\n\n/dev/sdz /data xfs defaults 0 0"


def test_a_line_is_safe_at_boot_and_its_disk_may_come_late() -> None:
    fields = fstab.line("1-2", "/base/c/1-2", "xfs", ("noatime",), "c", "/dev/disk/by-id/wwn-1").split()
    assert fields[:3] + fields[4:] == ["/dev/disk/by-id/wwn-1", "/base/c/1-2", "xfs", "0", "0"]
    assert fields[3].split(",") == [
        "noatime",
        "nofail",
        "x-systemd.before=kubelet.service",
        "x-systemd.device-timeout=90s",
        "x-systemd.wanted-by=local-fs.target",
        r"x-systemd.wanted-by=dev-disk-by\x2did-wwn\x2d1.device",
        "x-cairn.class=c",
    ]
    checks = [fstab.line("u", "/p", kind, (), "c", "/dev/vg/lv").split()[5] for kind in ("ext4", "xfs", "btrfs")]
    assert checks == ["2", "0", "0"], "ext4 is checked at boot, the others when they are mounted"


def test_a_directory_is_mounted_after_what_it_stands_on() -> None:
    row = fstab.bind_line("/srv/a", "/base/c/u-1-a", "c")
    assert row == "/srv/a /base/c/u-1-a none bind,nofail,x-systemd.before=kubelet.service,x-cairn.class=c 0 0"
    assert fstab.bound(f"{OTHERS}\n{OURS}\n{row}\n", "/base/c") == {"/srv/a": "/base/c/u-1-a"}
    assert fstab.bound(row, "/base/other") == {}


@pytest.mark.parametrize("text", ["", OTHERS, OTHERS + "\n"])
def test_put_and_drop_leave_the_rest_alone(text: str) -> None:
    whole = text if not text or text.endswith("\n") else text + "\n"
    put = fstab.edit(text, {"/base/c/u-1": OURS}, [])
    assert put == whole + OURS + "\n"
    assert fstab.edit(put, {"/base/c/u-1": OURS}, []) == put
    assert fstab.ours(put) == {"/base/c/u-1": OURS}
    assert fstab.edit(put, {}, ["/base/c/u-1", "/data"]) == whole, "only lines of ours are dropped"


def test_a_changed_line_stays_in_its_place() -> None:
    changed = OURS.replace("noatime", "discard")
    assert fstab.edit(f"{OURS}\n{OTHERS}", {"/base/c/u-1": changed}, []) == f"{changed}\n{OTHERS}"


def test_a_mount_point_is_not_shared() -> None:
    fstab.check_foreign(f"{OTHERS}\n{OURS}\n# /base/c/u-2 x\n", ["/base/c/u-1", "/base/c/u-2"])
    with pytest.raises(Conflict) as refused:
        fstab.check_foreign(OTHERS, ["/data"])
    assert refused.value.code == "fstab-foreign"
